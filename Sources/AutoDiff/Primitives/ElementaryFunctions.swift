import Tensor

extension Variable {
  /// eˣ of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func exp() -> Variable { applying(ElementaryFunction(.exp)) }
  /// The natural logarithm of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func log() -> Variable { applying(ElementaryFunction(.log)) }
  /// √x of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func squareRoot() -> Variable { applying(ElementaryFunction(.squareRoot)) }
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
    case exp, log, squareRoot, square, reciprocal, softplus, absolute
    case power(Scalar)
  }
  let kind: Kind
  init(_ kind: Kind) { self.kind = kind }

  var reads: ValuesRead {
    switch kind {
    case .exp, .squareRoot, .reciprocal: .result
    default: .first
    }
  }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    switch kind {
    case .exp: x.exp()
    case .log: x.log()
    case .squareRoot: x.squareRoot()
    case .square: x.squared()
    case .reciprocal: x.reciprocal()
    case .softplus: x.softplus()
    case .absolute: x.abs()
    case .power(let exponent): x.power(exponent)
    }
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    switch kind {
    case .exp: dx * p.y
    case .log: dx / p.x
    case .squareRoot: dx * 0.5 / p.y
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
    case .log: dy * p.x.reciprocal()
    case .squareRoot: dy * 0.5 * p.y.reciprocal()
    case .square: dy * p.x * 2
    case .reciprocal: -(dy * p.y.squared())
    case .softplus: dy * p.x.sigmoid()
    case .absolute: dy * Variable(p.x.value.sign())
    case .power(0): Variable(Tensor(zeros: dy.shape))
    case .power(let exponent): dy * p.x.power(exponent - 1) * exponent
    }
  }
}

/// The larger of each pair of elements; a tie sends the derivative to `a`.
@specialized(where S == Float) @specialized(where S == Double)
public func maximum<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>) -> Variable<S> { a.applying(Selection(sign: 1), with: b) }
/// The smaller of each pair of elements; a tie sends the derivative to `a`.
@specialized(where S == Float) @specialized(where S == Double)
public func minimum<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>) -> Variable<S> { a.applying(Selection(sign: -1), with: b) }

/// y = max(a, b) for sign 1, min(a, b) for sign -1.
struct Selection<Scalar: TensorScalar>: BinaryPrimitive {
  let sign: Scalar

  var reads: ValuesRead { [.first, .second] }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { sign > 0 ? maximum(a, b) : minimum(a, b) }

  /// 1 where a was taken, 0 where b was.
  private func mask(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    maximum((sign * (a - b)).sign() + 1, Tensor(scalar: 0)).sign()
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let fromA = mask(p.a, p.b)
    if let da = p.da { sum.add(da * fromA) }
    if let db = p.db { sum.add(db * (1 - fromA)) }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let fromA = mask(p.a.value, p.b.value)
    if p.wants(0) { p.add((dy * fromA).summed(to: p.shape(ofOperand: 0)), to: 0) }
    if p.wants(1) { p.add((dy * (1 - fromA)).summed(to: p.shape(ofOperand: 1)), to: 1) }
  }
}
