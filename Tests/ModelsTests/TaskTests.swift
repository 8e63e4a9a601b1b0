import Kappa
import TestSupport
import Testing

@Suite("Recurrent models on their tasks")
struct TaskTests {
  static let models: [(name: String, model: Sequential)] = [
    ("RNN", .recurrent(RNN(2, 16))), ("LSTM", .recurrent(LSTM(2, 16, forgetBias: 1))), ("GRU", .recurrent(GRU(2, 16))),
    ("peephole LSTM", .recurrent(PeepholeLSTM(2, 16))),
  ]

  @Test("come nearer to the mean of the marked numbers", arguments: models.indices)
  func addition(_ index: Int) throws {
    let (name, model) = Self.models[index]
    let task = AdditionTask(length: 8)
    let objective = Objective(model, loss: .meanSquaredError)
    let test = task.batch(of: 200, seed: 2, step: 0)
    let function = objective.on(inputs: test.inputs, targets: .values(test.targets))
    var theta: Tensor<Float> = model.initialParameters(.glorotUniform, seed: 1)
    let start = function.value(at: theta)
    var optimizer = PreconditionedSGD(learningRate: 0.003, preconditioner: RMSProp<Float>())
    for step in 0..<150 {
      let batch = task.batch(of: 50, seed: 1, step: step)
      _ = try optimizer.step(&theta, on: objective.at(inputs: batch.inputs, targets: .values(batch.targets)))
    }
    // 1/6 is what saying nothing costs.
    #expect(function.value(at: theta) < min(0.9 * start, 0.16), "\(name): \(start) to \(function.value(at: theta))")
  }
}
