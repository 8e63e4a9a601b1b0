import AutoDiff
import Tensor

/// Preconditioned stochastic gradient descent: θ ← θ - ε P g.
///
/// With `Preconditioner()` it is plain SGD, with `Equilibration()` ESGD, and so on. The preconditioner is updated at the steps of its
/// schedule, before or after it is applied as its `timing` says, from the parameters and the mini-batch of that step.
public struct PreconditionedSGD<Scalar: TensorScalar>: Optimizer {
  /// ε.
  public var learningRate: Double
  /// P. The optimizer updates a copy of its own once it has been copied or if others refer to it: read this after steps.
  public private(set) var preconditioner: Preconditioner<Scalar>
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
    self.preconditioner = preconditioner
    self.probes = probes
  }

  public mutating func step(_ theta: inout Tensor<Scalar>, on problem: some StochasticProblem<Scalar>) throws -> StepReport {
    let number = stepCount + 1
    var report = StepReport(step: number, loss: 0, cost: Cost())
    let isDue = preconditioner.schedule.isDue(number)
    var point: CurvatureProbe? = try evaluate(problem, theta, number, recording: isDue && preconditioner.usesCurvature)
    let gradient = point!.gradient
    report.loss = point!.loss
    // An update that comes second leaves the gradient to the previous state.
    let direction = isDue && preconditioner.timing == .afterApply ? preconditioner.apply(to: gradient) : nil
    if isDue {
      // It works on a copy where others refer to the preconditioner, or where it might fail halfway.
      let isOurs = isKnownUniquelyReferenced(&preconditioner) && preconditioner.updatesAtomically
      let next = isOurs ? preconditioner : preconditioner.copy()
      try next.update(point!, step: number)
      preconditioner = next
    }
    report.cost += point!.cost
    report.cost.gradients += 1
    point = nil  // It refers to θ, which can now change in place.
    if let direction {
      theta.add(direction, scaledBy: -Scalar(learningRate))
    } else {
      preconditioner.descend(&theta, along: gradient, learningRate: Scalar(learningRate))
    }
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
      let own = preconditioner.copy()
      own.state = Dictionary(
        uniqueKeysWithValues: newValue.filter { $0.key.hasPrefix(prefix) }.map {
          (String($0.key.dropFirst(prefix.count)), $0.value)
        })
      preconditioner = own
    }
  }
}
