import Tensor

/// A tensor in a computation that can be differentiated.
///
/// Arithmetic on variables of a tape is recorded there. A variable without a tape is a constant, and arithmetic on constants
/// alone computes values and records nothing: rules written in variables serve both to compute and to record.
public struct Variable<Scalar: TensorScalar> {
  let tape: Tape<Scalar>?
  let node: Int
  private let computed: Tensor<Scalar>?

  init(tape: Tape<Scalar>?, node: Int, computed: Tensor<Scalar>?) {
    self.tape = tape
    self.node = node
    self.computed = computed
  }

  /// A constant.
  public init(_ constant: Tensor<Scalar>) {
    self.init(tape: nil, node: -1, computed: constant)
  }

  /// A constant scalar.
  public init(_ constant: Scalar) { self.init(Tensor(scalar: constant)) }

  /// The value. For a gradient that was recorded but not computed yet, this computes it.
  public var value: Tensor<Scalar> { computed ?? tape!.value(of: node, readBy: node) }

  /// Adds the value to `sum`; one that was not computed yet goes straight to its place and is not kept.
  func addValue(to sum: inout Accumulator<Scalar>) {
    if let computed { sum.add(computed) } else { tape!.addDeferredValue(of: node, to: &sum) }
  }

  public var shape: Shape { computed?.shape ?? tape!.shape(of: node) }

  /// The same value as a constant: no derivative passes through.
  public func stoppingGradient() -> Variable { Variable(value) }

  /// Applies a primitive to this variable, recording it if the variable is on a tape.
  public func applying(_ primitive: some UnaryPrimitive<Scalar>) -> Variable {
    let result = primitive.value(value)
    guard let tape else { return Variable(result) }
    return tape.record(primitive, self, value: result, shape: result.shape)
  }

  /// Applies a primitive to this variable and another, recording it if one of them is on a tape.
  public func applying(_ primitive: some BinaryPrimitive<Scalar>, with other: Variable) -> Variable {
    let result = primitive.value(value, other.value)
    guard let tape = tape ?? other.tape else { return Variable(result) }
    return tape.record(primitive, self, other, value: result, shape: result.shape)
  }
}
