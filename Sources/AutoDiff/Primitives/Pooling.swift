import Tensor

/// The mean of each window of images `[N, C, H, W]`; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func averagePool2d<S: TensorScalar>(_ x: Variable<S>, window: Extent2D, stride: Extent2D? = nil) -> Variable<S> {
  x.applying(AveragePool(window: window, stride: stride ?? window))
}

/// The adjoint of `averagePool2d`; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func averagePool2dAdjoint<S: TensorScalar>(
  _ u: Variable<S>, inputSize: Extent2D, window: Extent2D, stride: Extent2D? = nil
) -> Variable<S> {
  u.applying(AveragePoolAdjoint(inputSize: inputSize, window: window, stride: stride ?? window))
}

/// The largest element of each window of images `[N, C, H, W]`.
///
/// The derivative goes to that element; of equal ones to the first in row-major order.
/// - Parameters:
///   - window: rows and columns of a window.
///   - stride: the distance between neighbouring windows; nil: the window's size.
@specialized(where S == Float) @specialized(where S == Double)
public func maxPool2d<S: TensorScalar>(_ x: Variable<S>, window: Extent2D, stride: Extent2D? = nil) -> Variable<S> {
  let (values, positions) = maxPool2d(x.value, window: window, stride: stride)
  return x.recording(PixelGather(positions: positions), value: values)
}

/// Pixels of each plane at fixed positions; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func gatherPixels<S: TensorScalar>(_ x: Variable<S>, at positions: Tensor<Int32>) -> Variable<S> {
  x.applying(PixelGather(positions: positions))
}

/// The adjoint of `gatherPixels`; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func scatterPixels<S: TensorScalar>(
  _ u: Variable<S>, at positions: Tensor<Int32>, inputSize: Extent2D
) -> Variable<S> { u.applying(PixelScatter(positions: positions, inputSize: inputSize)) }

/// y = averagePool2d(x), a linear map.
struct AveragePool<Scalar: TensorScalar>: UnaryPrimitive {
  let window: Extent2D
  let stride: Extent2D

  var reads: ValuesRead { .nothing }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { averagePool2d(x, window: window, stride: stride) }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    averagePool2dAdjoint(dy, inputSize: Extent2D(ofPlanes: p.shape(ofOperand: 0)), window: window, stride: stride)
  }
}

/// x = averagePool2dAdjoint(u): each element spread evenly over its window.
struct AveragePoolAdjoint<Scalar: TensorScalar>: UnaryPrimitive {
  let inputSize: Extent2D
  let window: Extent2D
  let stride: Extent2D

  var reads: ValuesRead { .nothing }

  func value(_ u: Tensor<Scalar>) -> Tensor<Scalar> {
    averagePool2dAdjoint(u, inputSize: inputSize, window: window, stride: stride)
  }

  func tangent(_ du: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(du) }

  func cotangent(_ dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    averagePool2d(dx, window: window, stride: stride)
  }
}

/// y = gatherPixels(x): maximum pooling, with the positions of the maxima at hand.
struct PixelGather<Scalar: TensorScalar>: UnaryPrimitive {
  let positions: Tensor<Int32>

  var reads: ValuesRead { .nothing }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { gatherPixels(x, at: positions) }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    scatterPixels(dy, at: positions, inputSize: Extent2D(ofPlanes: p.shape(ofOperand: 0)))
  }
}

/// x = scatterPixels(u), the adjoint of `PixelGather`.
struct PixelScatter<Scalar: TensorScalar>: UnaryPrimitive {
  let positions: Tensor<Int32>
  let inputSize: Extent2D

  var reads: ValuesRead { .nothing }

  func value(_ u: Tensor<Scalar>) -> Tensor<Scalar> { scatterPixels(u, at: positions, inputSize: inputSize) }

  func tangent(_ du: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(du) }

  func cotangent(_ dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> { gatherPixels(dx, at: positions) }
}

extension AveragePool: ExamplesOnFirstAxis {}
extension AveragePoolAdjoint: ExamplesOnFirstAxis {}
extension PixelGather: ExamplesOnFirstAxis {}
extension PixelScatter: ExamplesOnFirstAxis {}
