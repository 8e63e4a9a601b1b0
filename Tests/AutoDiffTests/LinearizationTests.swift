import Kappa
import TestSupport
import Testing

@Suite("A linearization")
struct LinearizationTests {
  private let problem = Problem([4, 5, 3])

  @Test func `keeps its point when theta changes`() {
    let function = problem.function(of: Double.self)
    var theta = problem.parameters(of: Double.self)
    let v = problem.direction(0, of: Double.self)
    let (kept, reference) = (function.linearization(at: theta), function.linearization(at: theta))
    let (gradient, product) = (reference.gradient, reference.hessianVectorProduct(v))
    theta *= -3
    theta[0] = .nan
    expectClose(kept.gradient, gradient, .exact, "gradient after theta changed")
    expectClose(kept.hessianVectorProduct(v), product, .exact, "Hv after theta changed")
  }

  @Test func `does not mind others that are alive`() {
    let function = problem.function(of: Double.self)
    let v = problem.direction(9, of: Double.self)
    let points = (0..<3).map { problem.direction(UInt64($0), of: Double.self) }
    let alone = points.map { function.hessianVectorProduct(at: $0, v) }
    let together = points.map { function.linearization(at: $0) }
    for _ in 0..<2 {
      for index in [2, 0, 1] { expectClose(together[index].hessianVectorProduct(v), alone[index], .exact, "Hv at point \(index)") }
    }
  }

  @Test func `gives the same bits for the same question in any order`() {
    let function = problem.function(of: Double.self)
    let theta = problem.parameters(of: Double.self)
    let v = problem.direction(0, of: Double.self)
    let (first, second) = (function.linearization(at: theta), function.linearization(at: theta))
    let (hessian, gaussNewton, gradient) = (first.hessianVectorProduct(v), first.gaussNewtonVectorProduct(v), first.gradient)
    expectClose(second.gradient, gradient, .exact, "gradient asked first")
    expectClose(second.gaussNewtonVectorProduct(v), gaussNewton, .exact, "Gv after the gradient")
    expectClose(second.hessianVectorProduct(v), hessian, .exact, "Hv asked last")
    expectClose(first.hessianVectorProduct(v), hessian, .exact, "Hv asked again")
  }

  @Test func `leaves its argument alone`() {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let v = problem.direction(0, of: Double.self)
    let before = v.elements
    for _ in 0..<2 {
      _ = point.hessianVectorProduct(v)
      _ = point.gaussNewtonVectorProduct(v)
    }
    #expect(v.elements == before)
  }

  @Test func `returns results that later products leave alone`() {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let product = point.hessianVectorProduct(problem.direction(0))
    let (gradient, elements) = (point.gradient, product.elements)
    let slopes = gradient.elements
    _ = point.hessianVectorProduct(problem.direction(1))
    _ = point.gaussNewtonVectorProduct(problem.direction(1))
    #expect(product.elements == elements)
    #expect(gradient.elements == slopes)
  }

  // Where one part of a backward pass belongs to several sums.

  private func check(_ function: Function<Double>, hessian: Tensor<Double>, sourceLocation: SourceLocation = #_sourceLocation) {
    let theta = Tensor.normal([function.layout.count], seed: 3)
    let gradient = function.gradient(at: theta)
    expectClose(function.linearization(at: theta).gradient, gradient, "gradient", sourceLocation: sourceLocation)
    let expected = centralDifference { t in
      Tensor((0..<theta.count).map { function.value(at: theta + t * Tensor(identity: theta.count)[row: $0]) })
    }
    expectClose(
      gradient, expected, Tolerance(relative: 1e-9, absolute: 1e-9), "gradient by differences", sourceLocation: sourceLocation)
    expectClose(
      function.matrix(at: theta) { $0.hessianVectorProduct($1) }, hessian, Tolerance(relative: 1e-13, absolute: 1e-13), "H",
      sourceLocation: sourceLocation)
  }

  private static func pair() -> ParameterLayout {
    var layout = ParameterLayout()
    layout.append("a", [2])
    layout.append("b", [2])
    return layout
  }

  @Test func `tells parameters apart that share a cotangent`() {
    // (a + b)^2: the same recorded slope is the gradient of both.
    let blocks: [[Double]] = [[2, 0, 2, 0], [0, 2, 0, 2], [2, 0, 2, 0], [0, 2, 0, 2]]
    check(Function(Self.pair()) { Evaluation(loss: ($0["a"] + $0["b"]).squared().sum()) }, hessian: Tensor(blocks))
  }

  @Test func `counts a parameter as often as it is used`() {
    check(Function(count: 2) { ($0 + $0).squared().sum() }, hessian: 8 * Tensor(identity: 2))
    check(Function(count: 2) { ($0 + $0 + $0).squared().sum() }, hessian: 18 * Tensor(identity: 2))
    check(Function(count: 2) { ($0 * $0).sum() }, hessian: 2 * Tensor(identity: 2))
  }

  @Test func `computes a gradient whose last operation only reshapes`() {
    let a = Tensor<Double>([[2, 1], [1, -3]])
    check(Function(count: 2) { (matmul($0.reshaped(to: [1, 2]), Variable(a)).reshaped(to: [2]) * $0).sum() * 0.5 }, hessian: a)
  }

