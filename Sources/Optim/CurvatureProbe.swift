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
  /// What has been computed through this probe so far. A recording made for curvature alone counts as a gradient: it computes the
  /// value and most of the backward pass.
  public private(set) var cost = Cost()

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

  /// The same point with the same random vectors to come.
  func again() -> CurvatureProbe {
    CurvatureProbe(
      layout: layout, parameters: parameters, loss: loss, gradient: gradient, source: source, step: step, recorded: recorded,
      linearize: linearize)
  }

  private init(
    layout: ParameterLayout, parameters: Tensor<Scalar>, loss: Double, gradient: Tensor<Scalar>, source: any ProbeSource<Scalar>,
    step: Int, recorded: Linearization<Scalar>?, linearize: @escaping () throws -> Linearization<Scalar>
  ) {
    (self.parameters, self.loss, self.gradient, self.step, self.layout) = (parameters, loss, gradient, step, layout)
    (self.source, self.recorded, self.linearize) = (source, recorded, linearize)
  }

  /// The objective of the curvature role, recorded at θ: the recording of the gradient if there is one on the same data, else one
  /// more, which is counted.
  public func linearization() throws -> Linearization<Scalar> {
    if let recorded { return recorded }
    let fresh = try linearize()
    cost.gradients += 1
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

  /// `tensor` itself: for what an `update` derives from finite numbers and keeps, such as a sum of squares.
  /// - Parameter name: what it is, for the error.
  /// - Throws: `OptimizationError.notFinite` if an element is infinite or NaN.
  public func finite(_ tensor: Tensor<Scalar>, _ name: String) throws -> Tensor<Scalar> {
    guard tensor.isFinite else { throw OptimizationError.notFinite(quantity: name, step: step) }
    return tensor
  }
}
