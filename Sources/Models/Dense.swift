import AutoDiff
import Tensor

/// y = f(x W + b) on the last axis, W [inputs, outputs], b [outputs].
public struct Dense: Layer {
  /// The length of the last axis of x.
  public let inputs: Int
  /// The length of the last axis of y.
  public let outputs: Int
  /// Whether b is there.
  public let hasBias: Bool
  /// f.
  public let activation: Activation

  /// - Parameter activation: f; none by default.
  public init(_ inputs: Int, _ outputs: Int, activation: Activation = .identity, hasBias: Bool = true) {
    require(inputs > 0 && outputs > 0, "Dense: \(inputs) inputs and \(outputs) outputs")
    self.inputs = inputs
    self.outputs = outputs
    self.hasBias = hasBias
    self.activation = activation
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    _ = layout.appendAffine(name, fanIn: inputs, outputs: outputs, hasBias: hasBias)
  }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    require(x.shape.last == inputs, "Dense: inputs of shape \(x.shape) for \(inputs) inputs")
    let product = matmul(x, parameters[0])
    if hasBias { return product.activated(activation, bias: parameters[1]) }
    return activation == .identity ? product : ActivationLayer(activation)(product, parameters)
  }
}

/// An element-wise nonlinearity as a layer of its own.
public struct ActivationLayer: Layer {
  /// f.
  public let activation: Activation
  /// A layer without parameters.
  public init(_ activation: Activation) { self.activation = activation }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {}

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    switch activation {
    case .identity: x
    case .tanh: x.tanh()
    case .sigmoid: x.sigmoid()
    case .leakyRelu(let slope): x.leakyRelu(slope: slope)
    }
  }
}
