import Tensor

/// What an optimizer sees of one step: value, gradient and curvature of the objective, which may rest on different data.
///
/// Stochastic gradient methods take all three from one mini-batch (`objective.at(batch)`). Hessian-free optimisation takes value
/// and gradient from the whole set and curvature from a mini-batch; a trust region may take three batches.
public protocol StochasticProblem<Scalar> {
  associatedtype Scalar: TensorScalar
  /// How θ is made up; all three roles share it.
  var layout: ParameterLayout { get }
  /// The objective on the data of the value role.
  func value(at theta: Tensor<Scalar>) throws -> Double
  /// The objective and its gradient on the data of the gradient role.
  func valueAndGradient(at theta: Tensor<Scalar>) throws -> (value: Double, gradient: Tensor<Scalar>)
  /// The objective recorded on the data of the curvature role.
  func linearization(at theta: Tensor<Scalar>) throws -> Linearization<Scalar>
  /// Whether gradient and curvature rest on the same data: then a linearization also has the gradient, and one recording
  /// serves both.
  var sharesGradientAndCurvatureData: Bool { get }
}

/// The problem whose three roles are one function: a mini-batch objective.
public struct SharedProblem<Function: ScalarFunction>: StochasticProblem {
  public typealias Scalar = Function.Scalar
  /// The function in all three roles.
  public let function: Function
  /// The problem that a function is.
  public init(_ function: Function) { self.function = function }

  public var layout: ParameterLayout { function.layout }
  public var sharesGradientAndCurvatureData: Bool { true }
  public func value(at theta: Tensor<Scalar>) -> Double { function.value(at: theta) }
  public func valueAndGradient(at theta: Tensor<Scalar>) -> (value: Double, gradient: Tensor<Scalar>) {
    function.valueAndGradient(at: theta)
  }
  public func linearization(at theta: Tensor<Scalar>) -> Linearization<Scalar> { function.linearization(at: theta) }
}

/// The problem whose roles are three functions of the same parameters.
public struct SeparateProblem<Value: ScalarFunction, Gradient: ScalarFunction, Curvature: ScalarFunction>: StochasticProblem
where Gradient.Scalar == Value.Scalar, Curvature.Scalar == Value.Scalar {
  public typealias Scalar = Value.Scalar
  /// Where steps are judged.
  public let valueFunction: Value
  /// Where the gradient comes from.
  public let gradientFunction: Gradient
  /// Where curvature products come from.
  public let curvatureFunction: Curvature

  /// - Parameters:
  ///   - value: where steps are judged.
  ///   - gradient: where the gradient comes from.
  ///   - curvature: where curvature products come from.
  public init(value: Value, gradient: Gradient, curvature: Curvature) {
    require(
      value.layout == gradient.layout && gradient.layout == curvature.layout,
      "SeparateProblem: the three functions have different parameters")
    valueFunction = value
    gradientFunction = gradient
    curvatureFunction = curvature
  }

  public var layout: ParameterLayout { valueFunction.layout }
  public var sharesGradientAndCurvatureData: Bool { false }
  public func value(at theta: Tensor<Scalar>) -> Double { valueFunction.value(at: theta) }
  public func valueAndGradient(at theta: Tensor<Scalar>) -> (value: Double, gradient: Tensor<Scalar>) {
    gradientFunction.valueAndGradient(at: theta)
  }
  public func linearization(at theta: Tensor<Scalar>) -> Linearization<Scalar> { curvatureFunction.linearization(at: theta) }
}

extension SharedProblem: Sendable where Function: Sendable {}
extension SeparateProblem: Sendable where Value: Sendable, Gradient: Sendable, Curvature: Sendable {}
