import Kappa
import TestSupport
import Testing

@Suite("Losses")
struct LossTests {
  private let outputs = Tensor<Double>.normal([4, 3], seed: 1)
  private let values = Tensor<Double>.normal([4, 3], seed: 2)
  private let labels = Tensor<Int32>([2, 0, 1, 2])
  private var signs: Tensor<Double> { Tensor(values.elements.map { $0 < 0 ? -1 : 1 }, shape: values.shape) }
  private let tight = Tolerance(relative: 1e-12, absolute: 1e-12)

  private func losses(_ loss: some Loss, _ outputs: Tensor<Double>, _ targets: Targets<Double>) -> Tensor<Double> {
    loss.exampleLosses(Variable(outputs), targets).value
  }

  @Test func `of squared errors are their halved sum or their mean`() {
    let squares = (outputs - values).squared()
    expectClose(losses(.halfSquaredError, outputs, .values(values)), squares.sum(axes: [1]) / 2, tight, "half the sum")
    expectClose(losses(.meanSquaredError, outputs, .values(values)), squares.mean(axes: [1]), tight, "mean")
    expectClose(
      MeanSquaredErrorLoss().value(outputs, .values(values)), Double(squares.mean().scalar), tight, "mean over all elements")
    let sequences = Tensor<Double>.normal([4, 2, 3], seed: 5)
    expectClose(
      losses(.meanSquaredError, sequences, .values(Tensor(zeros: [4, 2, 3]))), sequences.squared().mean(axes: [1, 2]), tight,
      "of sequences")
  }

  @Test func `logistic is the cross-entropy of labels 0 and 1`() {
    expectClose(
      losses(.logistic, outputs, .values(signs)), losses(.sigmoidCrossEntropy, outputs, .values((signs + 1) / 2)), tight, "labels")
    // No overflow far out.
    let far = Tensor<Double>([[1000, -1000, 1000]])
    expectClose(losses(.logistic, far, .values([[1, -1, -1]])), Tensor([1000]), tight, "far out")
  }

  @Test func `of classes count by the weights of the classes`() {
    let plain = losses(.softmaxCrossEntropy, outputs, .labels(labels))
    let weighted = losses(SoftmaxCrossEntropyLoss(classWeights: [2, 3, 0.5]), outputs, .labels(labels))
    expectClose(weighted, plain * Tensor([0.5, 2, 3, 0.5]), tight, "four examples")
    let sequences = Tensor<Double>.normal([2, 2, 3], seed: 5)
    let steps = Tensor<Int32>([[0, 1], [2, 2]])
    let rows = Variable(sequences.reshaped(to: [4, 3])).softmaxCrossEntropy(steps.flattened()).value * Tensor([2, 3, 0.5, 0.5])
    expectClose(
      losses(SoftmaxCrossEntropyLoss(classWeights: [2, 3, 0.5]), sequences, .labels(steps)),
      rows.reshaped(to: [2, 2]).sum(axes: [1]), tight, "two sequences")
  }

