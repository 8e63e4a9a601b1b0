import CKernels

// Functions of each element. Errors are in units in the last place (ulp) of the result; Tests/TensorTests/ElementaryFunctionTests
// holds them.
extension Tensor where Scalar: TensorScalar {
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
  /// 1 / √x of each element; two roundings, so within 1.5 ulp.
  public func reciprocalSquareRoot() -> Tensor { Kernels.unary(.rsqrt, self) }

  /// eˣ of each element, within 2 ulp.
  public func exp() -> Tensor { Kernels.unary(.exp, self) }
  /// eˣ - 1, accurate near 0: within 2 ulp.
  public func expMinusOne() -> Tensor { Kernels.unary(.expm1, self) }
  /// The natural logarithm of each element, within 2 ulp.
  public func log() -> Tensor { Kernels.unary(.log, self) }
  /// log(1 + x), accurate near 0: within 2 ulp.
  public func logOnePlus() -> Tensor { Kernels.unary(.log1p, self) }
  /// The sine of each element, in radians, within 2 ulp however large it is (NaN of infinities).
  ///
  /// Beyond 65,536 (`Float`) or 1.5·10⁶ (`Double`) an element costs a call of the C library.
  public func sin() -> Tensor { Kernels.unary(.sin, self) }
  /// The cosine of each element; as `sin()`.
  public func cos() -> Tensor { Kernels.unary(.cos, self) }
  /// The hyperbolic tangent of each element, within 3 ulp.
  public func tanh() -> Tensor { Kernels.unary(.tanh, self) }
  /// The error function, 2/√π ∫₀ˣ e^(-t²) dt, within 3 ulp.
  public func erf() -> Tensor { Kernels.unary(.erf, self) }

  /// 1 / (1 + e⁻ˣ), within 3 ulp; 0 where it would be subnormal.
  public func sigmoid() -> Tensor { Kernels.unary(.sigmoid, self) }
  /// log(1 + eˣ), within 3 ulp; 0 where it would be subnormal.
  public func softplus() -> Tensor { Kernels.unary(.softplus, self) }
  /// max(x, 0).
  public func relu() -> Tensor { Kernels.unary(.relu, self) }
  /// `x > 0 ? x : slope x`.
  public func leakyRelu(slope: Scalar) -> Tensor { Kernels.unary(.leakyRelu, self, parameter: Double(slope)) }
  /// x Φ(x), Φ the distribution function of the standard normal distribution; within 6 ulp, for large negative x too.
  ///
  /// Hendrycks & Gimpel, Gaussian error linear units, arXiv:1606.08415 (2016). It falls to 0 at minus infinity.
  public func gelu() -> Tensor { Kernels.unary(.gelu, self) }
  /// x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, the usual approximation of `gelu()`.
  ///
  /// The rounding of the tanh's argument is amplified: 20 ulp for x ≥ -3, more below, where the result vanishes.
  public func tanhGelu() -> Tensor { Kernels.unary(.geluTanh, self) }

  /// The largest integer not above each element.
  public func floor() -> Tensor { Kernels.unary(.floor, self) }
  /// The smallest integer not below each element.
  public func ceil() -> Tensor { Kernels.unary(.ceil, self) }
  /// The nearest integer; of two equally near ones the even one, as in NumPy.
  public func rounded() -> Tensor { Kernels.unary(.round, self) }
  /// The integer part of each element.
  public func truncated() -> Tensor { Kernels.unary(.truncate, self) }

  /// xᵖ for a constant exponent, within 1 ulp (that of the C library), with the special values of C's `pow`; 2 and -1 are a product
  /// and a quotient.
  public func power(_ exponent: Scalar) -> Tensor {
    switch exponent {
    case 2: squared()
    case -1: reciprocal()
    default: Kernels.binary(.power, self, scalar: exponent)
    }
  }
  /// aᵇ, element by element, within 1 ulp (that of the C library), with the special values of C's `pow`.
  public func power(_ exponent: Tensor) -> Tensor { Kernels.binary(.power, self, exponent) }

  /// Each element moved to the nearest point of `bounds`; NaN stays NaN.
  public func clipped(to bounds: ClosedRange<Scalar>) -> Tensor {
    Kernels.unary(
      .atMost, Kernels.unary(.atLeast, self, parameter: Double(bounds.lowerBound)), parameter: Double(bounds.upperBound))
  }
  /// Each element, or the lower bound where it is smaller; NaN stays NaN.
  public func clipped(to bounds: PartialRangeFrom<Scalar>) -> Tensor {
    Kernels.unary(.atLeast, self, parameter: Double(bounds.lowerBound))
  }
  /// Each element, or the upper bound where it is larger; NaN stays NaN.
  public func clipped(to bounds: PartialRangeThrough<Scalar>) -> Tensor {
    Kernels.unary(.atMost, self, parameter: Double(bounds.upperBound))
  }
}

/// a b + c, element by element; shapes broadcast.
///
/// One pass where all three have one shape. Products are rounded once with the sum where the processor has fused operations.
@specialized(where S == Float) @specialized(where S == Double)
public func multiplyAdd<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>, _ c: Tensor<S>) -> Tensor<S> {
  guard a.shape == b.shape && b.shape == c.shape else { return a * b + c }
  let (left, right, addend) = (a.contiguous(), b.contiguous(), c.contiguous())
  let result = Tensor<S>(uninitialized: a.shape)
  let (x, y, z, out) = (left.base, right.base, addend.base, result.mutableBase)
  Parallel.slices(result.count, grain: Parallel.cheapGrain / 2) { part in
    let i = part.lowerBound
    dispatch(S.self) {
      kappa_multiply_add_f32(part.count, (x + i).asFloat, (y + i).asFloat, (z + i).asFloat, (out + i).asFloat)
    } double: {
      kappa_multiply_add_f64(part.count, (x + i).asDouble, (y + i).asDouble, (z + i).asDouble, (out + i).asDouble)
    }
  }
  keepAlive(left, right, addend)
  return result
}
