import Tensor

/// Where the damping λ of a root-mean-square scale stands.
public enum DampingPosition: Sendable, Hashable {
  /// 1 / (√m + λ): the reading of the ESGD paper by all public ports, and the default.
  case outside
  /// 1 / √(m + λ).
  case inside

  var rule: ScaleRule { self == .outside ? .inverseRoot : .inverseRootOfSum }
}

/// P = diag(scale): a preconditioner that scales each element of the gradient. The identity until `scale` is set.
///
/// A subclass's `update` sets `scale`. One that keeps nothing else is complete: `scale` is its state.
open class DiagonalPreconditioner<Scalar: TensorScalar>: Preconditioner<Scalar> {
  /// The diagonal of P, positive, in the layout of θ; nil before the first update.
  public final var scale: Tensor<Scalar>?

  public final override func apply(to gradient: Tensor<Scalar>) -> Tensor<Scalar> { scale.map { $0 * gradient } ?? gradient }

  public final override var diagonal: Tensor<Scalar>? { scale }

  /// "scale". A subclass whose scale follows from other numbers keeps those instead, and sets `scale` with them.
  open override var state: [String: Tensor<Scalar>] {
    get { scale.map { ["scale": $0] } ?? [:] }
    set { scale = newValue["scale"] }
  }

  open override func copy() -> Preconditioner<Scalar> {
    guard type(of: self) == DiagonalPreconditioner<Scalar>.self else { return super.copy() }
    let twin = DiagonalPreconditioner(schedule: schedule)
    twin.scale = scale
    return twin
  }
}
