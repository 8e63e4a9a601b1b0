// The arithmetic of element expressions once more for each of its two scalar types: what these do is what the generic operators do.
//
// They are here for the compiler's sake. Of operators on concrete types it can tell at once which one a literal belongs to; with the generic
// ones alone an expression of a dozen operators and literals is rejected as too complex (Tests/ExpressionTests holds such expressions).
extension ElementExpression where S == Float {
  public static func + (a: ElementExpression, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, a, b)) }
  public static func + (a: ElementExpression, b: Float) -> ElementExpression { ElementExpression(.binaryRight(.add, a, b)) }
  public static func + (a: Float, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.add, a, b)) }
  public static func - (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, b))
  }
  public static func - (a: ElementExpression, b: Float) -> ElementExpression { ElementExpression(.binaryRight(.subtract, a, b)) }
  public static func - (a: Float, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.subtract, a, b)) }
  public static func * (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, b))
  }
  public static func * (a: ElementExpression, b: Float) -> ElementExpression { ElementExpression(.binaryRight(.multiply, a, b)) }
  public static func * (a: Float, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.multiply, a, b)) }
  public static func / (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.divide, a, b))
  }
  public static func / (a: ElementExpression, b: Float) -> ElementExpression { ElementExpression(.binaryRight(.divide, a, b)) }
  public static func / (a: Float, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.divide, a, b)) }
  public static prefix func - (a: ElementExpression) -> ElementExpression { ElementExpression(.unary(.negate, a, 0)) }
}

extension ElementExpression where S == Double {
  public static func + (a: ElementExpression, b: ElementExpression) -> ElementExpression { ElementExpression(.binary(.add, a, b)) }
  public static func + (a: ElementExpression, b: Double) -> ElementExpression { ElementExpression(.binaryRight(.add, a, b)) }
  public static func + (a: Double, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.add, a, b)) }
  public static func - (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.subtract, a, b))
  }
  public static func - (a: ElementExpression, b: Double) -> ElementExpression { ElementExpression(.binaryRight(.subtract, a, b)) }
  public static func - (a: Double, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.subtract, a, b)) }
  public static func * (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.multiply, a, b))
  }
  public static func * (a: ElementExpression, b: Double) -> ElementExpression { ElementExpression(.binaryRight(.multiply, a, b)) }
  public static func * (a: Double, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.multiply, a, b)) }
  public static func / (a: ElementExpression, b: ElementExpression) -> ElementExpression {
    ElementExpression(.binary(.divide, a, b))
  }
  public static func / (a: ElementExpression, b: Double) -> ElementExpression { ElementExpression(.binaryRight(.divide, a, b)) }
  public static func / (a: Double, b: ElementExpression) -> ElementExpression { ElementExpression(.binaryLeft(.divide, a, b)) }
  public static prefix func - (a: ElementExpression) -> ElementExpression { ElementExpression(.unary(.negate, a, 0)) }
}
