import Kappa
import TestSupport
import Testing

@Suite("The matrix products of a dense network")
struct ProductCountTests {
  /// Networks of one, two and five layers.
  static let problems = [
    Problem([7, 4], batch: 5),
    Problem([7, 6, 4], .tanh, .half_squared_error, batch: 5),
    Problem([6, 5, 4, 3, 4, 6], .sigmoid, .sigmoid_cross_entropy, batch: 5),
  ]

  /// Expects `work` to do `first` products in the first layer and `later` in each layer behind it, and no others.
  private func expect(
    _ problem: Problem, first: Int, later: Int, _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () -> Void
  ) {
    let before = ProductCount.soFar
    work()
    let done = ProductCount.soFar - before
    var (products, flops) = (0, 0)
    for (layer, size) in zip(problem.sizes, problem.sizes.dropFirst()).enumerated() {
      let count = layer == 0 ? first : later
      products += count
      // Forward, weight gradient and input gradient of a layer are products of the same three lengths.
      flops += count * 2 * problem.batch * size.0 * size.1
    }
    #expect(done.products == products, "\(what): products", sourceLocation: sourceLocation)
    #expect(done.flops == flops, "\(what): floating-point operations", sourceLocation: sourceLocation)
  }

  @Test("are 1 a layer forward and 3 for a gradient, 2 in the first layer", arguments: problems)
  func gradients(_ problem: Problem) {
    let (function, theta) = (problem.function(of: Double.self), problem.parameters(of: Double.self))
    expect(problem, first: 1, later: 1, "value") { _ = function.value(at: theta) }
    expect(problem, first: 2, later: 3, "value and gradient") { _ = function.valueAndGradient(at: theta) }
  }

  @Test("are 6 a layer for a repeated Hessian product, 2 in the first", arguments: problems)
  func hessian(_ problem: Problem) {
    let (function, theta, v) = (
      problem.function(of: Double.self), problem.parameters(of: Double.self), problem.direction(0, of: Double.self)
    )
    expect(problem, first: 3, later: 8, "Hv from scratch") { _ = function.hessianVectorProduct(at: theta, v) }
    var point: Linearization<Double>!
    expect(problem, first: 1, later: 1, "record") { point = function.linearization(at: theta) }
    expect(problem, first: 2, later: 7, "first Hv") { _ = point.hessianVectorProduct(v) }
    expect(problem, first: 2, later: 6, "second Hv") { _ = point.hessianVectorProduct(v) }
    expect(problem, first: 1, later: 1, "gradient after Hv") { _ = point.gradient }
    expect(problem, first: 0, later: 0, "gradient again") { _ = point.gradient }
    expect(problem, first: 2, later: 6, "Hv after the gradient") { _ = point.hessianVectorProduct(v) }
  }

  @Test("are 4 a layer for a Gauss-Newton product, 2 in the first", arguments: problems)
  func gaussNewton(_ problem: Problem) {
    let (function, theta, v) = (
      problem.function(of: Double.self), problem.parameters(of: Double.self), problem.direction(0, of: Double.self)
    )
    let point = function.linearization(at: theta)
    expect(problem, first: 2, later: 4, "first Gv") { _ = point.gaussNewtonVectorProduct(v) }
    expect(problem, first: 2, later: 4, "second Gv") { _ = point.gaussNewtonVectorProduct(v) }
    expect(problem, first: 1, later: 2, "Jv") { _ = point.jacobianVectorProduct(v) }
    expect(problem, first: 1, later: 2, "gradient after Gv") { _ = point.gradient }
  }

  @Test("are 2 a layer for the gradient of a linearization, 1 in the first", arguments: problems)
  func linearizationGradient(_ problem: Problem) {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    expect(problem, first: 1, later: 2, "gradient after recording") { _ = point.gradient }
  }

  @Test("are none for J' u beyond those of the gradient", arguments: problems)
  func transposedJacobian(_ problem: Problem) {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let u = Tensor<Double>(repeating: 1, shape: [problem.batch, problem.sizes.last!])
    expect(problem, first: 1, later: 2, "J' u") { _ = point.vectorJacobianProduct(u) }
  }

  @Test("are 2 a layer for squares of examples' gradients beyond recording, 1 in the first", arguments: problems)
  func squaredGradients(_ problem: Problem) {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    expect(problem, first: 1, later: 2, "squares after recording") { _ = point.sumOfSquaredGradients() }
    expect(problem, first: 1, later: 1, "squares again") { _ = point.sumOfSquaredGradients() }
  }
}
