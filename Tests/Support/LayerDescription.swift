import Kappa

/// A layer's JSON and the parameters that it may name.
struct LayerDescription {
  let json: JSONValue
  let layout: ParameterLayout
  let label: String

  func failure(_ what: String) -> GoldenCase.Failure {
    GoldenCase.Failure(description: "\(label) (\(json["kind"]?.string ?? "?")) \(what)")
  }

  func int(_ key: String) throws -> Int {
    guard let value = json[key]?.int else { throw failure("has no \(key)") }
    return value
  }

  func extent(_ key: String) throws -> Extent2D {
    guard let values = json[key]?.ints, values.count == 2 else { throw failure("has no \(key) of height and width") }
    return Extent2D(height: values[0], width: values[1])
  }

  func convolution() throws -> Convolution2D {
    guard let sides = json["padding"]?.array?.map(\.ints), sides.count == 2, let rows = sides[0], let columns = sides[1],
      rows.count == 2 && columns.count == 2
    else { throw failure("has no padding of four sides") }
    return Convolution2D(
      stride: try extent("stride"),
      padding: Padding2D(top: rows[0], bottom: rows[1], left: columns[0], right: columns[1]), dilation: try extent("dilation"))
  }

  /// The parameter that member `key` names, of the shape that the layer's sizes ask for.
  func parameter(_ key: String, _ shape: Shape) throws -> Int {
    guard let index = try optionalParameter(key, shape) else { throw failure("names no \(key)") }
    return index
  }

  /// As above; nil if the layer does without.
  func optionalParameter(_ key: String, _ shape: Shape) throws -> Int? {
    guard let name = json[key]?.string else { return nil }
    guard let index = layout.index(of: name) else { throw failure("names a parameter \(name), which is not there") }
    guard layout.entries[index].shape == shape else {
      throw failure("asks for \(name) \(shape), but it is \(layout.entries[index].shape)")
    }
    return index
  }
}

extension LayerDescription {
  /// The layer of `Models`, with `activation` behind it if it takes one.
  func layer(activation: Activation) throws -> any Layer {
    // A bias that is null is none.
    let hasBias = json["bias"]?.string != nil
    let kind = json["kind"]?.string
    let output = json["output"]?.string == "last" ? SequenceOutput.last : .all
    switch kind {
    case "dense": return Dense(try int("in"), try int("out"), activation: activation, hasBias: hasBias)
    case "conv2d":
      let convolution = try convolution()
      return Conv2D(
        try int("in_channels"), try int("out_channels"), kernel: try extent("kernel"), stride: convolution.stride,
        padding: .explicit(convolution.padding), dilation: convolution.dilation, activation: activation, hasBias: hasBias)
    case "conv_transpose2d":
      let convolution = try convolution()
      return ConvTranspose2D(
        try int("in_channels"), try int("out_channels"), kernel: try extent("kernel"), stride: convolution.stride,
        padding: .explicit(convolution.padding), dilation: convolution.dilation, outputPadding: try extent("output_padding"),
        activation: activation, hasBias: hasBias)
    case "avgpool2d": return AveragePool2D(try extent("window"), stride: try extent("stride"))
    case "maxpool2d": return MaxPool2D(try extent("window"), stride: try extent("stride"))
    case "flatten": return Flatten()
    case "rnn": return RNN(try int("input"), try int("hidden"), output: output, hasBias: hasBias)
    case "lstm": return LSTM(try int("input"), try int("hidden"), output: output, hasBias: hasBias)
    case "gru":
      let hidden = try int("hidden")
      let second = json["bias_recurrent"]?.string.flatMap { layout.index(of: $0) }.map { layout.entries[$0].count }
      return GRU(
        try int("input"), hidden, reset: json["reset"]?.string == "before" ? .before : .after,
        recurrentBias: second == nil ? GRU.RecurrentBias.absent : second == hidden ? .candidate : .all, output: output,
        hasBias: hasBias)
    default:
      guard let activation = json.activation else { throw failure("is unknown") }
      return ActivationLayer(activation)
    }
  }
}
