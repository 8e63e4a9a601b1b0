import Kappa

/// The operation that a golden item describes, as a function of its named inputs.
package struct GoldenOperation<S: TensorScalar> {
  package let inputs: [String]
  package let function: ([Variable<S>]) -> Variable<S>

  /// Nil if Kappa has no operation of that name.
  package init?(_ item: GoldenItem) throws {
    let names = (item.json["inputs"]?.object ?? [:]).filter { !item.parent.isInteger($0.value.string ?? "") }.keys.sorted()
    guard let function = try operation(item, of: S.self) else { return nil }
    inputs = names
    self.function = { variables in function(Dictionary(uniqueKeysWithValues: zip(names, variables))) }
  }
}

extension GoldenItem {
  package var operationName: String { json["op"]?.string ?? "?" }
  /// Whether Kappa has the operation.
  package var isKnownOperation: Bool { (try? GoldenOperation<Double>(self)) != nil }

  fileprivate func attribute(_ name: String) throws -> JSONValue {
    guard let value = json["attributes"]?[name] else {
      throw GoldenCase.Failure(description: "\(testDescription): no attribute \(name)")
    }
    return value
  }
}

/// What an operation makes of its inputs by name.
private typealias Named<S: TensorScalar> = ([String: Variable<S>]) -> Variable<S>

private func operation<S: TensorScalar>(_ item: GoldenItem, of type: S.Type) throws -> Named<S>? {
  if let unary: (Variable<S>) -> Variable<S> = try unary(item) { return { unary($0["x"]!) } }
  if let binary: (Variable<S>, Variable<S>) -> Variable<S> = try binary(item) { return { binary($0["a"]!, $0["b"]!) } }
  return try loss(item)
}

private func unary<S: TensorScalar>(_ item: GoldenItem) throws -> ((Variable<S>) -> Variable<S>)? {
  switch item.operationName {
  case "neg": return { -$0 }
  case "exp": return { $0.exp() }
  case "log": return { $0.log() }
  case "tanh": return { $0.tanh() }
  case "sigmoid": return { $0.sigmoid() }
  case "relu": return { $0.relu() }
  case "softplus": return { $0.softplus() }
  case "sqrt": return { $0.squareRoot() }
  case "square": return { $0.squared() }
  case "reciprocal": return { $0.reciprocal() }
  case "abs": return { $0.abs() }
  case "leaky_relu":
    let slope = try item.attribute("slope").double!
    return { $0.leakyRelu(slope: slope) }
  case "pow_scalar":
    let exponent = S(try item.attribute("exponent").double!)
    return { $0.power(exponent) }
  case "sum", "mean", "max", "logsumexp":
    let axes = try item.attribute("axes").ints!
    let keep = try item.attribute("keepdims").bool!
    switch item.operationName {
    case "sum": return { $0.sum(axes: axes, keepDimensions: keep) }
    case "mean": return { $0.mean(axes: axes, keepDimensions: keep) }
    case "max": return { $0.max(axes: axes, keepDimensions: keep) }
    default: return { $0.logSumExp(axes: axes, keepDimensions: keep) }
    }
  case "softmax", "log_softmax", "cumsum":
    let axis = try item.attribute("axis").int!
    switch item.operationName {
    case "softmax": return { $0.softmax(axis: axis) }
    case "log_softmax": return { $0.logSoftmax(axis: axis) }
    default: return { $0.cumulativeSum(axis: axis) }
    }
  case "transpose", "permute":
    let axes = try item.attribute("axes").ints!
    return { $0.permuted(axes) }
  case "reshape":
    let shape = try item.attribute("shape").ints!
    return { $0.reshaped(to: shape) }
  case "permute_reshape":
    let (axes, shape) = (try item.attribute("axes").ints!, try item.attribute("shape").ints!)
    return { $0.permuted(axes).reshaped(to: shape) }
  case "broadcast_to":
    let shape = Shape(try item.attribute("shape").ints!)
    return { $0.broadcast(to: shape) }
  default: return nil
  }
}

private func binary<S: TensorScalar>(_ item: GoldenItem) throws -> ((Variable<S>, Variable<S>) -> Variable<S>)? {
  switch item.operationName {
  case "add": return { $0 + $1 }
  case "sub": return { $0 - $1 }
  case "mul": return { $0 * $1 }
  case "div": return { $0 / $1 }
  case "maximum": return { maximum($0, $1) }
  case "minimum": return { minimum($0, $1) }
  case "pow": return { $0.power($1) }
  case "matmul":
    // Items about special values leave the attributes out.
    let (a, b) = ((try? item.attribute("transpose_a").bool!) ?? false, (try? item.attribute("transpose_b").bool!) ?? false)
    return { matmul($0, $1, transposeA: a, transposeB: b) }
  default: return nil
  }
}

private func loss<S: TensorScalar>(_ item: GoldenItem) throws -> Named<S>? {
  /// The array that is not differentiated: a constant, or for items about special values one of the inputs.
  func constant(_ name: String) throws -> String {
    try item.json["constants"]?[name]?.string ?? item.arrayName("inputs", name)
  }
  /// The mean over the batch of the losses of the examples.
  func mean(_ loss: some Loss, _ targets: Targets<S>) -> Named<S> {
    { loss.exampleLosses(($0["logits"] ?? $0["outputs"])!, targets).mean() }
  }
  switch item.operationName {
  case "softmax_cross_entropy": return mean(SoftmaxCrossEntropyLoss(), .labels(try item.parent.labels(constant("labels"))))
  case "sigmoid_cross_entropy": return mean(SigmoidCrossEntropyLoss(), .values(try item.parent.tensor(constant("targets"))))
  case "half_squared_error": return mean(HalfSquaredErrorLoss(), .values(try item.parent.tensor(constant("targets"))))
  case "mean_squared_error":
    let targets: Tensor<S> = try item.parent.tensor(constant("targets"))
    return { ($0["outputs"]! - targets).squared().mean() }
  default: return nil
  }
}
