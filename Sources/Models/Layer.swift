import AutoDiff
import Tensor

/// A layer: shapes and names of its parameters, and what it does with them. A value; the parameters live in the flat vector θ.
public protocol Layer: Sendable {
  /// Adds this layer's parameters, if any, to `layout`, with names that start with `name`, and declares its affine map.
  func declareParameters(in layout: inout ParameterLayout, name: String)
  /// The output for inputs `x`, the example axis first. `parameters[0]`, ... are those declared, in order.
  func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S>
}

/// The parameters of one layer, counted from its first.
public struct LayerParameters<Scalar: TensorScalar> {
  let all: Parameters<Scalar>
  let first: Int
  /// Parameter `index` of the layer.
  public subscript(index: Int) -> Variable<Scalar> { all[first + index] }
}

/// A model: maps inputs to outputs with parameters of a known layout.
public protocol Model: Sendable {
  /// How θ is made up.
  var layout: ParameterLayout { get }
  /// The outputs for `inputs`, the example axis first.
  func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S>
  /// The nonlinearity behind each affine block of the layout, in their order; some initialisers ask.
  var activations: [Activation] { get }
}

extension Model {
  /// The outputs for `inputs` at θ; nothing is recorded.
  public func callAsFunction<S: TensorScalar>(_ inputs: Tensor<S>, at theta: Tensor<S>) -> Tensor<S> {
    self(Variable(inputs), Parameters(layout, constant: theta)).value
  }
}

/// Layers one after the other.
public struct Sequential: Model {
  /// In the order in which they are applied.
  public let layers: [any Layer]
  public let layout: ParameterLayout
  private let firstParameters: [Int]

  /// - Parameter layers: with their names, by which their parameters go.
  public init(_ layers: [(name: String, layer: any Layer)]) {
    self.layers = layers.map(\.layer)
    var layout = ParameterLayout()
    firstParameters = layers.map { entry in
      let first = layout.entries.count
      entry.layer.declareParameters(in: &layout, name: entry.name)
      return first
    }
    self.layout = layout
  }

  public func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    var x = inputs
    for (layer, first) in zip(layers, firstParameters) { x = layer(x, LayerParameters(all: parameters, first: first)) }
    return x
  }

  public var activations: [Activation] {
    layers.enumerated().compactMap { index, layer in
      guard let dense = layer as? Dense else { return nil }
      if dense.activation != .identity || index + 1 == layers.count { return dense.activation }
      return (layers[index + 1] as? ActivationLayer)?.activation ?? .identity
    }
  }
}
