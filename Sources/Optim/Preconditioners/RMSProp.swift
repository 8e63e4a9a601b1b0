import AutoDiff
import Tensor

/// RMSProp: P = diag(1 / (√m + ε)), m a running mean of squared gradients.
///
/// Tieleman & Hinton (2012); section 5 of the ESGD paper reads it as a biased estimate of the equilibration preconditioner.
/// m starts at 0 and is not corrected for that start.
public final class RMSProp<Scalar: TensorScalar>: DiagonalPreconditioner<Scalar> {
  /// What the mean keeps of itself at each step.
  public let decay: Double
  /// ε, in units of the gradient (outside) or its square (inside).
  public let damping: Double
  /// Where ε stands.
  public let dampingPosition: DampingPosition
  private var meanSquare: Tensor<Scalar>?

  /// - Parameters:
  ///   - decay: what the mean keeps of itself at each step; the ESGD paper tries 0.9 and 0.95.
  ///   - damping: ε.
  ///   - dampingPosition: outside the root by default.
  public init(decay: Double = 0.9, damping: Double = 1e-8, dampingPosition: DampingPosition = .outside) {
    require(decay >= 0 && decay < 1, "RMSProp: decay \(decay) is not in [0, 1)")
    require(damping >= 0, "RMSProp: damping \(damping) is negative")
    self.decay = decay
    self.damping = damping
    self.dampingPosition = dampingPosition
    super.init()
  }

  /// - Throws: `OptimizationError.notFinite` if squares of the gradient are too large for `Scalar`: the elements in question would
  ///   never move again.
  public override func update(_ point: CurvatureProbe<Scalar>, step: Int) throws {
    let mean = meanSquare ?? Tensor(zeros: point.gradient.shape)
    let refreshed = mean.refreshed(
      byProductOf: point.gradient, point.gradient, decay: Scalar(decay), weight: Scalar(1 - decay), dampingPosition.rule,
      damping: Scalar(damping))
    guard let refreshed else { throw OptimizationError.notFinite(quantity: "mean of squared gradients", step: step) }
    meanSquare = refreshed.statistic
    scale = refreshed.scale
  }

  /// "meanSquare".
  public override var state: [String: Tensor<Scalar>] {
    get { meanSquare.map { ["meanSquare": $0] } ?? [:] }
    set {
      meanSquare = newValue["meanSquare"]
      scale = meanSquare?.scale(dampingPosition.rule, damping: Scalar(damping))
    }
  }

  public override func copy() -> Preconditioner<Scalar> {
    let twin = RMSProp(decay: decay, damping: damping, dampingPosition: dampingPosition)
    twin.meanSquare = meanSquare
    twin.scale = scale
    return twin
  }
}
