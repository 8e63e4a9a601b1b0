import AutoDiff
import Tensor

/// ½ Σ (z - t)²: Gaussian outputs of variance 1.
public struct HalfSquaredErrorLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    squaredErrors(outputs, targets, times: 0.5, "half squared error")
  }
}

/// The mean of (z - t)² over the outputs of an example; with a mean over the batch, the mean over all elements.
public struct MeanSquaredErrorLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    squaredErrors(outputs, targets, times: 1 / S(max(1, outputs.shape.dropFirst().reduce(1, *))), "mean squared error")
  }
}

/// The sums over each example of factor (z - t)².
private func squaredErrors<S>(_ outputs: Variable<S>, _ targets: Targets<S>, times factor: S, _ loss: String) -> Variable<S> {
  let (outputs, values) = targets.compared(with: outputs, for: loss)
  return targets.perExample(((outputs - values).squared() * factor).summedOverLast(), loss)
}

extension Variable {
  /// Losses of single outputs [batch, ..., outputs] as row losses [batch, ...].
  func summedOverLast() -> Variable { sum(axes: [shape.rank - 1]) }
}

extension Loss where Self == HalfSquaredErrorLoss {
  /// ½ Σ (z - t)².
  public static var halfSquaredError: HalfSquaredErrorLoss { HalfSquaredErrorLoss() }
}
extension Loss where Self == MeanSquaredErrorLoss {
  /// The mean of (z - t)² over an example's outputs.
  public static var meanSquaredError: MeanSquaredErrorLoss { MeanSquaredErrorLoss() }
}
