import Kappa
import TestSupport
import Testing

@Suite("Derivatives of recorded derivatives")
struct HigherOrderTests {
  /// A net of two layers: W1 [3, 4], b1 [4], W2 [4, 2]; softmax cross-entropy of five examples.
  private static let shapes: [Shape] = [[3, 4], [4], [4, 2]]
  private let point = shapes.enumerated().map { 0.7 * Tensor.normal($1, seed: 40 + UInt64($0)) }
  private let v = shapes.enumerated().map { Tensor.normal($1, seed: 50 + UInt64($0)) }
  private let u = shapes.enumerated().map { Tensor.normal($1, seed: 60 + UInt64($0)) }
  private let w = shapes.enumerated().map { Tensor.normal($1, seed: 70 + UInt64($0)) }

  private func loss(_ p: [Variable<Double>]) -> Variable<Double> {
    let x = Variable(Tensor.normal([5, 3], seed: 30))
    let hidden = matmul(x, p[0]).activated(.tanh, bias: p[1])
    return matmul(hidden, p[2]).softmaxCrossEntropy(Tensor([0, 1, 1, 0, 1])).mean()
  }

  private func inner(_ a: [Variable<Double>], _ b: [Tensor<Double>]) -> Variable<Double> {
    zip(a, b).map { ($0 * $1).sum() }.reduce(Variable(0), +)
  }

  /// H v as recorded variables.
  private func hessianProduct(_ p: [Variable<Double>], _ v: [Tensor<Double>]) -> [Variable<Double>] {
    gradient(of: inner(gradient(of: loss(p), withRespectTo: p), v), withRespectTo: p)
  }

  /// The values of `body` at point + h direction.
  private func values(_ h: Double, _ direction: [Tensor<Double>], _ body: ([Variable<Double>]) -> [Variable<Double>]) -> [Tensor<
    Double
  >] {
    let tape = Tape<Double>()
    return body(zip(point, direction).map { tape.variable($0 + h * $1) }).map(\.value)
  }

  @Test func `the gradient of the gradient's inner product is Hv`() {
    let products = values(0, u) { hessianProduct($0, v) }
    let d = DirectionalDerivatives(of: { loss($0) }, at: point, along: v, cotangent: Tensor(scalar: 1))
    for index in point.indices {
      expectClose(products[index], d.cotangentTangents[index], Tolerance(relative: 1e-11, absolute: 1e-13), "Hv, part \(index)")
      let expected = centralDifference { h in values(h, v) { gradient(of: loss($0), withRespectTo: $0) }[index] }
      expectClose(products[index], expected, Tolerance(relative: 1e-8, absolute: 1e-9), "Hv by differences, part \(index)")
    }
  }

  @Test func `the gradient of half the squared norm of Hv is right`() {
    func norm(_ p: [Variable<Double>]) -> Variable<Double> {
      hessianProduct(p, v).map { $0.squared().sum() }.reduce(Variable(0), +) * 0.5
    }
    let slope = values(0, u) { gradient(of: norm($0), withRespectTo: $0) }
    for direction in [u, w, v] {
      let expected = centralDifference { h in values(h, direction) { [norm($0)] }[0] }.scalar
      let actual = zip(slope, direction).map { $0.dot($1) }.reduce(0, +)
      expectClose(actual, expected, Tolerance(relative: 1e-8, absolute: 1e-9), "d ||Hv||^2 / 2")
    }
  }

  @Test func `third derivatives agree with differences and do not mind the order of directions`() {
    /// T(a, b, .): the gradient of <H a, b>.
    func third(_ a: [Tensor<Double>], _ b: [Tensor<Double>]) -> [Tensor<Double>] {
      values(0, u) { p in gradient(of: inner(hessianProduct(p, a), b), withRespectTo: p) }
    }
    func total(_ a: [Tensor<Double>], _ b: [Tensor<Double>], _ c: [Tensor<Double>]) -> Double {
      zip(third(a, b), c).map { $0.dot($1) }.reduce(0, +)
    }
    let reference = total(u, v, w)
    for permuted in [total(v, u, w), total(w, u, v), total(u, w, v), total(w, v, u), total(v, w, u)] {
      expectClose(permuted, reference, Tolerance(relative: 1e-11, absolute: 1e-12), "T of permuted directions")
    }
    for index in point.indices {
      let expected = centralDifference { h in values(h, u) { hessianProduct($0, v) }[index] }
      expectClose(third(u, v)[index], expected, Tolerance(relative: 1e-8, absolute: 1e-9), "dH v along u, part \(index)")
    }
  }

  @Test func `a forward sweep over them gives the same as a backward one`() {
    let d = DirectionalDerivatives(of: { inner(hessianProduct($0, v), w) }, at: point, along: u, cotangent: Tensor(scalar: 1))
    let backward = zip(d.cotangents, u).map { $0.dot($1) }.reduce(0, +)
    expectClose(d.tangent.scalar, backward, Tolerance(relative: 1e-11, absolute: 1e-12), "T(u, v, w)")
  }

