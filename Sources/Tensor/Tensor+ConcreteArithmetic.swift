// The arithmetic of tensors once more for each of its two scalar types: what these do is what the generic operators do.
//
// They are here for the compiler's sake. Of operators on concrete types it can tell at once which one a literal belongs to; with
// the generic ones alone an expression of a dozen operators and literals is rejected as too complex (Tests/ExpressionTests holds
// such expressions).
extension Tensor where Scalar == Float {
  /// Sums, element by element; shapes broadcast.
  public static func + (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.add, a, b) }
  /// Adds `b` to each element.
  public static func + (a: Tensor, b: Float) -> Tensor { Kernels.binary(.add, a, scalar: b) }
  /// Adds `a` to each element.
  public static func + (a: Float, b: Tensor) -> Tensor { Kernels.binary(.add, scalar: a, b) }
  /// Differences, element by element; shapes broadcast.
  public static func - (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.subtract, a, b) }
  /// Subtracts `b` from each element.
  public static func - (a: Tensor, b: Float) -> Tensor { Kernels.binary(.subtract, a, scalar: b) }
  /// Subtracts each element from `a`.
  public static func - (a: Float, b: Tensor) -> Tensor { Kernels.binary(.subtract, scalar: a, b) }
  /// Products, element by element (`matmul` is the matrix product); shapes broadcast.
  public static func * (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.multiply, a, b) }
  /// Multiplies each element by `b`.
  public static func * (a: Tensor, b: Float) -> Tensor { Kernels.binary(.multiply, a, scalar: b) }
  /// Multiplies each element by `a`.
  public static func * (a: Float, b: Tensor) -> Tensor { Kernels.binary(.multiply, scalar: a, b) }
  /// Quotients, element by element; shapes broadcast.
  public static func / (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.divide, a, b) }
  /// Divides each element by `b`.
  public static func / (a: Tensor, b: Float) -> Tensor { Kernels.binary(.divide, a, scalar: b) }
  /// Divides `a` by each element.
  public static func / (a: Float, b: Tensor) -> Tensor { Kernels.binary(.divide, scalar: a, b) }
  /// Each element with the other sign.
  public static prefix func - (a: Tensor) -> Tensor { Kernels.negated(a) }
}

extension Tensor where Scalar == Double {
  /// Sums, element by element; shapes broadcast.
  public static func + (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.add, a, b) }
  /// Adds `b` to each element.
  public static func + (a: Tensor, b: Double) -> Tensor { Kernels.binary(.add, a, scalar: b) }
  /// Adds `a` to each element.
  public static func + (a: Double, b: Tensor) -> Tensor { Kernels.binary(.add, scalar: a, b) }
  /// Differences, element by element; shapes broadcast.
  public static func - (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.subtract, a, b) }
  /// Subtracts `b` from each element.
  public static func - (a: Tensor, b: Double) -> Tensor { Kernels.binary(.subtract, a, scalar: b) }
  /// Subtracts each element from `a`.
  public static func - (a: Double, b: Tensor) -> Tensor { Kernels.binary(.subtract, scalar: a, b) }
  /// Products, element by element (`matmul` is the matrix product); shapes broadcast.
  public static func * (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.multiply, a, b) }
  /// Multiplies each element by `b`.
  public static func * (a: Tensor, b: Double) -> Tensor { Kernels.binary(.multiply, a, scalar: b) }
  /// Multiplies each element by `a`.
  public static func * (a: Double, b: Tensor) -> Tensor { Kernels.binary(.multiply, scalar: a, b) }
  /// Quotients, element by element; shapes broadcast.
  public static func / (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.divide, a, b) }
  /// Divides each element by `b`.
  public static func / (a: Tensor, b: Double) -> Tensor { Kernels.binary(.divide, a, scalar: b) }
  /// Divides `a` by each element.
  public static func / (a: Double, b: Tensor) -> Tensor { Kernels.binary(.divide, scalar: a, b) }
  /// Each element with the other sign.
  public static prefix func - (a: Tensor) -> Tensor { Kernels.negated(a) }
}
