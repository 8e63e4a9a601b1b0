import Tensor

extension Variable {
  /// eˣ of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func exp() -> Variable { applying(ElementaryFunction(.exp)) }
  /// eˣ - 1, accurate near 0.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func expMinusOne() -> Variable { applying(ElementaryFunction(.expMinusOne)) }
  /// The natural logarithm of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func log() -> Variable { applying(ElementaryFunction(.log)) }
  /// log(1 + x), accurate near 0.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func logOnePlus() -> Variable { applying(ElementaryFunction(.logOnePlus)) }
  /// The sine of each element, in radians.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sin() -> Variable { applying(ElementaryFunction(.sin)) }
  /// The cosine of each element, in radians.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func cos() -> Variable { applying(ElementaryFunction(.cos)) }
  /// The error function, 2/√π ∫₀ˣ e^(-t²) dt.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func erf() -> Variable { applying(ElementaryFunction(.erf)) }
  /// x Φ(x), Φ the distribution function of the standard normal distribution.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func gelu() -> Variable { applying(ElementaryFunction(.gelu)) }
  /// x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, the usual approximation of `gelu()`.
  public func tanhGelu() -> Variable {
    let inner = (self * squared() * 0.044715 + self) * (2 / Scalar.pi).squareRoot()
    return self * (inner.tanh() * 0.5 + 0.5)
  }
  /// √x of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func squareRoot() -> Variable { applying(ElementaryFunction(.squareRoot)) }
  /// 1 / √x of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func reciprocalSquareRoot() -> Variable { applying(ElementaryFunction(.reciprocalSquareRoot)) }
  /// x² of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func squared() -> Variable { applying(ElementaryFunction(.square)) }
  /// 1 / x of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func reciprocal() -> Variable { applying(ElementaryFunction(.reciprocal)) }
  /// log(1 + eˣ).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func softplus() -> Variable { applying(ElementaryFunction(.softplus)) }
  /// The derivative at 0 is 0.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func abs() -> Variable { applying(ElementaryFunction(.absolute)) }
  /// xᵖ for a constant exponent.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func power(_ exponent: Scalar) -> Variable { applying(ElementaryFunction(.power(exponent))) }
  /// xᵇ = exp(b log x), element by element, for positive x.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func power(_ exponent: Variable) -> Variable { (exponent * log()).exp() }
}

/// y = f(x) for the elementary functions whose slope is written in others: dy = f'(x) dx.
struct ElementaryFunction<Scalar: TensorScalar>: UnaryPrimitive {
  enum Kind {
    case exp, expMinusOne, log, logOnePlus, sin, cos, erf, gelu, squareRoot, reciprocalSquareRoot, square, reciprocal, softplus,
      absolute
    case power(Scalar)
  }
  let kind: Kind
  init(_ kind: Kind) { self.kind = kind }

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
    case .power(let exponent): x.power(exponent)
    }
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    switch kind {
    case .exp: dx * p.y
    case .expMinusOne: dx * (p.y + 1)
    case .log: dx / p.x
    case .logOnePlus: dx / (p.x + 1)
    case .sin: dx * p.x.cos()
    case .cos: -(dx * p.x.sin())
    case .erf: dx * (p.x.squared() * -1).exp() * Self.erfSlope
    case .gelu: dx * ((p.x * Self.halfRoot).erf() * 0.5 + 0.5 + p.x * (p.x.squared() * -0.5).exp() * Self.normalPeak)
    case .squareRoot: dx * 0.5 / p.y
    case .reciprocalSquareRoot: dx * p.y.power(3) * -0.5
    case .square: dx * p.x * 2
    case .reciprocal: -(dx * p.y.squared())
    case .softplus: dx * p.x.sigmoid()
    case .absolute: dx * p.x.sign()
    // x⁰ is flat at 0, too, where x⁻¹ is infinite.
    case .power(0): Tensor(zeros: dx.shape)
    case .power(let exponent): dx * p.x.power(exponent - 1) * exponent
    }
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
    case .square: dy * p.x * 2
    case .reciprocal: -(dy * p.y.squared())
    case .softplus: dy * p.x.sigmoid()
    case .absolute: dy * Variable(p.x.value.sign())
    case .power(0): Variable(Tensor(zeros: dy.shape))
    case .power(let exponent): dy * p.x.power(exponent - 1) * exponent
    }
  }
}
