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

  /// Of each convolution and then each dense layer: the weight and the bias behind it.
  var layout: ParameterLayout {
    var layout = ParameterLayout()
    for (index, layer) in layers.enumerated() {
      layout.append("convolution\(index).weight", [layer.outputs, layer.inputs, layer.kernel, layer.kernel])
      layout.append("convolution\(index).bias", [layer.outputs])
    }
    for (index, (inputs, outputs)) in zip(dense, dense.dropFirst()).enumerated() {
      _ = layout.appendAffine("dense\(index)", fanIn: inputs, outputs: outputs)
    }
    return layout
  }

  var parameters: Tensor<Float> {
    layout.normalVector { entry in
      switch entry.shape.rank {
      case 1: 0.1
      case 2: 1 / Double(entry.shape[0]).squareRoot()
      default: 1 / Double(entry.count / entry.shape[0]).squareRoot()
      }
    }
  }

  var objective: any ScalarFunction<Float> {
    let images: Tensor<Float> = RandomStream(seed: 0).split(100).normal([batch, layers[0].inputs, layers[0].size, layers[0].size])
    let labels = randomLabels(batch)
    return Function(layout) { parameters in
      let outputs = logits(Variable(images), parameters)
      return Evaluation(loss: outputs.softmaxCrossEntropy(labels).mean(), outputs: outputs)
    }
  }

  private func logits(_ images: Variable<Float>, _ parameters: Parameters<Float>) -> Variable<Float> {
    var (x, index) = (images, 0)
    for layer in layers {
      let options = Convolution2D(padding: Padding2D(height: layer.padding, width: layer.padding))
      let bias = parameters[index + 1].reshaped(to: [layer.outputs, 1, 1] as Shape)
      x = activated(conv2d(x, parameters[index], options) + bias)
      switch layer.pooling {
      case .average: x = averagePool2d(x, window: 2)
      case .largest: x = maxPool2d(x, window: 2)
      case nil: break
      }
      index += 2
    }
    x = x.reshaped(to: [batch, dense[0]] as Shape)
    for layer in 1..<dense.count {
      let isLast = layer == dense.count - 1
      x = matmul(x, parameters[index]).activated(isLast ? .identity : activation, bias: parameters[index + 1])
      index += 2
    }
    return x
  }

  private func activated(_ x: Variable<Float>) -> Variable<Float> {
    switch activation {
    case .identity: x
    case .tanh: x.tanh()
    case .sigmoid: x.sigmoid()
    case .leakyRelu(let slope): x.leakyRelu(slope: slope)
    }
  }

  var workload: Workload {
    Workload(
      name: name, batch: batch,
      layers: layers.map { .convolution($0) }
        + zip(dense, dense.dropFirst()).map { .dense(rows: batch, inputs: $0, outputs: $1) },
      layout: layout, makeParameters: { parameters }, makeObjective: { objective })
  }
}

extension Workload {
  static let convolutional = ConvolutionNetwork.all.map(\.workload)
}
