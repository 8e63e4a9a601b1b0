import CKernels

// Element-wise arithmetic. Shapes broadcast by NumPy's rule; shapes that do not stop the program with both shapes named.
extension Tensor where Scalar: TensorScalar {
  public static func + (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.add, a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.subtract, a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.multiply, a, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.divide, a, b) }
  public static prefix func - (a: Tensor) -> Tensor { Kernels.unary(.negate, a) }

  public static func + (a: Tensor, b: Scalar) -> Tensor { Kernels.unary(.addScalar, a, parameter: b) }
  public static func + (a: Scalar, b: Tensor) -> Tensor { b + a }
  public static func - (a: Tensor, b: Scalar) -> Tensor { a + -b }
  public static func - (a: Scalar, b: Tensor) -> Tensor { Tensor(scalar: a) - b }
  public static func * (a: Tensor, b: Scalar) -> Tensor { Kernels.unary(.scale, a, parameter: b) }
  public static func * (a: Scalar, b: Tensor) -> Tensor { b * a }
  public static func / (a: Tensor, b: Scalar) -> Tensor { a / Tensor(scalar: b) }
  public static func / (a: Scalar, b: Tensor) -> Tensor { Tensor(scalar: a) / b }

  public static func += (a: inout Tensor, b: Tensor) {
    if a.shape == b.shape { a.add(b) } else { a.assign(a + b, operation: "+=") }
  }
  public static func -= (a: inout Tensor, b: Tensor) {
    if a.shape == b.shape { a.add(b, scaledBy: -1) } else { a.assign(a - b, operation: "-=") }
  }
  public static func *= (a: inout Tensor, b: Tensor) { a.assign(a * b, operation: "*=") }
  public static func /= (a: inout Tensor, b: Tensor) { a.assign(a / b, operation: "/=") }
  public static func *= (a: inout Tensor, b: Scalar) { a = a * b }

  private mutating func assign(_ value: Tensor, operation: String) {
    require(value.shape == shape, "\(operation): the result has shape \(value.shape), the variable \(shape)")
    self = value
  }

  /// `self += scale · other`, in place; shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func add(_ other: Tensor, scaledBy scale: Scalar = 1) { form(other, scale, plus: 1) }

  /// `self = a · x + b · self`, in place (BLAS axpby); shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func form(_ x: Tensor, _ a: Scalar, plus b: Scalar) {
    require(x.shape == shape, "axpby: shapes \(x.shape) and \(shape) differ")
    makeUnique()
    writeAxpby(a, x, b)
  }

  /// `self += scale · a · b`, element by element, in place; shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func add(productOf a: Tensor, _ b: Tensor, scaledBy scale: Scalar = 1) {
    require(a.shape == shape && b.shape == shape, "add(productOf:): shapes \(a.shape), \(b.shape) and \(shape) differ")
    makeUnique()
    let (left, right) = (a.contiguous(), b.contiguous())
    let (x, y, out) = (left.base, right.base, mutableBase)
    Parallel.slices(count, grain: Parallel.cheapGrain) { part in
      let i = part.lowerBound
      dispatch(Scalar.self) {
        kappa_add_product_f32(part.count, Float(scale), (x + i).asFloat, (y + i).asFloat, (out + i).asFloat)
      } double: {
        kappa_add_product_f64(part.count, Double(scale), (x + i).asDouble, (y + i).asDouble, (out + i).asDouble)
      }
    }
    keepAlive(left, right)
  }

  /// The elements at `self` become a x + b self; `self` is contiguous, and writing there is the caller's right.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package func writeAxpby(_ a: Scalar, _ x: Tensor, _ b: Scalar) {
    let source = x.contiguous()
    let (input, output) = (source.base, mutableBase)
    Parallel.slices(count, grain: Parallel.cheapGrain) { part in
      let i = part.lowerBound
      dispatch(Scalar.self) {
        kappa_axpby_f32(part.count, Float(a), (input + i).asFloat, Float(b), (output + i).asFloat)
      } double: {
        kappa_axpby_f64(part.count, Double(a), (input + i).asDouble, Double(b), (output + i).asDouble)
      }
    }
    keepAlive(source)
  }

  /// The absolute value of each element.
  public func abs() -> Tensor { Kernels.unary(.absolute, self) }
  /// -1, 0 or 1 (NaN stays NaN).
  public func sign() -> Tensor { Kernels.unary(.sign, self) }
  /// x² of each element.
  public func squared() -> Tensor { Kernels.unary(.square, self) }
  /// 1 / x of each element.
  public func reciprocal() -> Tensor { Kernels.unary(.reciprocal, self) }
  /// √x of each element.
  public func squareRoot() -> Tensor { Kernels.unary(.sqrt, self) }
  /// eˣ of each element.
  public func exp() -> Tensor { Kernels.unary(.exp, self) }
  /// eˣ - 1, accurate near 0.
  public func expMinusOne() -> Tensor { Kernels.unary(.expm1, self) }
  /// The natural logarithm of each element.
  public func log() -> Tensor { Kernels.unary(.log, self) }
  /// log(1 + x), accurate near 0.
  public func logOnePlus() -> Tensor { Kernels.unary(.log1p, self) }
  /// The hyperbolic tangent of each element.
  public func tanh() -> Tensor { Kernels.unary(.tanh, self) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { Kernels.unary(.sigmoid, self) }
  /// log(1 + eˣ).
  public func softplus() -> Tensor { Kernels.unary(.softplus, self) }
  /// max(x, 0).
  public func relu() -> Tensor { Kernels.unary(.relu, self) }
  /// `x > 0 ? x : slope x`.
  public func leakyRelu(slope: Scalar) -> Tensor { Kernels.unary(.leakyRelu, self, parameter: slope) }
  /// xᵖ for a constant exponent.
  public func power(_ exponent: Scalar) -> Tensor { Kernels.binary(.power, self, Tensor(scalar: exponent)) }
  /// aᵇ, element by element.
  public func power(_ exponent: Tensor) -> Tensor { Kernels.binary(.power, self, exponent) }
}

/// The larger of each pair of elements; NaN where either is NaN.
public func maximum<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { Kernels.binary(.maximum, a, b) }
/// The smaller of each pair of elements; NaN where either is NaN.
public func minimum<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { Kernels.binary(.minimum, a, b) }
