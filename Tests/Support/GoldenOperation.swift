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

  /// The array that is not differentiated: a constant, or for items about special values one of the inputs.
  fileprivate func constantName(_ name: String) throws -> String {
    try json["constants"]?[name]?.string ?? arrayName("inputs", name)
  }

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
  if let rearranging: ([Variable<S>]) -> Variable<S> = try rearranging(item) {
    // Operands in the order of their names.
    return { named in rearranging(named.keys.sorted().map { named[$0]! }) }
  }
  if let image: Named<S> = try imageOperation(item) { return image }
  if let linear: Named<S> = try linearAlgebra(item) { return linear }
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
  case "sum", "mean", "max", "min", "logsumexp", "prod":
    let axes = try item.attribute("axes").ints!
    let keep = try item.attribute("keepdims").bool!
    switch item.operationName {
    case "sum": return { $0.sum(axes: axes, keepDimensions: keep) }
    case "mean": return { $0.mean(axes: axes, keepDimensions: keep) }
    case "max": return { $0.max(axes: axes, keepDimensions: keep) }
    case "min": return { $0.min(axes: axes, keepDimensions: keep) }
    case "prod": return { $0.product(axes: axes, keepDimensions: keep) }
    default: return { $0.logSumExp(axes: axes, keepDimensions: keep) }
    }
  case "softmax", "log_softmax", "cumsum", "cumprod":
    let axis = try item.attribute("axis").int!
    switch item.operationName {
    case "softmax": return { $0.softmax(axis: axis) }
    case "log_softmax": return { $0.logSoftmax(axis: axis) }
    case "cumprod": return { $0.cumulativeProduct(axis: axis) }
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
  case "where":
    let mask = try item.parent.labels(item.constantName("mask")) .!= 0
    return { select($0, where: mask, else: $1) }
  case "matmul":
    // Items about special values leave the attributes out.
    let (a, b) = ((try? item.attribute("transpose_a").bool!) ?? false, (try? item.attribute("transpose_b").bool!) ?? false)
    return { matmul($0, $1, transposeA: a, transposeB: b) }
  default: return nil
  }
}

private func rearranging<S: TensorScalar>(_ item: GoldenItem) throws -> (([Variable<S>]) -> Variable<S>)? {
  switch item.operationName {
  case "concat", "stack":
    let axis = try item.attribute("axis").int!
    return item.operationName == "concat" ? { Variable(concatenating: $0, axis: axis) } : { Variable(stacking: $0, axis: axis) }
  case "slice":
    let (starts, stops) = (try item.attribute("start").ints!, try item.attribute("stop").ints!)
    let steps = try item.attribute("step").ints!
    return { x in starts.indices.reduce(x[0]) { $0.sliced(axis: $1, starts[$1]..<stops[$1], step: steps[$1]) } }
  case "pad":
    let padding = try item.attribute("padding").array!.map { (before: $0.ints![0], after: $0.ints![1]) }
    let value = S(try item.attribute("value").double!)
    return { $0[0].padded(padding, with: value) }
  case "take", "take_along_axis":
    let (axis, indices) = (try item.attribute("axis").int!, try item.parent.labels(item.constantName("indices")))
    return item.operationName == "take" ? { $0[0].take(indices, axis: axis) } : { $0[0].takeAlong(indices, axis: axis) }
  default: return nil
  }
}

private func imageOperation<S: TensorScalar>(_ item: GoldenItem) throws -> Named<S>? {
  func extent(_ name: String) throws -> Extent2D {
    let values = try item.attribute(name).ints!
    return Extent2D(height: values[0], width: values[1])
  }
  func convolution() throws -> Convolution2D {
    let sides = try item.attribute("padding").array!.map { $0.ints! }
    return Convolution2D(
      stride: try extent("stride"),
      padding: Padding2D(top: sides[0][0], bottom: sides[0][1], left: sides[1][0], right: sides[1][1]),
      dilation: try extent("dilation"))
  }
  switch item.operationName {
  case "conv2d":
    let convolution = try convolution()
    return { conv2d($0["x"]!, $0["w"]!, convolution) }
  case "conv_transpose2d":
    let (convolution, more) = (try convolution(), try extent("output_padding"))
    return { convTranspose2d($0["x"]!, $0["w"]!, convolution, outputPadding: more) }
  case "avgpool2d", "maxpool2d":
    let (window, stride) = (try extent("window"), try extent("stride"))
    let isMean = item.operationName == "avgpool2d"
    return {
      isMean ? averagePool2d($0["x"]!, window: window, stride: stride) : maxPool2d($0["x"]!, window: window, stride: stride)
    }
  default: return nil
  }
}

/// Decompositions and solutions; the golden matrices have them.
private func linearAlgebra<S: TensorScalar>(_ item: GoldenItem) throws -> Named<S>? {
  switch item.operationName {
  case "cholesky": return { try! $0["A"]!.cholesky() }
  case "solve": return { try! $0["A"]!.solve($0["b"]!) }
  case "triangular_solve":
    let triangle: Triangle = try item.attribute("lower").bool! ? .lower : .upper
    let (transposed, unit) = (try item.attribute("transpose").bool!, try item.attribute("unit_diagonal").bool!)
    return { try! $0["A"]!.solveTriangular($0["b"]!, triangle, transposed: transposed, unitDiagonal: unit) }
  case "inverse": return { try! $0["A"]!.inverse() }
  case "logabsdet": return { try! $0["A"]!.signAndLogDeterminant().logMagnitude }
  case "logdet_spd": return { try! $0["A"]!.logDeterminant() }
  case "qr_q": return { try! $0["A"]!.qr().q }
  case "qr_r": return { try! $0["A"]!.qr().r }
  case "lstsq": return { try! $0["A"]!.leastSquares($0["b"]!) }
  case "pinv": return { try! $0["A"]!.pseudoInverse() }
  case "sqrtm_spd": return { try! $0["A"]!.matrixSquareRoot() }
  case "svd_values": return { try! $0["A"]!.singularValues() }
  case "symmetric_eigenvalues": return { try! $0["A"]!.symmetricEigenvalues() }
  default: return nil
  }
}

private func loss<S: TensorScalar>(_ item: GoldenItem) throws -> Named<S>? {
  /// The mean over the batch of the losses of the examples.
  func mean(_ loss: some Loss, _ targets: Targets<S>) -> Named<S> {
    { loss.exampleLosses(($0["logits"] ?? $0["outputs"])!, targets).mean() }
  }
  switch item.operationName {
  case "softmax_cross_entropy": return mean(SoftmaxCrossEntropyLoss(), .labels(try item.parent.labels(item.constantName("labels"))))
  case "sigmoid_cross_entropy":
    return mean(SigmoidCrossEntropyLoss(), .values(try item.parent.tensor(item.constantName("targets"))))
  case "half_squared_error": return mean(HalfSquaredErrorLoss(), .values(try item.parent.tensor(item.constantName("targets"))))
  case "mean_squared_error":
    let targets: Tensor<S> = try item.parent.tensor(item.constantName("targets"))
    return { ($0["outputs"]! - targets).squared().mean() }
  default: return nil
  }
}
