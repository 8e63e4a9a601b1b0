import Tensor

// The arithmetic of variables once more for each of its two scalar types: what these do is what the generic operators do.
//
// They are here for the compiler's sake. Of operators on concrete types it can tell at once which one a literal belongs to; with
// the generic ones alone an expression of a dozen operators and literals is rejected as too complex (Tests/ExpressionTests holds
// such expressions).
extension Variable where Scalar == Float {
  public static func + (a: Variable, b: Variable) -> Variable { a.applying(Sum2(sign: 1), with: b) }
  public static func + (a: Variable, b: Float) -> Variable { a.applying(Affine(offset: b)) }
  public static func + (a: Float, b: Variable) -> Variable { b.applying(Affine(offset: a)) }
  public static func - (a: Variable, b: Variable) -> Variable { a.applying(Sum2(sign: -1), with: b) }
  public static func - (a: Variable, b: Float) -> Variable { a.applying(Affine(offset: -b)) }
  public static func - (a: Float, b: Variable) -> Variable { b.applying(Affine(scale: -1, offset: a)) }
  public static func * (a: Variable, b: Variable) -> Variable { a.applying(Product(), with: b) }
  public static func * (a: Variable, b: Float) -> Variable { a.applying(Affine(scale: b)) }
  public static func * (a: Float, b: Variable) -> Variable { b.applying(Affine(scale: a)) }
  public static func / (a: Variable, b: Variable) -> Variable { a.applying(Product(), with: b.reciprocal()) }
  public static func / (a: Variable, b: Float) -> Variable { a.applying(Affine(scale: 1 / b)) }
  public static func / (a: Float, b: Variable) -> Variable { b.reciprocal().applying(Affine(scale: a)) }
  public static prefix func - (a: Variable) -> Variable { a.applying(Affine(scale: -1)) }
}

extension Variable where Scalar == Double {
  public static func + (a: Variable, b: Variable) -> Variable { a.applying(Sum2(sign: 1), with: b) }
  public static func + (a: Variable, b: Double) -> Variable { a.applying(Affine(offset: b)) }
  public static func + (a: Double, b: Variable) -> Variable { b.applying(Affine(offset: a)) }
  public static func - (a: Variable, b: Variable) -> Variable { a.applying(Sum2(sign: -1), with: b) }
  public static func - (a: Variable, b: Double) -> Variable { a.applying(Affine(offset: -b)) }
  public static func - (a: Double, b: Variable) -> Variable { b.applying(Affine(scale: -1, offset: a)) }
  public static func * (a: Variable, b: Variable) -> Variable { a.applying(Product(), with: b) }
  public static func * (a: Variable, b: Double) -> Variable { a.applying(Affine(scale: b)) }
  public static func * (a: Double, b: Variable) -> Variable { b.applying(Affine(scale: a)) }
  public static func / (a: Variable, b: Variable) -> Variable { a.applying(Product(), with: b.reciprocal()) }
  public static func / (a: Variable, b: Double) -> Variable { a.applying(Affine(scale: 1 / b)) }
  public static func / (a: Double, b: Variable) -> Variable { b.reciprocal().applying(Affine(scale: a)) }
  public static prefix func - (a: Variable) -> Variable { a.applying(Affine(scale: -1)) }
}
