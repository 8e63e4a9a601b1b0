import AutoDiff
import Tensor

/// ESGD: equilibrated stochastic gradient descent.
///
/// Dauphin, de Vries & Bengio, Equilibrated adaptive learning rates for non-convex optimization, NIPS 2015, Algorithm 1.
/// With probes v ~ N(0, I), E[(Hv)²] = diag(H²), so D / k tends to the squared row norms of H, and P = diag(1 / (√(D / k) + λ)).
/// `k` counts updates, not steps. λ is the one thing that is not covariant with the scale of the loss: the default is for a
/// mean over the mini-batch.
public final class Equilibration<Scalar: TensorScalar>: DiagonalPreconditioner<Scalar> {
  /// How products are averaged over updates.
  public enum Average: Sendable, Hashable {
    /// The plain mean of all: the paper.
    case mean
    /// Exponential forgetting with the given factor, after a start with factors 0, 1/2, 2/3, ...: the baseline of Li (2018).
    case exponential(Double)
  }

  /// λ.
  public let damping: Double
  /// Where λ stands.
  public let dampingPosition: DampingPosition
  /// How products are averaged over updates.
  public let average: Average

  /// D: the sum of (Hv)² over updates (`.mean`), or their running mean (`.exponential`).
  private var squares: Tensor<Scalar>?
  /// k: the number of updates.
  private var updates = 0

  /// - Parameters:
  ///   - damping: λ, in units of the loss's curvature; 1e-2, the paper's recommendation.
  ///   - dampingPosition: outside the root by default.
  ///   - average: the plain mean by default.
  ///   - every: one curvature product each so many steps; 20, the paper's choice.
  public convenience init(
    damping: Double = 1e-2, dampingPosition: DampingPosition = .outside, average: Average = .mean, every: Int = 20
  ) {
    self.init(damping: damping, dampingPosition: dampingPosition, average: average, schedule: .every(every))
  }

  /// As above, with any schedule.
  public init(damping: Double, dampingPosition: DampingPosition, average: Average, schedule: UpdateSchedule) {
    require(damping >= 0, "Equilibration: damping \(damping) is negative")
    self.damping = damping
    self.dampingPosition = dampingPosition
    self.average = average
    super.init(schedule: schedule)
  }

  public override var usesCurvature: Bool { true }
  /// - Throws: `OptimizationError.notFinite` if Hv is not finite, or its squares are too large for `Scalar`: the elements in
  ///   question would never move again.
  public override func update(_ point: CurvatureProbe<Scalar>, step: Int) throws {
    let product = try point.hessianVectorProduct(point.gaussian())
    let count = updates + 1
    let (decay, weight) =
      switch average {
      case .mean: (1.0, 1.0)
      case .exponential(let limit):
        // The weight is what the decay leaves.
        { ($0, 1 - $0) }(Swift.min(limit, Double(updates) / Double(count)))
      }
    let refreshed = (squares ?? Tensor(zeros: product.shape)).refreshed(
      byProductOf: product, product, decay: Scalar(decay), weight: Scalar(weight), dampingPosition.rule,
      factor: factor(updates: count), damping: Scalar(damping))
    guard let refreshed else {
      let kind = average == .mean ? "sum" : "mean"
      throw OptimizationError.notFinite(quantity: "\(kind) of squared Hessian-vector products", step: step)
    }
    squares = refreshed.statistic
    scale = refreshed.scale
    updates = count
  }

  /// What makes `squares` a mean.
  private func factor(updates: Int) -> Scalar { average == .mean ? 1 / Scalar(updates) : 1 }

  /// "squares" (D) and "updates" (k).
  public override var state: [String: Tensor<Scalar>] {
    get { squares.map { ["squares": $0, "updates": Tensor(counter: updates)] } ?? [:] }
    set {
      squares = newValue["squares"]
      updates = newValue["updates"]?.counter ?? 0
      scale = squares?.scale(dampingPosition.rule, factor: factor(updates: updates), damping: Scalar(damping))
    }
  }

  public override func copy() -> Preconditioner<Scalar> {
    let twin = Equilibration(damping: damping, dampingPosition: dampingPosition, average: average, schedule: schedule)
    twin.squares = squares
    twin.updates = updates
    twin.scale = scale
    return twin
  }
}
