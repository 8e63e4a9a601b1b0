import ArgumentParser
import Kappa

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Trains with one optimizer.")

  @OptionGroup var common: CommonOptions

  @Option(help: "The optimizer.")
  var optimizer: Method = .esgd

  @Option(help: "Passes over the training images. (default: 10; 2 with --quick)")
  var epochs: Int?

  @Option(help: "The learning rate. (default: what the committed search found best)")
  var learningRate: Double?

  @Option(help: "What rmsprop, jacobi and esgd add to their divisor. (default: as found by the search)")
  var damping: Double?

  @Option(help: "What rmsprop's mean square keeps of itself at each step. (default: as found by the search)")
  var decay: Double?

  @Option(help: "Steps from one curvature product of jacobi and esgd to the next.")
  var curvatureEvery = 20

  @Option(help: "Epochs from one measurement of the errors, over all images, to the next.")
  var evaluateEvery = 1

  @Option(help: "The folder for the numbers and the pictures. (default: out/DATA-OPTIMIZER)")
  var output: String?

  func validate() throws {
    if let epochs, epochs < 1 { throw ValidationError("--epochs \(epochs) is not positive") }
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ValidationError("--learning-rate \(learningRate) is not a positive number")
    }
    if let damping, !(damping >= 0 && damping.isFinite) { throw ValidationError("--damping \(damping) is not a number from 0 on") }
    if let decay, !(decay >= 0 && decay < 1) { throw ValidationError("--decay \(decay) is not in [0, 1)") }
    if curvatureEvery < 1 || evaluateEvery < 1 { throw ValidationError("--curvature-every and --evaluate-every are positive") }
  }

  func run() throws {
    let folder = output ?? "out/\(common.data.rawValue)-\(optimizer.rawValue)"
    let experiment = try common.experiment()
    var settings = try LearningRates.builtIn().best(optimizer, on: common.data)
    settings.learningRate = learningRate ?? settings.learningRate
    settings.damping = damping ?? settings.damping
    settings.decay = decay ?? settings.decay
    try Report.begin(in: folder)
    let result = try experiment.run(
      optimizer, settings, epochs: epochs ?? (common.quick ? 2 : 10), curvatureEvery: curvatureEvery, evaluateEvery: evaluateEvery,
      progress: common.progressOutput
    ) { try Report.write($0, in: folder) }
    let report = Report(experiment: experiment, runs: [result], directory: folder)
    StandardOutput.print(report.table)
    try report.draw()
    if common.quick { try report.check() }
    if result.result.failure != nil { throw ExitCode.failure }
  }
}
