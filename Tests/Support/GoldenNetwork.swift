import Kappa

/// The loss of a golden network.
package enum NamedLoss: String, Loss {
  case softmax_cross_entropy, sigmoid_cross_entropy, half_squared_error

  package func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    switch self {
    case .softmax_cross_entropy: SoftmaxCrossEntropyLoss().exampleLosses(outputs, targets)
    case .sigmoid_cross_entropy: SigmoidCrossEntropyLoss().exampleLosses(outputs, targets)
    case .half_squared_error: HalfSquaredErrorLoss().exampleLosses(outputs, targets)
    }
  }
}

extension JSONValue {
  /// The nonlinearity, if this describes a layer that is one.
  package var activation: Activation? {
    guard self["kind"]?.string == "activation" else { return nil }
    switch self["function"]?.string {
    case "tanh": return .tanh
    case "sigmoid": return .sigmoid
    case "leaky_relu": return self["slope"]?.double.map { .leakyRelu(slope: $0) }
    default: return nil
    }
  }
}

extension GoldenCase {
  /// What of this network `Models` has no layer for; empty if it can be built of its layers.
  package var unknownLayers: [String] {
    ComposedNetwork.unknownParts(of: self)
      + (description["layers"]?.array ?? []).compactMap { layer in
        let (kind, hasSecond) = (layer["kind"]?.string, layer["bias_recurrent"]?.string != nil)
        switch kind {
        case "rnn", "lstm": return hasSecond ? "\(kind!) with two biases" : nil
        default: return nil
        }
      }
  }

  /// The loss; nil if it is unknown.
  package var namedLoss: NamedLoss? { (description["loss"]?["kind"]?.string).flatMap(NamedLoss.init(rawValue:)) }

  /// The network: activations as layers of their own, or `fused` into the layers right before them that take one.
  package func network(fused: Bool) throws -> Sequential {
    guard unknownLayers.isEmpty else { throw Failure(description: "\(name): no layers \(unknownLayers)") }
    let layers = description["layers"]?.array ?? []
    var shapes = ParameterLayout()
    for parameter in description["parameters"]?.array ?? [] {
      guard let name = parameter["name"]?.string, let shape = parameter["shape"]?.ints else {
        throw Failure(description: "\(self.name): a parameter without name or shape")
      }
      shapes.append(name, Shape(shape))
    }
    let takers: Set = ["dense", "conv2d", "conv_transpose2d"]
    var result: [NamedLayer] = []
    for (index, layer) in layers.enumerated() {
      // A layer takes one activation; a second one, or one in front of all, stays a layer.
      let isTaken = fused && index > 0 && layer.activation != nil && takers.contains(layers[index - 1]["kind"]?.string ?? "")
      if isTaken { continue }
      let takes = fused && takers.contains(layer["kind"]?.string ?? "") && index + 1 < layers.count
      let description = LayerDescription(json: layer, layout: shapes, label: "\(name): layer \(index)")
      let activation = takes ? layers[index + 1].activation ?? .identity : .identity
      result.append(NamedLayer(name: "\(index)", layer: try description.layer(activation: activation)))
    }
    return Sequential(result)
  }

  package func objective(fused: Bool) throws -> Objective<Sequential, NamedLoss> {
    try objective(of: network(fused: fused))
  }

  package func objective<Network: Model>(of network: Network) throws -> Objective<Network, NamedLoss> {
    guard let namedLoss else { throw Failure(description: "\(name): no loss \(description["loss"] ?? .null)") }
    return Objective(network, loss: namedLoss)
  }

  /// The targets array of the given name, as the loss takes it.
  package func targets<S: TensorScalar>(_ array: String, of type: S.Type = S.self) throws -> Targets<S> {
    if namedLoss == .softmax_cross_entropy { return .labels(try labels(array)) }
    guard isInteger(array) else { return .values(try tensor(array)) }
    let (elements, shape) = try integers(array)
    return .values(Tensor(elements.map { S($0) }, shape: shape))
  }
}

extension Targets {
  /// Those of some examples.
  package func examples(_ indices: [Int]) -> Targets {
    switch self {
    case .values(let all): .values(all.rows(indices))
    case .labels(let all): .labels(all.rows(indices))
    case .weighted(let all, let weights): .weighted(all.examples(indices), by: weights.rows(indices))
    }
  }
}

extension Tensor {
  /// The given rows, copied one by one.
  package func rows(_ indices: [Int]) -> Tensor {
    let width = count / Swift.max(shape[0], 1)
    let all = elements
    return Tensor(
      indices.flatMap { all[$0 * width..<($0 + 1) * width] }, shape: Shape([indices.count] + Array(shape.dropFirst())))
  }
}
