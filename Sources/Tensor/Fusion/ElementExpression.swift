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
/// memory. Operands broadcast; those that are neither contiguous nor a single element are laid out first. The numbers are those
/// that the same operations on tensors give.
/// - Complexity: one read of each operand and one write of the result; operations between read and write the
///   first-level cache.
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
    case number(S)
    case binary(BinaryKernel, ElementExpression, ElementExpression)
  }
  let kind: Kind
  init(_ kind: Kind) { self.kind = kind }

  static func operand(_ index: Int) -> ElementExpression { ElementExpression(.operand(index)) }
  static func number(_ value: S) -> ElementExpression { ElementExpression(.number(value)) }
  private func applying(_ op: UnaryKernel, _ parameter: S = 0) -> ElementExpression {
    ElementExpression(.unary(op, self, parameter))
  }

  /// The sum of two expressions.
  public static func + (a: ElementExpression, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, a, b)) }
  /// The difference of two expressions.
  public static func - (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, b))
  }
  /// The product of two expressions.
  public static func * (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, b))
  }
  /// The quotient of two expressions.
  public static func / (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.divide, a, b))
  }
  /// The expression with the other sign.
  public static prefix func - (a: ElementExpression) -> ElementExpression { a.applying(.negate) }
  /// `b` added to the expression.
  public static func + (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binary(.add, a, .number(b))) }
  /// `b` subtracted from the expression.
  public static func - (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binary(.subtract, a, .number(b))) }
  /// The expression times `b`.
  public static func * (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binary(.multiply, a, .number(b))) }
  /// The expression divided by `b`.
  public static func / (a: ElementExpression, b: S) -> ElementExpression { ElementExpression(.binary(.divide, a, .number(b))) }
  /// The expression added to `a`.
  public static func + (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, .number(a), b)) }
  /// The expression subtracted from `a`.
  public static func - (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.subtract, .number(a), b)) }
  /// `a` times the expression.
  public static func * (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.multiply, .number(a), b)) }
  /// `a` divided by the expression.
  public static func / (a: S, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.divide, .number(a), b)) }

  // As the functions of tensors of the same names.
  /// The absolute value.
  public func abs() -> ElementExpression { applying(.absolute) }
  /// -1, 0 or 1; NaN of NaN.
  public func sign() -> ElementExpression { applying(.sign) }
  /// The square.
  public func squared() -> ElementExpression { applying(.square) }
  /// 1 divided by the expression.
  public func reciprocal() -> ElementExpression { applying(.reciprocal) }
  /// The square root.
  public func squareRoot() -> ElementExpression { applying(.sqrt) }
  /// 1 divided by the square root.
  public func reciprocalSquareRoot() -> ElementExpression { applying(.rsqrt) }
  /// e to the power of the expression.
  public func exp() -> ElementExpression { applying(.exp) }
  /// e to the power of the expression, minus 1; exact near 0.
  public func expMinusOne() -> ElementExpression { applying(.expm1) }
  /// The natural logarithm.
  public func log() -> ElementExpression { applying(.log) }
  /// The natural logarithm of 1 plus the expression; exact near 0.
  public func logOnePlus() -> ElementExpression { applying(.log1p) }
  /// The sine of an angle in radians.
  public func sin() -> ElementExpression { applying(.sin) }
  /// The cosine of an angle in radians.
  public func cos() -> ElementExpression { applying(.cos) }
  /// The hyperbolic tangent.
  public func tanh() -> ElementExpression { applying(.tanh) }
  /// The error function.
  public func erf() -> ElementExpression { applying(.erf) }
  /// 1 / (1 + exp(-x)).
  public func sigmoid() -> ElementExpression { applying(.sigmoid) }
  /// log(1 + exp(x)).
  public func softplus() -> ElementExpression { applying(.softplus) }
  /// The larger of 0 and the expression.
  public func relu() -> ElementExpression { applying(.relu) }
  /// The expression where it is positive, `slope` times it elsewhere.
  public func leakyRelu(slope: S) -> ElementExpression { applying(.leakyRelu, slope) }
  /// x · Φ(x), where Φ is the distribution function of N(0, 1).
  public func gelu() -> ElementExpression { applying(.gelu) }
  /// The expression to the power of a number.
  public func power(_ exponent: S) -> ElementExpression { ElementExpression(.binary(.power, self, .number(exponent))) }
  /// The expression to the power of another.
  public func power(_ exponent: ElementExpression) -> ElementExpression { ElementExpression(.binary(.power, self, exponent)) }
  /// The nearest number within `bounds`.
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