  @Test func `with weights of rows multiply them, and a mask drops them`() {
    let weights = Tensor<Double>([1, 0, 2, 0.5])
    for (loss, targets) in Self.pairs(values, labels, signs) {
      let plain = losses(loss, outputs, targets)
      expectClose(losses(loss, outputs, .weighted(targets, by: weights)), plain * weights, tight, "\(loss)")
      expectClose(
        losses(loss, outputs, .weighted(.weighted(targets, by: weights), by: weights)), plain * weights * weights, tight,
        "\(loss), weighted twice")
      let mask = Tensor<Bool>([true, false, true, true])
      expectClose(losses(loss, outputs, targets.masked(by: mask)), plain * Tensor([1, 0, 1, 1]), tight, "\(loss), masked")
    }
    // Weights of examples and of steps, in either order; what is masked may be anything.
    let ones = Tensor<Double>(ones: [3, 3, 1])
    var damaged = Tensor<Double>(zeros: [3, 3, 1])
    let shown = Tensor<Bool>([[true, true, true], [true, true, false], [true, false, false]])
    for row in 0..<3 { for step in 0..<3 where !shown[row, step] { damaged[row, step, 0] = .nan } }
    let examples = Tensor<Double>([1, 2, 3])
    for nested in [
      Targets.weighted(Targets.values(damaged).masked(by: shown), by: examples),
      Targets.weighted(.values(damaged), by: examples).masked(by: shown),
    ] {
      expectClose(losses(.meanSquaredError, ones, nested), Tensor([1, 4.0 / 3, 1]), tight, "nested weights")
    }
    let far = Tensor<Int32>([2, -100, 1, 2])
    let kept = Tensor<Bool>([true, false, true, true])
    let expected = losses(.softmaxCrossEntropy, outputs, .labels(labels)) * Tensor([1, 0, 1, 1])
    expectClose(losses(.softmaxCrossEntropy, outputs, Targets.labels(far).masked(by: kept)), expected, tight, "labels")
    // Steps of a sequence: the loss of a masked one is that of the steps before it.
    let sequences = Tensor<Double>.normal([2, 3, 3], seed: 5)
    let steps = Tensor<Int32>([[0, 1, 2], [2, 2, 0]])
    let mask = Tensor<Bool>([[true, true, false], [true, false, false]])
    let masked = losses(.softmaxCrossEntropy, sequences, .labels(steps).masked(by: mask))
    let first = losses(.softmaxCrossEntropy, sequences[0..<1, 0..<2].contiguous(), .labels(steps[0..<1, 0..<2].contiguous()))
    let second = losses(.softmaxCrossEntropy, sequences[1..<2, 0..<1].contiguous(), .labels(steps[1..<2, 0..<1].contiguous()))
    expectClose(masked, Tensor(concatenating: [first, second]), tight, "steps")
  }

  @Test func `see nothing of what a mask hides, outputs included`() {
    // 1e20 squared is infinite in Float, and 0 times infinity is no number.
    let hidden = Tensor<Float>([[1e20, .infinity], [1, 2]])
    let kept = Tensor<Bool>([false, true])
    let targets: [(any Loss, Targets<Float>)] = [
      (HalfSquaredErrorLoss(), .values(Tensor(zeros: [2, 2]))), (MeanSquaredErrorLoss(), .values(Tensor(zeros: [2, 2]))),
      (SigmoidCrossEntropyLoss(), .values(Tensor(zeros: [2, 2]))), (LogisticLoss(), .values(Tensor(ones: [2, 2]))),
      (SoftmaxCrossEntropyLoss(), .labels(Tensor<Int32>([0, 1]))),
    ]
    for (loss, plain) in targets {
      let masked = plain.masked(by: kept)
      let tame = Tensor<Float>([[0, 0], [1, 2]])
      #expect(loss.value(hidden, masked) == loss.value(tame, masked))
      #expect(loss.outputGradient(at: hidden, masked) == loss.outputGradient(at: tame, masked))
      let along = Tensor<Float>([[3, 4], [5, 6]])
      let product = loss.outputHessianProduct(along, at: hidden, masked)
      #expect(product == loss.outputHessianProduct(along, at: tame, masked))
      #expect(product[row: 0] == Tensor(zeros: [2]))
    }
  }

  @Test func `that compare with values take a weight for each of them`() {
    let weights = Tensor<Double>([[1, 0, 2], [0.5, 1, 0], [1, 1, 1], [0, 0, 0]])
    var damaged = outputs
    for (row, column) in [(0, 1), (1, 2), (3, 0), (3, 1), (3, 2)] { damaged[row, column] = .nan }
    for (loss, targets) in Self.pairs(values, labels, signs) where !(loss is SoftmaxCrossEntropyLoss) {
      guard case .values(let t) = targets else { continue }
      // Each number is an example of its own; a mean over an example's outputs divides by their number.
      let single = losses(loss, outputs.reshaped(to: [12, 1]), .values(t.reshaped(to: [12, 1]))).reshaped(to: [4, 3])
      let expected = (single * weights).sum(axes: [1]) / (loss is MeanSquaredErrorLoss ? 3 : 1)
      expectClose(losses(loss, damaged, .weighted(targets, by: weights)), expected, tight, "\(loss)")
    }
  }

