import AutoDiff
import Tensor

/// H = ∇²L(θ), by exact products (Pearlmutter, 1994). Symmetric, possibly indefinite.
public struct Hessian<Scalar: TensorScalar>: LinearOperator {
  let linearization: Linearization<Scalar>
  public var dimension: Int { linearization.layout.count }
  /// H v; six matrix products a dense layer.
  public func callAsFunction(_ v: Tensor<Scalar>) -> Tensor<Scalar> { linearization.hessianVectorProduct(v) }
}

/// G = Jᵀ H_L J, the generalized Gauss-Newton matrix: symmetric and, for a convex loss, positive semidefinite (Schraudolph, 2002).
public struct GaussNewton<Scalar: TensorScalar>: LinearOperator {
  let linearization: Linearization<Scalar>
  public var dimension: Int { linearization.layout.count }
  /// G v; four matrix products a dense layer.
  public func callAsFunction(_ v: Tensor<Scalar>) -> Tensor<Scalar> { linearization.gaussNewtonVectorProduct(v) }
}

extension Linearization {
  /// The Hessian at this point.
  public var hessian: Hessian<Scalar> { Hessian(linearization: self) }
  /// The Gauss-Newton matrix at this point.
  public var gaussNewton: GaussNewton<Scalar> { GaussNewton(linearization: self) }
}
