import Tensor

/// Where the damping λ of a root-mean-square scale stands.
public enum DampingPosition: Sendable, Hashable {
  /// 1 / (√m + λ): the reading of the ESGD paper by all public ports, and the default.
  case outside
  /// 1 / √(m + λ).
  case inside
}

/// P = diag(scale): a preconditioner that scales each element of the gradient. The identity until `scale` is set.
open class DiagonalPreconditioner<Scalar: TensorScalar>: Preconditioner<Scalar> {
  /// The diagonal of P, positive, in the layout of θ; nil before the first update.
  public final var scale: Tensor<Scalar>?

  open override func apply(to gradient: Tensor<Scalar>) -> Tensor<Scalar> { scale.map { $0 * gradient } ?? gradient }

  /// One pass over θ.
  open override func descend(_ theta: inout Tensor<Scalar>, along gradient: Tensor<Scalar>, learningRate: Scalar) {
    guard let scale else { return theta.add(gradient, scaledBy: -learningRate) }
    theta.descend(along: gradient, scaledBy: scale, rate: learningRate)
  }
}
