import Kappa

/// A layer of a convolutional workload: square images, kernels, and zeros on each side.
struct ConvolutionLayer {
  enum Pooling { case average, largest }

  var inputs: Int
  var outputs: Int
  var kernel: Int
  var size: Int
  var padding = 0
  /// Of windows 2 x 2, behind the nonlinearity.
  var pooling: Pooling?

  var result: Int { size + 2 * padding - kernel + 1 }
}

/// A convolutional network of the peers' definitions: convolutions, then dense layers on the flattened images.
struct ConvolutionNetwork {
  var name: String
  var batch: Int
  var activation: Activation
  var layers: [ConvolutionLayer]
  /// The sizes of the dense layers, from the flattened images to the logits.
  var dense: [Int]

  static let all = [
    ConvolutionNetwork(
      name: "cnn_psgd", batch: 64, activation: .tanh,
      layers: [
        ConvolutionLayer(inputs: 1, outputs: 16, kernel: 5, size: 32),
        ConvolutionLayer(inputs: 16, outputs: 16, kernel: 5, size: 28, pooling: .average),
        ConvolutionLayer(inputs: 16, outputs: 32, kernel: 3, size: 12),
        ConvolutionLayer(inputs: 32, outputs: 32, kernel: 3, size: 10, pooling: .average),
      ], dense: [512, 10]),
    ConvolutionNetwork(
      name: "cnn_leaky", batch: 100, activation: .leakyRelu(slope: 0.3),
      layers: [
        ConvolutionLayer(inputs: 3, outputs: 32, kernel: 3, size: 32, padding: 1),
        ConvolutionLayer(inputs: 32, outputs: 32, kernel: 3, size: 32, padding: 1, pooling: .largest),
        ConvolutionLayer(inputs: 32, outputs: 64, kernel: 3, size: 16, padding: 1),
        ConvolutionLayer(inputs: 64, outputs: 64, kernel: 3, size: 16, padding: 1, pooling: .largest),
      ], dense: [4096, 256, 10]),
  ]

  var label: String { "\(name)@\(batch)" }

  var model: Sequential {
    Sequential {
      for layer in layers {
        Conv2D(
          layer.inputs, layer.outputs, kernel: Extent2D(layer.kernel),
          padding: .explicit(Padding2D(height: layer.padding, width: layer.padding)), activation: activation)
        if layer.pooling == .average { AveragePool2D(2) }
        if layer.pooling == .largest { MaxPool2D(2) }
      }
      Flatten()
      for index in 1..<dense.count {
        Dense(dense[index - 1], dense[index], activation: index == dense.count - 1 ? .identity : activation)
      }
    }
  }

  /// Weights N(0, 1 / fanIn), biases N(0, 0.01).
  var parameters: Tensor<Float> {
    model.layout.normalVector { entry in
      switch entry.shape.rank {
      case 1: 0.1
      case 2: 1 / Double(entry.shape[0]).squareRoot()
      default: 1 / Double(entry.count / entry.shape[0]).squareRoot()
      }
    }
  }

  var objective: any ScalarFunction<Float> {
    let images: Tensor<Float> = RandomStream(seed: 0).split(100).normal([batch, layers[0].inputs, layers[0].size, layers[0].size])
    return Objective(model, loss: .softmaxCrossEntropy).on(inputs: images, targets: .labels(randomLabels(batch)))
  }

  var workload: Workload {
    Workload(
      name: name, batch: batch,
      layers: layers.map { .convolution($0) }
        + zip(dense, dense.dropFirst()).map { .dense(rows: batch, inputs: $0, outputs: $1) },
      layout: model.layout, makeParameters: { parameters }, makeObjective: { objective })
  }
}

extension Workload {
  static let convolutional = ConvolutionNetwork.all.map(\.workload)
}
