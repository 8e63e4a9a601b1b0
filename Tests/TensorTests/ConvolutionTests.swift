import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Convolutions")
struct ConvolutionTests {
  static let names = ["conv2d", "input gradient", "weight gradient"]

  private func expectNaive<S: TensorScalar>(_ example: ConvolutionCase, _ arrangement: Arrangement, of type: S.Type) {
    let operands = example.exact(of: S.self, arrangement)
    let (x, w, u) = (NaiveTensor(operands.x), NaiveTensor(operands.w), NaiveTensor(operands.u))
    var sums = [NaiveTensor(zeros: example.y), NaiveTensor(zeros: example.x), NaiveTensor(zeros: example.w)]
    example.forEachTerm { i, k, o in
      sums[0].add(x[i] * w[k], at: o)
      sums[1].add(u[o] * w[k], at: i)
      sums[2].add(u[o] * x[i], at: k)
    }
    for (index, value) in operands.trio.enumerated() {
      expectClose(
        value, sums[index].tensor(), .exact, "\(Self.names[index]) of \(example.testDescription), \(arrangement), \(S.self)")
    }
  }

  @Test("and their gradients are the sums of their definition", arguments: ConvolutionCase.catalog, Path.allCases)
  func sums(_ example: ConvolutionCase, _ path: Path) {
    path.run {
      expectNaive(example, .contiguous, of: Float.self)
      expectNaive(example, .contiguous, of: Double.self)
    }
  }

  private func expectSums<S: TensorScalar>(_ example: ConvolutionCase, of type: S.Type) {
    let (a, convolution) = (example.exact(of: S.self, .contiguous), example.convolution)
    let (x, w, u) = (a.x.flipped(), a.w.flipped(), a.u.flipped())
    let size = Extent2D(height: example.x[2], width: example.x[3])
    expectClose(
      conv2dSum([(a.x, a.w), (x, w)], convolution), conv2d(a.x, a.w, convolution) + conv2d(x, w, convolution), .exact,
      "\(example), \(S.self)")
    expectClose(
      conv2dInputGradientSum([(a.u, a.w), (u, w)], inputSize: size, convolution),
      conv2dInputGradient(a.u, a.w, inputSize: size, convolution) + conv2dInputGradient(u, w, inputSize: size, convolution),
      .exact, "input gradient of \(example), \(S.self)")
  }

  @Test(
    "with images and kernels of two kinds are added as they are computed",
    arguments: ConvolutionCase.catalog + ConvolutionCase.empty,
    Path.allCases)
  func sumsOfTwo(_ example: ConvolutionCase, _ path: Path) {
    path.run {
      expectSums(example, of: Float.self)
      expectSums(example, of: Double.self)
    }
  }

  @Test("take operands however they lie in memory", arguments: Arrangement.allCases, Path.allCases)
  func arrangements(_ arrangement: Arrangement, _ path: Path) {
    let example = ConvolutionCase(x: [2, 3, 6, 5], w: [4, 3, 3, 2], convolution: .init(stride: 2, padding: 1))
    path.run {
      expectNaive(example, arrangement, of: Float.self)
      expectNaive(example, arrangement, of: Double.self)
    }
  }

  @Test("of nothing are zeros of the right shape", arguments: ConvolutionCase.empty, Path.allCases)
  func nothing(_ example: ConvolutionCase, _ path: Path) {
    path.run {
      let operands = example.random(of: Float.self)
      for (value, shape) in zip(operands.trio, [example.y, example.x, example.w]) {
        #expect(value == Tensor(zeros: Shape(shape)))
      }
    }
  }

  @Test("and both gradients are adjoint", arguments: ConvolutionCase.catalog)
  func adjoint(_ example: ConvolutionCase) {
    // The identities hold exactly; only rounding remains.
    let operands = example.random(of: Double.self)
    let (y, dx, dw) = (operands.y, operands.inputGradient, operands.weightGradient)
    let scale = y.norm() * operands.u.norm()
    #expect(abs(y.dot(operands.u) - operands.x.dot(dx)) <= 1e-14 * scale)
    #expect(abs(y.dot(operands.u) - operands.w.dot(dw)) <= 1e-14 * scale)
  }

  @Test("agree on all paths", arguments: ConvolutionCase.catalog)
  func paths(_ example: ConvolutionCase) {
    let exact = example.random(of: Double.self).trio
    for path in Path.allCases {
      let operands = example.random(of: Float.self)
      // The random numbers of the two types are not the same: convert.
      let same = example.random(of: Double.self)
      let rounded = Operands(
        x: same.x.converted(to: Float.self), w: same.w.converted(), u: same.u.converted(), convolution: operands.convolution)
      for (index, value) in path.run({ rounded.trio }).enumerated() {
        // Rounding of the operands and of a sum of n terms; elements are about √n.
        let scale = exact[index].abs().max().scalar
        expectClose(
          value, exact[index].converted(), Tolerance(relative: 1e-5, absolute: 2e-6 * scale),
          "\(Self.names[index]) on the \(path) path")
      }
    }
  }

