import CKernels

// Element-wise arithmetic. Shapes broadcast by NumPy's rule; shapes that do not stop the program with both shapes named.
// Integers that overflow stop the program, as Swift's own do.
extension Tensor where Scalar: TensorNumber {
  /// Sums, element by element; shapes broadcast.
  public static func + (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.add, a, b) }
  /// Differences, element by element; shapes broadcast.
  public static func - (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.subtract, a, b) }
  /// Products, element by element (`matmul` is the matrix product); shapes broadcast.
  public static func * (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.multiply, a, b) }
  /// Each element with the other sign.
  public static prefix func - (a: Tensor) -> Tensor { Kernels.negated(a) }

  /// Adds `b` to each element.
  public static func + (a: Tensor, b: Scalar) -> Tensor { Kernels.binary(.add, a, scalar: b) }
  /// Adds `a` to each element.
  public static func + (a: Scalar, b: Tensor) -> Tensor { Kernels.binary(.add, scalar: a, b) }
  /// Subtracts `b` from each element.
  public static func - (a: Tensor, b: Scalar) -> Tensor { Kernels.binary(.subtract, a, scalar: b) }
  /// Subtracts each element from `a`.
  public static func - (a: Scalar, b: Tensor) -> Tensor { Kernels.binary(.subtract, scalar: a, b) }
  /// Multiplies each element by `b`.
  public static func * (a: Tensor, b: Scalar) -> Tensor { Kernels.binary(.multiply, a, scalar: b) }
  /// Multiplies each element by `a`.
  public static func * (a: Scalar, b: Tensor) -> Tensor { Kernels.binary(.multiply, scalar: a, b) }

  /// Adds `b`, in place; `b` stretches to the shape of `a`, never the other way round.
  public static func += (a: inout Tensor, b: Tensor) { Kernels.formBinary(.add, &a, b) }
  /// Subtracts `b`, in place; `b` stretches to the shape of `a`, never the other way round.
  public static func -= (a: inout Tensor, b: Tensor) { Kernels.formBinary(.subtract, &a, b) }
  /// Multiplies by `b` element by element, in place; `b` stretches to the shape of `a`, never the other way round.
  public static func *= (a: inout Tensor, b: Tensor) { Kernels.formBinary(.multiply, &a, b) }
  /// Adds `b` to each element, in place.
  public static func += (a: inout Tensor, b: Scalar) { Kernels.formBinary(.add, &a, Tensor(scalar: b)) }
  /// Subtracts `b` from each element, in place.
  public static func -= (a: inout Tensor, b: Scalar) { Kernels.formBinary(.subtract, &a, Tensor(scalar: b)) }
  /// Multiplies each element by `b`, in place.
  public static func *= (a: inout Tensor, b: Scalar) { Kernels.formBinary(.multiply, &a, Tensor(scalar: b)) }
}

extension Tensor where Scalar: TensorScalar {
  /// Quotients, element by element; shapes broadcast.
  public static func / (a: Tensor, b: Tensor) -> Tensor { Kernels.binary(.divide, a, b) }
  /// Divides each element by `b`.
  public static func / (a: Tensor, b: Scalar) -> Tensor { Kernels.binary(.divide, a, scalar: b) }
  /// Divides `a` by each element.
  public static func / (a: Scalar, b: Tensor) -> Tensor { Kernels.binary(.divide, scalar: a, b) }
  /// Divides by `b` element by element, in place; `b` stretches to the shape of `a`, never the other way round.
  public static func /= (a: inout Tensor, b: Tensor) { Kernels.formBinary(.divide, &a, b) }
  /// Divides each element by `b`, in place.
  public static func /= (a: inout Tensor, b: Scalar) { Kernels.formBinary(.divide, &a, Tensor(scalar: b)) }

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
}

/// The larger of each pair of elements; NaN where either is NaN.
public func maximum<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { Kernels.binary(.maximum, a, b) }
/// The smaller of each pair of elements; NaN where either is NaN.
public func minimum<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { Kernels.binary(.minimum, a, b) }
