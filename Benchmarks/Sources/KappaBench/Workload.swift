import Kappa

/// A network, its data and a direction: the shapes and distributions of the peers' definitions.
struct Workload: Sendable {
  /// A layer as the floor sees it.
  enum Layer: Sendable {
    /// A product [rows, inputs] x [inputs, outputs] at each of `steps` steps. The weight's gradient is one product over all of
    /// them.
    case dense(rows: Int, inputs: Int, outputs: Int, steps: Int = 1)
    case convolution(ConvolutionLayer)
  }

  var name: String
  var batch: Int
  var layers: [Layer]
  var layout: ParameterLayout
  /// θ, with the weights N(0, 1 / fanIn) and the biases N(0, 0.01) unless the peers say otherwise.
  var makeParameters: @Sendable () -> Tensor<Float>
  /// The objective on the workload's batch.
  var makeObjective: @Sendable () -> any ScalarFunction<Float>

  static let all = dense + convolutional + recurrent

  var label: String { "\(name)@\(batch)" }
  /// A direction of independent normal elements.
  var direction: Tensor<Float> { RandomStream(seed: 1).normal([layout.count]) }
}

/// Labels of `count` examples, uniform in 0 ..< 10.
func randomLabels(_ count: Int) -> Tensor<Int32> {
  var generator = RandomStream(seed: 3).generator()
  return Tensor<Int32>((0..<count).map { _ in Int32.random(in: 0..<10, using: &generator) })
}

extension ParameterLayout {
  /// A vector of this layout whose entry `index` is normal with the given deviation.
  func normalVector(deviation: (_ entry: Entry) -> Double) -> Tensor<Float> {
    let stream = RandomStream(seed: 0)
    return Tensor(
      concatenating: entries.enumerated().map { index, entry in
        stream.split(UInt64(index)).normal([entry.count]) * Float(deviation(entry))
      }, axis: 0)
  }
}
