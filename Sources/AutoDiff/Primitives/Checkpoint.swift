import Tensor

/// f of several variables, of which nothing but the inputs is kept: derivatives evaluate f again.
///
/// Trades time for memory in deep or long computations: a part of a network inside `checkpointed` adds its inputs, and not its
/// activations, to what a recording keeps. Derivatives of every order pass through.
///
///     let h = checkpointed([x, w]) { v in [matmul(v[0], v[1]).tanh().squared()] }[0]
/// - Parameters:
///   - inputs: all variables that `f` depends on.
///   - f: the computation. It is called anew for every derivative; it must not use variables of a tape that are not among `inputs`.
/// - Complexity: one evaluation of `f` more for each pass of derivatives that goes through it.
public func checkpointed<S: TensorScalar>(
  _ inputs: [Variable<S>], _ f: @escaping ([Variable<S>]) -> [Variable<S>]
) -> [Variable<S>] {
  let values = Checkpoint<S>.evaluate(f, at: inputs.map(\.value))
  guard inputs.contains(where: { $0.tape != nil }) else { return values.map { Variable($0) } }
  let packed = Variable.recording(
    Checkpoint(f), of: inputs, value: Checkpoint<S>.packed(values))
  return packed.split(as: values.map(\.shape))
}

/// f of one variable, of which nothing but the input is kept: see `checkpointed(_:_:)` of several.
public func checkpointed<S: TensorScalar>(
  _ x: Variable<S>, _ f: @escaping (Variable<S>) -> Variable<S>
) -> Variable<S> {
  checkpointed([x]) { [f($0[0])] }[0]
}

/// The results of f(x₁, ..., xₙ), flattened and one after the other.
struct Checkpoint<Scalar: TensorScalar>: VariadicPrimitive {
  typealias Body = ([Variable<Scalar>]) -> [Variable<Scalar>]
  private let evaluate: ([Tensor<Scalar>]) -> [Tensor<Scalar>]
  private let record: Body

  var reads: ValuesRead { .operands }

  init(_ f: @escaping Body) {
    evaluate = { Self.evaluate(f, at: $0) }
    record = f
  }

  /// The pullback of a function with `count` operands, itself a checkpoint: (x₁, ..., xₙ, u) ↦ (∂f/∂xᵢ)ᵀ u for each i in `wanted`.
  private init(pullbackOf f: @escaping Body, count: Int, wanted: [Int]) {
    evaluate = { Self.pullback(of: f, at: Array($0.prefix(count)), wanted: wanted, $0[count]) }
    record = { operands in
      let inputs = Self.onOneTape(operands)
      return vectorJacobianProduct(
        of: Self.packed(f(Array(inputs.prefix(count)))), withRespectTo: wanted.map { inputs[$0] }, inputs[count])
    }
  }

  static func evaluate(_ f: Body, at inputs: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    let tape = Tape<Scalar>()
    return ConstantEvaluation.run {
      f(inputs.map { Variable($0) })
    } onTape: {
      f(inputs.map { tape.variable($0) })
    }.map { result in
      require(
        result.tape == nil || result.tape === tape,
        "checkpointed: the function uses a variable of a tape that is not among its inputs")
      return result.value
    }
  }

  /// `operands` with constants as inputs of the others' tape, or of a fresh one: f may differentiate with respect to any of them.
  private static func onOneTape(_ operands: [Variable<Scalar>]) -> [Variable<Scalar>] {
    let tape = operands.lazy.compactMap(\.tape).first ?? Tape()
    return operands.map { $0.tape == nil ? tape.variable($0.value) : $0 }
  }

  static func packed(_ results: [Tensor<Scalar>]) -> Tensor<Scalar> {
    results.count == 1 ? results[0].flattened() : Tensor(concatenating: results.map { $0.flattened() }, axis: 0)
  }

  private static func packed(_ results: [Variable<Scalar>]) -> Variable<Scalar> {
    results.count == 1 ? results[0].flattened() : Variable(concatenating: results.map { $0.flattened() })
  }

  /// f recorded at `inputs` as a function of those in `varied`.
  private static func linearized(
    _ f: @escaping Body, at inputs: [Tensor<Scalar>], varied: [Int]
  ) -> LinearizedFunction<Scalar> {
    LinearizedFunction(at: varied.map { inputs[$0] }) { variables in
      var operands = inputs.map { Variable($0) }
      for (index, variable) in zip(varied, variables) { operands[index] = variable }
      return [packed(f(onOneTape(operands)))]
    }
  }

  private static func pullback(
    of f: @escaping Body, at inputs: [Tensor<Scalar>], wanted: [Int], _ u: Tensor<Scalar>
  ) -> [Tensor<Scalar>] {
    linearized(f, at: inputs, varied: wanted).pullback([u], consuming: true)
  }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    Self.packed(evaluate(operands))
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let operands = (0..<p.operandCount).map(p.operand)
    let varied = operands.indices.filter { p.tangent($0) != nil }
    let function = Self.linearized(record, at: operands, varied: varied)
    sum.add(function.jacobianVectorProduct(varied.map { p.tangent($0)! })[0])
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let operands = (0..<p.operandCount).map(p.operand)
    let wanted = operands.indices.filter(p.wants)
    let results: [Variable<Scalar>]
    if dy.tape == nil && operands.allSatisfy({ $0.tape == nil }) {
      results = Self.pullback(of: record, at: operands.map(\.value), wanted: wanted, dy.value).map { Variable($0) }
    } else {
      let pullback = Checkpoint(pullbackOf: record, count: operands.count, wanted: wanted)
      results = Variable.applying(pullback, to: operands + [dy]).split(as: wanted.map { operands[$0].shape })
    }
    for (index, result) in zip(wanted, results) { p.add(result, to: index) }
  }
}

extension Variable {
  /// Pieces of a vector, one after the other, in the given shapes.
  fileprivate func split(as shapes: [Shape]) -> [Variable] {
    if shapes.count == 1 { return [reshaped(to: shapes[0])] }
    return zip(split(sizes: shapes.map(\.elementCount)), shapes).map { $0.reshaped(to: $1) }
  }
}
