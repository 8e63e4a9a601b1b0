import Foundation
import Kappa

/// What searches found. The table `learning-rates.csv` is part of the program: it is there wherever the program runs.
struct LearningRates {
  /// One trial of a search.
  struct Trial: Equatable {
    var data: String
    var method: Method
    var settings: Settings
    var epochs: Int
    /// NaN where the trial ended early.
    var trainingError: Double
  }

  var trials: [Trial]

  static let columns = ["data", "optimizer", "learning_rate", "damping", "decay", "epochs", "training_error"]

  /// The table that was compiled in.
  static func builtIn() throws -> LearningRates {
    try LearningRates(CSVTable(parsing: String(decoding: PackageResources.learning_rates_csv, as: UTF8.self)))
  }

  init(_ trials: [Trial] = []) { self.trials = trials }

  init(_ table: CSVTable) throws(CSVError) {
    let columns = try Self.columns.map { (name) throws(CSVError) in try table.index(of: name) }
    trials = []
    for (number, row) in table.rows.enumerated() {
      func cell<T>(_ column: Int, _ convert: (String) -> T?) throws(CSVError) -> T {
        let text = row[columns[column]]
        guard let value = convert(text) else { throw .notANumber(column: Self.columns[column], row: number + 1, cell: text) }
        return value
      }
      let settings = Settings(
        learningRate: try cell(2, Double.init), damping: try cell(3, Double.init), decay: try cell(4, Double.init))
      trials.append(
        Trial(
          data: row[columns[0]], method: try cell(1) { Method(rawValue: $0) }, settings: settings, epochs: try cell(5) { Int($0) },
          trainingError: try cell(6, Double.init)))
    }
  }

  /// The table with its protocol on top.
  var table: CSVTable {
    var table = CSVTable(
      columns: Self.columns,
      comments: [
        "Written by `autoencoder search`; part of the program from its next build on.",
        "Six short trials for each method, then its three best for as long as the demo trains. From the ranges of the ESGD paper,",
        "section 7: rates log-spaced in [0.01, 0.1] for SGD and ESGD and in [1e-4, 1e-3] for RMSProp and Jacobi, decay 0.9 or 0.95",
        "for RMSProp (damping 1e-4), damping 1e-2 or 1e-3, outside the root, for Jacobi and ESGD. Of the longest trials of a method",
        "the one with the least squared reconstruction error over the whole training set is what `train` and `demo` use.",
      ])
    for trial in trials {
      let settings = [trial.settings.learningRate, trial.settings.damping, trial.settings.decay].map { "\($0)" }
      let error = trial.trainingError.isNaN ? "nan" : String(format: "%.4f", trial.trainingError)
      table.append([trial.data, trial.method.rawValue] + settings + ["\(trial.epochs)", error])
    }
    return table
  }

  /// The best settings for a method among the longest trials. Data that nothing is known of borrows from Fashion-MNIST, then from
  /// whatever there is.
  func best(_ method: Method, on data: DataName) -> Settings {
    let known = trials.filter { $0.method == method && $0.trainingError.isFinite }
    let candidates = [data.rawValue, DataName.fashionMNIST.rawValue].lazy.map { name in known.filter { $0.data == name } }
    let trials = candidates.first { !$0.isEmpty } ?? known
    let longest = trials.map(\.epochs).max()
    let trial = trials.filter { $0.epochs == longest }.min { $0.trainingError < $1.trainingError }
    return trial?.settings ?? method.grid[0]
  }
}
