import AutoDiff
import Tensor

/// How images are surrounded by zeros before a convolution.
public enum ConvolutionPadding: Sendable, Hashable {
  /// Not at all: the kernel stays inside.
  case valid
  /// So that an output is the size of the input divided by the stride, rounded up; of an odd number of zeros the larger part goes
  /// below and right, as in TensorFlow.
  case same
  /// By the given numbers of rows and columns.
  case explicit(Padding2D)

  /// The zeros for images of the given size.
  func zeros(size: Extent2D, kernel: Extent2D, stride: Extent2D, dilation: Extent2D) -> Padding2D {
    switch self {
    case .valid: return 0
    case .explicit(let padding): return padding
    case .same:
      func total(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
        max(((size + stride - 1) / stride - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
      }
      let rows = total(size.height, kernel.height, stride.height, dilation.height)
      let columns = total(size.width, kernel.width, stride.width, dilation.width)
      return Padding2D(top: rows / 2, bottom: rows - rows / 2, left: columns / 2, right: columns - columns / 2)
    }
  }
}

/// y = f(x ⋆ W + b) on images [batch, channels, height, width]: cross-correlation, W [outputs, inputs, kernel height, kernel
/// width], b one a channel.
public struct Conv2D: Layer {
  /// Channels of x.
  public let inputs: Int
  /// Channels of y.
  public let outputs: Int
  /// The size of the kernel.
  public let kernel: Extent2D
  /// From one place of the kernel to the next.
  public let stride: Extent2D
  /// The zeros around x.
  public let padding: ConvolutionPadding
  /// From one pixel under the kernel to the next.
  public let dilation: Extent2D
  /// f.
  public let activation: Activation
  /// Whether b is there.
  public let hasBias: Bool

  /// - Parameters:
  ///   - padding: `.valid` by default.
  ///   - activation: f; none by default.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Extent2D, stride: Extent2D = 1, padding: ConvolutionPadding = .valid,
    dilation: Extent2D = 1, activation: Activation = .identity, hasBias: Bool = true
  ) {
    require(
      inputs > 0 && outputs > 0 && [kernel, stride, dilation].allSatisfy { $0.height > 0 && $0.width > 0 },
      "Conv2D: \(inputs) channels to \(outputs) with kernels \(kernel), stride \(stride), dilation \(dilation)")
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.activation = activation
    self.hasBias = hasBias
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    layout.appendConvolution(
      name, kernels: [outputs, inputs, kernel.height, kernel.width], outputs: outputs, .outputMajor, hasBias: hasBias, activation)
  }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    require(x.shape.rank == 4 && x.shape[1] == inputs, "Conv2D: images of shape \(x.shape) for \(inputs) channels")
    let size = Extent2D(height: x.shape[2], width: x.shape[3])
    let zeros = padding.zeros(size: size, kernel: kernel, stride: stride, dilation: dilation)
    let y = conv2d(x, parameters[0], Convolution2D(stride: stride, padding: zeros, dilation: dilation))
    return (hasBias ? y.addingToChannels(parameters[1]) : y).activated(activation)
  }
}

/// The transposed convolution y = f(Wᵀ ⋆ x + b) on images [batch, channels, height, width]: the adjoint of a `Conv2D` from
/// `outputs` to `inputs` channels; W [inputs, outputs, kernel height, kernel width], b one a channel.
public struct ConvTranspose2D: Layer {
  /// Channels of x.
  public let inputs: Int
  /// Channels of y.
  public let outputs: Int
  /// The size of the kernel.
  public let kernel: Extent2D
  /// From one pixel of x to the next, in pixels of y.
  public let stride: Extent2D
  /// The zeros that the convolution whose adjoint this is puts around y; with `.same`, y is `stride` times the size of x.
  public let padding: ConvolutionPadding
  /// From one pixel under the kernel to the next.
  public let dilation: Extent2D
  /// Rows and columns added below and right, where several sizes of y have the size of x as their convolution's.
  public let outputPadding: Extent2D
  /// f.
  public let activation: Activation
  /// Whether b is there.
  public let hasBias: Bool

  /// - Parameters:
  ///   - padding: `.valid` by default.
  ///   - activation: f; none by default.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Extent2D, stride: Extent2D = 1, padding: ConvolutionPadding = .valid,
    dilation: Extent2D = 1, outputPadding: Extent2D = 0, activation: Activation = .identity, hasBias: Bool = true
  ) {
    require(
      inputs > 0 && outputs > 0 && [kernel, stride, dilation].allSatisfy { $0.height > 0 && $0.width > 0 },
      "ConvTranspose2D: \(inputs) channels to \(outputs) with kernels \(kernel), stride \(stride), dilation \(dilation)")
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.outputPadding = outputPadding
    self.activation = activation
    self.hasBias = hasBias
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    layout.appendConvolution(
      name, kernels: [inputs, outputs, kernel.height, kernel.width], outputs: outputs,
      .channelMajor(area: kernel.height * kernel.width), hasBias: hasBias, activation)
  }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    require(x.shape.rank == 4 && x.shape[1] == inputs, "ConvTranspose2D: images of shape \(x.shape) for \(inputs) channels")
    var (zeros, more) = (Padding2D(0), outputPadding)
    if padding == .same {
      let size = Extent2D(height: x.shape[2] * stride.height, width: x.shape[3] * stride.width)
      zeros = padding.zeros(size: size, kernel: kernel, stride: stride, dilation: dilation)
      // Where a kernel is smaller than the stride, no convolution reads the last rows and columns.
      more.height += max(stride.height - dilation.height * (kernel.height - 1) - 1, 0)
      more.width += max(stride.width - dilation.width * (kernel.width - 1) - 1, 0)
    } else if case .explicit(let padding) = padding {
      zeros = padding
    }
    let convolution = Convolution2D(stride: stride, padding: zeros, dilation: dilation)
    let y = convTranspose2d(x, parameters[0], convolution, outputPadding: more)
    return (hasBias ? y.addingToChannels(parameters[1]) : y).activated(activation)
  }
}

extension ParameterLayout {
  /// Kernels [.., .., height, width] and a bias [outputs], one affine map.
  fileprivate mutating func appendConvolution(
    _ name: String, kernels: Shape, outputs: Int, _ order: AffineBlock.Order, hasBias: Bool, _ activation: Activation
  ) {
    var block = AffineBlock(
      name: name, outputs: outputs, fanIn: kernels.elementCount / outputs, hasBias: hasBias, order: order, offset: count)
    block.receptiveField = kernels[2] * kernels[3]
    block.nonlinearity = activation
    append("\(name).weight", kernels)
    if hasBias { append("\(name).bias", [outputs]) }
    declare(block)
  }
}

extension Variable {
  /// A number a channel added to images [batch, channels, height, width].
  fileprivate func addingToChannels(_ bias: Variable) -> Variable { self + bias.reshaped(to: [shape[1], 1, 1] as Shape) }
}
