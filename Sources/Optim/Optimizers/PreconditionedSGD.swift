import AutoDiff
import Tensor

/// Preconditioned stochastic gradient descent: θ ← θ - ε P g.
///
/// With `Preconditioner()` it is plain SGD, with `Equilibration()` ESGD, and so on. The preconditioner is updated at the steps of
/// its schedule, before or after it is applied as its `timing` says, from the parameters and the mini-batch of that step.
public struct PreconditionedSGD<Scalar: TensorScalar>: Optimizer {
  /// ε.
  public var learningRate: Double
  /// P. The optimizer updates copies: read this after steps.
  public var preconditioner: Preconditioner<Scalar> { owned.current }
  private var owned: OwnedPreconditioner<Scalar>
  /// Where the preconditioner's random vectors come from.
  public var probes: any ProbeSource<Scalar>
  /// The number of steps taken.
  public private(set) var stepCount = 0

  /// - Parameters:
  ///   - learningRate: ε.
  ///   - preconditioner: P; the identity by default.
  ///   - seed: of the preconditioner's probes.
  public init(learningRate: Double, preconditioner: Preconditioner<Scalar> = Preconditioner(), seed: UInt64 = 0) {
    self.init(learningRate: learningRate, preconditioner: preconditioner, probes: SeededProbes(seed: seed))
  }

  /// As above, with probes from any source.
  public init(learningRate: Double, preconditioner: Preconditioner<Scalar>, probes: any ProbeSource<Scalar>) {
    self.learningRate = learningRate
    owned = OwnedPreconditioner(preconditioner)
    self.probes = probes
  }

  public mutating func step(_ theta: inout Tensor<Scalar>, on problem: some StochasticProblem<Scalar>) throws -> StepReport {
    let number = stepCount + 1
    var report = StepReport(step: number, loss: 0, cost: Cost())
    let isDue = preconditioner.schedule.isDue(number)
    var point: CurvatureProbe? = try evaluate(problem, theta, number, recording: isDue && preconditioner.usesCurvature)
    var direction = point!.gradient
    report.loss = point!.loss
    // An update that comes second leaves the gradient to the previous state.
    let isApplied = isDue && preconditioner.timing == .afterApply
    if isApplied { direction = preconditioner.apply(to: direction) }
    let next = isDue ? try owned.changed { try $0.update(point!, step: number) } : owned
    report.cost += point!.cost
    report.cost.gradients += 1
    point = nil  // It refers to the gradient, whose memory is θ's next.
    let scale = isApplied ? nil : next.current.diagonal
    if !isApplied && scale == nil { direction = next.current.apply(to: direction) }
    guard theta.descendIfFinite(along: &direction, scaledBy: scale, rate: Scalar(learningRate)) else {
      _ = owned.current  // Puts back what the update changed.
      throw OptimizationError.notFinite(quantity: "new θ", step: number)
    }
    owned = next
    stepCount = number
    return report
  }

  /// Loss and gradient at θ, checked, with the means to ask for more. With `recording`, curvature products will be wanted: if they
  /// rest on the same data, one recording serves them and the gradient.
  private func evaluate(
    _ problem: some StochasticProblem<Scalar>, _ theta: Tensor<Scalar>, _ step: Int, recording: Bool
  ) throws -> CurvatureProbe<Scalar> {
    let linearization = recording && problem.sharesGradientAndCurvatureData ? try problem.linearization(at: theta) : nil
    let (loss, gradient) = try linearization.map { ($0.value, $0.gradient) } ?? problem.valueAndGradient(at: theta)
    guard loss.isFinite else { throw OptimizationError.notFinite(quantity: "loss", step: step) }
    guard gradient.isFinite else { throw OptimizationError.notFinite(quantity: "gradient", step: step) }
    return CurvatureProbe(
      problem: problem, parameters: theta, loss: loss, gradient: gradient, linearization: linearization, probes: probes, step: step)
  }

  /// "step", and the preconditioner's state under "preconditioner/".
  public var state: [String: Tensor<Scalar>] {
    get {
      var all = ["step": Tensor<Scalar>(counter: stepCount)]
      for (name, value) in preconditioner.state { all["preconditioner/" + name] = value }
      return all
    }
    set {
      stepCount = newValue["step"]?.counter ?? 0
      let prefix = "preconditioner/"
      let own = newValue.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
      owned = owned.changed { $0.state = Dictionary(uniqueKeysWithValues: own) }
    }
  }
}
