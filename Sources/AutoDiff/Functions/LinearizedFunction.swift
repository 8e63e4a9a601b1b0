import Tensor

/// Functions y₁, ..., yₘ of tensors x₁, ..., xₙ recorded at one point: their values and any number of products with their
/// Jacobian there.
///
/// It keeps the point: changes of the tensors it was made from do not reach it. It belongs to one task.
public final class LinearizedFunction<Scalar: TensorScalar> {
  /// y₁, ..., yₘ.
  public let values: [Tensor<Scalar>]

  private let tape: Tape<Scalar>
  private let inputs: [Variable<Scalar>]
  private let outputs: [Variable<Scalar>]
  private let sweep: TangentSweep<Scalar>
  private lazy var plan = TangentPlan(tape, from: inputs.map(\.node), to: outputs.map { $0.tape == nil ? [] : [$0.node] })

  /// Records `f` at `inputs`.
  public init(at inputs: [Tensor<Scalar>], _ f: ([Variable<Scalar>]) -> [Variable<Scalar>]) {
    let tape = Tape<Scalar>()
    self.tape = tape
    self.inputs = inputs.map { tape.variable($0) }
    outputs = f(self.inputs)
    for (index, output) in outputs.enumerated() { tape.requireOwn(output, "linearize", "output \(index)") }
    values = outputs.map(\.value)
    sweep = TangentSweep(tape)
  }

  /// Σᵢ (∂yⱼ/∂xᵢ) tᵢ for each output j.
  /// - Parameter tangents: tᵢ, one of the shape of each input.
  /// - Complexity: about one evaluation of the function for each call.
  public func jacobianVectorProduct(_ tangents: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    requireShapes(tangents.map(\.shape), of: inputs.map(\.shape), "jacobianVectorProduct", "tangent")
    var sums = outputs.map { _ in Accumulator<Scalar>() }
    sweep.run(plan, from: zip(inputs, tangents).map { (node: $0.node, tangent: $1) }, into: &sums)
    return values.indices.map { sums[$0].sum ?? Tensor(zeros: values[$0].shape) }
  }

  /// The derivatives of every output along `width` directions of input `index`, the other inputs held fixed.
  /// - Parameter tangents: the shape of the input with an axis of `width` before it.
  /// - Returns: for each output its shape with an axis of `width` before it.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package func jacobianVectorProducts(ofInput index: Int, _ tangents: Tensor<Scalar>) -> [Tensor<Scalar>] {
    let width = tangents.shape[0]
    let results = values.map { Tensor<Scalar>(uninitialized: Shape([width] + Array($0.shape))) }
    sweep.run(plan, directions: width, from: { [(inputs[index].node, tangents.sliced(axis: 0, $0))] }, into: results)
    return results
  }

  /// Σⱼ (∂yⱼ/∂xᵢ)ᵀ uⱼ for each input i.
  /// - Parameter cotangents: uⱼ, one of the shape of each output.
  /// - Complexity: about two evaluations of the function for each call.
  public func vectorJacobianProduct(_ cotangents: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    pullback(cotangents, consuming: false)
  }

  /// As `vectorJacobianProduct`; with `consuming`, for the last time: values are let go on the way.
  func pullback(_ cotangents: [Tensor<Scalar>], consuming: Bool) -> [Tensor<Scalar>] {
    requireShapes(cotangents.map(\.shape), of: values.map(\.shape), "vectorJacobianProduct", "cotangent")
    let end = (outputs.map { $0.tape == nil ? -1 : $0.node }.max() ?? -1) + 1
    let reverse = ReverseSweep(tape, inputs: inputs.map { ($0.node, nil) }, end: end)
    for (output, cotangent) in zip(outputs, cotangents) where output.tape != nil { reverse.seed(output.node, Variable(cotangent)) }
    reverse.run(0..<end, consuming: consuming)
    return inputs.map { reverse.cotangent(of: $0.node) ?? Tensor(zeros: $0.shape) }
  }
}

/// Stops the program unless vectors of the shapes `found` have those of what they belong to.
func requireShapes(_ found: [Shape], of shapes: [Shape], _ operation: String, _ name: String) {
  require(found.count == shapes.count, "\(operation): \(found.count) \(name)s for \(shapes.count)")
  for (index, (vector, shape)) in zip(found, shapes).enumerated() {
    require(vector == shape, "\(operation): \(name) \(index) has shape \(vector), not \(shape)")
  }
}
