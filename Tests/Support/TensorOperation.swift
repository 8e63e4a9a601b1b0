import Kappa

/// The operations of the golden data that `Tensor` itself computes, by name. To cover one more, add a line.
package struct TensorOperation<S: TensorScalar> {
  /// What an item holds beside its name.
  package struct Arguments {
    let item: GoldenItem

    package func callAsFunction(_ name: String) throws -> Tensor<S> { try item.tensor("inputs", name) }
    /// All inputs in the order of their names.
    package func all() throws -> [Tensor<S>] { try (item.json["inputs"]?.object ?? [:]).keys.sorted().map { try self($0) } }
    package func has(_ name: String) -> Bool { item.json["attributes"]?[name] != nil }
    package func ints(_ name: String) throws -> [Int] { try attribute(name, \.ints) }
    package func int(_ name: String) throws -> Int { try attribute(name, \.int) }
    package func double(_ name: String) throws -> Double { try attribute(name, \.double) }
    package func bool(_ name: String) throws -> Bool { try attribute(name, \.bool) }
    package func json(_ name: String) throws -> JSONValue { try attribute(name, \.self) }

    /// A constant, or for items about special values one of the inputs.
    package func constantName(_ name: String) throws -> String {
      try item.json["constants"]?[name]?.string ?? item.arrayName("inputs", name)
    }
    package func constant(_ name: String) throws -> Tensor<S> { try item.parent.tensor(constantName(name)) }
    package func indices(_ name: String) throws -> Tensor<Int32> { try item.parent.labels(constantName(name)) }

    private func attribute<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws -> Value {
      guard let json = item.json["attributes"]?[name], let value = read(json) else {
        throw GoldenCase.Failure(description: "\(item.testDescription): no attribute \(name)")
      }
      return value
    }
  }

  package typealias Function = (Arguments) throws -> Tensor<S>

  /// The operation of the item, ready to be computed; nil if there is none of that name.
  package static func named(_ item: GoldenItem) -> (() throws -> Tensor<S>)? {
    table[item.operationName].map { function in { try function(Arguments(item: item)) } }
  }

  package static var table: [String: Function] {
    elementwise.merging(reductions) { a, _ in a }.merging(rearranging) { a, _ in a }.merging(losses) { a, _ in a }
  }

  private static var elementwise: [String: Function] {
    [
      "neg": { -(try $0("x")) },
      "abs": { try $0("x").abs() },
      "exp": { try $0("x").exp() },
      "log": { try $0("x").log() },
      "sqrt": { try $0("x").squareRoot() },
      "square": { try $0("x").squared() },
      "reciprocal": { try $0("x").reciprocal() },
      "tanh": { try $0("x").tanh() },
      "sigmoid": { try $0("x").sigmoid() },
      "softplus": { try $0("x").softplus() },
      "relu": { try $0("x").relu() },
      "leaky_relu": { try $0("x").leakyRelu(slope: S($0.double("slope"))) },
      "pow_scalar": { try $0("x").power(S($0.double("exponent"))) },
      "add": { try $0("a") + $0("b") },
      "sub": { try $0("a") - $0("b") },
      "mul": { try $0("a") * $0("b") },
      "div": { try $0("a") / $0("b") },
      "pow": { try $0("a").power($0("b")) },
      "maximum": { try maximum($0("a"), $0("b")) },
      "minimum": { try minimum($0("a"), $0("b")) },
      "where": {
        let mask = try $0.item.parent.isInteger($0.constantName("mask")) ? $0.indices("mask") .!= 0 : $0.constant("mask") .!= 0
        return try select($0("a"), where: mask, else: $0("b"))
      },
      "matmul": {
        // Items about special values leave the attributes out.
        let (a, b) = (try $0.has("transpose_a") && $0.bool("transpose_a"), try $0.has("transpose_b") && $0.bool("transpose_b"))
        return try matmul($0("a"), $0("b"), transposeA: a, transposeB: b)
      },
    ]
  }

  private static var reductions: [String: Function] {
    [
      "sum": { try $0("x").sum(axes: $0.ints("axes"), keepDimensions: $0.bool("keepdims")) },
      "mean": { try $0("x").mean(axes: $0.ints("axes"), keepDimensions: $0.bool("keepdims")) },
      "max": { try $0("x").max(axes: $0.ints("axes"), keepDimensions: $0.bool("keepdims")) },
      "min": { try $0("x").min(axes: $0.ints("axes"), keepDimensions: $0.bool("keepdims")) },
      "logsumexp": { try $0("x").logSumExp(axes: $0.ints("axes"), keepDimensions: $0.bool("keepdims")) },
      "softmax": { try $0("x").softmax(axis: $0.int("axis")) },
      "log_softmax": { try $0("x").logSoftmax(axis: $0.int("axis")) },
      "prod": { try $0("x").product(axes: $0.ints("axes"), keepDimensions: $0.bool("keepdims")) },
      "cumprod": { try $0("x").cumulativeProduct(axis: $0.int("axis")) },
      "cumsum": { try $0("x").cumulativeSum(axis: $0.int("axis")) },
    ]
  }

  private static var rearranging: [String: Function] {
    [
      "transpose": { try $0("x").permuted($0.ints("axes")) },
      "permute": { try $0("x").permuted($0.ints("axes")) },
      "reshape": { try $0("x").reshaped(to: $0.ints("shape")) },
      "permute_reshape": { try $0("x").permuted($0.ints("axes")).reshaped(to: $0.ints("shape")) },
      "broadcast_to": { try $0("x").broadcast(to: Shape($0.ints("shape"))) },
      "concat": { try Tensor(concatenating: $0.all(), axis: $0.int("axis")) },
      "stack": { try Tensor(stacking: $0.all(), axis: $0.int("axis")) },
      "slice": {
        let (starts, stops, steps) = (try $0.ints("start"), try $0.ints("stop"), try $0.ints("step"))
        var x = try $0("x")
        for axis in starts.indices { x = x.sliced(axis: axis, starts[axis]..<stops[axis], step: steps[axis]) }
        return x
      },
      "pad": {
        let pairs = try $0.json("padding").array!.map { ($0.ints![0], $0.ints![1]) }
        return try $0("x").padded(pairs.map { (before: $0.0, after: $0.1) }, with: S($0.double("value")))
      },
      "take": { try $0("x").take($0.indices("indices"), axis: $0.int("axis")) },
      "take_along_axis": { try $0("x").takeAlong($0.indices("indices"), axis: $0.int("axis")) },
    ]
  }

  /// Those of networks are sums over all outputs and time steps of an example, and means over the batch.
  private static var losses: [String: Function] {
    [
      "mean_squared_error": { try ($0("outputs") - $0.constant("targets")).squared().mean() },
      "half_squared_error": {
        let difference = try $0("outputs") - $0.constant("targets")
        return 0.5 * difference.squared().sum() / batch(of: difference)
      },
      "sigmoid_cross_entropy": {
        let z = try $0("logits")
        return try (z.softplus() - $0.constant("targets") * z).sum() / batch(of: z)
      },
      "softmax_cross_entropy": {
        let (z, labels) = (try $0("logits"), try $0.indices("labels"))
        return -z.logSoftmax().takeAlong(labels.expanded(axis: labels.rank), axis: -1).sum() / batch(of: z)
      },
    ]
  }

  private static func batch(of outputs: Tensor<S>) -> S { S(outputs.shape[0]) }
}
