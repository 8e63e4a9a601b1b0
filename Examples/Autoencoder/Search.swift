import ArgumentParser
import Foundation
import Kappa

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Searches the learning rate, damping and decay of each optimizer.",
    discussion: """
      Every optimizer gets six short trials from the ranges of the ESGD paper; its three best settings then train as long as the demo
      does. The table is written after every trial and becomes part of the program when it is built again.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "Passes over the training images in each of the short trials. (default: 10; 1 with --quick)")
  var epochs: Int?

  @Option(help: "Passes over the training images in each of the finals. (default: 50; 2 with --quick)")
  var finalEpochs: Int?

  @Flag(help: "Goes on with the trials that the table holds instead of repeating them.")
  var resume = false

  @Option(help: "Where the table goes; the default is right at the root of the package.")
  var table = "Examples/Autoencoder/learning-rates.csv"

  func validate() throws {
    for epochs in [epochs, finalEpochs] {
      if let epochs, epochs < 1 { throw ValidationError("\(epochs) epochs are not positive") }
    }
    let folder = URL(fileURLWithPath: table).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw ValidationError("\(folder): no such folder; run this at the root of the package or name a table with --table")
    }
  }

  func run() throws {
    let experiment = try common.experiment()
    let lengths = (short: epochs ?? (common.quick ? 1 : 10), final: finalEpochs ?? (common.quick ? 2 : 50))
    var rates =
      FileManager.default.fileExists(atPath: table)
      ? try LearningRates(CSVTable(parsing: AtomicFile.read(table))) : LearningRates()
    if !resume { rates.trials.removeAll { $0.data == common.data.rawValue } }
    for method in Method.allCases {
      let trials = try method.grid.map { try result(method, $0, lengths.short, experiment, &rates) }
      let finalists = trials.filter { $0.trainingError.isFinite }.sorted { $0.trainingError < $1.trainingError }.prefix(3)
      for finalist in finalists { _ = try result(method, finalist.settings, lengths.final, experiment, &rates) }
    }
    StandardOutput.print("\nThe best, in \(table):")
    for method in Method.allCases {
      StandardOutput.print("\(method.title)  \(rates.best(method, on: common.data))")
    }
  }

  /// The trial of these settings, from the table or carried out and put there.
  private func result(
    _ method: Method, _ settings: Settings, _ epochs: Int, _ experiment: Experiment, _ rates: inout LearningRates
  ) throws -> LearningRates.Trial {
    let known = rates.trials.first {
      $0.data == common.data.rawValue && $0.method == method && $0.settings == settings && $0.epochs == epochs
    }
    if let known { return known }
    let run = try experiment.run(
      method, settings, epochs: epochs, evaluateEvery: epochs, measuresTest: false, progress: common.progressOutput)
    let trial = LearningRates.Trial(
      data: common.data.rawValue, method: method, settings: settings, epochs: epochs, trainingError: run.trainingError)
    let error = String(format: "%.4f", trial.trainingError)
    StandardOutput.print("\(method.title)  \(settings)  training error after \(epochs) epochs \(error)")
    rates.trials.append(trial)
    try rates.table.write(to: table)
    return trial
  }
}
