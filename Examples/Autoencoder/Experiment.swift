import Foundation
import Kappa

/// Images, the network that learns to reproduce them, and the runs on both.
struct Experiment {
  let images: Split
  let data: DataName
  let batchSize: Int
  let seed: UInt64
  let objective: Objective<MLP, SigmoidCrossEntropyLoss>

  /// The encoders of the papers: 784-400-200-100-50-25-6 for CURVES and 784-1000-500-250-30 for MNIST and its like.
  init(_ images: Split, data: DataName, batchSize: Int, seed: UInt64) {
    self.images = images
    self.data = data
    self.batchSize = batchSize
    self.seed = seed
    let hidden = data == .curves ? [400, 200, 100, 50, 25, 6] : [1000, 500, 250, 30]
    objective = Objective(.autoencoder([images.train.height * images.train.width] + hidden), loss: .sigmoidCrossEntropy)
  }

  /// 784-400-... as a line.
  var network: String { objective.model.sizes.map { "\($0)" }.joined(separator: "-") }

  var stepsPerEpoch: Int { images.train.count / batchSize }

  /// One training run, from its first parameters to its last.
  struct Run {
    var method: Method
    var settings: Settings
    var parameters: Tensor<Float>
    var log: MetricsLog
    var result: TrainingResult

    /// The last errors measured; NaN for a run that failed.
    var trainingError: Double { result.failure == nil ? log.records.last?.trainingError ?? .nan : .nan }
    var testError: Double { result.failure == nil ? log.records.last?.testError ?? .nan : .nan }
    /// The error before the first step.
    var initialError: Double { log.records.first?.trainingError ?? .nan }
  }

  /// Trains anew from the parameters that the seed gives, the same for every method.
  /// - Parameters:
  ///   - period: steps from one curvature product to the next.
  ///   - evaluateEvery: epochs from one measurement of the errors to the next; they are measured at the start and the end, too.
  ///   - measuresTest: whether the test error is measured.
  ///   - record: told of all measurements of the run so far after each.
  func run(
    _ method: Method, _ settings: Settings, epochs: Int, curvatureEvery period: Int = 20, evaluateEvery: Int = 1,
    measuresTest: Bool = true, progress: ProgressOutput, record: ([MetricsRecord]) throws -> Void = { _ in }
  ) throws -> Run {
    var theta: Tensor<Float> = objective.model.initialParameters(.sparse(connections: 15), seed: seed)
    var optimizer = method.optimizer(settings, every: period, seed: seed)
    var log = MetricsLog()
    let label = method.title.padding(toLength: 7, withPad: " ", startingAt: 0)
    let result = try train(
      &theta, with: &optimizer, epochs: epochs,
      batches: { images.train.batches(of: batchSize, seed: seed, epoch: $0) },
      problem: { objective.at($0) },
      progress: ProgressLine(label, total: epochs * stepsPerEpoch, output: progress)
    ) { state, theta in
      guard state.epoch % evaluateEvery == 0 || state.epoch == epochs else { return }
      log.append(
        MetricsRecord(
          optimizer: method.title, state: state,
          trainingError: objective.reconstructionError(on: images.train, at: theta),
          testError: measuresTest ? objective.reconstructionError(on: images.test, at: theta) : .nan,
          learningRate: settings.learningRate))
      try record(log.records)
    }
    return Run(method: method, settings: settings, parameters: theta, log: log, result: result)
  }
}
