import Kappa

/// A layer of a convolutional workload: square images, kernels, and zeros on each side.
struct ConvolutionLayer {
  var inputs: Int
  var outputs: Int
  var kernel: Int
  var size: Int
  var padding = 0

  var result: Int { size + 2 * padding - kernel + 1 }
}

/// The convolutions of a workload, in the shapes of the peers' definitions.
struct ConvolutionWorkload {
  var name: String
  var batch: Int
  var layers: [ConvolutionLayer]

  static let all = [
    ConvolutionWorkload(
      name: "cnn_psgd", batch: 64,
      layers: [
        ConvolutionLayer(inputs: 1, outputs: 16, kernel: 5, size: 32),
        ConvolutionLayer(inputs: 16, outputs: 16, kernel: 5, size: 28),
        ConvolutionLayer(inputs: 16, outputs: 32, kernel: 3, size: 12),
        ConvolutionLayer(inputs: 32, outputs: 32, kernel: 3, size: 10),
      ]),
    ConvolutionWorkload(
      name: "cnn_leaky", batch: 100,
      layers: [
        ConvolutionLayer(inputs: 3, outputs: 32, kernel: 3, size: 32, padding: 1),
        ConvolutionLayer(inputs: 32, outputs: 32, kernel: 3, size: 32, padding: 1),
        ConvolutionLayer(inputs: 32, outputs: 64, kernel: 3, size: 16, padding: 1),
        ConvolutionLayer(inputs: 64, outputs: 64, kernel: 3, size: 16, padding: 1),
      ]),
  ]

  var label: String { "\(name)@\(batch)" }
}

/// What a network asks of its convolutions.
enum ConvolutionProducts: String, CaseIterable {
  /// Every layer's result.
  case forward = "conv_forward"
  /// That and both gradients, but for the first layer's input gradient, which nobody needs.
  case gradient = "conv_grad"
}

extension Row {
  /// The convolutions of a network alone, without what stands between them.
  static var convolutions: [Row] {
    ConvolutionWorkload.all.flatMap { workload in
      ConvolutionProducts.allCases.map { products in
        Row(name: "\(products.rawValue)/\(workload.label)") {
          let layers = workload.layers.enumerated().map { index, layer in
            prepared(layer, batch: workload.batch, products, isFirst: index == 0)
          }
          return Work { for layer in layers { layer() } }
        }
      }
    }
  }

  private static func prepared(
    _ layer: ConvolutionLayer, batch: Int, _ products: ConvolutionProducts, isFirst: Bool
  ) -> () -> Void {
    let stream = RandomStream(seed: 0)
    let x: Tensor<Float> = stream.split(1).normal([batch, layer.inputs, layer.size, layer.size])
    let w: Tensor<Float> = stream.split(2).normal([layer.outputs, layer.inputs, layer.kernel, layer.kernel])
    let u: Tensor<Float> = stream.split(3).normal([batch, layer.outputs, layer.result, layer.result])
    let options = Convolution2D(padding: Padding2D(height: layer.padding, width: layer.padding))
    return {
      keep(conv2d(x, w, options))
      guard products == .gradient else { return }
      keep(conv2dWeightGradient(x, u, kernelSize: Extent2D(layer.kernel), options))
      if !isFirst { keep(conv2dInputGradient(u, w, inputSize: Extent2D(layer.size), options)) }
    }
  }
}
