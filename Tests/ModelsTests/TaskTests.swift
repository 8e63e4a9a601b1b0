import Kappa
import TestSupport
import Testing

@Suite("Recurrent models on their tasks")
struct TaskTests {
  static let models: [(name: String, model: Sequential)] = [
    ("RNN", .recurrent(RNN(2, 16))), ("LSTM", .recurrent(LSTM(2, 16, forgetBias: 1))), ("GRU", .recurrent(GRU(2, 16))),
    ("peephole LSTM", .recurrent(PeepholeLSTM(2, 16))),
  ]

  /// The value on 200 unseen sequences before and after some steps of RMSProp.
  private func trained(
    _ model: Sequential, _ loss: some Loss, on task: some SequenceTask, rate: Double, steps: Int
  ) throws -> (before: Double, after: Double) {
    let objective = Objective(model, loss: loss)
    let test = task.batch(of: 200, seed: 2, step: 0)
    let function = objective.on(inputs: test.inputs, targets: .values(test.targets))
    var theta: Tensor<Float> = model.initialParameters(.glorotUniform, seed: 1)
    let start = function.value(at: theta)
    var optimizer = PreconditionedSGD(learningRate: rate, preconditioner: RMSProp<Float>())
    for step in 0..<steps {
      let batch = task.batch(of: 50, seed: 1, step: step)
      _ = try optimizer.step(&theta, on: objective.at(inputs: batch.inputs, targets: .values(batch.targets)))
    }
    return (start, function.value(at: theta))
  }

  @Test("come nearer to the mean of the marked numbers", arguments: models.indices)
  func addition(_ index: Int) throws {
    let (name, model) = Self.models[index]
    let (before, after) = try trained(model, .meanSquaredError, on: AdditionTask(length: 8), rate: 0.003, steps: 150)
    // 1/6 is what saying nothing costs.
    #expect(after < min(0.9 * before, 0.16), "\(name): \(before) to \(after)")
  }

  @Test("learn whether the marked numbers differ", arguments: models.indices)
  func exclusiveOr(_ index: Int) throws {
    let (name, model) = Self.models[index]
    let (before, after) = try trained(model, .logistic, on: DelayedExclusiveOrTask(length: 10), rate: 0.01, steps: 400)
    // log 2 is what guessing costs.
    #expect(after < 0.4, "\(name): \(before) to \(after)")
  }
}
