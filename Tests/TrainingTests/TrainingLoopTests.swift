import Kappa
import Testing

@Suite("The training loop")
struct TrainingLoopTests {
  /// ½ ‖θ - target‖², and NaN for a target of NaN.
  private func problem(_ target: Double) -> SharedProblem<Function<Double>> {
    SharedProblem(Function(count: 3) { theta in ((theta - target).squared() * 0.5).sum() })
  }

  @Test func `adds up cost and steps and reports the mean loss of an epoch`() throws {
    var theta = Tensor<Double>(zeros: [3])
    var optimizer = PreconditionedSGD<Double>(learningRate: 0.5, preconditioner: Equilibration(damping: 1, every: 2))
    var states: [TrainingState] = []
    let result = try train(&theta, with: &optimizer, epochs: 3, batches: { _ in [1.0, 1, 1] }, problem: problem) { state, _ in
      states.append(state)
    }
    #expect(result.failure == nil)
    #expect(result.state.cost.gradients == 9)
    // Steps 1, 3, 5, 7 and 9.
    #expect(result.state.cost.hessianVectorProducts == 5)
    #expect(states.map(\.epoch) == [0, 1, 2, 3])
    #expect(states.map(\.step) == [0, 3, 6, 9])
    #expect(states.map(\.cost.gradients) == [0, 3, 6, 9])
    #expect(states[0].loss.isNaN)

    var again = Tensor<Double>(zeros: [3])
    var twin = PreconditionedSGD<Double>(learningRate: 0.5, preconditioner: Equilibration(damping: 1, every: 2))
    let losses = try (0..<3).map { _ in try twin.step(&again, on: problem(1)).loss }
    #expect(states[1].loss == (losses[0] + losses[1] + losses[2]) / 3)
  }

  @Test func `counts the seconds of training and not of evaluation`() throws {
    let clock = ManualClock()
    var theta = Tensor<Double>(zeros: [3])
    var optimizer = PreconditionedSGD<Double>(learningRate: 0.5)
    var seconds: [Double] = []
    let result = try train(
      &theta, with: &optimizer, epochs: 2, batches: { _ in [1.0, 1] },
      problem: { (target: Double) in
        clock.advance(1)
        return problem(target)
      }, time: clock.source
    ) { state, _ in
      clock.advance(100)
      seconds.append(state.seconds)
    }
    #expect(seconds == [0, 2, 4])
    #expect(result.state.seconds == 4)
  }

  @Test func `ends at a loss that is not finite, with everything as before that step`() throws {
    let clock = ManualClock()
    let transcript = Transcript()
    func start() -> (Tensor<Double>, PreconditionedSGD<Double>) {
      (Tensor(zeros: [3]), PreconditionedSGD<Double>(learningRate: 0.5, preconditioner: Equilibration(damping: 1, every: 1)))
    }
    var (theta, optimizer) = start()
    let result = try train(
      &theta, with: &optimizer, epochs: 2, batches: { $0 == 0 ? [1.0, 1] : [1, .nan, 1] }, problem: problem, time: clock.source,
      progress: ProgressLine("run", total: 5, output: transcript.output(isTerminal: false), time: clock.source))

    #expect(result.failure == .notFinite(quantity: "loss", step: 4))
    #expect(result.state.step == 3)
    #expect(result.state.epoch == 1)
    #expect(result.state.cost.gradients == 3)
    #expect(transcript.text.hasPrefix("run  3/5 steps"))
    #expect(transcript.text.contains("the loss is not finite"))

    var (expected, twin) = start()
    for _ in 0..<3 { _ = try twin.step(&expected, on: problem(1)) }
    #expect(theta.elements == expected.elements)
    #expect(optimizer.state == twin.state)
  }

  @Test func `passes on the errors of its callers`() {
    struct Interruption: Error {}
    var theta = Tensor<Double>(zeros: [3])
    var optimizer = PreconditionedSGD<Double>(learningRate: 0.5)
    #expect(throws: Interruption.self) {
      try train(&theta, with: &optimizer, epochs: 1, batches: { _ in [1.0] }, problem: problem) { state, _ in
        if state.epoch == 1 { throw Interruption() }
      }
    }
  }
}

@Suite("An objective on images")
struct ImageObjectivesTests {
  @Test func `measures the squared error per image over slices of all of them`() {
    // One linear layer 2 -> 2 with W = 0 and b = 0: logits 0, so every pixel is reconstructed as 0.5.
    let objective = Objective(MLP([2, 2], activation: .sigmoid), loss: .sigmoidCrossEntropy)
    let theta = Tensor<Float>(zeros: [objective.model.layout.count])
    let count = 4500  // Two slices and a part.
    let images = ImageSet(images: Tensor<Float>(repeating: 1, shape: [count, 2]), height: 1, width: 2)
    #expect(objective.reconstructionError(on: images, at: theta) == 0.5)
    #expect(objective.reconstructions(of: images.images[rows: 0..<1], at: theta) == Tensor([[0.5, 0.5]]))
  }

  @Test func `compares with the inputs or with the labels, as the loss asks`() throws {
    let batch = Batch(inputs: Tensor([[1, 0], [0, 1]]), labels: Tensor([0, 1]))
    let model = MLP([2, 2], activation: .tanh)
    let theta = Tensor<Float>(zeros: [model.layout.count])
    let classes = Objective(model, loss: .softmaxCrossEntropy).at(batch).value(at: theta)
    let pixels = Objective(model, loss: .sigmoidCrossEntropy).at(batch).value(at: theta)
    let squares = Objective(model, loss: .halfSquaredError).at(batch).value(at: theta)
    // log 2 for two equal classes; log 2 for each of two pixels; half of one pixel that is off by 1. In Float.
    #expect(abs(classes - 0.693147) < 1e-6)
    #expect(abs(pixels - 1.386294) < 1e-6)
    #expect(squares == 0.5)
  }
}
