import Kappa
import TestSupport
import Testing

@Suite("A function of several tensors")
struct FunctionDerivativeTests {
  private let x: Tensor<Double> = [[0.5, -1.25, 2], [1.5, 0.25, -0.75]]
  private let w: Tensor<Double> = [[0.3, -0.6], [1.1, 0.2], [-0.4, 0.9]]
  private let exact = Tolerance(relative: 1e-13, absolute: 1e-13)

  /// y₁ = tanh(x w), y₂ = Σ w².
  private func outputs(_ v: [Variable<Double>]) -> [Variable<Double>] { [matmul(v[0], v[1]).tanh(), (v[1] * v[1]).sum()] }

  private func loss(_ v: [Variable<Double>]) -> Variable<Double> {
    let y = outputs(v)
    return (y[0] * y[0] * y[0]).sum() + 0.5 * y[1] * y[1]
  }

  private func directions(_ seed: UInt64, _ like: [Tensor<Double>]) -> [Tensor<Double>] {
    like.enumerated().map { RandomStream(seed: seed, stream: UInt64($0)).normal($1.shape) }
  }

  @Test func `has products with its Jacobian and with the transpose that are adjoint`() {
    let function = linearize(at: [x, w], outputs)
    let (t, u) = (directions(1, [x, w]), directions(2, function.values))
    let (jt, jtu) = (function.jacobianVectorProduct(t), function.vectorJacobianProduct(u))
    let (left, right) = (zip(u, jt).reduce(0) { $0 + $1.0.dot($1.1) }, zip(jtu, t).reduce(0) { $0 + $1.0.dot($1.1) })
    #expect(abs(left - right) < 1e-13 * (1 + abs(left)))
    // Twice the same, and the same as in one call.
    #expect(function.jacobianVectorProduct(t) == jt && function.vectorJacobianProduct(u) == jtu)
    let (values, once) = vectorJacobianProduct(at: [x, w], cotangents: u, outputs)
    #expect(values == function.values && once == jtu)
    #expect(jacobianVectorProduct(at: [x, w], tangents: t, outputs).tangents == jt)
  }

  @Test func `has a Jacobian whose rows and columns are those products`() {
    let function = linearize(at: [x, w], outputs)
    let (t, u) = (directions(3, [x, w]), directions(4, function.values))
    let matrices = jacobian(at: [x, w], outputs)
    for j in 0..<2 {
      var sum = Tensor<Double>(zeros: function.values[j].shape)
      for i in 0..<2 {
        #expect(Array(matrices[j][i].shape) == Array(function.values[j].shape) + Array([x, w][i].shape))
        sum += tensorDot(matrices[j][i], t[i], axes: 2)
      }
      expectClose(sum, function.jacobianVectorProduct(t)[j], exact, "row \(j)")
    }
    let pulled = function.vectorJacobianProduct(u)
    for i in 0..<2 {
      let sum = tensorDot(u[0], matrices[0][i], axes: 2) + u[1] * matrices[1][i]
      expectClose(sum, pulled[i], exact, "column \(i)")
    }
    // More outputs than inputs, and fewer.
    let v: Tensor<Double> = [1, 2, 3]
    #expect(jacobian(at: v) { $0 * $0 } == Tensor(diagonal: 2 * v))
    #expect(jacobian(at: v) { ($0 * $0).sum() } == 2 * v)
    #expect(jacobian(at: v) { _ in Variable<Double>(Tensor([1, 2])) } == Tensor(zeros: [2, 3]))
  }

  @Test func `has the gradient and the Hessian that differences find`() {
    let (value, gradients) = valueAndGradient(at: [x, w], loss)
    #expect(value == linearize(at: [x, w]) { [self.loss($0)] }.values[0].scalar)
    #expect(gradient(at: [x, w], loss) == gradients)
    let v = directions(5, [x, w])
    let product = hessianVectorProduct(at: [x, w], along: v, loss)
    let matrices = hessian(at: [x, w], loss)
    for i in 0..<2 {
      let expected = centralDifference { h in gradient(at: [x + h * v[0], w + h * v[1]], loss)[i] }
      expectClose(product[i], expected, Tolerance(relative: 1e-8, absolute: 1e-8), "Hv \(i)")
      expectClose(
        tensorDot(matrices[i][0], v[0], axes: 2) + tensorDot(matrices[i][1], v[1], axes: 2), product[i], exact, "H times v \(i)")
    }
    expectClose(matrices[0][1].permuted([2, 3, 0, 1]), matrices[1][0], exact, "symmetry")
    let u: Tensor<Double> = [1, -2]
    #expect(hessian(at: u) { ($0 * $0 * $0).sum() } == [[6, 0], [0, -12]])
    #expect(hessianVectorProduct(at: u, along: [1, 1]) { ($0 * $0 * $0).sum() } == [6, -12])
    #expect(gradient(at: u) { ($0 * $0).sum() } == [2, -4])
  }

