import AutoDiff
import Optim
import Tensor

/// Where a training run stands.
public struct TrainingState: Sendable, Equatable {
  /// Finished passes over the data.
  public var epoch = 0
  /// Steps taken.
  public var step = 0
  /// Seconds of training, evaluations excluded.
  public var seconds = 0.0
  /// The mean of the losses that the steps of the last epoch met; NaN before the first.
  public var loss = Double.nan
  /// All that the steps computed.
  public var cost = Cost()

  /// The state before the first step.
  public init() {}
}

/// How a training run ended.
public struct TrainingResult: Sendable, Equatable {
  /// Where it stands; after a failure, what had been reached before the step that failed.
  public var state: TrainingState
  /// Why it ended early; nil if it did not. θ and the optimizer are as they were before the step that failed.
  public var failure: OptimizationError?
}

/// Trains θ: an optimizer takes one step on every batch of every epoch.
///
/// ```swift
/// let result = try train(
///   &theta, with: &optimizer, epochs: 40,
///   batches: { data.train.batches(of: 200, seed: 1, epoch: $0) },
///   problem: { objective.at($0) }
/// ) { state, theta in print(state.epoch, state.loss) }
/// ```
/// - Parameters:
///   - theta: the parameters.
///   - optimizer: takes the steps.
///   - epochs: passes over the data.
///   - batches: the data of an epoch, counted from 0.
///   - problem: the objective on a batch.
///   - time: what the seconds are read from.
///   - progress: told of every step; of those of all epochs there should be as many as its total.
///   - evaluate: called before the first epoch and after each; its time is not training time.
/// - Returns: where the run stands and whether a quantity that is not finite ended it.
/// - Throws: what `batches`, `problem`, `evaluate` or the optimizer throw, `OptimizationError` excepted.
@discardableResult
public func train<O: Optimizer, Data: Sequence>(
  _ theta: inout Tensor<O.Scalar>, with optimizer: inout O, epochs: Int,
  batches: (_ epoch: Int) throws -> Data, problem: (Data.Element) throws -> some StochasticProblem<O.Scalar>,
  time: TimeSource = .system, progress: ProgressLine? = nil,
  evaluate: (TrainingState, Tensor<O.Scalar>) throws -> Void = { _, _ in }
) throws -> TrainingResult {
  var state = TrainingState()
  var stopwatch = Stopwatch(time)
  var progress = progress
  try evaluate(state, theta)
  for epoch in 0..<epochs {
    var (sum, count) = (0.0, 0)
    stopwatch.start()
    for batch in try batches(epoch) {
      let report: StepReport
      do {
        report = try optimizer.step(&theta, on: problem(batch))
      } catch let error as OptimizationError {
        state.seconds = stopwatch.seconds
        progress?.finish("\(error)")
        return TrainingResult(state: state, failure: error)
      }
      state.step += 1
      state.cost += report.cost
      sum += report.loss
      count += 1
      progress?.update(state.step, loss: report.loss)
    }
    stopwatch.stop()
    state.epoch = epoch + 1
    state.seconds = stopwatch.seconds
    state.loss = count > 0 ? sum / Double(count) : .nan
    try evaluate(state, theta)
  }
  progress?.finish()
  return TrainingResult(state: state)
}
