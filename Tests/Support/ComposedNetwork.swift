import Kappa

/// A golden network composed of operations, from its description alone: the parameters by the names that the layers give, whatever
/// layers `Models` has.
package struct ComposedNetwork: Model {
  package let layout: ParameterLayout
  private let steps: [Step]

  /// One layer; parameters by their index in the layout.
  fileprivate enum Step: Sendable {
    case dense(weight: Int, bias: Int?)
    case activation(Activation)
    case recurrent(Recurrent)
    case convolution(Convolution2D, weight: Int, bias: Int?)
    case transposedConvolution(Convolution2D, outputPadding: Extent2D, weight: Int, bias: Int?)
    case averagePool(window: Extent2D, stride: Extent2D)
    case maximumPool(window: Extent2D, stride: Extent2D)
    case flatten
  }

  /// What of the network no step can be made of, by name; empty if it can be composed.
  package static func unknownParts(of network: GoldenCase) -> [String] {
    (network.description["layers"]?.array ?? []).flatMap { layer -> [String] in
      let kind = layer["kind"]?.string ?? "?"
      switch kind {
      case "dense", "conv2d", "conv_transpose2d", "avgpool2d", "maxpool2d", "flatten": return []
      case "activation": return layer.activation == nil ? ["activation \(layer["function"]?.string ?? "?")"] : []
      case "rnn", "lstm", "gru":
        let resets = kind != "gru" || Recurrent.Reset(rawValue: layer["reset"]?.string ?? "?") != nil
        let output = layer["output"]?.string
        return (resets ? [] : ["\(kind) with reset \(layer["reset"]?.string ?? "?")"])
          + (output == "last" || output == "all" ? [] : ["\(kind) with output \(output ?? "?")"])
      default: return [kind]
      }
    } + (network.namedLoss == nil ? ["loss \(network.description["loss"]?["kind"]?.string ?? "?")"] : [])
  }

  /// - Throws: `GoldenCase.Failure` where the description contradicts itself or leaves something out.
  package init(_ network: GoldenCase) throws {
    let unknown = Self.unknownParts(of: network)
    guard unknown.isEmpty else { throw GoldenCase.Failure(description: "\(network.name): no \(unknown)") }
    var layout = ParameterLayout()
    for parameter in network.description["parameters"]?.array ?? [] {
      guard let name = parameter["name"]?.string, let shape = parameter["shape"]?.ints else {
        throw GoldenCase.Failure(description: "\(network.name): a parameter without name or shape")
      }
      guard layout.index(of: name) == nil, layout.count == parameter["offset"]?.int ?? layout.count else {
        throw GoldenCase.Failure(description: "\(network.name): parameter \(name) is there twice or does not lie at its offset")
      }
      layout.append(name, Shape(shape))
    }
    steps = try (network.description["layers"]?.array ?? []).enumerated().map { index, layer in
      try Step(LayerDescription(json: layer, layout: layout, label: "\(network.name): layer \(index)"))
    }
    self.layout = layout
  }

  package func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    steps.reduce(inputs) { $1.apply($0, parameters) }
  }
}

extension ComposedNetwork.Step {
  fileprivate init(_ layer: LayerDescription) throws {
    switch layer.json["kind"]?.string {
    case "dense":
      let (inputs, outputs) = (try layer.int("in"), try layer.int("out"))
      self = .dense(
        weight: try layer.parameter("weight", [inputs, outputs]), bias: try layer.optionalParameter("bias", [outputs]))
    case "rnn", "lstm", "gru": self = .recurrent(try Recurrent(layer))
    case "conv2d":
      let (inputs, outputs) = (try layer.int("in_channels"), try layer.int("out_channels"))
      let kernel = try layer.extent("kernel")
      self = .convolution(
        try layer.convolution(), weight: try layer.parameter("weight", [outputs, inputs, kernel.height, kernel.width]),
        bias: try layer.optionalParameter("bias", [outputs]))
    case "conv_transpose2d":
      let (inputs, outputs) = (try layer.int("in_channels"), try layer.int("out_channels"))
      let kernel = try layer.extent("kernel")
      self = .transposedConvolution(
        try layer.convolution(), outputPadding: try layer.extent("output_padding"),
        weight: try layer.parameter("weight", [inputs, outputs, kernel.height, kernel.width]),
        bias: try layer.optionalParameter("bias", [outputs]))
    case "avgpool2d": self = .averagePool(window: try layer.extent("window"), stride: try layer.extent("stride"))
    case "maxpool2d": self = .maximumPool(window: try layer.extent("window"), stride: try layer.extent("stride"))
    case "flatten": self = .flatten
    default:
      guard let activation = layer.json.activation else { throw layer.failure("is unknown") }
      self = .activation(activation)
    }
  }

