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
    layout.appendAffine(name, fanIn: inputs, outputs: outputs, hasBias: hasBias, nonlinearity: activation)
  }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    require(x.shape.last == inputs, "Dense: inputs of shape \(x.shape) for weights of shape [\(inputs), \(outputs)]")
    return affine(x, parameters[0], hasBias ? parameters[1] : nil, activation)
  }

  /// PyTorch's weights are [outputs, inputs].
  public func foreignParameters(name: String) -> [ForeignParameter] {
    let weight = ForeignParameter(name: "\(name).weight", entry: 0, permutation: [1, 0])
    return hasBias ? [weight, ForeignParameter(name: "\(name).bias", entry: 1)] : [weight]
  }
}

/// An element-wise nonlinearity as a layer of its own.
public struct ActivationLayer: Layer {
  /// f.
  public let activation: Activation
  /// A layer without parameters.
  public init(_ activation: Activation) { self.activation = activation }

  public func declareParameters(in layout: inout ParameterLayout, name: String) { layout.noteNonlinearity(activation) }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    x.activated(activation)
  }
}

/// f(x w + b), b nil where there is none.
func affine<S>(_ x: Variable<S>, _ w: Variable<S>, _ b: Variable<S>?, _ f: Activation = .identity) -> Variable<S> {
  let product = matmul(x, w)
  return b.map { product.activated(f, bias: $0) } ?? product.activated(f)
}

extension Variable {
  /// f(x) element by element.
  public func activated(_ activation: Activation) -> Variable {
    switch activation {
    case .identity: self
    case .tanh: tanh()
    case .sigmoid: sigmoid()
    case .leakyRelu(let slope): leakyRelu(slope: slope)
    }
  }
}
