// The arithmetic of element expressions once more for each of its two scalar types: what these do is what the generic operators do.
//
// They are here for the compiler's sake. Of operators on concrete types it can tell at once which one a literal belongs to; with
// the generic ones alone an expression of a dozen operators and literals is rejected as too complex (Tests/ExpressionTests holds
// such expressions).
extension ElementExpression where S == Float {
  /// The sum of two expressions.
  public static func + (a: ElementExpression, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, a, b)) }
  /// `b` added to the expression.
  public static func + (a: ElementExpression, b: Float) -> ElementExpression { ElementExpression(.binary(.add, a, .number(b))) }
  /// The expression added to `a`.
  public static func + (a: Float, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, .number(a), b)) }
  /// The difference of two expressions.
  public static func - (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, b))
  }
  /// `b` subtracted from the expression.
  public static func - (a: ElementExpression, b: Float) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, .number(b)))
  }
  /// The expression subtracted from `a`.
  public static func - (a: Float, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, .number(a), b))
  }
  /// The product of two expressions.
  public static func * (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, b))
  }
  /// The expression times `b`.
  public static func * (a: ElementExpression, b: Float) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, .number(b)))
  }
  /// `a` times the expression.
  public static func * (a: Float, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, .number(a), b))
  }
  /// The quotient of two expressions.
  public static func / (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.divide, a, b))
  }
  /// The expression divided by `b`.
  public static func / (a: ElementExpression, b: Float) -> ElementExpression { ElementExpression(.binary(.divide, a, .number(b))) }
  /// `a` divided by the expression.
  public static func / (a: Float, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.divide, .number(a), b)) }
  /// The expression with the other sign.
  public static prefix func - (a: ElementExpression) -> ElementExpression { ElementExpression(.unary(.negate, a, 0)) }
}

extension ElementExpression where S == Double {
  /// The sum of two expressions.
  public static func + (a: ElementExpression, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, a, b)) }
  /// `b` added to the expression.
  public static func + (a: ElementExpression, b: Double) -> ElementExpression { ElementExpression(.binary(.add, a, .number(b))) }
  /// The expression added to `a`.
  public static func + (a: Double, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, .number(a), b)) }
  /// The difference of two expressions.
  public static func - (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, b))
  }
  /// `b` subtracted from the expression.
  public static func - (a: ElementExpression, b: Double) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, .number(b)))
  }
  /// The expression subtracted from `a`.
  public static func - (a: Double, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, .number(a), b))
  }
  /// The product of two expressions.
  public static func * (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, b))
  }
  /// The expression times `b`.
  public static func * (a: ElementExpression, b: Double) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, .number(b)))
  }
  /// `a` times the expression.
  public static func * (a: Double, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, .number(a), b))
  }
  /// The quotient of two expressions.
  public static func / (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.divide, a, b))
  }
  /// The expression divided by `b`.
  public static func / (a: ElementExpression, b: Double) -> ElementExpression { ElementExpression(.binary(.divide, a, .number(b))) }
  /// `a` divided by the expression.
  public static func / (a: Double, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.divide, .number(a), b)) }
  /// The expression with the other sign.
  public static prefix func - (a: ElementExpression) -> ElementExpression { ElementExpression(.unary(.negate, a, 0)) }
}
