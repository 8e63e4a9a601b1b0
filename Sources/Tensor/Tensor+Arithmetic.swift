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
  public static func += (a: inout Tensor, b: Scalar) { Kernels.formBinary(.add, &a, scalar: b) }
  /// Subtracts `b` from each element, in place.
  public static func -= (a: inout Tensor, b: Scalar) { Kernels.formBinary(.subtract, &a, scalar: b) }
  /// Multiplies each element by `b`, in place.
  public static func *= (a: inout Tensor, b: Scalar) { Kernels.formBinary(.multiply, &a, scalar: b) }
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
  public static func /= (a: inout Tensor, b: Scalar) { Kernels.formBinary(.divide, &a, scalar: b) }

  // In the memory of `self` where nobody else needs that and its shape is the result's, else in fresh memory. Methods that change a
  // variable: one that consumed its operand and returned the result would be handed a copy more often than not.

  /// self = self b, element by element; shapes broadcast.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package mutating func formProduct(_ b: Tensor) {
    if isKnownUniquelyReferenced(&storage), shape == b.shape || b.count == 1 && b.rank <= rank {
      Kernels.formBinary(.multiply, &self, b)
    } else {
      self = Kernels.binary(.multiply, self, b)
    }
  }

  /// self = scale self.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package mutating func formProduct(_ scale: Scalar) {
    if isKnownUniquelyReferenced(&storage) {
      Kernels.formBinary(.multiply, &self, scalar: scale)
    } else {
      self = Kernels.binary(.multiply, self, scalar: scale)
    }
  }

  /// self = self + a b, element by element; shapes broadcast.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package mutating func formSum(product a: Tensor, _ b: Tensor) {
    guard isKnownUniquelyReferenced(&storage), isContiguous, let stepA = step(of: a), let stepB = step(of: b) else {
      self = self + a * b
      return
    }
    let (x, y, z) = (a.base, b.base, mutableBase)
    Parallel.slices(count, grain: Parallel.cheapGrain) { part in
      let (i, plus) = (part.lowerBound, Int32(kappa_product_plus.rawValue))
      let (x, y, z) = (x + i * stepA, y + i * stepB, z + i)
      dispatch(Scalar.self) {
        kappa_product_sum_f32(plus, part.count, x.asFloat, stepA, y.asFloat, stepB, z.asFloat, 1, z.asFloat)
      } double: {
        kappa_product_sum_f64(plus, part.count, x.asDouble, stepA, y.asDouble, stepB, z.asDouble, 1, z.asDouble)
      }
    }
    keepAlive(a, b)
  }

  /// How far apart the elements of an operand lie that go with those of `self`, if they lie evenly.
  private func step(of other: Tensor) -> Int? {
    if other.shape == shape { return other.isContiguous ? 1 : nil }
    return other.count == 1 && other.rank <= rank ? 0 : nil
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

  /// The elements at `self` become a x + b self; `self` is contiguous, and writing there is the caller's right.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package func writeAxpby(_ a: Scalar, _ x: Tensor, _ b: Scalar) {
    guard x.isContiguous else { return writeAxpby(a, x.copied(), b) }
    let (input, output) = (x.base, mutableBase)
    Parallel.slices(count, grain: Parallel.cheapGrain) { part in
      let i = part.lowerBound
      dispatch(Scalar.self) {
        kappa_axpby_f32(part.count, Float(a), (input + i).asFloat, Float(b), (output + i).asFloat)
      } double: {
        kappa_axpby_f64(part.count, Double(a), (input + i).asDouble, Double(b), (output + i).asDouble)
      }
    }
    keepAlive(x)
  }

  /// The elements become those of `x`, of the same shape and in memory of its own; writing here is the caller's right.
  package func writeElements(of x: Tensor) {
    require(x.shape == shape, "elements of shape \(x.shape) for a place of shape \(shape)")
    Kernels.copy(shape, from: x.base, x.strides, to: mutableBase, strides)
    keepAlive(x)
  }
}

/// The larger of each pair of elements; NaN where either is NaN.
public func maximum<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { Kernels.binary(.maximum, a, b) }
/// The smaller of each pair of elements; NaN where either is NaN.
public func minimum<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { Kernels.binary(.minimum, a, b) }