  @Test func `keeps its point when the tensors change`() {
    var point = x
    let function = linearize(at: [point, w], outputs)
    let t = directions(6, [x, w])
    let before = function.jacobianVectorProduct(t)
    point *= 2
    #expect(function.jacobianVectorProduct(t) == before)
  }

  @Test func `is asked with vectors of the right shapes`() async {
    let first = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = linearize(at: [Tensor<Double>([1, 2])]) { $0 }.jacobianVectorProduct([Tensor([1, 2, 3])])
    }
    #expect(message(of: first).contains("jacobianVectorProduct: tangent 0 has shape [3], not [2]"))
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = linearize(at: [Tensor<Double>([1, 2])]) { $0 }.vectorJacobianProduct([])
    }
    #expect(message(of: second).contains("vectorJacobianProduct: 0 cotangents for 1"))
    let third = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: [Tensor<Double>([1, 2])]) { $0[0] }
    }
    #expect(message(of: third).contains("valueAndGradient: a loss has one element, not shape [2]"))
    let fourth = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (x, t, u) = (Tensor<Double>([1, 2]), Tensor<Double>([1]), Tensor<Double>(scalar: 1))
      _ = DirectionalDerivatives(of: { $0[0].sum() }, at: [x], along: [t], cotangent: u)
    }
    #expect(message(of: fourth).contains("DirectionalDerivatives: tangent 0 has shape [1], not [2]"))
  }

  @Test func `of one tensor says that a loss has one element`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { $0 }
    }
    #expect(message(of: result).contains("valueAndGradient: a loss has one element, not shape [2]"))
  }

  @Test func `has differences that approach its exact products`() {
    let theta: Tensor<Double> = [0.5, -1, 2]
    let v: Tensor<Double> = [1, 0.5, -2]
    func f(_ x: Variable<Double>) -> Variable<Double> { (x * x * x).sum() + x.tanh().sum() }
    let product = hessianVectorProduct(at: theta, along: v, f)
    let central = centralDifferenceHessianVectorProduct(at: theta, along: v) { gradient(at: $0, f) }
    expectClose(central, product, Tolerance(relative: 1e-8, absolute: 1e-8), "central")
    #expect(centralDifferenceHessianVectorProduct(at: theta, along: 0 * v) { gradient(at: $0, f) } == [0, 0, 0])
    let delta = 1e-6 * v
    let difference = gradientDifference(at: theta, along: delta) { gradient(at: $0, f) }
    expectClose(difference, 1e-6 * product, Tolerance(relative: 1e-5, absolute: 0), "one-sided")
    let known = gradientDifference(at: theta, along: delta, gradientAtTheta: gradient(at: theta, f)) { gradient(at: $0, f) }
    #expect(known == difference)
  }
}

@Suite("checkDerivatives")
struct CheckDerivativesTests {
  private let x: Tensor<Double> = [[0.5, -1.25, 2], [1.5, 0.25, -0.75]]

  @Test func `accepts what is right`() throws {
    try checkDerivatives(of: { ($0.tanh() * $0).sum(axes: [0]) }, at: x)
    try checkDerivatives(of: { [matmul($0[0], $0[1]).sigmoid(), $0[0].exp()] }, at: [x, x.transposed()])
    try checkDerivatives(of: { $0.tanh() * 3 }, at: Tensor<Float>([0.5, -1.25]))
  }

  @Test func `names the rule that is wrong, and its worst entry`() {
    func check(_ fault: FaultyCube.Fault) -> DerivativeMismatch? {
      #expect(throws: DerivativeMismatch.self) { try checkDerivatives(of: { $0.applying(FaultyCube(fault: fault)) }, at: x) }
    }
    let tangent = check(.tangent)
    #expect(tangent?.check == .tangent && tangent?.index == [0, 2])
    let cotangent = check(.cotangent)
    #expect(cotangent?.check == .cotangent && cotangent?.tensor == 0)
    #expect(cotangent?.description.contains("the cotangent (reverse mode)") == true)
    #expect(check(.reads)?.check == .second)
    #expect(check(.nearlyAdjoint)?.check == .adjoint)
    #expect(check(.asymmetric)?.check == .symmetry)
  }

