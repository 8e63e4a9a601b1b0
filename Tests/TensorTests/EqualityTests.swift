import Kappa
import TestSupport
import Testing

@Suite("Equality")
struct EqualityTests {
  @Test("is that of shapes and elements, however they lie", arguments: Arrangement.allCases, Arrangement.allCases)
  func equality(_ left: Arrangement, _ right: Arrangement) {
    // The second has more elements than are compared at once.
    for shape in [[3, 4], [7, 150], [1, 5, 1], [0, 3], [2, 3, 2]] {
      let x: Tensor<Double> = left.tensor(shape)
      let y = Tensor<Double>(x.elements, shape: x.shape)
      #expect(x == y && y == x && x.hashValue == y.hashValue, "\(shape)")
      let other: Tensor<Double> = right.tensor(shape)
      #expect((x == other) == (x.elements == other.elements), "\(shape)")
      #expect(x != x.expanded(axis: 0) && x.reshaped(to: [-1 + x.count + 1]) == y.flattened())
      for place in [0, x.count / 2, x.count - 1] where x.count > 0 {
        var changed = y.flattened()
        changed[place] += 1
        #expect(x != changed.reshaped(to: x.shape) && changed.reshaped(to: x.shape) != x, "\(shape) at \(place)")
      }
    }
  }

  @Test func `treats NaN and zeros as their elements' own`() {
    #expect(Tensor<Float>([.nan]) != Tensor<Float>([.nan]))
    let (zero, minus) = (Tensor<Double>([0.0]), Tensor<Double>([-0.0]))
    #expect(zero == minus && zero.hashValue == minus.hashValue)
    #expect(Tensor<Bool>([true, false]) == [true, false] && Tensor<Bool>([true, false]) != [true, true])
    let bounds = Tensor<Int64>([.min, .max, 1 << 32])
    #expect(bounds == Tensor([.min, .max, 1 << 32]) && bounds != Tensor([.min, .max, 0]))
    #expect(Tensor<Float>(zeros: [0]) == Tensor(zeros: [0]) && Tensor<Float>(zeros: [0]) != Tensor(zeros: [0, 0]))
  }

  @Test func `lets tensors be keys`() {
    let counts = [Tensor<Int32>([1, 2]): "a", Tensor<Int32>([2, 1]): "b", Tensor<Int32>([[1, 2]]): "c"]
    let column: Tensor<Int32> = Tensor<Int32>([[1, 7], [2, 7]])[.all, 0]
    #expect(counts.count == 3 && counts[column] == "a" && counts[[1, 2, 3]] == nil)
  }
}

@Suite("Closeness")
struct ClosenessTests {
  /// The rule of numpy.isclose: |a - b| <= absolute + relative |b| for a finite b, or a == b.
  private func naive(_ a: Double, _ b: Double, _ relative: Double, _ absolute: Double, _ equalNaN: Bool) -> Bool {
    if a.isNaN || b.isNaN { return equalNaN && a.isNaN && b.isNaN }
    if a.isInfinite || b.isInfinite { return a == b }
    return abs(a - b) <= absolute + relative * abs(b)
  }

  @Test("is NumPy's, of all pairs of special and ordinary numbers", arguments: [false, true])
  func pairs(_ equalNaN: Bool) {
    let numbers: [Double] = [
      0, -0.0, 1, -1, 1 + 1e-5, 1 + 2e-5, 1 - 1e-6, 1e-8, 2e-8, -1e-8, 1e300, 1.00001e300, -1e300, .infinity, -.infinity, .nan,
      .greatestFiniteMagnitude, .leastNonzeroMagnitude, 100, 101, 110,
    ]
    let (column, row) = (Tensor(numbers).expanded(axis: 1), Tensor(numbers))
    for (relative, absolute) in [(1e-5, 1e-8), (0, 0), (0.1, 0), (0, 1), (1e-5, 0), (1, 1e300)] {
      let close = column.isClose(to: row, relative: relative, absolute: absolute, equalNaN: equalNaN)
      for (i, a) in numbers.enumerated() {
        for (j, b) in numbers.enumerated() {
          let expected = naive(a, b, relative, absolute, equalNaN)
          #expect(close[i, j] == expected, "\(a) and \(b), relative \(relative), absolute \(absolute)")
          let single = Tensor(scalar: a).allClose(to: Tensor(scalar: b), relative: relative, absolute: absolute, equalNaN: equalNaN)
          #expect(single == expected, "\(a) and \(b)")
        }
      }
    }
  }

  @Test("of whole tensors needs all elements close", arguments: Arrangement.allCases, Arrangement.allCases)
  func whole(_ left: Arrangement, _ right: Arrangement) {
    for (a, b) in ArithmeticTests.pairs {
      let (x, y): (Tensor<Float>, Tensor<Float>) = (left.tensor(a), right.tensor(b))
      let (p, q) = (NaiveTensor(x), NaiveTensor(y))
      let shape = Array(x.shape.broadcast(with: y.shape)!)
      let expected = NaiveTensor.indices(of: shape).map { naive(p.stretched($0), q.stretched($0), 0.5, 0.25, false) }
      let close = x.isClose(to: y, relative: 0.5, absolute: 0.25)
      #expect(close.shape == Shape(shape) && close.elements == expected, "\(a) and \(b)")
      #expect(x.allClose(to: y, relative: 0.5, absolute: 0.25) == !expected.contains(false), "\(a) and \(b)")
      #expect(x.allClose(to: x))
    }
    #expect(Tensor<Double>(zeros: [0, 3]).allClose(to: Tensor(ones: [3])))
    #expect(
      !Tensor<Double>([1, 2]).allClose(to: Tensor([1, 2.001])) && Tensor<Double>([1, 2]).allClose(to: Tensor([1, 2.00001])))
  }
}
