import Tensor

/// A function recorded at one point: its value, its gradient, and any number of products with its curvature there.
///
/// The recording holds the forward pass and the backward pass as one program. A Hessian-vector product is one tangent sweep
/// over it (forward over reverse), a Gauss-Newton product a tangent sweep to the outputs, the loss's Hessian there, and a
/// reverse sweep back. Nothing is computed twice, and what nobody asks for (the gradient, say) is not computed at all.
/// It keeps its own view of the parameters: it outlives changes of the variable they came from.
///
/// For a dense layer, in matrix products of its size: 1 to record, then 6 a Hessian product, 4 a Gauss-Newton product, 2 the
/// gradient; 2, 2 and 1 for a first layer, whose input is constant. The first Hessian product or gradient records the backward
/// pass: 1 more, none for a first layer. It belongs to one task.
public final class Linearization<Scalar: TensorScalar> {
  /// How θ, and every vector that goes in or comes out, is made up.
  public let layout: ParameterLayout
  /// L(θ).
  public let value: Double

  let tape: Tape<Scalar>
  let inputs: [Int]
  private let loss: Int
  private let outputs: Int?
  /// Outputs are named, and no parameter enters them: J = 0.
  let outputsAreConstant: Bool
  let outputShape: Shape
  let sweep: TangentSweep<Scalar>

  private let exampleLosses: Variable<Scalar>?
  /// The number of examples; nil if the function does not name their losses.
  var exampleCount: Int? { exampleLosses?.shape[0] }
  /// The backward pass from the examples' losses; nil if no parameter enters them. Recorded when first asked for.
  private(set) lazy var exampleSweep: ExampleSweep<Scalar>? = exampleLosses.flatMap { losses in
    losses.tape == nil || losses.shape[0] == 0 ? nil : ExampleSweep(tape, losses: losses.node, inputs: inputs)
  }

  /// The gradient of the penalty as a recorded pass of its own; nil if no parameter enters one.
  private let penalty: Int?
  private(set) lazy var penaltyPlan: TangentPlan? = penalty.map { node in
    let backward = ReverseSweep(recordingOn: tape, inputs: inputs, end: node + 1)
    backward.seed(node, Variable(Tensor(repeating: 1, shape: tape.shape(of: node))))
    backward.run(0..<node + 1)
    return TangentPlan(tape, from: inputs, to: inputs.map { backward.recordedNodes(of: $0) })
  }

  private let backward: ReverseSweep<Scalar>
  private var backwardEnd: Int
  private(set) lazy var hessianPlan = TangentPlan(tape, from: inputs, to: gradientParts)
  private(set) lazy var jacobianPlan = TangentPlan(tape, from: inputs, to: [[outputNode]])
  private(set) lazy var lossHessianPlan = TangentPlan(tape, from: [outputNode], to: [outputCotangentParts])

  /// Records `function` at `theta`.
  public convenience init(_ function: some ScalarFunction<Scalar>, at theta: Tensor<Scalar>) {
    // `function.evaluate` would be a closure with a copy of the function.
    self.init(function.layout, at: theta) { function.evaluate($0) }
  }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private init(
    _ layout: ParameterLayout, at theta: Tensor<Scalar>, _ evaluate: (Parameters<Scalar>) -> Evaluation<Scalar>
  ) {
    self.layout = layout
    tape = Tape()
    let parameters = Parameters(layout, theta, on: tape)
    let evaluation = evaluate(parameters)
    tape.requireOwn(evaluation.loss, "linearization", "the loss")
    // A loss that depends on no parameter is recorded too, so that its derivatives are zeros like any others.
    let isConstant = evaluation.loss.tape == nil
    loss = isConstant ? tape.variable(evaluation.loss.value).node : evaluation.loss.node
    value = Double(evaluation.loss.value.scalar)
    inputs = layout.entries.indices.map { parameters[$0].node }
    if let named = evaluation.outputs {
      tape.requireOwn(named, "linearization", "outputs")
      outputsAreConstant = named.tape == nil
      outputs = outputsAreConstant ? nil : named.node
      outputShape = named.shape
    } else {
      (outputsAreConstant, outputs, outputShape) = (false, nil, Shape())
    }
    exampleLosses = evaluation.exampleLosses
    if let exampleLosses { tape.requireOwn(exampleLosses, "linearization", "exampleLosses") }
    if let named = evaluation.penalty {
      tape.requireOwn(named, "linearization", "the penalty")
      penalty = named.tape == nil ? nil : named.node
    } else {
      penalty = nil
    }
    sweep = TangentSweep(tape)
    backward = ReverseSweep(recordingOn: tape, inputs: inputs, keeping: outputs, end: loss + 1)
    backwardEnd = loss + 1
    backward.seed(loss, Variable(Tensor(repeating: 1, shape: evaluation.loss.shape)))
  }

