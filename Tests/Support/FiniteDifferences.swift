import Kappa

/// d f(x + e t) / de at e = 0, by central differences of fourth order.
///
/// With h = 1e-3 their truncation (h^4) and rounding (1e-16 / h) errors are both near 1e-12 for functions of order 1.
package func centralDifference(
  _ step: Double = 1e-3, _ f: (Double) -> Tensor<Double>
) -> Tensor<Double> {
  let near = f(step) - f(-step)
  let far = f(2 * step) - f(-2 * step)
  return (8 * near - far) / (12 * step)
}

extension Tensor where Scalar == Double {
  /// Independent N(0, 1) elements.
  package static func normal(_ shape: Shape, seed: UInt64) -> Tensor { RandomStream(seed: seed).normal(shape) }
}

/// ||a - b|| / max(||a||, ||b||), 0 if both are 0.
package func relativeGap<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Double {
  let scale = max(a.norm(), b.norm())
  return scale == 0 ? 0 : (a - b).norm() / scale
}
