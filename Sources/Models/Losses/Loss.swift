import AutoDiff
import Tensor

/// What the outputs of a model are compared with.
public enum Targets<Scalar: TensorScalar>: Sendable {
  /// Numbers of the shape of the outputs.
  case values(Tensor<Scalar>)
  /// Class labels of the shape of the outputs without their last axis.
  case labels(Tensor<Int32>)
}

/// A loss of each example: a sum over all its outputs, and time steps if there are several.
public protocol Loss: Sendable {
  /// The losses of the examples, [batch], of `outputs` [batch, ...].
  func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S>
}

/// How an objective puts the losses of examples together. Everything but damping and radii is linear in it.
public enum Reduction: Sendable, Hashable {
  /// Their mean over the batch: the convention of all defaults in Kappa.
  case mean
  /// Their sum.
  case sum
}

extension Variable {
  /// Row losses [batch, ...] summed to one for each example [batch].
  fileprivate func perExample() -> Variable { shape.rank == 1 ? self : sum(axes: Array(1..<shape.rank)) }
}

extension Targets {
  fileprivate func values(for loss: String) -> Tensor<Scalar> {
    guard case .values(let tensor) = self else { fatalError("\(loss) compares with values, not with labels") }
    return tensor
  }
}

/// Σ softplus(z) - t z of logits z and targets t in [0, 1]: independent Bernoulli outputs.
public struct SigmoidCrossEntropyLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    outputs.sigmoidCrossEntropy(targets.values(for: "sigmoid cross-entropy")).perExample()
  }
}

/// log Σ e^z - z_label of logits z: a categorical output.
public struct SoftmaxCrossEntropyLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    guard case .labels(let labels) = targets else { fatalError("softmax cross-entropy compares with labels, not with values") }
    return outputs.softmaxCrossEntropy(labels).perExample()
  }
}

/// ½ Σ (z - t)²: Gaussian outputs of variance 1.
public struct HalfSquaredErrorLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    let target = targets.values(for: "half squared error")
    require(target.shape == outputs.shape, "half squared error: outputs \(outputs.shape) and targets \(target.shape) differ")
    let squares = (outputs - target).squared() * 0.5
    return outputs.shape.rank == 1 ? squares : squares.sum(axes: Array(1..<outputs.shape.rank))
  }
}

extension Loss where Self == SigmoidCrossEntropyLoss {
  /// Σ softplus(z) - t z of logits z and targets t in [0, 1].
  public static var sigmoidCrossEntropy: SigmoidCrossEntropyLoss { SigmoidCrossEntropyLoss() }
}
extension Loss where Self == SoftmaxCrossEntropyLoss {
  /// log Σ e^z - z_label of logits z.
  public static var softmaxCrossEntropy: SoftmaxCrossEntropyLoss { SoftmaxCrossEntropyLoss() }
}
extension Loss where Self == HalfSquaredErrorLoss {
  /// ½ Σ (z - t)².
  public static var halfSquaredError: HalfSquaredErrorLoss { HalfSquaredErrorLoss() }
}