  @Test func `of one output an example need no axis for it`() {
    let z = Tensor<Double>([0.3, -1, 2])
    for (loss, t) in [
      (SigmoidCrossEntropyLoss() as any Loss, Tensor<Double>([0, 1, 0.5])), (HalfSquaredErrorLoss(), Tensor([1, 2, 3])),
      (LogisticLoss(), Tensor([1, -1, 1])),
    ] {
      expectClose(
        losses(loss, z, .values(t)), losses(loss, z.reshaped(to: [3, 1]), .values(t.reshaped(to: [3, 1]))), tight, "\(loss)")
    }
  }

  private static func pairs(
    _ values: Tensor<Double>, _ labels: Tensor<Int32>, _ signs: Tensor<Double>
  ) -> [(any Loss, Targets<Double>)] {
    [
      (HalfSquaredErrorLoss(), .values(values)), (MeanSquaredErrorLoss(), .values(values)),
      (SigmoidCrossEntropyLoss(), .values(values.sigmoid())), (LogisticLoss(), .values(signs)),
      (SoftmaxCrossEntropyLoss(), .labels(labels)), (SoftmaxCrossEntropyLoss(classWeights: [1, 2, 3]), .labels(labels)),
    ]
  }

  @Test func `know their gradient and Hessian at the outputs, which is symmetric and never negative`() {
    let (u, v) = (Tensor<Double>.normal([4, 3], seed: 8), Tensor<Double>.normal([4, 3], seed: 9))
    func check(_ base: some Loss, _ targets: Targets<Double>, _ reduction: Reduction) {
      let loss = base.reduced(by: reduction)
      let gradient = loss.outputGradient(at: outputs, targets)
      let slope = centralDifference(1e-4) { Tensor(scalar: loss.value(outputs + $0 * v, targets)) }.scalar
      expectClose(gradient.dot(v), slope, Tolerance(relative: 1e-7, absolute: 1e-8), "\(loss): gradient")
      let product = loss.outputHessianProduct(v, at: outputs, targets)
      let difference = centralDifference(1e-4) { loss.outputGradient(at: outputs + $0 * v, targets) }
      expectClose(product, difference, Tolerance(relative: 1e-7, absolute: 1e-8), "\(loss): Hessian")
      expectClose(u.dot(product), v.dot(loss.outputHessianProduct(u, at: outputs, targets)), tight, "\(loss): symmetry")
      #expect(v.dot(product) >= 0)
    }
    for (loss, targets) in Self.pairs(values, labels, signs) {
      check(loss, targets, .mean)
      check(loss, targets, .sum)
      let sum = 4 * loss.value(outputs, targets)
      func summed(_ loss: some Loss) -> Double { loss.reduced(by: .sum).value(outputs, targets) }
      expectClose(summed(loss), sum, tight, "\(loss): the sum is four means")
    }
    // diag(p) - p pᵀ of softmax.
    let p = outputs.softmax(axis: 1)
    let expected = p * v - p * (p * v).sum(axes: [1], keepDimensions: true)
    expectClose(
      SoftmaxCrossEntropyLoss().reduced(by: .sum).outputHessianProduct(v, at: outputs, .labels(labels)), expected, tight,
      "softmax")
  }

