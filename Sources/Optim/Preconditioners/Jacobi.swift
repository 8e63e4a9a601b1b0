import AutoDiff
import Tensor

/// The Jacobi preconditioner P = diag(1 / (|d| + λ)), d an estimate of diag(H).
///
/// Bekas, Kokiopoulou & Saad, An estimator for the diagonal of a matrix, Appl. Numer. Math. 57 (2007): with v of independent
/// -1 and 1, E[v · Hv] = diag(H). The products are averaged first and the absolute value is taken of the average. As in the ESGD
/// paper it stands beside equilibration, which it differs from where H is indefinite.
public final class Jacobi<Scalar: TensorScalar>: DiagonalPreconditioner<Scalar> {
  /// λ.
  public let damping: Double
  /// The sum of v · Hv over updates.
  private var products: Tensor<Scalar>?
  private var updates = 0

  /// - Parameters:
  ///   - damping: λ, in units of the loss's curvature.
  ///   - every: one curvature product each so many steps.
  public convenience init(damping: Double = 1e-2, every: Int = 20) { self.init(damping: damping, schedule: .every(every)) }

  /// As above, with any schedule.
  public init(damping: Double, schedule: UpdateSchedule) {
    require(damping >= 0, "Jacobi: damping \(damping) is negative")
    self.damping = damping
    super.init(schedule: schedule)
  }

  public override var usesCurvature: Bool { true }
  /// - Throws: `OptimizationError.notFinite` if Hv or the sum is not finite: the elements in question would never move again.
  public override func update(_ point: CurvatureProbe<Scalar>, step: Int) throws {
    let probe = point.rademacher()
    let product = try point.hessianVectorProduct(probe)
    let refreshed = (products ?? Tensor(zeros: product.shape)).refreshed(
      byProductOf: probe, product, .inverseAbsolute, factor: 1 / Scalar(updates + 1), damping: Scalar(damping))
    guard let refreshed else { throw OptimizationError.notFinite(quantity: "sum of v · Hv", step: step) }
    products = refreshed.statistic
    scale = refreshed.scale
    updates += 1
  }

  /// "products" (Σ v · Hv) and "updates".
  public override var state: [String: Tensor<Scalar>] {
    get { products.map { ["products": $0, "updates": Tensor(counter: updates)] } ?? [:] }
    set {
      products = newValue["products"]
      updates = newValue["updates"]?.counter ?? 0
      scale = products?.scale(.inverseAbsolute, factor: 1 / Scalar(updates), damping: Scalar(damping))
    }
  }

  public override func copy() -> Preconditioner<Scalar> {
    let twin = Jacobi(damping: damping, schedule: schedule)
    twin.products = products
    twin.updates = updates
    twin.scale = scale
    return twin
  }
}
