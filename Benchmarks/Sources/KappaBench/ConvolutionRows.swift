import Kappa

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
    ConvolutionNetwork.all.flatMap { workload in
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
