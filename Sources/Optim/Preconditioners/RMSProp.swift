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

  public override var updatesAtomically: Bool { true }

  public override func update(_ point: CurvatureProbe<Scalar>, step: Int) {
    var mean = meanSquare.take() ?? Tensor(zeros: point.gradient.shape)
    mean.accumulate(productOf: point.gradient, point.gradient, decay: Scalar(decay), weight: Scalar(1 - decay))
    meanSquare = mean
    refreshScale()
  }

  private func refreshScale() {
    scale = meanSquare.map {
      dampingPosition == .outside ? $0.inverseRoot(plus: Scalar(damping)) : $0.inverseRoot(ofSumWith: Scalar(damping))
    }
  }

  /// "meanSquare".
  public override var state: [String: Tensor<Scalar>] {
    get { meanSquare.map { ["meanSquare": $0] } ?? [:] }
    set {
      meanSquare = newValue["meanSquare"]
      refreshScale()
    }
  }

  public override func copy() -> Preconditioner<Scalar> {
    let twin = RMSProp(decay: decay, damping: damping, dampingPosition: dampingPosition)
    twin.state = state
    return twin
  }
}
