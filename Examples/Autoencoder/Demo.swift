import ArgumentParser
import Kappa

struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares SGD, RMSProp, Jacobi and ESGD and draws their learning curves.",
    discussion: "The learning rate of each comes from the committed search. On two cores the whole takes about four minutes.")

  @OptionGroup var common: CommonOptions

  @Option(help: "Passes over the training images for each optimizer. (default: 50; 2 with --quick)")
  var epochs: Int?

  @Option(help: "Epochs from one measurement of the errors, over all images, to the next.")
  var evaluateEvery = 2

  @Option(help: "The folder for the numbers and the pictures.")
  var output = "out/demo"

  func validate() throws {
    if let epochs, epochs < 1 { throw ValidationError("--epochs \(epochs) is not positive") }
    if evaluateEvery < 1 { throw ValidationError("--evaluate-every is positive") }
  }

  func run() throws {
    let experiment = try common.experiment()
    let rates = try LearningRates.builtIn()
    try Report.begin(in: output)
    let images = experiment.images
    StandardOutput.print(
      "\(experiment.network) on \(images.train.count) training and \(images.test.count) test images, seed \(common.seed)")
    var runs: [Experiment.Run] = []
    for method in Method.allCases {
      let finished = runs.flatMap(\.log.records)
      runs.append(
        try experiment.run(
          method, rates.best(method, on: common.data), epochs: epochs ?? (common.quick ? 2 : 50),
          evaluateEvery: common.quick ? 1 : evaluateEvery, progress: common.progressOutput
        ) { try Report.write(finished + $0, in: output) })
    }
    let report = Report(experiment: experiment, runs: runs, directory: output)
    StandardOutput.print("\nSquared reconstruction error, summed over the pixels and averaged over all images of a set:\n")
    StandardOutput.print(report.table)
    StandardOutput.print("")
    if !common.quick { for line in report.speedups { StandardOutput.print(line) } }
    try report.draw()
    if common.quick { try report.check() }
  }
}