  @Test func `refuse targets of another kind or shape`() async {
    await #expect(processExitsWith: .failure) {
      _ = LogisticLoss().value(Tensor<Double>(zeros: [2, 1]), .labels(Tensor<Int32>([0, 1])))
    }
    await #expect(processExitsWith: .failure) {
      _ = MeanSquaredErrorLoss().value(Tensor<Double>(zeros: [2, 1]), .values(Tensor(zeros: [2])))
    }
    await #expect(processExitsWith: .failure) {
      _ = SoftmaxCrossEntropyLoss(classWeights: [1]).value(Tensor<Double>(zeros: [2, 2]), .labels(Tensor<Int32>([0, 1])))
    }
    await #expect(processExitsWith: .failure) { _ = SoftmaxCrossEntropyLoss(classWeights: [1, -0.5]) }
    await #expect(processExitsWith: .failure) { _ = SoftmaxCrossEntropyLoss(classWeights: [1, .nan]) }
    await #expect(processExitsWith: .failure) { _ = SoftmaxCrossEntropyLoss(classWeights: [.infinity, 1]) }
    await #expect(processExitsWith: .failure) {
      _ = HalfSquaredErrorLoss().value(
        Tensor<Double>(zeros: [2, 1]), .weighted(.values(Tensor(zeros: [2, 1])), by: Tensor(zeros: [3])))
    }
    await #expect(processExitsWith: .failure) {
      _ = HalfSquaredErrorLoss().value(
        Tensor<Double>(zeros: [2, 1]), .weighted(.values(Tensor(zeros: [2, 1])), by: Tensor([1, .nan])))
    }
    // Labels of 0 and 1 are the sigmoid cross-entropy's.
    await #expect(processExitsWith: .failure) {
      _ = LogisticLoss().value(Tensor<Double>(zeros: [2, 1]), .values(Tensor([[0], [1]])))
    }
    await #expect(processExitsWith: .failure) {
      let steps = Targets<Double>.weighted(.values(Tensor(zeros: [2, 3, 4])), by: Tensor(zeros: [1, 3]))
      _ = HalfSquaredErrorLoss().value(Tensor<Double>(zeros: [2, 3, 4]), .weighted(steps, by: Tensor(zeros: [2, 3])))
    }
    await #expect(processExitsWith: .failure) {
      let targets = Targets<Double>.values(Tensor([[0], [1]])).masked(by: Tensor([true, true]))
      _ = LogisticLoss().value(Tensor<Double>(zeros: [2, 1]), targets)
    }
  }
}

@Suite("An L2 penalty")
struct PenaltyTests {
  private let lambda = 0.3

  private func functions(
    includesBiases: Bool
  ) -> (
    plain: BatchObjective<MLP, SigmoidCrossEntropyLoss, Double>, penalized: BatchObjective<MLP, SigmoidCrossEntropyLoss, Double>
  ) {
    let model = MLP([3, 4, 2], activation: .tanh)
    let (x, t) = (Tensor<Double>.normal([5, 3], seed: 1), Tensor<Double>.normal([5, 2], seed: 2).sigmoid())
    let penalized = Objective(model, loss: .sigmoidCrossEntropy, penalty: L2Penalty(lambda, includesBiases: includesBiases))
    return (
      Objective(model, loss: .sigmoidCrossEntropy).on(inputs: x, targets: .values(t)), penalized.on(inputs: x, targets: .values(t))
    )
  }

  @Test("enters value, gradient, Hv and Gv alike", arguments: [false, true])
  func everywhere(includesBiases: Bool) {
    let (plain, penalized) = functions(includesBiases: includesBiases)
    let layout = plain.layout
    let (theta, v) = (Tensor<Double>.normal([layout.count], seed: 3), Tensor<Double>.normal([layout.count], seed: 4))
    // λ on the diagonal where it counts.
    var diagonal = Tensor<Double>(zeros: [layout.count])
    for entry in layout.entries where includesBiases || entry.shape.rank > 1 {
      diagonal[rows: entry.offset..<entry.offset + entry.count] = Tensor(repeating: lambda, shape: [entry.count])
    }
    let tight = Tolerance(relative: 1e-12, absolute: 1e-12)
    expectClose(penalized.value(at: theta), plain.value(at: theta) + theta.dot(diagonal * theta) / 2, tight, "value")
    expectClose(penalized.gradient(at: theta), plain.gradient(at: theta) + diagonal * theta, tight, "gradient")
    let (a, b) = (plain.linearization(at: theta), penalized.linearization(at: theta))
    expectClose(b.value, penalized.value(at: theta), tight, "value of the linearization")
    expectClose(b.gaussNewtonVectorProduct(v), a.gaussNewtonVectorProduct(v) + diagonal * v, tight, "Gv")
    expectClose(b.hessianVectorProduct(v), a.hessianVectorProduct(v) + diagonal * v, tight, "Hv")
    expectClose(b.gaussNewtonVectorProduct(v), a.gaussNewtonVectorProduct(v) + diagonal * v, tight, "Gv after Hv")
    expectClose(b.gradient, plain.gradient(at: theta) + diagonal * theta, tight, "gradient of the linearization")
    let block = Tensor(stacking: [v, theta, 2 * v - theta])
    expectClose(
      b.gaussNewtonVectorProducts(block), a.gaussNewtonVectorProducts(block) + diagonal * block, tight, "G of a block")
    expectClose(b.hessianVectorProducts(block), a.hessianVectorProducts(block) + diagonal * block, tight, "H of a block")
    // No example pays it.
    expectClose(b.perExampleGradients(), a.perExampleGradients(), tight, "gradients of examples")
  }

