// The arithmetic of tensors once more for each of its two scalar types: what these do is what the generic operators do.
//
// They are here for the compiler's sake. Of operators on concrete types it can tell at once which one a literal belongs to; with the generic
// ones alone an expression of a dozen operators and literals is rejected as too complex (Tests/ExpressionTests holds such expressions).
extension Tensor where Scalar == Float {
  public static func + (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.add, a, b) }
  public static func + (a: Tensor, b: Float) -> Tensor { Kernels.binary(.add, a, scalar: b) }
  public static func + (a: Float, b: Tensor) -> Tensor { Kernels.binary(.add, scalar: a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.subtract, a, b) }
  public static func - (a: Tensor, b: Float) -> Tensor { Kernels.binary(.subtract, a, scalar: b) }
  public static func - (a: Float, b: Tensor) -> Tensor { Kernels.binary(.subtract, scalar: a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.multiply, a, b) }
  public static func * (a: Tensor, b: Float) -> Tensor { Kernels.binary(.multiply, a, scalar: b) }
  public static func * (a: Float, b: Tensor) -> Tensor { Kernels.binary(.multiply, scalar: a, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.divide, a, b) }
  public static func / (a: Tensor, b: Float) -> Tensor { Kernels.binary(.divide, a, scalar: b) }
  public static func / (a: Float, b: Tensor) -> Tensor { Kernels.binary(.divide, scalar: a, b) }
  public static prefix func - (a: Tensor) -> Tensor { Kernels.negated(a) }
}

extension Tensor where Scalar == Double {
  public static func + (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.add, a, b) }
  public static func + (a: Tensor, b: Double) -> Tensor { Kernels.binary(.add, a, scalar: b) }
  public static func + (a: Double, b: Tensor) -> Tensor { Kernels.binary(.add, scalar: a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.subtract, a, b) }
  public static func - (a: Tensor, b: Double) -> Tensor { Kernels.binary(.subtract, a, scalar: b) }
  public static func - (a: Double, b: Tensor) -> Tensor { Kernels.binary(.subtract, scalar: a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.multiply, a, b) }
  public static func * (a: Tensor, b: Double) -> Tensor { Kernels.binary(.multiply, a, scalar: b) }
  public static func * (a: Double, b: Tensor) -> Tensor { Kernels.binary(.multiply, scalar: a, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.divide, a, b) }
  public static func / (a: Tensor, b: Double) -> Tensor { Kernels.binary(.divide, a, scalar: b) }
  public static func / (a: Double, b: Tensor) -> Tensor { Kernels.binary(.divide, scalar: a, b) }
  public static prefix func - (a: Tensor) -> Tensor { Kernels.negated(a) }
}
