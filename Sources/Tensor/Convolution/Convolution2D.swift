/// How a kernel runs over images: the part of a convolution that is not in its operands.
public struct Convolution2D: Sendable, Hashable, CustomStringConvertible {
  /// The distance between neighbouring positions of the kernel; at least 1.
  public var stride: Extent2D
  /// Zeros around the image; none negative.
  public var padding: Padding2D
  /// The distance between the image's pixels that neighbouring weights meet; at least 1.
  public var dilation: Extent2D

  /// Neighbouring positions, no padding, a compact kernel, unless said otherwise.
  public init(stride: Extent2D = 1, padding: Padding2D = 0, dilation: Extent2D = 1) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  public var description: String { "stride \(stride), padding \(padding), dilation \(dilation)" }

  /// The size of what a kernel makes of an image:
  /// ⌊(length + padding - dilation (kernel - 1) - 1) / stride⌋ + 1 along each axis. Nil if the kernel does not fit on the padded
  /// image.
  public func outputSize(input: Extent2D, kernel: Extent2D) -> Extent2D? {
    let room = Extent2D(
      height: input.height + padding.top + padding.bottom - dilation.height * (kernel.height - 1) - 1,
      width: input.width + padding.left + padding.right - dilation.width * (kernel.width - 1) - 1)
    guard room.isAtLeast(0) else { return nil }
    return Extent2D(height: room.height / stride.height + 1, width: room.width / stride.width + 1)
  }

  /// The size of what the transposed convolution makes of an image:
  /// (length - 1) stride - padding + dilation (kernel - 1) + output padding + 1 along each axis.
  public func transposedOutputSize(input: Extent2D, kernel: Extent2D, outputPadding: Extent2D = 0) -> Extent2D {
    Extent2D(
      height: (input.height - 1) * stride.height - padding.top - padding.bottom + dilation.height * (kernel.height - 1)
        + outputPadding.height + 1,
      width: (input.width - 1) * stride.width - padding.left - padding.right + dilation.width * (kernel.width - 1)
        + outputPadding.width + 1)
  }
}

// The trio is closed under derivatives: each of the three is bilinear, and its adjoint in either operand is one of the others.

/// The convolution (cross-correlation, as everyone in the field means) of images with kernels:
///
///     y[n, o, i, j] = Σ w[o, c, a, b] x[n, c, i·stride + a·dilation - top, j·stride + b·dilation - left], summed over c, a, b,
///
/// where x is 0 outside the image.
/// - Parameters:
///   - x: images, `[N, C, H, W]`.
///   - w: kernels, `[O, C, kh, kw]`.
///   - convolution: stride, padding and dilation; `outputSize(input:kernel:)` says what size results.
/// - Returns: `[N, O, H', W']`.
/// - Complexity: 2·N·O·H'·W'·C·kh·kw floating-point operations; working memory of a few images for each thread, whatever N.
@specialized(where S == Float) @specialized(where S == Double)
public func conv2d<S: TensorScalar>(
  _ x: Tensor<S>, _ w: Tensor<S>, _ convolution: Convolution2D = Convolution2D()
) -> Tensor<S> {
  conv2dSum([(x, w)], convolution)
}

/// Σ conv2d(x, w), of one shape: the tangent of a convolution has two such terms, which are added while they are in the cache.
@specialized(where S == Float) @specialized(where S == Double)
package func conv2dSum<S: TensorScalar>(_ terms: [(x: Tensor<S>, w: Tensor<S>)], _ convolution: Convolution2D) -> Tensor<S> {
  let shape = ConvolutionShape("conv2d", x: terms[0].x.shape, w: terms[0].w.shape, convolution)
  let result = Tensor<S>(uninitialized: shape.y)
  withTerms(terms, shape.x, shape.w) { Kernels.convolution(shape, $0, into: result.mutableBase) }
  return result
}

/// Calls `body` with the elements of images and weights that have the given shapes.
@inline(__always)
private func withTerms<S: TensorScalar>(
  _ terms: [(Tensor<S>, Tensor<S>)], _ images: Shape, _ weights: Shape, _ body: ([ConvolutionTerm<S>]) -> Void
) {
  let owners = terms.map { images, weights in (images.contiguous(), weights.contiguous()) }
  for (index, owner) in owners.enumerated() {
    require(
      owner.0.shape == images && owner.1.shape == weights,
      "a sum of convolutions: term \(index) has shapes \(owner.0.shape) and \(owner.1.shape), the first \(images) and \(weights)")
  }
  body(owners.map { ConvolutionTerm(images: $0.0.base, weights: $0.1.base) })
  withExtendedLifetime(owners) {}
}

/// The adjoint of `conv2d` in the images: ⟨conv2d(x, w), u⟩ = ⟨x, conv2dInputGradient(u, w)⟩ for all x.
/// - Parameters:
///   - u: as the convolution's result, `[N, O, H', W']`.
///   - w: kernels, `[O, C, kh, kw]`.
///   - inputSize: H and W of the images; with strides above 1 several sizes have one H' and W'.
///   - convolution: as given to `conv2d`.
/// - Returns: `[N, C, H, W]`.
/// - Complexity: as `conv2d`.
@specialized(where S == Float) @specialized(where S == Double)
public func conv2dInputGradient<S: TensorScalar>(
  _ u: Tensor<S>, _ w: Tensor<S>, inputSize: Extent2D, _ convolution: Convolution2D = Convolution2D()
) -> Tensor<S> {
  inputGradientSum("conv2dInputGradient", [(u, w)], inputSize: inputSize, convolution)
}