  @Test func `is of the weights of affine maps alone`() {
    let model = Sequential {
      Conv2D(1, 2, kernel: 2)
      LayerNorm([2, 3, 3])
      Flatten()
      Dense(18, 1)
    }
    let theta = Tensor<Double>(ones: [model.layout.count])
    let x = Tensor<Double>.normal([2, 1, 4, 4], seed: 1)
    func value(_ penalty: L2Penalty?) -> Double {
      Objective(model, loss: .halfSquaredError, penalty: penalty).on(inputs: x, targets: .values(Tensor(zeros: [2, 1]))).value(
        at: theta)
    }
    expectClose(value(L2Penalty(2)) - value(nil), 8 + 18, Tolerance(relative: 1e-12, absolute: 0), "weights")
    let all = Double(model.layout.count)
    expectClose(value(L2Penalty(2, includesBiases: true)) - value(nil), all, Tolerance(relative: 1e-12, absolute: 0), "all")
  }

  /// Parameters of the given shapes, and maps of them in a row.
  private struct Declared: Model {
    var shapes: [Shape]
    var blocks: [AffineBlock]
    var layout: ParameterLayout {
      var layout = ParameterLayout()
      for (index, shape) in shapes.enumerated() { layout.append("p\(index)", shape) }
      for block in blocks { layout.declare(block) }
      return layout
    }
    func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> { inputs }
  }

  /// The penalty, λ = 2, at 1, 2, 3, ...: the sum of the squares that count.
  private func penalty(_ model: Declared, _ count: Int) -> Double {
    func value(_ penalty: L2Penalty?) -> Double {
      Objective(model, loss: .halfSquaredError, penalty: penalty)
        .on(inputs: Tensor(zeros: [1, 1]), targets: .values(Tensor(zeros: [1, 1])))
        .value(at: Tensor((1...count).map { Double($0) }))
    }
    return value(L2Penalty(2)) - value(nil)
  }

  @Test func `goes by the columns of the maps, whatever the shapes of their parameters`() {
    let unit = AffineBlock(name: "unit", outputs: 1, fanIn: 3, hasBias: false, offset: 0)
    #expect(penalty(Declared(shapes: [[3]], blocks: [unit]), 3) == 14)
    // Weights and bias in one parameter, weights in two, and some of a parameter in no map at all.
    let whole = AffineBlock(name: "whole", outputs: 2, fanIn: 3, hasBias: true, offset: 0)
    #expect(penalty(Declared(shapes: [[4, 2]], blocks: [whole]), 8) == 91)
    #expect(penalty(Declared(shapes: [[1, 2], [2, 2], [2]], blocks: [whole]), 8) == 91)
    #expect(penalty(Declared(shapes: [[5, 2]], blocks: [whole]), 10) == 91)
    // What two maps share counts once; a matrix that is no map's does not count.
    #expect(penalty(Declared(shapes: [[4, 2], [2, 2]], blocks: [whole, whole]), 12) == 91)
    // Columns of gates side by side: the second map has a bias, which lies between them and the rest.
    let left = AffineBlock.Piece(offset: 0, columns: 2, columnStride: 3, outputStride: 1)
    let right = AffineBlock.Piece(offset: 2, columns: 2, columnStride: 3, outputStride: 1)
    let bias = AffineBlock.Piece(offset: 6, columns: 1, columnStride: 1, outputStride: 1)
    let gates = [
      AffineBlock(name: "left", outputs: 2, hasBias: false, pieces: [left]),
      AffineBlock(name: "right", outputs: 1, hasBias: true, pieces: [right, bias]),
    ]
    #expect(penalty(Declared(shapes: [[2, 3], [1]], blocks: gates), 7) == 91)
    #expect(penalty(Declared(shapes: [[2, 3], [1]], blocks: [gates[1]]), 7) == 45)
  }