  fileprivate func apply<S: TensorScalar>(_ x: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    /// Adds a bias to each channel of [batch, channels, height, width].
    func biased(_ y: Variable<S>, _ bias: Int?) -> Variable<S> {
      bias.map { y + parameters[$0].reshaped(to: [y.shape[1], 1, 1]) } ?? y
    }
    switch self {
    case .dense(let weight, let bias):
      let product = matmul(x, parameters[weight])
      return bias.map { product + parameters[$0] } ?? product
    case .activation(.identity): return x
    case .activation(.tanh): return x.tanh()
    case .activation(.sigmoid): return x.sigmoid()
    case .activation(.leakyRelu(let slope)): return x.leakyRelu(slope: slope)
    case .recurrent(let layer): return layer.apply(x, parameters)
    case .convolution(let convolution, let weight, let bias):
      return biased(conv2d(x, parameters[weight], convolution), bias)
    case .transposedConvolution(let convolution, let padding, let weight, let bias):
      return biased(convTranspose2d(x, parameters[weight], convolution, outputPadding: padding), bias)
    case .averagePool(let window, let stride): return averagePool2d(x, window: window, stride: stride)
    case .maximumPool(let window, let stride): return maxPool2d(x, window: window, stride: stride)
    case .flatten: return x.reshaped(to: [x.shape[0], x.shape.dropFirst().reduce(1, *)])
    }
  }
}

/// A recurrent layer on [batch, time, features], from states 0.
fileprivate struct Recurrent: Sendable {
  /// What a GRU's reset gate acts on: the state before its product with the weight, or the product.
  enum Reset: String { case before, after }

  let cell: RecurrentCell
  let reset: Reset
  let hidden: Int
  let (inputWeight, stateWeight): (Int, Int)
  let (bias, stateBias): (Int?, Int?)
  let isLast: Bool

  init(_ layer: LayerDescription) throws {
    cell = layer.json["kind"]?.string == "lstm" ? .lstm : layer.json["kind"]?.string == "gru" ? .gru : .tanh
    reset = layer.json["reset"]?.string.flatMap(Reset.init(rawValue:)) ?? .after
    hidden = try layer.int("hidden")
    let columns = (cell == .tanh ? 1 : cell == .lstm ? 4 : 3) * hidden
    inputWeight = try layer.parameter("weight_input", [try layer.int("input"), columns])
    stateWeight = try layer.parameter("weight_recurrent", [hidden, columns])
    bias = try layer.optionalParameter("bias", [columns])
    stateBias = try layer.optionalParameter("bias_recurrent", [columns])
    isLast = layer.json["output"]?.string == "last"
  }

  func apply<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    let x = inputs.permuted([1, 0, 2])
    let (steps, batch) = (x.shape[0], x.shape[1])
    let product = matmul(x, parameters[inputWeight])
    let a = bias.map { product + parameters[$0] } ?? product
    let states =
      cell == .gru && reset == .before
      ? resettingBefore(a, parameters)
      : recurrence(
        cell, preactivations(a, parameters), weight: parameters[stateWeight],
        state: Variable(Tensor(zeros: [cell.stateParts, batch, hidden])))
    return isLast ? states[row: steps - 1] : states.sliced(axis: 0, 0..<steps).permuted([1, 0, 2])
  }

  /// What x and the biases add to the pre-activations, in the groups of columns that the cell takes.
  private func preactivations<S: TensorScalar>(_ a: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    let other = stateBias.map { parameters[$0] }
    guard cell == .gru else { return other.map { a + $0 } ?? a }
    // r, z and n become r, z, what the reset gate acts on, and n.
    let (own, others) = (a.split(into: 3, axis: 2), other?.split(into: 3))
    let zeros = Variable(Tensor<S>(zeros: own[2].shape))
    return Variable(
      concatenating: [
        others.map { own[0] + $0[0] } ?? own[0], others.map { own[1] + $0[1] } ?? own[1], others.map { zeros + $0[2] } ?? zeros,
        own[2],
      ], axis: 2)
  }

  /// The GRU that multiplies the weight by r * h: h of all steps, [steps, batch, hidden].
  private func resettingBefore<S: TensorScalar>(_ a: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    let a = stateBias.map { a + parameters[$0] } ?? a
    let weight = parameters[stateWeight]
    let (gateWeight, candidateWeight) = (
      weight.sliced(axis: 1, 0..<2 * hidden), weight.sliced(axis: 1, 2 * hidden..<3 * hidden)
    )
    var h = Variable(Tensor<S>(zeros: [a.shape[1], hidden]))
    return Variable(
      stacking: (0..<a.shape[0]).map { step in
        let gates = (a[row: step].sliced(axis: 1, 0..<2 * hidden) + matmul(h, gateWeight)).sigmoid().split(into: 2, axis: 1)
        let n = (a[row: step].sliced(axis: 1, 2 * hidden..<3 * hidden) + matmul(gates[0] * h, candidateWeight)).tanh()
        h = (1 - gates[1]) * n + gates[1] * h
        return h
      })
  }
}
