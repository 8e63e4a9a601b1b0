import AutoDiff
import Tensor

/// What a preconditioner may ask at the point of the current step: the gradient, curvature products, random probes.
///
/// Products are computed when asked for and counted; all of one step share one recording.
public final class CurvatureProbe<Scalar: TensorScalar> {
  /// θ before the step.
  public let parameters: Tensor<Scalar>
  /// The objective there.
  public let loss: Double
  /// Its gradient there; finite.
  public let gradient: Tensor<Scalar>
  /// How the parameters are made up; its affine blocks are what Kronecker-like preconditioners work on.
  public let layout: ParameterLayout
  /// The number of this step, from 1.
  public let step: Int

  private let source: any ProbeSource<Scalar>
  private let linearize: () throws -> Linearization<Scalar>
  private var recorded: Linearization<Scalar>?
  private var draws = 0
  private(set) var cost = Cost()

  /// The point of one step; optimizers make it.
  /// - Parameter linearization: a recording of the curvature role at `parameters`, if there is one already.
  public init(
    problem: some StochasticProblem<Scalar>, parameters: Tensor<Scalar>, loss: Double, gradient: Tensor<Scalar>,
    linearization: Linearization<Scalar>? = nil, probes: any ProbeSource<Scalar>, step: Int
  ) {
    self.parameters = parameters
    self.loss = loss
    self.gradient = gradient
    self.step = step
    layout = problem.layout
    source = probes
    recorded = linearization
    linearize = { try problem.linearization(at: parameters) }
  }

  /// The objective of the curvature role, recorded at θ.
  public func linearization() throws -> Linearization<Scalar> {
    if let recorded { return recorded }
    let fresh = try linearize()
    recorded = fresh
    return fresh
  }

  /// H v, exactly.
  /// - Throws: `OptimizationError.notFinite` if it is not finite.
  public func hessianVectorProduct(_ v: Tensor<Scalar>) throws -> Tensor<Scalar> {
    cost.hessianVectorProducts += 1
    return try finite(linearization().hessianVectorProduct(v), "Hessian-vector product")
  }

  /// G v, exactly.
  /// - Throws: `OptimizationError.notFinite` if it is not finite.
  public func gaussNewtonVectorProduct(_ v: Tensor<Scalar>) throws -> Tensor<Scalar> {
    cost.gaussNewtonVectorProducts += 1
    return try finite(linearization().gaussNewtonVectorProduct(v), "Gauss-Newton product")
  }

  /// A fresh vector of independent N(0, 1) elements in the layout of θ.
  public func gaussian() -> Tensor<Scalar> {
    defer { draws += 1 }
    return source.gaussian(count: layout.count, step: step, draw: draws)
  }

  /// A fresh vector of independent elements -1 or 1 in the layout of θ.
  public func rademacher() -> Tensor<Scalar> {
    defer { draws += 1 }
    return source.rademacher(count: layout.count, step: step, draw: draws)
  }

  private func finite(_ product: Tensor<Scalar>, _ name: String) throws -> Tensor<Scalar> {
    guard product.isFinite else { throw OptimizationError.notFinite(quantity: name, step: step) }
    return product
  }
}