  @Test("transposed make larger images by the adjoint", arguments: ConvolutionCase.catalog, Path.allCases)
  func transposed(_ example: ConvolutionCase, _ path: Path) {
    path.run {
      let operands = example.exact(of: Float.self)
      let input = Extent2D(height: example.x[2], width: example.x[3])
      let smallest = operands.convolution.transposedOutputSize(
        input: .init(height: example.y[2], width: example.y[3]), kernel: .init(height: example.w[2], width: example.w[3]))
      // What the stride left over of the images is the output padding.
      let rest = Extent2D(height: input.height - smallest.height, width: input.width - smallest.width)
      let result = convTranspose2d(operands.u, operands.w, operands.convolution, outputPadding: rest)
      expectClose(result, operands.inputGradient, .exact, "transposed")
    }
  }

  @Test func `with the padding named same keep the size of images`() {
    let x: Tensor<Double> = RandomStream(seed: 1).normal([1, 2, 6, 7])
    for (kernel, dilation) in [(Extent2D(3), Extent2D(1)), (Extent2D(height: 2, width: 4), 1), (Extent2D(3), 2), (Extent2D(1), 3)] {
      let w = Tensor<Double>(zeros: [3, 2, kernel.height, kernel.width])
      let y = conv2d(x, w, .init(padding: .same(kernel: kernel, dilation: dilation), dilation: dilation))
      #expect(y.shape == [1, 3, 6, 7])
    }
  }

  @Test("spread NaN to what it reaches, and no further", arguments: Path.allCases)
  func nan(_ path: Path) {
    var x = Tensor<Float>(zeros: [2, 1, 5, 5])
    x[1, 0, 2, 2] = .nan
    let w = Tensor<Float>(repeating: 1, shape: [1, 1, 3, 3])
    let y = path.run { conv2d(x, w, .init(padding: 1)) }
    for index in NaiveTensor.indices(of: [2, 1, 5, 5]) {
      let reached = index[0] == 1 && abs(index[2] - 2) <= 1 && abs(index[3] - 2) <= 1
      #expect(y[index[0], 0, index[2], index[3]].isNaN == reached)
    }
  }

  @Test func `are counted as one product each`() {
    let operands = ConvolutionCase(x: [2, 3, 6, 5], w: [4, 3, 3, 2]).random(of: Float.self)
    let before = ProductCount.soFar
    _ = operands.trio
    let count = ProductCount.soFar - before
    #expect(count.products == 3 && count.flops == 3 * 2 * (2 * 4 * 4 * 4) * (3 * 3 * 2))
  }
}

@Suite("Convolutions stop the program")
struct ConvolutionErrorTests {
  private static let x = Tensor<Float>(zeros: [2, 3, 5, 5])
  private static let w = Tensor<Float>(zeros: [4, 3, 3, 3])

  @Test func `when channels differ`() async {
    await #expect(processExitsWith: .failure) { _ = conv2d(Self.x, Tensor(zeros: [4, 2, 3, 3])) }
  }
  @Test func `when an operand has not four axes`() async {
    await #expect(processExitsWith: .failure) { _ = conv2d(Tensor<Float>(zeros: [3, 5, 5]), Self.w) }
    await #expect(processExitsWith: .failure) { _ = conv2dWeightGradient(Self.x, Tensor(zeros: [2]), kernelSize: 3) }
  }
  @Test func `when the kernel does not fit`() async {
    await #expect(processExitsWith: .failure) { _ = conv2d(Self.x, Self.w, .init(dilation: 3)) }
  }
  @Test func `when stride, dilation or padding make no sense`() async {
    await #expect(processExitsWith: .failure) { _ = conv2d(Self.x, Self.w, .init(stride: 0)) }
    await #expect(processExitsWith: .failure) { _ = conv2d(Self.x, Self.w, .init(dilation: 0)) }
    await #expect(processExitsWith: .failure) { _ = conv2d(Self.x, Self.w, .init(padding: -1)) }
  }
  @Test func `when cotangents have another shape than the result`() async {
    await #expect(processExitsWith: .failure) { _ = conv2dInputGradient(Tensor(zeros: [2, 4, 3, 2]), Self.w, inputSize: 5) }
    await #expect(processExitsWith: .failure) { _ = conv2dWeightGradient(Self.x, Tensor(zeros: [2, 4, 2, 3]), kernelSize: 3) }
  }
  @Test func `when output padding reaches the stride`() async {
    await #expect(processExitsWith: .failure) {
      _ = convTranspose2d(Tensor<Float>(zeros: [1, 4, 3, 3]), Self.w, .init(stride: 2), outputPadding: 2)
    }
  }
}
