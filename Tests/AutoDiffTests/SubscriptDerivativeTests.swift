import Kappa
import TestSupport
import Testing

@Suite("A subscript of a variable")
struct SubscriptDerivativeTests {
  /// Ways to pick from an axis of length 5, which all axes below have.
  private static let picks: [any TensorIndexExpression] = [
    2, -1, 1..<4, 1...3, 2..., ..<3, ...(-2), TensorIndex.all, TensorIndex.reversed, TensorIndex.every(2), TensorIndex.every(-3),
    TensorIndex.from(-3), TensorIndex.from(3, step: -1), TensorIndex.upTo(-2, step: 2), TensorIndex.range(4, 0, step: -2),
    TensorIndex.range(1, -1), TensorIndex.range(3, 1), TensorIndex.range(2, 3, step: 7), TensorIndex.newAxis, TensorIndex.ellipsis,
  ]

  private func part(_ x: Variable<Double>, _ i: [any TensorIndexExpression]) -> Variable<Double> {
    i.count == 1 ? x[i[0]] : i.count == 2 ? x[i[0], i[1]] : x[i[0], i[1], i[2]]
  }

  @Test func `picks what a tensor's picks, and sends derivatives where writing to a tensor's part puts them`() {
    let x = Tensor.normal([5, 5, 5], seed: 1)
    let tape = Tape<Double>()
    let variable = tape.variable(x)
    for (i, first) in Self.picks.enumerated() {
      for (j, second) in Self.picks.enumerated() where !(i == Self.picks.count - 1 && j == i) {
        for indices in [[first], [first, second], [first, second, 1]] as [[any TensorIndexExpression]] {
          let layers = indices.count { $0.tensorIndex == .newAxis }
          // An index too many would be outside.
          if indices.count == 3 && layers > 0 { continue }
          if indices.count == 3 && indices.contains(where: { $0.tensorIndex == .ellipsis }) { continue }
          let expected: Tensor<Double> =
            indices.count == 1 ? x[first] : indices.count == 2 ? x[first, second] : x[first, second, 1]
          let y = part(variable, indices)
          #expect(y.value == expected && y.shape == expected.shape, "\(indices)")
          let weights = Tensor.normal(expected.shape, seed: UInt64(i * 32 + j))
          var slopes = Tensor<Double>(zeros: x.shape)
          switch indices.count {
          case 1: slopes[first] = weights
          case 2: slopes[first, second] = weights
          default: slopes[first, second, 1] = weights
          }
          let gradient = gradient(of: (y * weights).sum(), withRespectTo: [variable])[0].value
          #expect(gradient == slopes, "gradient of \(indices)")
        }
      }
    }
  }

  @Test func `after the whole picks from the last axes, and of nothing is the whole`() {
    let x = Tensor.normal([2, 3, 4], seed: 2)
    let v = Variable(x)
    let (last, middle): (Tensor<Double>, Tensor<Double>) = (x[..., 0], x[..., 1, (-2)...])
    #expect(v[..., 0].value == last && v[..., 1, (-2)...].value == middle && v[...].value == x)
    #expect(v[1, 2, -1].shape == [] && v[1, 2, -1].value.scalar == x[1, 2, -1] && v[1].value == x[row: 1])
  }

  @Test func `that keeps all of an axis records nothing for it`() {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor.normal([3, 4], seed: 3))
    let count = tape.count
    _ = x[.all, 0..<4]
    #expect(tape.count == count)
    _ = x[1..., .ellipsis]
    #expect(tape.count == count + 1)
  }
}

@Suite("Running products")
struct RunningProductTests {
  @Test("are those of tensors, from both ends, whatever the length", arguments: 0...17)
  func values(_ length: Int) {
    let x = Tensor.normal([2, length, 3], seed: UInt64(length))
    let tolerance = Tolerance(relative: 1e-14, absolute: 0)
    for reversed in [false, true] {
      expectClose(
        Variable(x).cumulativeProduct(axis: 1, reversed: reversed).value, x.cumulativeProduct(axis: 1, reversed: reversed),
        tolerance, "reversed: \(reversed)")
    }
    expectClose(
      Variable(x.converted(to: Float.self)).cumulativeProduct(axis: -2).value,
      x.converted(to: Float.self).cumulativeProduct(axis: 1), Tolerance(relative: 3e-6, absolute: 0), "in Float")
  }

  @Test func `have the slopes of each element's product with the others, zeros or not`() {
    let x = Tensor<Double>([2, 0, 3, 0, 5])
    // Row i: the derivatives of the product of the first i + 1.
    let expected: Tensor<Double> = [
      [1, 0, 0, 0, 0], [0, 2, 0, 0, 0], [0, 6, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0],
    ]
    #expect(jacobian(at: x) { $0.cumulativeProduct(axis: 0) } == expected)
    // Two zeros: the mixed second derivative with respect to them is the product of the others.
    let second = hessian(at: x) { $0.cumulativeProduct(axis: 0)[-1] }
    var other = Tensor<Double>(zeros: [5, 5])
    other[1, 3] = 30
    other[3, 1] = 30
    #expect(second == other)
  }

  @Test func `cost operations in proportion to the logarithm of their number`() {
    let tape = Tape<Double>()
    _ = tape.variable(Tensor.normal([1024], seed: 4)).cumulativeProduct(axis: 0)
    #expect(tape.count < 150)
  }
}
