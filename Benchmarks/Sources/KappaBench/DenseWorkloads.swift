import Kappa

/// A multi-layer perceptron of the peers' definitions.
struct DenseNetwork {
  var name: String
  var batch: Int
  var sizes: [Int]
  var activation: Activation
  var codeLayer: Int?
  var isClassification = false

  static let autoencoder = DenseNetwork(
    name: "mlp_ae_mnist", batch: 200, sizes: [784, 1000, 500, 250, 30, 250, 500, 1000, 784], activation: .sigmoid, codeLayer: 3)

  static let all = [
    autoencoder,
    DenseNetwork(name: "mlp_ae_mnist", batch: 1000, sizes: autoencoder.sizes, activation: .sigmoid, codeLayer: 3),
    DenseNetwork(
      name: "mlp_ae_curves", batch: 200, sizes: [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784],
      activation: .sigmoid, codeLayer: 5),
    DenseNetwork(
      name: "mlp_ae_curves", batch: 5000, sizes: [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784],
      activation: .sigmoid, codeLayer: 5),
    DenseNetwork(name: "mlp_cls", batch: 128, sizes: [784, 1024, 512, 10], activation: .tanh, isClassification: true),
    DenseNetwork(name: "logreg", batch: 1000, sizes: [784, 10], activation: .tanh, isClassification: true),
  ]

  var model: MLP { MLP(sizes, activation: activation, linearLayers: codeLayer.map { [$0] } ?? []) }
  var inputs: Tensor<Float> { RandomStream(seed: 0).split(1).uniform([batch, sizes[0]]) }

  /// Weights N(0, 1 / fanIn), biases N(0, 0.01).
  var parameters: Tensor<Float> { model.layout.normalVector { $0.shape.rank == 1 ? 0.1 : 1 / Double($0.shape[0]).squareRoot() } }

  var objective: any ScalarFunction<Float> {
    isClassification
      ? Objective(model, loss: .softmaxCrossEntropy).on(inputs: inputs, targets: .labels(randomLabels(batch)))
      : Objective(model, loss: .sigmoidCrossEntropy).on(inputs: inputs, targets: .values(inputs))
  }

  var workload: Workload {
    Workload(
      name: name, batch: batch,
      layers: zip(sizes, sizes.dropFirst()).map { .dense(rows: batch, inputs: $0, outputs: $1) },
      layout: model.layout, makeParameters: { parameters }, makeObjective: { objective })
  }
}

extension Workload {
  static let dense = DenseNetwork.all.map(\.workload)
}
