import Foundation
import Optim
import Tensor

/// What was measured at one moment of one training run.
public struct MetricsRecord: Sendable, Equatable {
  /// The name of the run: its optimizer.
  public var optimizer: String
  /// Passes over the training set; 0 before the first.
  public var epoch: Int
  /// Steps taken.
  public var step: Int
  /// Seconds of training, evaluations excluded.
  public var seconds: Double
  /// The mean of what the steps of the epoch minimised; NaN at epoch 0.
  public var loss: Double
  /// The error over the training set, in the unit that the experiment states.
  public var trainingError: Double
  /// The error over the test set; NaN where it was not measured.
  public var testError: Double
  /// All that the steps computed so far.
  public var cost: Cost
  /// The learning rate of the run.
  public var learningRate: Double

  /// - Parameters:
  ///   - optimizer: the name of the run.
  ///   - state: where it stands.
  ///   - trainingError: over the training set.
  ///   - testError: over the test set; NaN for none.
  ///   - learningRate: of the run.
  public init(optimizer: String, state: TrainingState, trainingError: Double, testError: Double = .nan, learningRate: Double) {
    self.optimizer = optimizer
    epoch = state.epoch
    step = state.step
    seconds = state.seconds
    loss = state.loss
    self.trainingError = trainingError
    self.testError = testError
    cost = state.cost
    self.learningRate = learningRate
  }
}

/// The records of one or more runs, and their CSV file.
public struct MetricsLog: Sendable, Equatable {
  /// In the order in which they were made.
  public private(set) var records: [MetricsRecord]

  /// A log of the given records.
  public init(_ records: [MetricsRecord] = []) { self.records = records }

  /// Adds a record.
  public mutating func append(_ record: MetricsRecord) { records.append(record) }

  /// The names of the runs in order of appearance.
  public var optimizers: [String] {
    var names: [String] = []
    for record in records where !names.contains(record.optimizer) { names.append(record.optimizer) }
    return names
  }

  /// The records of one run.
  public func records(of optimizer: String) -> [MetricsRecord] { records.filter { $0.optimizer == optimizer } }

  /// The columns of the file.
  public static let columns = [
    "optimizer", "epoch", "step", "seconds", "loss", "training_error", "test_error", "gradients", "hessian_vector_products",
    "gauss_newton_vector_products", "values", "learning_rate",
  ]

  /// The log as a table. Numbers have as many digits as it takes to read the same bits back, seconds three decimals.
  public var table: CSVTable {
    var table = CSVTable(columns: Self.columns)
    for record in records {
      let cost = record.cost
      table.append(
        [record.optimizer, "\(record.epoch)", "\(record.step)", String(format: "%.3f", record.seconds)]
          + [record.loss, record.trainingError, record.testError].map { $0.isNaN ? "" : "\($0)" }
          + [cost.gradients, cost.hessianVectorProducts, cost.gaussNewtonVectorProducts, cost.values].map { "\($0)" }
          + ["\(record.learningRate)"])
    }
    return table
  }

  /// Writes the CSV file; it appears whole or not at all.
  public func write(to path: String) throws(FileError) { try table.write(to: path) }

  /// The log that a table holds; further columns are ignored.
  public init(_ table: CSVTable) throws(CSVError) {
    records = []
    let columns = try Self.columns.map { (name) throws(CSVError) in try table.index(of: name) }
    for (number, row) in table.rows.enumerated() {
      func cell<N: LosslessStringConvertible>(_ column: Int, empty: N? = nil) throws(CSVError) -> N {
        let text = row[columns[column]]
        if text.isEmpty, let empty { return empty }
        guard let value = N(text) else { throw .notANumber(column: Self.columns[column], row: number + 1, cell: text) }
        return value
      }
      var state = TrainingState()
      (state.epoch, state.step, state.seconds, state.loss) = (try cell(1), try cell(2), try cell(3), try cell(4, empty: .nan))
      state.cost.gradients = try cell(7)
      state.cost.hessianVectorProducts = try cell(8)
      state.cost.gaussNewtonVectorProducts = try cell(9)
      state.cost.values = try cell(10)
      records.append(
        MetricsRecord(
          optimizer: row[columns[0]], state: state, trainingError: try cell(5, empty: .nan), testError: try cell(6, empty: .nan),
          learningRate: try cell(11)))
    }
  }
}