  @Test func `of a recurrent layer with one weight frozen is of the other`() {
    let model = Sequential {
      RNN(2, 3).named("rnn")
      Dense(3, 1).named("out")
    }
    let theta = Tensor<Double>.normal([model.layout.count], seed: 5)
    let frozen = model.freezing(["rnn.recurrent", "out"], at: theta)
    let (x, t, free) = (Tensor<Double>.normal([4, 5, 2], seed: 6), Tensor<Double>.normal([4, 1], seed: 7), frozen.free(theta))
    func value(_ penalty: L2Penalty?) -> Double {
      Objective(frozen, loss: .halfSquaredError, penalty: penalty).on(inputs: x, targets: .values(t)).value(at: free)
    }
    let expected = model.layout.view("rnn.input", of: theta).squared().sum().scalar
    expectClose(value(L2Penalty(2)) - value(nil), expected, Tolerance(relative: 1e-12, absolute: 1e-12), "penalty")
  }

  @Test func `of a model with frozen parameters is of the weights that are not`() {
    let model = MLP([3, 4, 2], activation: .tanh)
    let theta = Tensor<Double>.normal([model.layout.count], seed: 5)
    let frozen = model.freezing(["layer0.weight", "layer1.bias"], at: theta)
    let (x, t) = (Tensor<Double>.normal([5, 3], seed: 6), Tensor<Double>.normal([5, 2], seed: 7))
    func objective(_ penalty: L2Penalty?) -> BatchObjective<Frozen<MLP, Double>, HalfSquaredErrorLoss, Double> {
      Objective(frozen, loss: .halfSquaredError, penalty: penalty).on(inputs: x, targets: .values(t))
    }
    let free = frozen.free(theta)
    var weights = Tensor<Double>(zeros: free.shape)
    let entry = frozen.layout.entries[frozen.layout.index(of: "layer1.weight")!]
    weights[rows: entry.offset..<entry.offset + entry.count] = frozen.layout.view("layer1.weight", of: free).flattened()
    let (plain, penalized) = (objective(nil), objective(L2Penalty(lambda)))
    let tight = Tolerance(relative: 1e-12, absolute: 1e-12)
    expectClose(penalized.value(at: free), plain.value(at: free) + lambda * weights.dot(weights) / 2, tight, "value")
    expectClose(penalized.gradient(at: free), plain.gradient(at: free) + lambda * weights, "gradient")
  }

  @Test func `of 0 is none, and a negative one is refused`() async {
    let model = MLP([3, 2], activation: .tanh)
    let theta = Tensor<Double>.normal([model.layout.count], seed: 3)
    let x = Tensor<Double>.normal([5, 3], seed: 1)
    let none = Objective(model, loss: .halfSquaredError, penalty: L2Penalty(0)).on(
      inputs: x, targets: .values(Tensor(zeros: [5, 2])))
    let plain = Objective(model, loss: .halfSquaredError).on(inputs: x, targets: .values(Tensor(zeros: [5, 2])))
    #expect(none.value(at: theta) == plain.value(at: theta))
    await #expect(processExitsWith: .failure) { _ = L2Penalty(-1) }
    await #expect(processExitsWith: .failure) { _ = L2Penalty(.infinity) }
    await #expect(processExitsWith: .failure) { _ = L2Penalty(.nan) }
  }
}
