// Chains of element-wise operations in one pass over memory.

/// Computes `f` of four tensors element by element, in one pass over memory. See `fused(_:_:)` of one tensor.
public func fused<S: TensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, _ c: Tensor<S>, _ d: Tensor<S>,
  _ f: (ElementExpression<S>, ElementExpression<S>, ElementExpression<S>, ElementExpression<S>) -> ElementExpression<S>
) -> Tensor<S> {
  FusedProgram(f(.operand(0), .operand(1), .operand(2), .operand(3))).run([a, b, c, d])
}

/// Computes `f` of three tensors element by element, in one pass over memory. See `fused(_:_:)` of one tensor.
public func fused<S: TensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, _ c: Tensor<S>,
  _ f: (ElementExpression<S>, ElementExpression<S>, ElementExpression<S>) -> ElementExpression<S>
) -> Tensor<S> {
  FusedProgram(f(.operand(0), .operand(1), .operand(2))).run([a, b, c])
}

/// Computes `f` of two tensors element by element, in one pass over memory. See `fused(_:_:)` of one tensor.
public func fused<S: TensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, _ f: (ElementExpression<S>, ElementExpression<S>) -> ElementExpression<S>
) -> Tensor<S> {
  FusedProgram(f(.operand(0), .operand(1))).run([a, b])
}

/// Computes `f` of each element of `a`, in one pass over memory.
///
/// `f` is called once, with a name for the element in place of the element, and says what to do with it:
///
///     let y = fused(x, w) { x, w in x * w + x.tanh() - 0.5 * w }
///
/// The operations then run one after the other on pieces that stay in the nearest cache, so that intermediate results never reach
/// memory. Operands broadcast; those that are neither contiguous nor a single element are laid out first. The numbers are those that
/// the same operations on tensors give.
/// - Complexity: one read of each operand and one write of the result; the interpretation costs a few nanoseconds for every two
///   thousand elements and operation, and about a microsecond for each call.
public func fused<S: TensorScalar>(
  _ a: Tensor<S>, _ f: (ElementExpression<S>) -> ElementExpression<S>
) -> Tensor<S> {
  FusedProgram(f(.operand(0))).run([a])
}

/// What `fused` computes for each element: an operand, a number, or an operation on other expressions. An expression that occurs
/// twice is computed once if it is one value in Swift (`let t = x.tanh()`).
public final class ElementExpression<S: TensorScalar> {
  enum Kind {
    case operand(Int)
    case unary(UnaryKernel, ElementExpression, S)
    case binary(BinaryKernel, ElementExpression, ElementExpression)
    case binaryRight(BinaryKernel, ElementExpression, S)
    case binaryLeft(BinaryKernel, S, ElementExpression)
  }
  let kind: Kind
  init(_ kind: Kind) { self.kind = kind }

  static func operand(_ index: Int) -> ElementExpression { ElementExpression(.operand(index)) }
  private func applying(_ op: UnaryKernel, _ parameter: S = 0) -> ElementExpression {
    ElementExpression(.unary(op, self, parameter))
  }

  public static func + (a: ElementExpression, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, a, b)) }
  public static func - (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, b))
  }
  public static func * (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, b))
  }
  public static func / (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.divide, a, b))
  }
  public static prefix func - (a: ElementExpression) -> ElementExpression { a.applying(.negate) }
  public static func + (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binaryRight(.add, a, b)) }
  public static func - (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binaryRight(.subtract, a, b)) }
  public static func * (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binaryRight(.multiply, a, b)) }
  public static func / (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binaryRight(.divide, a, b)) }
  public static func + (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.add, a, b)) }
  public static func - (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.subtract, a, b)) }
  public static func * (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.multiply, a, b)) }
  public static func / (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.divide, a, b)) }

  // As the functions of tensors of the same names.
  public func abs() -> ElementExpression { applying(.absolute) }
  public func sign() -> ElementExpression { applying(.sign) }
  public func squared() -> ElementExpression { applying(.square) }
  public func reciprocal() -> ElementExpression { applying(.reciprocal) }
  public func squareRoot() -> ElementExpression { applying(.sqrt) }
  public func reciprocalSquareRoot() -> ElementExpression { applying(.rsqrt) }
  public func exp() -> ElementExpression { applying(.exp) }
  public func expMinusOne() -> ElementExpression { applying(.expm1) }
  public func log() -> ElementExpression { applying(.log) }
  public func logOnePlus() -> ElementExpression { applying(.log1p) }
  public func sin() -> ElementExpression { applying(.sin) }
  public func cos() -> ElementExpression { applying(.cos) }
  public func tanh() -> ElementExpression { applying(.tanh) }
  public func erf() -> ElementExpression { applying(.erf) }
  public func sigmoid() -> ElementExpression { applying(.sigmoid) }
  public func softplus() -> ElementExpression { applying(.softplus) }
  public func relu() -> ElementExpression { applying(.relu) }
  public func leakyRelu(slope: S) -> ElementExpression { applying(.leakyRelu, slope) }
  public func gelu() -> ElementExpression { applying(.gelu) }
  public func power(_ exponent: S) -> ElementExpression { ElementExpression(.binaryRight(.power, self, exponent)) }
  public func power(_ exponent: ElementExpression) -> ElementExpression { ElementExpression(.binary(.power, self, exponent)) }
  public func clipped(to bounds: ClosedRange<S>) -> ElementExpression {
    applying(.atLeast, bounds.lowerBound).applying(.atMost, bounds.upperBound)
  }
}

/// The larger of two expressions; NaN where either is NaN.
public func maximum<S>(_ a: ElementExpression<S>, _ b: ElementExpression<S>) -> ElementExpression<S> {
  ElementExpression(.binary(.maximum, a, b))
}
/// The smaller of two expressions; NaN where either is NaN.
public func minimum<S>(_ a: ElementExpression<S>, _ b: ElementExpression<S>) -> ElementExpression<S> {
  ElementExpression(.binary(.minimum, a, b))
}
