import ArgumentParser
import Foundation
import Kappa

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Searches the learning rate, damping and decay of each optimizer.",
    discussion: """
      Every optimizer gets six trials of the same length from the ranges of the ESGD paper. The table replaces the trials on the same \
      data in an earlier one and becomes part of the program when it is built again.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "Passes over the training images in each trial. (default: 10; 1 with --quick)")
  var epochs: Int?

  @Option(help: "Where the table goes; the default is right at the root of the package.")
  var table = "Examples/Autoencoder/learning-rates.csv"

  func validate() throws {
    if let epochs, epochs < 1 { throw ValidationError("--epochs \(epochs) is not positive") }
    let folder = URL(fileURLWithPath: table).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw ValidationError("\(folder): no such folder; run this at the root of the package or name a table with --table")
    }
  }

  func run() throws {
    let experiment = try common.experiment()
    let epochs = epochs ?? (common.quick ? 1 : 10)
    var rates = try LearningRates.builtIn()
    rates.trials.removeAll { $0.data == common.data.rawValue }
    for method in Method.allCases {
      for settings in method.grid {
        let run = try experiment.run(
          method, settings, epochs: epochs, evaluateEvery: epochs, measuresTest: false, progress: common.progressOutput)
        StandardOutput.print(
          "\(method.title)  rate \(settings.learningRate)  damping \(settings.damping)  decay \(settings.decay)  "
            + "training error \(String(format: "%.4f", run.trainingError))")
        rates.trials.append(
          .init(
            data: common.data.rawValue, method: method, settings: settings, epochs: epochs, trainingError: run.trainingError))
      }
    }
    try rates.table.write(to: table)
    StandardOutput.print("\nThe best, in \(table):")
    for method in Method.allCases {
      let best = rates.best(method, on: common.data)
      StandardOutput.print("\(method.title)  rate \(best.learningRate)  damping \(best.damping)  decay \(best.decay)")
    }
  }
}
