import AutoDiff
import Tensor

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

  /// The losses of examples as one.
  func callAsFunction<S>(_ losses: Variable<S>) -> Variable<S> { self == .mean ? losses.mean() : losses.sum() }
}

extension Loss {
  /// The value of the loss at given outputs.
  public func value<S: TensorScalar>(_ outputs: Tensor<S>, _ targets: Targets<S>, _ reduction: Reduction = .mean) -> Double {
    Double(reduction(exampleLosses(Variable(outputs), targets)).value.scalar)
  }

  /// ∂L/∂z at outputs z, of their shape.
  public func outputGradient<S: TensorScalar>(
    at outputs: Tensor<S>, _ targets: Targets<S>, _ reduction: Reduction = .mean
  ) -> Tensor<S> {
    gradient(at: outputs) { reduction(exampleLosses($0, targets)) }
  }

  /// H_L v with H_L = ∂²L/∂z² at outputs z: what Gauss-Newton products put between the Jacobian and its transpose.
  /// - Parameter v: of the shape of the outputs.
  public func outputHessianProduct<S: TensorScalar>(
    _ v: Tensor<S>, at outputs: Tensor<S>, _ targets: Targets<S>, _ reduction: Reduction = .mean
  ) -> Tensor<S> {
    hessianVectorProduct(at: outputs, along: v) { reduction(exampleLosses($0, targets)) }
  }
}
