import Kappa
import TestSupport
import Testing

/// Who computes.
enum Path: String, CaseIterable, Sendable {
  case automatic, portable

  func run<R>(_ body: () throws -> R) rethrows -> R {
    try ConvolutionPath.$current.withValue(self == .automatic ? .automatic : .portable, operation: body)
  }
}

/// A convolution to try: sizes and options.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var x: [Int]
  var w: [Int]
  var convolution = Convolution2D()

  var testDescription: String { "\(x) by \(w), \(convolution)" }

  static let catalog = [
    ConvolutionCase(x: [2, 2, 5, 6], w: [3, 2, 3, 2]),
    ConvolutionCase(x: [1, 1, 1, 1], w: [1, 1, 1, 1]),
    // One pixel and one row at a time.
    ConvolutionCase(x: [3, 5, 4, 7], w: [4, 5, 1, 1]),
    ConvolutionCase(
      x: [2, 3, 1, 9], w: [2, 3, 1, 4], convolution: .init(stride: 1, padding: .init(top: 0, bottom: 0, left: 3, right: 1))),
    // Strides that leave a rest, and strides beyond the kernel.
    ConvolutionCase(x: [2, 2, 7, 8], w: [2, 2, 3, 3], convolution: .init(stride: 2)),
    ConvolutionCase(x: [1, 2, 9, 8], w: [3, 2, 2, 2], convolution: .init(stride: .init(height: 3, width: 4))),
    ConvolutionCase(x: [2, 3, 6, 6], w: [2, 3, 1, 1], convolution: .init(stride: 2)),
    // Padding on every side its own, wider than the kernel, and a kernel larger than the image.
    ConvolutionCase(x: [2, 2, 4, 5], w: [3, 2, 3, 3], convolution: .init(padding: .init(top: 0, bottom: 2, left: 1, right: 3))),
    ConvolutionCase(x: [1, 2, 3, 3], w: [2, 2, 2, 2], convolution: .init(stride: 2, padding: 4)),
    ConvolutionCase(x: [2, 1, 2, 3], w: [2, 1, 5, 6], convolution: .init(padding: 3)),
    ConvolutionCase(x: [2, 3, 4, 4], w: [2, 3, 1, 1], convolution: .init(padding: 1)),
    // Dilations, alone and with the rest.
    ConvolutionCase(x: [2, 2, 7, 6], w: [2, 2, 2, 3], convolution: .init(dilation: 2)),
    ConvolutionCase(
      x: [3, 2, 11, 10], w: [3, 2, 3, 2],
      convolution: .init(
        stride: .init(height: 2, width: 3), padding: .init(top: 3, bottom: 1, left: 0, right: 2),
        dilation: .init(height: 2, width: 3))),
    // More taps and more pixels than a block has, more images than threads.
    ConvolutionCase(x: [3, 40, 13, 12], w: [9, 40, 3, 3], convolution: .init(padding: 1)),
    ConvolutionCase(x: [1, 33, 40, 41], w: [5, 33, 3, 3], convolution: .init(stride: 1, padding: .init(height: 1, width: 0))),
    ConvolutionCase(x: [7, 16, 12, 12], w: [16, 16, 5, 5]),
    ConvolutionCase(x: [13, 8, 9, 9], w: [24, 8, 3, 3], convolution: .init(stride: 2, padding: .same(kernel: 3))),
    ConvolutionCase(x: [2, 2, 20, 20], w: [2, 2, 17, 18], convolution: .init(padding: 2)),
    // Whole vectors of channels, in groups of several images.
    ConvolutionCase(x: [9, 32, 10, 11], w: [32, 32, 3, 3], convolution: .init(padding: 1)),
    ConvolutionCase(x: [8, 64, 6, 5], w: [48, 64, 2, 2]),
  ]

  /// Nothing, in each place where there can be nothing.
  static let empty = [
    ConvolutionCase(x: [0, 2, 5, 6], w: [3, 2, 3, 2]), ConvolutionCase(x: [2, 0, 5, 6], w: [3, 0, 3, 2]),
    ConvolutionCase(x: [2, 2, 5, 6], w: [0, 2, 3, 2]),
    ConvolutionCase(x: [2, 2, 0, 6], w: [3, 2, 2, 2], convolution: .init(padding: 1)),
  ]

  /// Images, kernels and cotangents whose products of one another sum without rounding, in `Float` too.
  func exact<S: TensorScalar>(of type: S.Type, _ arrangement: Arrangement = .contiguous) -> Operands<S> {
    Operands(x: arrangement.tensor(x), w: arrangement.tensor(w), u: arrangement.tensor(y), convolution: convolution)
  }

  /// Independent normal elements.
  func random<S: TensorScalar>(of type: S.Type) -> Operands<S> {
    let stream = RandomStream(seed: 11)
    return Operands(
      x: stream.split(0).normal(Shape(x)), w: stream.split(1).normal(Shape(w)), u: stream.split(2).normal(Shape(y)),
      convolution: convolution)
  }

  var y: [Int] {
    let size = convolution.outputSize(input: .init(height: x[2], width: x[3]), kernel: .init(height: w[2], width: w[3]))!
    return [x[0], w[0], size.height, size.width]
  }

  /// Calls `body(indices of x, indices of w, indices of y)` for every term of the convolution: its definition.
  func forEachTerm(_ body: ([Int], [Int], [Int]) -> Void) {
    let c = convolution
    for at in NaiveTensor.indices(of: y) {
      for tap in NaiveTensor.indices(of: Array(w[1...])) {
        let row = at[2] * c.stride.height + tap[1] * c.dilation.height - c.padding.top
        let column = at[3] * c.stride.width + tap[2] * c.dilation.width - c.padding.left
        if row >= 0 && row < x[2] && column >= 0 && column < x[3] { body([at[0], tap[0], row, column], [at[1]] + tap, at) }
      }
    }
  }
}

struct Operands<S: TensorScalar> {
  var x: Tensor<S>
  var w: Tensor<S>
  var u: Tensor<S>
  var convolution: Convolution2D

  var y: Tensor<S> { conv2d(x, w, convolution) }
  var inputGradient: Tensor<S> {
    conv2dInputGradient(u, w, inputSize: .init(height: x.shape[2], width: x.shape[3]), convolution)
  }
  var weightGradient: Tensor<S> {
    conv2dWeightGradient(x, u, kernelSize: .init(height: w.shape[2], width: w.shape[3]), convolution)
  }
  /// All three.
  var trio: [Tensor<S>] { [y, inputGradient, weightGradient] }
}

extension NaiveTensor {
  init(zeros shape: [Int]) { self.init(shape) { _ in 0 } }

  mutating func add(_ value: Double, at index: [Int]) { elements[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }] += value }
}