  /// Records the backward pass down to node `first`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func recordBackward(to first: Int) {
    guard first < backwardEnd else { return }
    backward.run(first..<backwardEnd)
    backwardEnd = first
  }

  /// The recorded parts of each parameter's gradient.
  private var gradientParts: [[Int]] {
    recordBackward(to: 0)
    return inputs.map { backward.recordedNodes(of: $0) }
  }

  var outputNode: Int {
    guard let outputs else {
      fatalError("lossHessianProduct: the outputs depend on no parameter, so nothing was recorded for them")
    }
    return outputs
  }

  /// Stops the program unless the function names its outputs.
  func requireOutputs(_ operation: String) {
    require(
      outputs != nil || outputsAreConstant, "\(operation): the function does not name its outputs: Evaluation(loss:outputs:)")
  }

  /// The recorded parts of the loss's gradient at the outputs.
  private var outputCotangentParts: [Int] {
    recordBackward(to: outputNode + 1)
    return backward.recordedNodes(of: outputNode)
  }

  /// ∇L(θ), in the layout of θ.
  public var gradient: Tensor<Scalar> {
    @specialized(where Scalar == Float) @specialized(where Scalar == Double)
    get {
      if !hasGradient {
        recordBackward(to: 0)
        knownGradient = assemble { sums in
          for index in inputs.indices { backward.addRecordedParts(of: inputs[index], to: &sums[index]) }
        }
        hasGradient = true
      }
      return knownGradient
    }
  }
  /// Not an optional, for the reason in `TensorTable`.
  private var knownGradient = Tensor<Scalar>.placeholder
  private var hasGradient = false

  /// H v with H = ∇²L(θ).
  /// - Parameter v: a vector in the layout of θ.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func hessianVectorProduct(_ v: Tensor<Scalar>) -> Tensor<Scalar> {
    let direction = pieces(of: v, "hessianVectorProduct")
    let plan = hessianPlan
    return assemble { sums in sweep.run(plan, from: direction, into: &sums) }
  }

  /// G v with G = Jᵀ H_L J: J the Jacobian of the outputs, H_L the Hessian of the loss in them (Schraudolph, 2002); a penalty's
  /// Hessian is added.
  /// - Parameter v: a vector in the layout of θ.
  public func gaussNewtonVectorProduct(_ v: Tensor<Scalar>) -> Tensor<Scalar> {
    requireOutputs("gaussNewtonVectorProduct")
    let direction = pieces(of: v, "gaussNewtonVectorProduct")
    var product =
      outputsAreConstant
      ? Tensor(zeros: [layout.count]) : vectorJacobianProduct(lossHessianProduct(outputTangent(along: direction)))
    if let plan = penaltyPlan {
      product += assemble { sums in sweep.run(plan, from: direction, into: &sums) }
    }
    return product
  }

  /// J v: how the outputs change along `v`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func jacobianVectorProduct(_ v: Tensor<Scalar>) -> Tensor<Scalar> {
    requireOutputs("jacobianVectorProduct")
    return outputTangent(along: pieces(of: v, "jacobianVectorProduct"))
  }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func outputTangent(along direction: [(node: Int, tangent: Tensor<Scalar>)]) -> Tensor<Scalar> {
    if outputsAreConstant { return Tensor(zeros: outputShape) }
    var sums = [Accumulator<Scalar>()]
    sweep.run(jacobianPlan, from: direction, into: &sums)
    return sums[0].sum ?? Tensor(zeros: outputShape)
  }

  /// H_L u: the Hessian of the loss at the outputs applied to `u`, which has their shape.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func lossHessianProduct(_ u: Tensor<Scalar>) -> Tensor<Scalar> {
    requireOutputs("lossHessianProduct")
    require(u.shape == outputShape, "lossHessianProduct: shape \(u.shape) for outputs of shape \(outputShape)")
    if outputsAreConstant { return Tensor(zeros: outputShape) }
    var sums = [Accumulator<Scalar>()]
    sweep.run(lossHessianPlan, from: [(outputNode, u)], into: &sums)
    return sums[0].sum ?? Tensor(zeros: outputShape)
  }

  /// Jᵀ u, in the layout of θ; `u` has the shape of the outputs.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func vectorJacobianProduct(_ u: Tensor<Scalar>) -> Tensor<Scalar> {
    requireOutputs("vectorJacobianProduct")
    require(u.shape == outputShape, "vectorJacobianProduct: shape \(u.shape) for outputs of shape \(outputShape)")
    if outputsAreConstant { return Tensor(zeros: [layout.count]) }
    let result = Tensor<Scalar>(uninitialized: Shape(ofVector: layout.count))
    pullBack(u, into: result)
    return result
  }

  /// Writes Jᵀ u to `result`, whose memory is the caller's alone.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func pullBack(_ u: Tensor<Scalar>, into result: Tensor<Scalar>) {
    let places = inputs.enumerated().map { (node: $1, place: Optional(layout.view($0, of: result))) }
    let reverse = ReverseSweep(tape, inputs: places, end: outputNode + 1)
    reverse.seed(outputNode, Variable(u))
    reverse.run(0..<outputNode + 1)
    for input in places where reverse.cotangent(of: input.node) == nil { input.place!.writeZeros() }
  }

  /// The views of `v` that belong to the parameters.
  private func pieces(of v: Tensor<Scalar>, _ operation: String) -> [(node: Int, tangent: Tensor<Scalar>)] {
    require(v.shape == [layout.count], "\(operation): a vector of shape \(v.shape) for \(layout.count) parameters")
    let flat = v.contiguous()
    return inputs.enumerated().map { ($1, layout.view($0, of: flat)) }
  }

  /// A fresh vector in the layout of θ whose pieces `fill` adds up in place.
  func assemble(_ fill: (inout [Accumulator<Scalar>]) -> Void) -> Tensor<Scalar> {
    let result = Tensor<Scalar>(uninitialized: Shape(ofVector: layout.count))
    var sums = inputs.indices.map { Accumulator(place: layout.view($0, of: result)) }
    fill(&sums)
    for index in inputs.indices where !sums[index].finish() { layout.view(index, of: result).writeZeros() }
    return result
  }
}
