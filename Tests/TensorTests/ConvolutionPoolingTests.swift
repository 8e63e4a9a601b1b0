import Kappa
import TestSupport
import Testing

@Suite("Pooling")
struct PoolingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var x: [Int]
    var window: Extent2D
    var stride: Extent2D?
    var testDescription: String { "\(x), window \(window), stride \(stride ?? window)" }

    var y: [Int] {
      let step = stride ?? window
      return [x[0], x[1], (x[2] - window.height) / step.height + 1, (x[3] - window.width) / step.width + 1]
    }

    /// The pixels (row, column) of the window at `index` of the result.
    func pixels(_ index: [Int]) -> [(Int, Int)] {
      let step = stride ?? window
      return (0..<window.height).flatMap { a in
        (0..<window.width).map { (index[2] * step.height + a, index[3] * step.width + $0) }
      }
    }
  }

  static let catalog = [
    Case(x: [2, 3, 4, 6], window: 2), Case(x: [1, 1, 1, 1], window: 1), Case(x: [2, 2, 5, 7], window: 2),
    Case(x: [1, 2, 7, 9], window: .init(height: 3, width: 2), stride: .init(height: 2, width: 1)),
    Case(x: [2, 1, 9, 40], window: .init(height: 2, width: 3), stride: 2),
    Case(x: [3, 2, 11, 10], window: .init(height: 1, width: 2), stride: .init(height: 3, width: 5)),
    Case(x: [2, 2, 6, 6], window: 6), Case(x: [2, 2, 8, 33], window: 2, stride: 1),
    Case(x: [0, 2, 4, 4], window: 2), Case(x: [2, 0, 4, 4], window: 2),
    Case(x: [64, 16, 24, 24], window: 2),
  ]

  private func expectAverages<S: TensorScalar>(_ example: Case, _ arrangement: Arrangement, of type: S.Type) {
    let x: Tensor<S> = arrangement.tensor(example.x)
    let naive = NaiveTensor(x)
    let size = Double(example.window.height * example.window.width)
    let expected = NaiveTensor(example.y) { at in
      example.pixels(at).map { naive[[at[0], at[1], $0.0, $0.1]] }.reduce(0, +) / size
    }
    // The sums are exact; one rounding for the weight and one for the product.
    let tolerance = Tolerance(relative: S.self == Double.self ? 4e-16 : 2e-7, absolute: 0)
    expectClose(
      averagePool2d(x, window: example.window, stride: example.stride), expected.tensor(), tolerance, "\(example) \(arrangement)")
  }

  @Test("by the mean is the mean of each window", arguments: catalog)
  func averages(_ example: Case) {
    let arrangements: [Arrangement] = example.x[0] == 0 || example.x[0] > 9 ? [.contiguous] : Arrangement.allCases
    for arrangement in arrangements {
      expectAverages(example, arrangement, of: Float.self)
      expectAverages(example, arrangement, of: Double.self)
    }
  }

  private func expectMaxima<S: TensorScalar>(_ example: Case, of type: S.Type) {
    // Whole numbers below 7: many ties.
    let x: Tensor<S> = Tensor((0..<example.x.reduce(1, *)).map { S($0 * 31 % 17 % 7) }, shape: Shape(example.x))
    let naive = NaiveTensor(x)
    let (values, positions) = maxPool2d(x, window: example.window, stride: example.stride)
    #expect(values.shape == Shape(example.y) && positions.shape == Shape(example.y))
    let places = positions.elements
    for (at, (value, place)) in zip(NaiveTensor.indices(of: example.y), zip(values.elements, places)) {
      let pixels = example.pixels(at).map { (naive[[at[0], at[1], $0.0, $0.1]], $0.0 * example.x[3] + $0.1) }
      let largest = pixels.map(\.0).max()!
      #expect(Double(value) == largest)
      #expect(Int(place) == pixels.first { $0.0 == largest }!.1)
    }
    #expect(gatherPixels(x, at: positions) == values)
  }

  @Test("by the maximum is the first largest element of each window and its place", arguments: catalog)
  func maxima(_ example: Case) {
    expectMaxima(example, of: Float.self)
    expectMaxima(example, of: Double.self)
  }

  @Test("has the adjoints it should have", arguments: catalog)
  func adjoint(_ example: Case) {
    let stream = RandomStream(seed: 5)
    let x: Tensor<Double> = stream.split(0).normal(Shape(example.x))
    let u: Tensor<Double> = stream.split(1).normal(Shape(example.y))
    let size = Extent2D(height: example.x[2], width: example.x[3])
    let means = averagePool2d(x, window: example.window, stride: example.stride)
    let spread = averagePool2dAdjoint(u, inputSize: size, window: example.window, stride: example.stride)
    let (values, positions) = maxPool2d(x, window: example.window, stride: example.stride)
    let scattered = scatterPixels(u, at: positions, inputSize: size)
    // Exact but for rounding.
    let scale = 1e-14 * (1 + x.norm() * u.norm())
    #expect(spread.shape == x.shape && scattered.shape == x.shape)
    #expect(abs(means.dot(u) - x.dot(spread)) <= scale)
    #expect(abs(values.dot(u) - x.dot(scattered)) <= scale)
    // Float does the same.
    expectClose(
      averagePool2dAdjoint(u.converted(to: Float.self), inputSize: size, window: example.window, stride: example.stride),
      spread.converted(), Tolerance(relative: 1e-5, absolute: 1e-6), "Float")
    expectClose(
      scatterPixels(u.converted(to: Float.self), at: positions, inputSize: size), scattered.converted(),
      Tolerance(relative: 1e-5, absolute: 1e-6), "Float")
  }

  @Test func `takes a NaN for the largest, wherever it stands in its window`() {
    for place in 0..<4 {
      var x = Tensor<Double>([1, 2, .infinity, 4], shape: [1, 1, 2, 2])
      x[0, 0, place / 2, place % 2] = .nan
      let (values, positions) = maxPool2d(x, window: 2)
      #expect(values.scalar.isNaN && positions.scalar == Int32(place))
    }
    let infinite = Tensor<Float>(repeating: -.infinity, shape: [1, 1, 2, 2])
    #expect(maxPool2d(infinite, window: 2).positions.scalar == 0)
  }

  @Test func `stops the program when sizes or positions make no sense`() async {
    await #expect(processExitsWith: .failure) { _ = averagePool2d(Tensor<Float>(zeros: [1, 1, 2, 2]), window: 3) }
    await #expect(processExitsWith: .failure) { _ = maxPool2d(Tensor<Float>(zeros: [1, 2, 2]), window: 1) }
    await #expect(processExitsWith: .failure) { _ = maxPool2d(Tensor<Float>(zeros: [1, 1, 2, 2]), window: 2, stride: 0) }
    await #expect(processExitsWith: .failure) {
      _ = averagePool2dAdjoint(Tensor<Float>(zeros: [1, 1, 2, 2]), inputSize: 6, window: 2)
    }
    await #expect(processExitsWith: .failure) {
      _ = gatherPixels(Tensor<Float>(zeros: [1, 1, 2, 2]), at: Tensor<Int32>([4], shape: [1, 1, 1, 1]))
    }
    await #expect(processExitsWith: .failure) {
      _ = scatterPixels(Tensor<Float>(zeros: [1, 1, 1, 1]), at: Tensor<Int32>([-1], shape: [1, 1, 1, 1]), inputSize: 2)
    }
    await #expect(processExitsWith: .failure) {
      _ = gatherPixels(Tensor<Float>(zeros: [2, 1, 2, 2]), at: Tensor<Int32>(zeros: [1, 1, 1, 1]))
    }
  }
}
