/// All sizes of a convolution; making one checks them.
package struct ConvolutionShape: Sendable, Hashable {
  package var batch: Int
  package let inputChannels: Int
  package let outputChannels: Int
  package let input: Extent2D
  package let kernel: Extent2D
  package let output: Extent2D
  package let convolution: Convolution2D

  /// Sizes of a convolution of images `x` with kernels `w`; `operation` is whom an error names.
  package init(_ operation: String, x: Shape, w: Shape, _ convolution: Convolution2D) {
    // A function, so that the text is made only when a check fails.
    func description() -> String { "\(operation): images \(x), kernels \(w), \(convolution)" }
    require(x.rank == 4, "\(description()): images have 4 axes, [N, C, H, W]")
    require(w.rank == 4, "\(description()): kernels have 4 axes, [O, C, kh, kw]")
    require(x[1] == w[1], "\(description()): \(x[1]) channels of the images and \(w[1]) of the kernels differ")
    let padding = convolution.padding
    require(
      convolution.stride.isAtLeast(1) && convolution.dilation.isAtLeast(1), "\(description()): stride and dilation are positive")
    require(min(padding.top, padding.bottom, padding.left, padding.right) >= 0, "\(description()): padding is not negative")
    (batch, inputChannels, outputChannels) = (x[0], x[1], w[0])
    (input, kernel) = (Extent2D(height: x[2], width: x[3]), Extent2D(height: w[2], width: w[3]))
    require(kernel.isAtLeast(1), "\(description()): a kernel without weights")
    guard let output = convolution.outputSize(input: input, kernel: kernel) else {
      fatalError("\(description()): the kernel does not fit on the padded images")
    }
    self.output = output
    self.convolution = convolution
  }

  package var x: Shape { [batch, inputChannels, input.height, input.width] }
  package var w: Shape { [outputChannels, inputChannels, kernel.height, kernel.width] }
  package var y: Shape { [batch, outputChannels, output.height, output.width] }

  /// Elements of one image and of what becomes of it.
  var imageCount: Int { inputChannels * input.height * input.width }
  var resultCount: Int { outputChannels * pixels }
  /// Pixels of the result's planes.
  var pixels: Int { output.height * output.width }
  /// Weights of one output channel.
  var taps: Int { inputChannels * kernel.height * kernel.width }
  /// Of each of the three products.
  var flops: Int { 2 * batch * resultCount * taps }

  /// Whether nothing is to be computed: the result has no elements, or sums of none.
  var isEmpty: Bool { batch == 0 || imageCount == 0 || outputChannels == 0 }

  /// Whether the windows are the pixels themselves: a 1x1 kernel at every pixel.
  var isPointwise: Bool { kernel == 1 && convolution.stride == 1 && convolution.padding == 0 }
}
