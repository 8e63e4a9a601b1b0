// Pooling: one value for each window of an image's plane. There is no padding; windows that reach over the border are left out.

/// The mean of each window.
/// - Parameters:
///   - x: images, `[N, C, H, W]`.
///   - window: rows and columns of a window.
///   - stride: the distance between neighbouring windows; nil: the window's size, so that they stand side by side.
/// - Returns: `[N, C, H', W']`, H' = ⌊(H - window) / stride⌋ + 1, W' alike.
/// - Complexity: reads each window once.
@specialized(where S == Float) @specialized(where S == Double)
public func averagePool2d<S: TensorScalar>(_ x: Tensor<S>, window: Extent2D, stride: Extent2D? = nil) -> Tensor<S> {
  let shape = PoolingShape("averagePool2d", x.shape, window: window, stride: stride)
  let result = Tensor<S>(uninitialized: shape.y)
  let images = x.contiguous()
  Kernels.averagePool(shape, images.base, into: result.mutableBase)
  keepAlive(images)
  return result
}

/// The adjoint of `averagePool2d`: each element of `u` is spread evenly over its window.
/// - Parameters:
///   - u: as the result of the pooling, `[N, C, H', W']`.
///   - inputSize: H and W of the images.
///   - window: as given to `averagePool2d`.
///   - stride: as given to `averagePool2d`.
/// - Returns: `[N, C, H, W]`.
@specialized(where S == Float) @specialized(where S == Double)
public func averagePool2dAdjoint<S: TensorScalar>(
  _ u: Tensor<S>, inputSize: Extent2D, window: Extent2D, stride: Extent2D? = nil
) -> Tensor<S> {
  let operation = "averagePool2dAdjoint"
  require(u.rank == 4, "\(operation): cotangents of shape \(u.shape); they have 4 axes, [N, C, H, W]")
  require(inputSize.isAtLeast(0), "\(operation): input size \(inputSize) is negative")
  let shape = PoolingShape(operation, [u.shape[0], u.shape[1], inputSize.height, inputSize.width], window: window, stride: stride)
  require(u.shape == shape.y, "\(operation): cotangents of shape \(u.shape) where pooling makes \(shape.y) of \(shape.x)")
  let result = Tensor<S>(uninitialized: shape.x)
  let cotangents = u.contiguous()
  Kernels.averagePoolAdjoint(shape, cotangents.base, into: result.mutableBase)
  keepAlive(cotangents)
  return result
}

/// The largest element of each window and where it was.
///
/// Of equal elements the first in row-major order counts; a NaN counts as larger than all numbers. With the positions at hand
/// pooling is linear: its tangent is `gatherPixels` at them, its adjoint `scatterPixels`.
/// - Parameters:
///   - x: images, `[N, C, H, W]`.
///   - window: rows and columns of a window.
///   - stride: the distance between neighbouring windows; nil: the window's size.
/// - Returns: two tensors `[N, C, H', W']`: the elements, and for each the position i·W + j of its pixel in the plane.
/// - Complexity: reads each window once.
@specialized(where S == Float) @specialized(where S == Double)
public func maxPool2d<S: TensorScalar>(
  _ x: Tensor<S>, window: Extent2D, stride: Extent2D? = nil
) -> (values: Tensor<S>, positions: Tensor<Int32>) {
  let shape = PoolingShape("maxPool2d", x.shape, window: window, stride: stride)
  let (values, positions) = (Tensor<S>(uninitialized: shape.y), Tensor<Int32>(uninitialized: shape.y))
  let images = x.contiguous()
  Kernels.maxPool(shape, images.base, into: values.mutableBase, positions: positions.mutableBase)
  keepAlive(images)
  return (values, positions)
}

/// Pixels of each plane: `y[n, c, i, j] = x[n, c, k]`, k = `positions[n, c, i, j]` counted in row-major order over the plane.
/// - Parameters:
///   - x: images, `[N, C, H, W]`.
///   - positions: `[N, C, H', W']`, from 0 to below H·W, e.g. from `maxPool2d`.
/// - Returns: `[N, C, H', W']`.
@specialized(where S == Float) @specialized(where S == Double)
public func gatherPixels<S: TensorScalar>(_ x: Tensor<S>, at positions: Tensor<Int32>) -> Tensor<S> {
  requirePlanes("gatherPixels", x.shape, positions.shape)
  let result = Tensor<S>(uninitialized: positions.shape)
  let (images, places) = (x.contiguous(), positions.contiguous())
  Kernels.gatherPixels(images.base, x.shape, places.base, positions.shape, into: result.mutableBase)
  keepAlive(images, places)
  return result
}

/// The adjoint of `gatherPixels`: `x[n, c, k]` is the sum of `u[n, c, i, j]` over all i, j with `positions[n, c, i, j]` = k.
/// - Parameters:
///   - u: `[N, C, H', W']`.
///   - positions: of the same shape, from 0 to below H·W.
///   - inputSize: H and W.
/// - Returns: `[N, C, H, W]`.
@specialized(where S == Float) @specialized(where S == Double)
public func scatterPixels<S: TensorScalar>(_ u: Tensor<S>, at positions: Tensor<Int32>, inputSize: Extent2D) -> Tensor<S> {
  let operation = "scatterPixels"
  require(u.shape == positions.shape, "\(operation): values of shape \(u.shape) at positions of shape \(positions.shape)")
  require(u.rank == 4, "\(operation): values of shape \(u.shape); they have 4 axes, [N, C, H, W]")
  require(inputSize.isAtLeast(0), "\(operation): input size \(inputSize) is negative")
  let result = Tensor<S>(uninitialized: [u.shape[0], u.shape[1], inputSize.height, inputSize.width])
  let (values, places) = (u.contiguous(), positions.contiguous())
  Kernels.scatterPixels(values.base, places.base, u.shape, into: result.mutableBase, result.shape)
  keepAlive(values, places)
  return result
}

private func requirePlanes(_ operation: String, _ x: Shape, _ positions: Shape) {
  require(
    x.rank == 4 && positions.rank == 4 && x[0] == positions[0] && x[1] == positions[1],
    "\(operation): positions of shape \(positions) in images of shape \(x); both have 4 axes and the same planes")
}