  @Test func `names a function that is not the same whenever it is called`() {
    var calls = 0.0
    let mismatch = #expect(throws: DerivativeMismatch.self) {
      try checkDerivatives(
        of: {
          calls += 1
          return $0 * calls
        }, at: x)
    }
    #expect(mismatch?.check == .value && mismatch?.tensor == 0)
  }

  @Test("stops the program at a rule whose result has a wrong shape", arguments: [FaultyCube.Fault.tangentShape, .cotangentShape])
  fileprivate func stopsAtShapes(_ fault: FaultyCube.Fault) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [fault] in
      _ = DirectionalDerivatives(
        of: { $0[0].applying(FaultyCube(fault: fault)) }, at: [Tensor([[1, 2]])], along: [Tensor([[3, 4]])],
        cotangent: Tensor([[5, 6]]))
    }
    let rule = fault == .tangentShape ? "tangent" : "cotangent"
    #expect(message(of: result).contains("the \(rule) rule of FaultyCube gives shape [2]"), "\(message(of: result))")
  }

  @Test("stops the program at a rule that sends what its operands do not take", arguments: FaultyPair.Fault.allCases)
  fileprivate func stopsAtOperands(_ fault: FaultyPair.Fault) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [fault] in
      _ = gradient(at: Tensor<Double>([1, 2])) {
        $0.exp().applying(FaultyPair(fault: fault), with: Variable(Tensor<Double>([3, 4]))).sum()
      }
    }
    #expect(message(of: result).contains(fault.message), "\(message(of: result))")
  }
}

/// y = a + b with a cotangent rule that is wrong.
private struct FaultyPair: BinaryPrimitive {
  enum Fault: Codable, CaseIterable {
    case partShape, missingOperand, shapeOfConstant
    var message: String {
      switch self {
      case .partShape: "the cotangent rule of FaultyPair gives shape [] for an operand of shape [2]"
      case .missingOperand: "FaultyPair has no operand 2, but 2"
      case .shapeOfConstant: "FaultyPair asks for the shape of a constant operand that its `reads` does not name"
      }
    }
  }
  typealias Scalar = Double
  let fault: Fault

  var reads: ValuesRead { .nothing }
  func value(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Tensor<Double> { a + b }
  func addTangent(to sum: inout Accumulator<Double>, at p: TangentPoint<Double>) { sum.add(p.tangent(0)!) }
  func addCotangents(of dy: Variable<Double>, at p: CotangentPoint<Double>) {
    switch fault {
    case .partShape: p.add(ToScalar(), dy, to: 0)
    case .missingOperand: p.add(dy, to: 2)
    case .shapeOfConstant: p.add(dy.reshaped(to: p.shape(ofOperand: 1)), to: 0)
    }
  }
}

/// The sum of all elements.
private struct ToScalar: UnaryPrimitive {
  typealias Scalar = Double
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Double>) -> Tensor<Double> { x.sum(axes: [0]) }
  func tangent(_ dx: consuming Tensor<Double>, at p: TangentPoint<Double>) -> Tensor<Double> { value(dx) }
  func cotangent(_ dy: Variable<Double>, at p: CotangentPoint<Double>) -> Variable<Double> {
    dy.broadcast(to: p.shape(ofOperand: 0))
  }
}

/// y = x³ with a rule that is wrong: the tangent at the element 2, the cotangent by a factor, a second derivative that is
/// missing; or by so little that differences do not tell: a cotangent that is not the tangent's adjoint, a Hessian that is not symmetric.
private struct FaultyCube: UnaryPrimitive {
  enum Fault: Codable { case tangent, cotangent, reads, nearlyAdjoint, asymmetric, tangentShape, cotangentShape }
  typealias Scalar = Double
  let fault: Fault

  var reads: ValuesRead { .first }
  func value(_ x: Tensor<Double>) -> Tensor<Double> { x * x * x }
  func tangent(_ dx: consuming Tensor<Double>, at p: TangentPoint<Double>) -> Tensor<Double> {
    let slope = 3 * p.x * p.x
    if fault == .tangentShape { return (dx * slope).flattened() }
    return dx * (fault == .tangent ? slope + (p.x .== 2).converted(to: Double.self) : slope)
  }
  func cotangent(_ dy: Variable<Double>, at p: CotangentPoint<Double>) -> Variable<Double> {
    switch fault {
    case .tangent, .tangentShape: 3 * dy * p.x * p.x
    case .cotangentShape: (3 * dy * p.x * p.x).reshaped(to: [2])
    case .cotangent: 3.5 * dy * p.x * p.x
    case .reads: 3 * dy * stopGradient(p.x) * p.x
    case .nearlyAdjoint: (3 + 1e-9) * dy * p.x * p.x
    case .asymmetric: 3 * dy * p.x * p.x + 1e-9 * stopGradient(p.x) * (p.x - stopGradient(p.x)).flipped(axes: [0])
    }
  }
}
