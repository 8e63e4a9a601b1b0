import Tensor

/// A tensor in a computation that can be differentiated.
///
/// Arithmetic on variables of a tape is recorded there. A variable without a tape is a constant, and arithmetic on constants
/// alone computes values and records nothing: rules written in variables serve both to compute and to record.
public struct Variable<Scalar: TensorScalar> {
  let tape: Tape<Scalar>?
  let node: Int
  /// The value, unless it was deferred; then a stand-in, and the tape computes the value when asked. Not an optional, because
  /// variables are copied at every operation and those of optionals go through run-time type information.
  private let computed: Tensor<Scalar>
  private let isDeferred: Bool

  init(tape: Tape<Scalar>?, node: Int, computed: consuming Tensor<Scalar>) {
    self.tape = tape
    self.node = node
    self.computed = computed
    isDeferred = false
  }

  /// A variable whose value is computed when someone asks.
  init(deferredOn tape: Tape<Scalar>, node: Int) {
    self.tape = tape
    self.node = node
    computed = .placeholder
    isDeferred = true
  }

  /// A constant.
  public init(_ constant: Tensor<Scalar>) {
    self.init(tape: nil, node: -1, computed: constant)
  }

  /// A constant scalar.
  public init(_ constant: Scalar) { self.init(Tensor(scalar: constant)) }

  /// The value. For a gradient that was recorded but not computed yet, this computes it.
  public var value: Tensor<Scalar> { isDeferred ? tape!.value(of: node, readBy: node) : computed }

  /// The shape of the value; known without computing it.
  public var shape: Shape { isDeferred ? tape!.shape(of: node) : computed.shape }

  /// Adds the value to `sum`; one that was not computed yet goes straight to its place and is not kept.
  @inline(__always) func addValue(to sum: inout Accumulator<Scalar>) {
    if isDeferred { tape!.addDeferredValue(of: node, to: &sum) } else { sum.add(computed) }
  }

  /// Applies a primitive to this variable, recording it if the variable is on a tape.
  public func applying(_ primitive: some UnaryPrimitive<Scalar>) -> Variable {
    // `value` would be a copy: one more count of references, up and down, with every operation.
    recording(primitive, value: isDeferred ? primitive.value(value) : primitive.value(computed))
  }

  /// Applies a primitive to any number of variables, recording it if one of them is on a tape.
  public static func applying(_ primitive: some VariadicPrimitive<Scalar>, to operands: [Variable]) -> Variable {
    recording(primitive, of: operands, value: primitive.value(operands.map(\.value)))
  }

  /// As `applying(_:to:)`, with a value that is known already.
  static func recording(
    _ primitive: some VariadicPrimitive<Scalar>, of operands: [Variable], value: Tensor<Scalar>
  ) -> Variable {
    guard let tape = operands.lazy.compactMap(\.tape).first else { return Variable(value) }
    return tape.record(primitive, operands, value: value)
  }

  /// As `applying(_:)`, with a value that is known already.
  func recording(_ primitive: some UnaryPrimitive<Scalar>, value: consuming Tensor<Scalar>) -> Variable {
    // `if let` would count one more reference, up and down.
    if tape == nil { return Variable(tape: nil, node: -1, computed: value) }
    return tape.unsafelyUnwrapped.record(primitive, self, value: value)
  }

  /// As `applying(_:with:)`, with a value that is known already.
  func recording(_ primitive: some BinaryPrimitive<Scalar>, with other: Variable, value: consuming Tensor<Scalar>) -> Variable {
    if tape != nil { return tape.unsafelyUnwrapped.record(primitive, self, other, value: value) }
    if other.tape != nil { return other.tape.unsafelyUnwrapped.record(primitive, self, other, value: value) }
    return Variable(tape: nil, node: -1, computed: value)
  }

  /// Applies a primitive to this variable and another, recording it if one of them is on a tape.
  public func applying(_ primitive: some BinaryPrimitive<Scalar>, with other: Variable) -> Variable {
    recording(
      primitive, with: other,
      value: isDeferred || other.isDeferred ? primitive.value(value, other.value) : primitive.value(computed, other.computed))
  }
}

/// The value of `x` as a constant: no derivative passes through.
public func stopGradient<S: TensorScalar>(_ x: Variable<S>) -> Variable<S> { Variable(x.value) }
