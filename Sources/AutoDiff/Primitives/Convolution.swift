import Tensor

// Each of the three is bilinear, and its adjoint in either operand is one of the others.

/// y = conv2d(x, w).
struct Convolution<Scalar: TensorScalar>: BinaryPrimitive {
  let convolution: Convolution2D

  var reads: ValuesRead { [.first, .second] }

  func value(_ x: Tensor<Scalar>, _ w: Tensor<Scalar>) -> Tensor<Scalar> { conv2d(x, w, convolution) }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    sum.add(conv2dSum(p.bilinearTerms, convolution))
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) {
      let size = Extent2D(ofPlanes: p.shape(ofOperand: 0))
      p.add(ConvolutionInputGradient(inputSize: size, convolution: convolution), dy, p.b, to: 0)
    }
    if p.wants(1) {
      let size = Extent2D(ofPlanes: p.shape(ofOperand: 1))
      p.add(ConvolutionWeightGradient(kernelSize: size, convolution: convolution), p.a, dy, to: 1)
    }
  }
}

/// x = conv2dInputGradient(u, w), the transposed convolution: <conv2d(z, w), u> = <z, x> for all images z.
struct ConvolutionInputGradient<Scalar: TensorScalar>: BinaryPrimitive {
  let inputSize: Extent2D
  let convolution: Convolution2D

  var reads: ValuesRead { [.first, .second] }

  func value(_ u: Tensor<Scalar>, _ w: Tensor<Scalar>) -> Tensor<Scalar> {
    conv2dInputGradient(u, w, inputSize: inputSize, convolution)
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    sum.add(conv2dInputGradientSum(p.bilinearTerms, inputSize: inputSize, convolution))
  }

  func addCotangents(of dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) { p.add(Convolution(convolution: convolution), dx, p.b, to: 0) }
    if p.wants(1) {
      let size = Extent2D(ofPlanes: p.shape(ofOperand: 1))
      p.add(ConvolutionWeightGradient(kernelSize: size, convolution: convolution), dx, p.a, to: 1)
    }
  }
}

/// w = conv2dWeightGradient(x, u): <conv2d(x, v), u> = <v, w> for all kernels v.
struct ConvolutionWeightGradient<Scalar: TensorScalar>: BinaryPrimitive {
  let kernelSize: Extent2D
  let convolution: Convolution2D

  var reads: ValuesRead { [.first, .second] }

  func value(_ x: Tensor<Scalar>, _ u: Tensor<Scalar>) -> Tensor<Scalar> {
    conv2dWeightGradient(x, u, kernelSize: kernelSize, convolution)
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    if let dx = p.da { sum.add(value(dx, p.b)) }
    if let du = p.db { sum.add(value(p.a, du)) }
  }

  func addCotangents(of dw: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) {
      let size = Extent2D(ofPlanes: p.shape(ofOperand: 0))
      p.add(ConvolutionInputGradient(inputSize: size, convolution: convolution), p.b, dw, to: 0)
    }
    if p.wants(1) { p.add(Convolution(convolution: convolution), p.a, dw, to: 1) }
  }
}

extension TangentPoint {
  /// The operands of the terms da b and a db, one or both of them, of a bilinear operation's tangent.
  fileprivate var bilinearTerms: [(Tensor<Scalar>, Tensor<Scalar>)] {
    (hasTangent(0) ? [(tangent(0)!, b)] : []) + (hasTangent(1) ? [(a, tangent(1)!)] : [])
  }
}

extension Convolution: ExamplesOnFirstAxis {}
extension ConvolutionInputGradient: ExamplesOnFirstAxis {}

extension ConvolutionWeightGradient: ExamplewiseSum {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    place.axis == 0 ? .summed : .unknown
  }

  func terms(
    of range: Range<Int>, at place: ExampleAxis, ofOperand index: Int, at point: ExamplePoint<Scalar>
  ) -> ExampleTerms<Scalar> {
    let x = point.examples(range, ofOperand: 0, at: place).contiguous()
    let u = point.examples(range, ofOperand: 1, at: place).contiguous()
    let result = Tensor<Scalar>(uninitialized: Shape([range.count] + Array(point.resultShape)))
    let size = point.resultShape.elementCount
    // Whole examples are shared among the threads.
    Parallel.slices(range.count, grain: 1, alignment: 1) { rows in
      for row in rows {
        let gradient = value(x[row: row], u[row: row])
        gradient.copyElements(to: UnsafeMutableBufferPointer(start: result.mutableBase + row * size, count: size))
      }
    }
    return .tensor(result)
  }
}

extension Extent2D {
  /// The last two of the four lengths of images or kernels.
  init(ofPlanes shape: Shape) { self.init(height: shape[2], width: shape[3]) }
}

/// The convolution (cross-correlation) of images `[N, C, H, W]` with kernels `[O, C, kh, kw]`; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func conv2d<S: TensorScalar>(
  _ x: Variable<S>, _ w: Variable<S>, _ convolution: Convolution2D = Convolution2D()
) -> Variable<S> { x.applying(Convolution(convolution: convolution), with: w) }

/// The adjoint of `conv2d` in the images; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func conv2dInputGradient<S: TensorScalar>(
  _ u: Variable<S>, _ w: Variable<S>, inputSize: Extent2D, _ convolution: Convolution2D = Convolution2D()
) -> Variable<S> { u.applying(ConvolutionInputGradient(inputSize: inputSize, convolution: convolution), with: w) }

/// The adjoint of `conv2d` in the kernels; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func conv2dWeightGradient<S: TensorScalar>(
  _ x: Variable<S>, _ u: Variable<S>, kernelSize: Extent2D, _ convolution: Convolution2D = Convolution2D()
) -> Variable<S> { x.applying(ConvolutionWeightGradient(kernelSize: kernelSize, convolution: convolution), with: u) }

/// The transposed convolution of images `[N, C, H, W]` with kernels `[C, C', kh, kw]`; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func convTranspose2d<S: TensorScalar>(
  _ x: Variable<S>, _ w: Variable<S>, _ convolution: Convolution2D = Convolution2D(), outputPadding: Extent2D = 0
) -> Variable<S> {
  // The function on tensors checks the shapes and says what size results.
  let result = convTranspose2d(x.value, w.value, convolution, outputPadding: outputPadding)
  let primitive = ConvolutionInputGradient<S>(inputSize: Extent2D(ofPlanes: result.shape), convolution: convolution)
  return x.recording(primitive, with: w, value: result)
}
