import Kappa

/// A network, its data and a direction: the shapes and distributions of the peers' definitions.
struct Workload {
  var name: String
  var batch: Int
  var sizes: [Int]
  var activation: Activation
  var codeLayer: Int?
  var isClassification: Bool

  static let all = [
    Workload(
      name: "mlp_ae_mnist", batch: 200, sizes: [784, 1000, 500, 250, 30, 250, 500, 1000, 784], activation: .sigmoid,
      codeLayer: 3, isClassification: false),
    Workload(
      name: "mlp_ae_mnist", batch: 1000, sizes: [784, 1000, 500, 250, 30, 250, 500, 1000, 784], activation: .sigmoid,
      codeLayer: 3, isClassification: false),
    Workload(
      name: "mlp_ae_curves", batch: 200, sizes: [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784],
      activation: .sigmoid, codeLayer: 5, isClassification: false),
    Workload(
      name: "mlp_ae_curves", batch: 5000, sizes: [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784],
      activation: .sigmoid, codeLayer: 5, isClassification: false),
    Workload(
      name: "mlp_cls", batch: 128, sizes: [784, 1024, 512, 10], activation: .tanh, codeLayer: nil, isClassification: true),
    Workload(name: "logreg", batch: 1000, sizes: [784, 10], activation: .tanh, codeLayer: nil, isClassification: true),
  ]

  var label: String { "\(name)@\(batch)" }
  var model: MLP { MLP(sizes, activation: activation, linearLayers: codeLayer.map { [$0] } ?? []) }
  var inputs: Tensor<Float> { RandomStream(seed: 0).split(1).uniform([batch, sizes[0]]) }
  /// A direction of independent normal elements.
  var direction: Tensor<Float> { RandomStream(seed: 1).normal([model.layout.count]) }

  /// Weights N(0, 1 / fanIn), biases N(0, 0.01).
  var parameters: Tensor<Float> {
    let layout = model.layout
    var theta: Tensor<Float> = model.initialParameters(.lecun, seed: 0)
    for (index, block) in layout.affineBlocks.enumerated() {
      let biases: Tensor<Float> = RandomStream(seed: 2).split(UInt64(index)).normal([block.outputs])
      for unit in 0..<block.outputs { theta[block.offset + block.fanIn * block.outputs + unit] = 0.1 * biases[unit] }
    }
    return theta
  }

  /// Calls `body` with the objective on this workload's batch; the two kinds of loss are two types.
  func withObjective<R>(_ body: (any ScalarFunction<Float>) -> R) -> R {
    let x = inputs
    if isClassification {
      var generator = RandomStream(seed: 3).generator()
      let labels = Tensor<Int32>((0..<batch).map { _ in Int32.random(in: 0..<10, using: &generator) })
      return body(Objective(model, loss: .softmaxCrossEntropy).on(inputs: x, targets: .labels(labels)))
    }
    return body(Objective(model, loss: .sigmoidCrossEntropy).on(inputs: x, targets: .values(x)))
  }
}
