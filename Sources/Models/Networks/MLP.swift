import AutoDiff
import Tensor

/// A multi-layer perceptron; with a mirrored list of sizes, a deep autoencoder.
///
/// The last layer is linear: losses act on its outputs as logits.
public struct MLP: Model {
  /// Of the input, the hidden layers and the output.
  public let sizes: [Int]
  private let network: Sequential

  /// - Parameters:
  ///   - sizes: of the input, the hidden layers and the output.
  ///   - activation: of the hidden layers.
  ///   - linearLayers: hidden layers without a nonlinearity, counted from 0 for the one behind the input; for an autoencoder its
  ///     code layer. The last layer is linear anyway and may be named too.
  public init(_ sizes: [Int], activation: Activation, linearLayers: Set<Int> = []) {
    require(sizes.count >= 2, "MLP: \(sizes) names fewer than two sizes")
    let last = sizes.count - 2
    for layer in linearLayers { require(layer >= 0 && layer <= last, "MLP: linear layer \(layer) of \(last + 1)") }
    self.sizes = sizes
    network = Sequential(
      (0...last).map { index in
        let isLinear = index == last || linearLayers.contains(index)
        return ("layer\(index)", Dense(sizes[index], sizes[index + 1], activation: isLinear ? .identity : activation))
      })
  }

  /// An autoencoder: the encoder's sizes and their mirror image, with a linear code layer (Hinton & Salakhutdinov, 2006).
  /// - Parameter encoder: from the number of inputs down to the length of the code.
  public static func autoencoder(_ encoder: [Int], activation: Activation = .sigmoid) -> MLP {
    MLP(encoder + encoder.dropLast().reversed(), activation: activation, linearLayers: [encoder.count - 2])
  }

  public var layout: ParameterLayout { network.layout }
  public var parts: [NamedLayer] { network.parts }

  public func summary(inputShape: [Int]) -> ModelSummary { network.summary(inputShape: inputShape) }

  public func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    network(inputs, parameters)
  }
}