  @Test func `a fourth derivative of x^5 is 120 x`() {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor([0.5, -2, 3]))
    var y = x.power(5)
    for _ in 0..<4 { y = gradient(of: y.sum(), withRespectTo: [x])[0] }
    expectClose(y.value, 120 * x.value, Tolerance(relative: 1e-13, absolute: 0), "d4 x^5")
  }

  @Test func `no derivative passes where it is stopped`() {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor([2.0, 3.0]))
    expectClose(gradient(of: (stopGradient(x) * x).sum(), withRespectTo: [x])[0].value, x.value, .exact, "d (stop(x) x)")
  }

  @Test func `all derivatives of whole powers are finite at 0`() {
    let x = Tape<Double>().variable(Tensor([0, 2]))
    let first = gradient(of: x.power(2).sum(), withRespectTo: [x])[0]
    let second = gradient(of: first.sum(), withRespectTo: [x])[0]
    let third = gradient(of: second.sum(), withRespectTo: [x])[0]
    #expect(first.value.elements == [0, 4] && second.value.elements == [2, 2] && third.value.elements == [0, 0])
    #expect(Function<Double>(count: 2) { $0.power(1).sum() }.hessianVectorProduct(at: x.value, x.value).elements == [0, 0])
  }

  @Test func `cotangents are there for variables that are computed, too, and as often as they are asked for`() {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor([0.3, -0.2]))
    let y = x.exp()
    let z = y * x
    let loss = (z.squared() + y).sum()
    let found = gradient(of: loss, withRespectTo: [x, y, x, z, y])
    // dL/dz = 2 z; dL/dy = 1 + x dL/dz; dL/dx = y dL/dz + y dL/dy.
    let dz = 2 * z.value
    let dy = 1 + x.value * dz
    let dx = y.value * dz + y.value * dy
    for (one, expected) in zip(found, [dx, dy, dx, dz, dy]) { expectClose(one.value, expected, "a cotangent") }
  }

  @Test func `are those of a value that is computed without a tape, and of a checkpoint`() throws {
    // 3 y², squared.
    func slopes(_ y: Variable<Double>) -> Variable<Double> { gradient(of: (y * y * y).sum(), withRespectTo: [y])[0].squared() }
    let x: Tensor<Double> = [1, 2]
    #expect(Function<Double>(count: 2) { slopes($0).sum() }.value(at: x) == 153)
    let inside = valueAndGradient(at: x) { checkpointed($0, slopes).sum() }
    #expect(inside.value == 153 && inside.gradient == [36, 288])
    let squared = valueAndGradient(at: x) { checkpointed($0, slopes).squared().sum() }
    #expect(squared.value == 20817 && squared.gradient == [648, 82944])
    // With respect to a constant: 2 x² w.
    func slope(_ v: [Variable<Double>]) -> Variable<Double> {
      gradient(of: (v[0] * v[1]).squared().sum(), withRespectTo: [v[1]])[0]
    }
    let constant = Variable(Tensor<Double>([3, 5]))
    let mixed = valueAndGradient(at: x) { x in checkpointed([x, constant]) { [slope($0)] }[0].sum() }
    #expect(mixed.value == 46 && mixed.gradient == [12, 40])
    try checkDerivatives(of: slopes, at: x)
  }

  @Test func `are zero for variables that were recorded after the result`() {
    let tape = Tape<Double>()
    let loss = tape.variable(Tensor([1, 2])).squared().sum()
    let late = (0..<3).map { _ in tape.variable(Tensor([1, 2])) }
    #expect(gradient(of: loss, withRespectTo: [late[2]])[0].value == [0, 0])
    #expect(jacobianVectorProduct(of: loss, withRespectTo: [late[2]], [late[0]]).value == Tensor(scalar: 0))
  }

  @Test func `stop the program with respect to a constant`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tape<Double>().variable(Tensor([1, 2]))
      let constant = Variable(Tensor<Double>([3, 4]))
      _ = gradient(of: (x * constant).sum(), withRespectTo: [x, constant])
    }
    #expect(message(of: result).contains("gradient: input 1 is a constant"))
  }

  @Test func `a loss may be a recorded gradient itself, which nobody has asked for yet`() {
    // 4 x³ and 12 x²; 18 x and 18: of a slice's part and of a product's.
    let slices = { (x: Variable<Double>) in gradient(of: x[rows: 0..<1].squared().squared().sum(), withRespectTo: [x])[0] }
    let product = { (x: Variable<Double>) in gradient(of: matmul(x, Variable([[3]])).squared().sum(), withRespectTo: [x])[0] }
    for (slope, x, value, derivative) in [
      (slices, Tensor<Double>([2]), 32.0, Tensor<Double>([48])), (product, Tensor([[2]]), 36, Tensor([[18]])),
    ] {
      let one = valueAndGradient(at: x) { slope($0) }
      #expect(one.value == value && one.gradient == derivative)
      var layout = ParameterLayout()
      layout.append("x", x.shape)
      let function = Function<Double>(layout) { Evaluation(loss: slope($0[0])) }
      let theta = x.flattened()
      #expect(function.value(at: theta) == value && function.linearization(at: theta).value == value)
      let flat = function.valueAndGradient(at: theta)
      #expect(flat.value == value && flat.gradient == derivative.flattened())
    }
  }
}
