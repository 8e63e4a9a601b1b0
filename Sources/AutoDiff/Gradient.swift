import Tensor

/// The gradient of `loss` with respect to variables on its tape, as variables: recorded, so that they can be differentiated
/// again, to any order.
///
/// - Parameters:
///   - loss: one element.
///   - inputs: variables on the tape of `loss`; they need not be leaves. A constant stops the program, but where Kappa evaluates a
///     function on constants (`value(at:)`): that is then done on a tape.
@specialized(where S == Float) @specialized(where S == Double)
public func gradient<S: TensorScalar>(of loss: Variable<S>, withRespectTo inputs: [Variable<S>]) -> [Variable<S>] {
  require(loss.shape.elementCount == 1, "gradient: a loss has one element, not shape \(loss.shape)")
  return recordedCotangents(of: loss, inputs, Variable(Tensor(repeating: 1, shape: loss.shape)), "gradient")
}

/// (∂y/∂x)ᵀ u for each of `inputs`, as recorded variables. `u` has the shape of `result` and may itself be on the tape.
@specialized(where S == Float) @specialized(where S == Double)
public func vectorJacobianProduct<S: TensorScalar>(
  of result: Variable<S>, withRespectTo inputs: [Variable<S>], _ cotangent: Variable<S>
) -> [Variable<S>] {
  require(cotangent.shape == result.shape, "vectorJacobianProduct: shape \(cotangent.shape) for a result of shape \(result.shape)")
  return recordedCotangents(of: result, inputs, cotangent, "vectorJacobianProduct")
}

/// Σᵢ (∂y/∂xᵢ) tᵢ for `inputs` xᵢ and `tangents` tᵢ of their shapes, as a recorded variable: differentiate it again and it is
/// reverse over forward. `result` is y.
/// - Complexity: two reverse passes, as it is the derivative of ⟨(∂y/∂x)ᵀ u, t⟩ with respect to u. Where nothing is
///   differentiated again, `jacobianVectorProduct(at:tangents:_:)` takes one sweep forward.
@specialized(where S == Float) @specialized(where S == Double)
public func jacobianVectorProduct<S: TensorScalar>(
  of result: Variable<S>, withRespectTo inputs: [Variable<S>], _ tangents: [Variable<S>]
) -> Variable<S> {
  requireShapes(tangents.map(\.shape), of: inputs.map(\.shape), "jacobianVectorProduct", "tangent")
  guard ConstantEvaluation.allows(inputs, "jacobianVectorProduct"), let tape = result.tape else {
    return Variable(Tensor(zeros: result.shape))
  }
  for (index, tangent) in tangents.enumerated() { tape.requireOwn(tangent, "jacobianVectorProduct", "tangent \(index)") }
  let u = tape.variable(Tensor(zeros: result.shape))
  let pullback = recordedCotangents(of: result, inputs, u, "jacobianVectorProduct")
  let product = zip(pullback, tangents).map { ($0 * $1).sum() }.reduce(Variable(0), +)
  return recordedCotangents(of: product, [u], Variable(1), "jacobianVectorProduct")[0]
}

@specialized(where S == Float) @specialized(where S == Double)
private func recordedCotangents<S: TensorScalar>(
  of result: Variable<S>, _ inputs: [Variable<S>], _ cotangent: Variable<S>, _ operation: String
) -> [Variable<S>] {
  let zeros = { (x: Variable<S>) in Variable(Tensor<S>(zeros: x.shape)) }
  guard ConstantEvaluation.allows(inputs, operation), let tape = result.tape else { return inputs.map(zeros) }
  for (index, input) in inputs.enumerated() { tape.requireOwn(input, operation, "input \(index)") }
  tape.requireOwn(cotangent, operation, "the cotangent")
  let nodes = inputs.map(\.node)
  let sweep = ReverseSweep(recordingOn: tape, inputs: nodes, end: result.node + 1)
  sweep.seed(result.node, cotangent)
  // Inputs may all have been recorded after the result.
  sweep.run(min(nodes.min() ?? 0, result.node)..<result.node + 1)
  return inputs.map { sweep.recordedCotangent(of: $0.node) ?? zeros($0) }
}

/// f(x) and ∇f(x) of a function of one tensor.
@specialized(where S == Float) @specialized(where S == Double)
public func valueAndGradient<S: TensorScalar>(
  at x: Tensor<S>, _ f: (Variable<S>) -> Variable<S>
) -> (value: Double, gradient: Tensor<S>) {
  let tape = Tape<S>()
  let input = tape.variable(x)
  let loss = f(input)
  require(loss.shape.elementCount == 1, "valueAndGradient: a loss has one element, not shape \(loss.shape)")
  tape.requireOwn(loss, "valueAndGradient", "the loss")
  guard loss.tape != nil else { return (Double(loss.value.scalar), Tensor(zeros: x.shape)) }
  // Before the sweep lets values go: that of a recorded gradient is not computed before it is asked for.
  let value = Double(loss.value.scalar)
  let sweep = ReverseSweep(tape, inputs: [(input.node, nil)], end: loss.node + 1)
  sweep.seed(loss.node, Variable(Tensor(repeating: 1, shape: loss.shape)))
  sweep.run(0..<loss.node + 1, consuming: true)
  return (value, sweep.cotangent(of: input.node) ?? Tensor(zeros: x.shape))
}

/// Values and derivatives of y = f(x₁, ..., xₘ) in given directions; all by one recording.
public struct DirectionalDerivatives<Scalar: TensorScalar> {
  /// y.
  public var value: Tensor<Scalar>
  /// Σᵢ (∂y/∂xᵢ) tᵢ.
  public var tangent: Tensor<Scalar>
  /// (∂y/∂xᵢ)ᵀ u for each i.
  public var cotangents: [Tensor<Scalar>]
  /// The derivatives of `cotangents` along the tangents, u held fixed: forward over reverse.
  public var cotangentTangents: [Tensor<Scalar>]

  /// Evaluates `f` at `inputs` along `tangents`, with the cotangent `u` of the shape of its value.
  public init(
    of f: ([Variable<Scalar>]) -> Variable<Scalar>, at inputs: [Tensor<Scalar>], along tangents: [Tensor<Scalar>],
    cotangent u: Tensor<Scalar>
  ) {
    requireShapes(tangents.map(\.shape), of: inputs.map(\.shape), "DirectionalDerivatives", "tangent")
    let tape = Tape<Scalar>()
    let variables = inputs.map { tape.variable($0) }
    let result = f(variables)
    tape.requireOwn(result, "DirectionalDerivatives", "the result")
    value = result.value
    let pullback = vectorJacobianProduct(of: result, withRespectTo: variables, Variable(u))
    cotangents = pullback.map(\.value)
    let targets = [result] + pullback
    let plan = TangentPlan(tape, from: variables.map(\.node), to: targets.map { $0.tape == nil ? [] : [$0.node] })
    var sums = targets.map { _ in Accumulator<Scalar>() }
    TangentSweep(tape).run(plan, from: Array(zip(variables.map(\.node), tangents)).map { (node: $0, tangent: $1) }, into: &sums)
    tangent = sums[0].sum ?? Tensor(zeros: result.shape)
    cotangentTangents = inputs.enumerated().map { sums[$0 + 1].sum ?? Tensor(zeros: $1.shape) }
  }
}
