import Tensor

extension Variable {
  /// eˣ of each element.
  public func exp() -> Variable { elementary(.exp) }
  /// eˣ - 1, accurate near 0.
  public func expMinusOne() -> Variable { elementary(.expMinusOne) }
  /// The natural logarithm of each element.
  public func log() -> Variable { elementary(.log) }
  /// log(1 + x), accurate near 0.
  public func logOnePlus() -> Variable { elementary(.logOnePlus) }
  /// The sine of each element, in radians.
  public func sin() -> Variable { elementary(.sin) }
  /// The cosine of each element, in radians.
  public func cos() -> Variable { elementary(.cos) }
  /// The error function, 2/√π ∫₀ˣ e^(-t²) dt.
  public func erf() -> Variable { elementary(.erf) }
  /// x Φ(x), Φ the distribution function of the standard normal distribution.
  public func gelu() -> Variable { elementary(.gelu) }
  /// x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, the usual approximation of `gelu()`.
  public func tanhGelu() -> Variable {
    let inner = (self * squared() * 0.044715 + self) * (2 / Scalar.pi).squareRoot()
    return self * (inner.tanh() * 0.5 + 0.5)
  }
  /// √x of each element.
  public func squareRoot() -> Variable { elementary(.squareRoot) }
  /// 1 / √x of each element.
  public func reciprocalSquareRoot() -> Variable { elementary(.reciprocalSquareRoot) }
  /// x² of each element.
  public func squared() -> Variable { elementary(.square) }
  /// 1 / x of each element.
  public func reciprocal() -> Variable { elementary(.reciprocal) }
  /// log(1 + eˣ).
  public func softplus() -> Variable { elementary(.softplus) }
  /// The derivative at 0 is 0.
  public func abs() -> Variable { elementary(.absolute) }
  /// xᵖ for a constant exponent.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func power(_ exponent: Scalar) -> Variable { applying(Power(exponent: exponent)) }
  /// xᵇ = exp(b log x), element by element, for positive x.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func power(_ exponent: Variable) -> Variable { (exponent * log()).exp() }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func elementary(_ kind: ElementaryFunctionKind) -> Variable { applying(ElementaryFunction(kind: kind)) }
}

enum ElementaryFunctionKind {
  case exp, expMinusOne, log, logOnePlus, sin, cos, erf, gelu, squareRoot, reciprocalSquareRoot, square, reciprocal, softplus,
    absolute
}

/// y = f(x) for the elementary functions whose slope is written in others: dy = f'(x) dx.
struct ElementaryFunction<Scalar: TensorScalar>: UnaryPrimitive {
  let kind: ElementaryFunctionKind

  /// 2 / √π, the slope of the error function at 0.
  private static var erfSlope: Scalar { 2 / normalization }
  /// 1 / √2.
  private static var halfRoot: Scalar { Scalar(0.5).squareRoot() }
  /// 1 / √(2π), the largest density of the standard normal distribution.
  private static var normalPeak: Scalar { halfRoot / normalization }
  /// √π.
  private static var normalization: Scalar { Scalar.pi.squareRoot() }

  var reads: ValuesRead {
    switch kind {
    case .exp, .expMinusOne, .squareRoot, .reciprocalSquareRoot, .reciprocal: .result
    default: .first
    }
  }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    switch kind {
    case .exp: x.exp()
    case .expMinusOne: x.expMinusOne()
    case .log: x.log()
    case .logOnePlus: x.logOnePlus()
    case .sin: x.sin()
    case .cos: x.cos()
    case .erf: x.erf()
    case .gelu: x.gelu()
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: x.reciprocalSquareRoot()
    case .square: x.squared()
    case .reciprocal: x.reciprocal()
    case .softplus: x.softplus()
    case .absolute: x.abs()
    }
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    switch kind {
    case .exp: dx.formProduct(p.y)
    case .expMinusOne: dx.formProduct(p.y + 1)
    case .log: return dx / p.x
    case .logOnePlus: return dx / (p.x + 1)
    case .sin: dx.formProduct(p.x.cos())
    case .cos: dx.formProduct(-p.x.sin())
    case .erf:
      dx.formProduct((p.x.squared() * -1).exp())
      dx.formProduct(Self.erfSlope)
    case .gelu:
      dx.formProduct((p.x * Self.halfRoot).erf() * 0.5 + 0.5 + p.x * (p.x.squared() * -0.5).exp() * Self.normalPeak)
    case .squareRoot: return dx * 0.5 / p.y
    case .reciprocalSquareRoot:
      dx.formProduct(p.y.power(3))
      dx.formProduct(-0.5)
    case .square:
      dx.formProduct(p.x)
      dx.formProduct(2)
    case .reciprocal: dx.formProduct(-p.y.squared())
    case .softplus: dx.formProduct(p.x.sigmoid())
    case .absolute: dx.formProduct(p.x.sign())
    }
    return dx
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    switch kind {
    case .exp: dy * p.y
    case .expMinusOne: dy * (p.y + 1)
    case .log: dy * p.x.reciprocal()
    case .logOnePlus: dy * (p.x + 1).reciprocal()
    case .sin: dy * p.x.cos()
    case .cos: -(dy * p.x.sin())
    case .erf: dy * (-p.x.squared()).exp() * Self.erfSlope
    case .gelu: dy * ((p.x * Self.halfRoot).erf() * 0.5 + 0.5 + p.x * (p.x.squared() * -0.5).exp() * Self.normalPeak)
    case .squareRoot: dy * 0.5 * p.y.reciprocal()
    case .reciprocalSquareRoot: dy * p.y.power(3) * -0.5
    case .square: dy.applying(Product(scale: 2), with: p.x)
    case .reciprocal: -(dy * p.y.squared())
    case .softplus: dy * p.x.sigmoid()
    case .absolute: dy * Variable(p.x.value.sign())
    }
  }
}

/// y = xᵖ for a constant exponent p.
struct Power<Scalar: TensorScalar>: UnaryPrimitive {
  let exponent: Scalar

  var reads: ValuesRead { .first }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.power(exponent) }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    // x⁰ is flat at 0, too, where x⁻¹ is infinite.
    exponent == 0 ? Tensor(zeros: dx.shape) : dx * p.x.power(exponent - 1) * exponent
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    exponent == 0 ? Variable(Tensor(zeros: dy.shape)) : dy * p.x.power(exponent - 1) * exponent
  }
}
