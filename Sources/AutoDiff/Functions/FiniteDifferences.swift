import Foundation
import Tensor

// Curvature from gradients alone, for functions without second derivatives, and as a check on those that have them.

/// H v ≈ (∇f(θ + h v) - ∇f(θ - h v)) / 2h, h = ∛ε · max(1, ‖θ‖) / ‖v‖ with ε the scalar's machine epsilon unless a step is given.
///
/// The error is about ε^(2/3) times the third derivative: six digits at best in `Double`, two or three in `Float`. A zero v gives
/// zeros.
/// - Parameters:
///   - theta: θ.
///   - v: of the shape of θ.
///   - step: h; nil for the above.
///   - gradient: ∇f.
/// - Complexity: two gradients.
public func centralDifferenceHessianVectorProduct<S: TensorScalar>(
  at theta: Tensor<S>, along v: Tensor<S>, step: Double? = nil, gradient: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  require(
    v.shape == theta.shape, "centralDifferenceHessianVectorProduct: a vector of shape \(v.shape) at a point of shape \(theta.shape)"
  )
  let length = v.norm()
  if length == 0 { return Tensor(zeros: theta.shape) }
  let cubeRoot = cbrt(Double(S.ulpOfOne))
  let h = step ?? cubeRoot * Swift.max(1, theta.norm()) / length
  var (above, below) = (theta, theta)
  above.add(v, scaledBy: S(h))
  below.add(v, scaledBy: S(-h))
  return try (gradient(above) - gradient(below)) * S(1 / (2 * h))
}

/// ∇f(θ + δ) - ∇f(θ), not divided by anything: the pair (δ, ·) that PSGD fits its preconditioner to where exact Hessian-vector
/// products are not to be had (Li 2018, section II-B, with δ ~ N(0, ε I), ε the scalar's machine epsilon).
/// - Parameters:
///   - theta: θ.
///   - delta: δ, of the shape of θ.
///   - gradientAtTheta: ∇f(θ), if it is known already.
///   - gradient: ∇f; on the same data for both.
/// - Complexity: one gradient, two if that at θ is not given.
public func gradientDifference<S: TensorScalar>(
  at theta: Tensor<S>, along delta: Tensor<S>, gradientAtTheta: Tensor<S>? = nil, gradient: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  require(delta.shape == theta.shape, "gradientDifference: a step of shape \(delta.shape) at a point of shape \(theta.shape)")
  return try gradient(theta + delta) - (gradientAtTheta ?? gradient(theta))
}
