import AutoDiff
import Tensor

/// A loss of each example: a sum over all its outputs, and time steps if there are several.
public protocol Loss: Sendable {
  /// The losses of the examples, [batch], of `outputs` [batch, ...].
  func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S>
  /// How the losses of a batch become one; by their mean if not said otherwise.
  var reduction: Reduction { get }
}

/// How the losses of a batch's examples become one. Everything but damping and radii is linear in it.
public enum Reduction: Sendable, Hashable {
  /// Their mean over the batch: the convention of all defaults in Kappa.
  case mean
  /// Their sum.
  case sum

  /// The losses of examples as one.
  func callAsFunction<S>(_ losses: Variable<S>) -> Variable<S> { self == .mean ? losses.mean() : losses.sum() }
}

/// A loss whose examples are put together in the given way.
public struct ReducedLoss<Base: Loss>: Loss {
  /// The loss of each example.
  public let base: Base
  public let reduction: Reduction

  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    base.exampleLosses(outputs, targets)
  }
}

extension Loss {
  public var reduction: Reduction { .mean }

  /// This loss, reduced in the given way: `SoftmaxCrossEntropyLoss().reduced(by: .sum)`.
  public func reduced(by reduction: Reduction) -> ReducedLoss<Self> { ReducedLoss(base: self, reduction: reduction) }

  /// The value of the loss at given outputs.
  public func value<S: TensorScalar>(_ outputs: Tensor<S>, _ targets: Targets<S>) -> Double {
    Double(reduction(exampleLosses(Variable(outputs), targets)).value.scalar)
  }

  /// ∂L/∂z at outputs z, of their shape.
  public func outputGradient<S: TensorScalar>(
    at outputs: Tensor<S>, _ targets: Targets<S>
  ) -> Tensor<S> {
    gradient(at: outputs) { reduction(exampleLosses($0, targets)) }
  }

  /// H_L v with H_L = ∂²L/∂z² at outputs z: what Gauss-Newton products put between the Jacobian and its transpose.
  /// - Parameter v: of the shape of the outputs.
  public func outputHessianProduct<S: TensorScalar>(
    _ v: Tensor<S>, at outputs: Tensor<S>, _ targets: Targets<S>
  ) -> Tensor<S> {
    hessianVectorProduct(at: outputs, along: v) { reduction(exampleLosses($0, targets)) }
  }
}