  @Test func `has a zero Hessian where the loss is linear`() {
    check(Function(count: 2) { $0.sum() }, hessian: Tensor(zeros: [2, 2]))
    check(Function(count: 2) { ($0 * Tensor([3, 4])).sum() }, hessian: Tensor(zeros: [2, 2]))
  }

  @Test func `has zero derivatives where the loss does not depend on parameters`() {
    let unused = Function<Double>(Self.pair()) { Evaluation(loss: $0["a"].squared().sum()) }
    check(unused, hessian: Tensor([[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    let constant = Function<Double>(count: 2) { _ in Variable(4) }
    check(constant, hessian: Tensor(zeros: [2, 2]))
    let theta = Tensor<Double>([1, 2])
    expectClose(constant.gradient(at: theta), Tensor(zeros: [2]), .exact, "gradient")
    expectClose(constant.linearization(at: theta).gradient, Tensor(zeros: [2]), .exact, "gradient of the linearization")
    #expect(constant.linearization(at: theta).value == 4)
  }

  @Test func `has zero Gauss-Newton products where the outputs do not depend on parameters`() {
    let layout = Function<Double>(count: 3) { $0.sum() }.layout
    let function = Function<Double>(layout) { _ in
      let outputs = Variable(Tensor<Double>([1, 2]))
      return Evaluation(loss: outputs.sum(), outputs: outputs)
    }
    let point = function.linearization(at: Tensor([1, 2, 3]))
    #expect(point.gaussNewtonVectorProduct(Tensor([1, 1, 1])) == Tensor(zeros: [3]))
    #expect(point.jacobianVectorProduct(Tensor([1, 1, 1])) == Tensor(zeros: [2]))
    #expect(point.vectorJacobianProduct(Tensor([1, 1])) == Tensor(zeros: [3]))
  }

  @Test func `has a zero Hessian behind a piecewise linear function of constants' slope`() {
    // The slope of the leaky ReLU is flat, so nothing is left to carry on to the bias.
    var layout = ParameterLayout()
    layout.append("x", [2, 2])
    layout.append("b", [2])
    let function = Function<Double>(layout) { Evaluation(loss: $0["x"].activated(.leakyRelu(slope: 0.3), bias: $0["b"]).sum()) }
    check(function, hessian: Tensor(zeros: [6, 6]))
  }

  @Test func `takes outputs that are the parameters themselves`() {
    var layout = ParameterLayout()
    layout.append("z", [3])
    let function = Function<Double>(layout) { Evaluation(loss: ($0["z"].squared() * $0["z"]).sum(), outputs: $0["z"]) }
    let theta = Tensor<Double>([1, 2, 3])
    let v = Tensor<Double>([1, -1, 2])
    let point = function.linearization(at: theta)
    expectClose(point.jacobianVectorProduct(v), v, .exact, "Jv = v")
    expectClose(point.hessianVectorProduct(v), 6 * theta * v, "Hv")
    expectClose(point.gaussNewtonVectorProduct(v), 6 * theta * v, "Gv")
  }

  @Test func `has derivatives of the identity`() {
    let (x, t, u) = (Tensor<Double>([1, 2]), Tensor<Double>([3, 4]), Tensor<Double>([5, 6]))
    let d = DirectionalDerivatives(of: { $0[0] }, at: [x], along: [t], cotangent: u)
    expectClose(d.tangent, t, .exact, "tangent")
    expectClose(d.cotangents[0], u, .exact, "cotangent")
    expectClose(d.cotangentTangents[0], Tensor(zeros: [2]), .exact, "derivative of the cotangent")
  }

  @Test func `asks for outputs before it forms Gauss-Newton products`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Function<Double>(count: 1) { $0.sum() }.linearization(at: Tensor([1])).gaussNewtonVectorProduct(Tensor([1]))
    }
    #expect(
      message(of: result).contains("gaussNewtonVectorProduct: the function does not name its outputs: Evaluation(loss:outputs:)"))
  }

  @Test func `names the product whose vector does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var layout = ParameterLayout()
      layout.append("x", [2])
      let function = Function<Double>(layout) { Evaluation(loss: $0[0].sum(), outputs: $0[0]) }
      _ = function.linearization(at: Tensor([1, 2])).gaussNewtonVectorProduct(Tensor([1]))
    }
    #expect(message(of: result).contains("gaussNewtonVectorProduct: a vector of shape [1] for 2 parameters"))
  }

  @Test func `takes vectors of any strides`() {
    let function = problem.function(of: Double.self)
    let (theta, v) = (problem.parameters(of: Double.self), problem.direction(0, of: Double.self))
    // Both as columns of one matrix.
    let matrix = Tensor([theta.elements, v.elements]).transposed().contiguous()
    let columns = (0..<2).map { matrix.sliced(axis: 1, $0..<$0 + 1).squeezed(axis: 1) }
    #expect(!columns[0].isContiguous)
    expectClose(function.gradient(at: columns[0]), function.gradient(at: theta), .exact, "gradient")
    expectClose(
      function.hessianVectorProduct(at: columns[0], columns[1]), function.hessianVectorProduct(at: theta, v), .exact, "Hv")
    for index in function.layout.entries.indices {
      expectClose(function.layout.view(index, of: columns[1]), function.layout.view(index, of: v), .exact, "piece \(index)")
    }
    for block in function.layout.affineBlocks { expectClose(block.matrix(in: columns[1]), block.matrix(in: v), .exact, block.name) }
  }
}
