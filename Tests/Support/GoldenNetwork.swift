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

extension GoldenCase {
  /// The kinds of this network's layers that cannot be built; empty if it can be.
  package var unknownLayers: [String] {
    (description["layers"]?.array ?? []).compactMap { layer in
      let kind = layer["kind"]?.string ?? "?"
      return kind == "dense" || (kind == "activation" && activation(layer) != nil) ? nil : kind
    }
  }

  private func activation(_ layer: JSONValue) -> Activation? {
    switch layer["function"]?.string {
    case "tanh": .tanh
    case "sigmoid": .sigmoid
    case "leaky_relu": layer["slope"]?.double.map { .leakyRelu(slope: $0) }
    default: nil
    }
  }

  /// The network: activations as layers of their own, or `fused` into the dense layers before them.
  package func network(fused: Bool) throws -> Sequential {
    guard unknownLayers.isEmpty else { throw Failure(description: "\(name): no layers \(unknownLayers)") }
    let layers = description["layers"]?.array ?? []
    var result: [(name: String, layer: any Layer)] = []
    for (index, layer) in layers.enumerated() {
      if layer["kind"]?.string == "activation" {
        if !fused { result.append(("activation\(index)", ActivationLayer(activation(layer)!))) }
        continue
      }
      guard let inputs = layer["in"]?.int, let outputs = layer["out"]?.int else {
        throw Failure(description: "\(name): layer \(index) has no sizes")
      }
      let next = fused && index + 1 < layers.count ? activation(layers[index + 1]) : nil
      let dense = Dense(inputs, outputs, activation: next ?? .identity, hasBias: layer["bias"] != nil)
      result.append(("dense\(index)", dense))
    }
    return Sequential(result)
  }

  package func objective(fused: Bool, reduction: Reduction = .mean) throws -> Objective<Sequential, NamedLoss> {
    guard let kind = description["loss"]?["kind"]?.string, let loss = NamedLoss(rawValue: kind) else {
      throw Failure(description: "\(name): no loss \(description["loss"] ?? .null)")
    }
    return Objective(try network(fused: fused), loss: loss, reduction: reduction)
  }

  /// The targets array of the given name: labels if it holds integers.
  package func targets<S: TensorScalar>(_ array: String, of type: S.Type = S.self) throws -> Targets<S> {
    isInteger(array) ? .labels(try labels(array)) : .values(try tensor(array))
  }
}

extension Targets {
  /// Those of some examples.
  package func examples(_ indices: [Int]) -> Targets {
    switch self {
    case .values(let all): .values(all.rows(indices))
    case .labels(let all): .labels(all.rows(indices))
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