/// Σ conv2dInputGradient(u, w), of one shape; as `conv2dSum`.
@specialized(where S == Float) @specialized(where S == Double)
package func conv2dInputGradientSum<S: TensorScalar>(
  _ terms: [(u: Tensor<S>, w: Tensor<S>)], inputSize: Extent2D, _ convolution: Convolution2D
) -> Tensor<S> {
  inputGradientSum("conv2dInputGradient", terms, inputSize: inputSize, convolution)
}

/// The adjoint of `conv2d` in the kernels: ⟨conv2d(x, w), u⟩ = ⟨w, conv2dWeightGradient(x, u)⟩ for all w.
/// - Parameters:
///   - x: images, `[N, C, H, W]`.
///   - u: as the convolution's result, `[N, O, H', W']`.
///   - kernelSize: kh and kw.
///   - convolution: as given to `conv2d`.
/// - Returns: `[O, C, kh, kw]`, sums over the batch in an order that depends on the shapes and the number of threads alone.
/// - Complexity: as `conv2d`, and a copy of the result for each thread.
@specialized(where S == Float) @specialized(where S == Double)
public func conv2dWeightGradient<S: TensorScalar>(
  _ x: Tensor<S>, _ u: Tensor<S>, kernelSize: Extent2D, _ convolution: Convolution2D = Convolution2D()
) -> Tensor<S> {
  let operation = "conv2dWeightGradient"
  require(
    x.rank == 4 && u.rank == 4, "\(operation): images of shape \(x.shape) and cotangents of shape \(u.shape); both have 4 axes")
  let w: Shape = [u.shape[1], x.shape[1], kernelSize.height, kernelSize.width]
  let shape = ConvolutionShape(operation, x: x.shape, w: w, convolution)
  require(u.shape == shape.y, "\(operation): cotangents of shape \(u.shape) where the convolution makes \(shape.y)")
  let result = Tensor<S>(uninitialized: w)
  let (images, cotangents) = (x.contiguous(), u.contiguous())
  Kernels.weightGradient(shape, x: images.base, y: cotangents.base, into: result.mutableBase)
  keepAlive(images, cotangents)
  return result
}

/// The transposed convolution: the adjoint of `conv2d` in the images, as a layer that makes images larger. With the same w, stride,
/// padding and dilation, ⟨conv2d(z, w), x⟩ = ⟨z, convTranspose2d(x, w)⟩.
/// - Parameters:
///   - x: images, `[N, C, H, W]`.
///   - w: kernels, input channels first: `[C, C', kh, kw]`.
///   - convolution: stride, padding and dilation of the convolution whose adjoint this is.
///   - outputPadding: rows below and columns right that the result has more; less than the stride.
/// - Returns: `[N, C', H', W']`; `transposedOutputSize` says what size results.
/// - Complexity: 2·N·C·H·W·C'·kh·kw floating-point operations.
@specialized(where S == Float) @specialized(where S == Double)
public func convTranspose2d<S: TensorScalar>(
  _ x: Tensor<S>, _ w: Tensor<S>, _ convolution: Convolution2D = Convolution2D(), outputPadding: Extent2D = 0
) -> Tensor<S> {
  let operation = "convTranspose2d"
  require(x.rank == 4 && w.rank == 4, "\(operation): images of shape \(x.shape) and kernels of shape \(w.shape); both have 4 axes")
  require(
    outputPadding.isAtLeast(0) && outputPadding.height < convolution.stride.height
      && outputPadding.width < convolution.stride.width,
    "\(operation): output padding \(outputPadding) is not from 0 to below the stride \(convolution.stride)")
  let size = convolution.transposedOutputSize(
    input: Extent2D(height: x.shape[2], width: x.shape[3]), kernel: Extent2D(height: w.shape[2], width: w.shape[3]),
    outputPadding: outputPadding)
  require(
    size.isAtLeast(1), "\(operation): images \(x.shape) and kernels \(w.shape) with \(convolution) leave a result of size \(size)")
  return inputGradientSum(operation, [(x, w)], inputSize: size, convolution)
}

@specialized(where S == Float) @specialized(where S == Double)
private func inputGradientSum<S: TensorScalar>(
  _ operation: String, _ terms: [(Tensor<S>, Tensor<S>)], inputSize: Extent2D, _ convolution: Convolution2D
) -> Tensor<S> {
  let (u, w) = terms[0]
  require(
    u.rank == 4 && w.rank == 4, "\(operation): cotangents of shape \(u.shape) and kernels of shape \(w.shape); both have 4 axes")
  require(inputSize.isAtLeast(0), "\(operation): input size \(inputSize) is negative")
  let shape = ConvolutionShape(
    operation, x: [u.shape[0], w.shape[1], inputSize.height, inputSize.width], w: w.shape, convolution)
  require(
    u.shape == shape.y, "\(operation): \(u.shape) where kernels \(w.shape) make \(shape.y) of images \(shape.x) with \(convolution)"
  )
  let result = Tensor<S>(uninitialized: shape.x)
  withTerms(terms, shape.y, shape.w) { Kernels.inputGradient(shape, $0, into: result.mutableBase) }
  return result
}
