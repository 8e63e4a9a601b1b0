import Tensor

// Element-wise arithmetic with broadcasting: the cotangent of a stretched operand is summed back to its shape.
extension Variable {
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func + (a: Variable, b: Variable) -> Variable { a.applying(Sum2(sign: 1), with: b) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func - (a: Variable, b: Variable) -> Variable { a.applying(Sum2(sign: -1), with: b) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func * (a: Variable, b: Variable) -> Variable { a.applying(Product(), with: b) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func / (a: Variable, b: Variable) -> Variable { a.applying(Product(), with: b.reciprocal()) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static prefix func - (a: Variable) -> Variable { a.applying(Affine(scale: -1)) }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func + (a: Variable, b: Scalar) -> Variable { a.applying(Affine(offset: b)) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func + (a: Scalar, b: Variable) -> Variable { b + a }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func - (a: Variable, b: Scalar) -> Variable { a + -b }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func - (a: Scalar, b: Variable) -> Variable { b.applying(Affine(scale: -1, offset: a)) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func * (a: Variable, b: Scalar) -> Variable { a.applying(Affine(scale: b)) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func * (a: Scalar, b: Variable) -> Variable { b * a }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func / (a: Variable, b: Scalar) -> Variable { a * (1 / b) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func / (a: Scalar, b: Variable) -> Variable { a * b.reciprocal() }

  public static func += (a: inout Variable, b: Variable) { a = a + b }
  public static func -= (a: inout Variable, b: Variable) { a = a - b }
  public static func *= (a: inout Variable, b: Variable) { a = a * b }
  public static func /= (a: inout Variable, b: Variable) { a = a / b }
  public static func += (a: inout Variable, b: Scalar) { a = a + b }
  public static func -= (a: inout Variable, b: Scalar) { a = a - b }
  public static func *= (a: inout Variable, b: Scalar) { a = a * b }
  public static func /= (a: inout Variable, b: Scalar) { a = a / b }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func + (a: Variable, b: Tensor<Scalar>) -> Variable { a + Variable(b) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func - (a: Variable, b: Tensor<Scalar>) -> Variable { a - Variable(b) }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public static func * (a: Variable, b: Tensor<Scalar>) -> Variable { a * Variable(b) }
}

/// a b + c, element by element; shapes broadcast.
public func multiplyAdd<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>, _ c: Variable<S>) -> Variable<S> { a * b + c }

extension Tensor where Scalar: TensorScalar {
  /// A tangent stretched to the shape of a result; costs nothing if it has that shape.
  func stretched(to shape: Shape) -> Tensor { self.shape == shape ? self : broadcast(to: shape) }
}

/// y = a + sign b.
struct Sum2<Scalar: TensorScalar>: BinaryPrimitive {
  let sign: Scalar

  var reads: ValuesRead { .nothing }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { sign > 0 ? a + b : a - b }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { p.operandsHaveRankOfResult }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    guard p.hasTangent(0) else {
      let db = p.takeTangent(1)!
      return sum.add((sign > 0 ? db : -db).stretched(to: p.resultShape))
    }
    var da = p.takeTangent(0)!.stretched(to: p.resultShape)
    if p.hasTangent(1) {
      let db = p.takeTangent(1)!
      if sign > 0 { da += db } else { da -= db }
    }
    sum.add(da)
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) { p.add(dy.summed(to: p.shape(ofOperand: 0)), to: 0) }
    if p.wants(1) { p.add((sign > 0 ? dy : -dy).summed(to: p.shape(ofOperand: 1)), to: 1) }
  }
}

/// y = scale a b, element by element, with a constant.
struct Product<Scalar: TensorScalar>: BinaryPrimitive {
  var scale: Scalar = 1

  var reads: ValuesRead { [.first, .second] }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    var product = a * b
    if scale != 1 { product.formProduct(scale) }
    return product
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { p.operandsHaveRankOfResult }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    var result: Tensor<Scalar>
    if p.hasTangent(0) {
      result = p.takeTangent(0)!
      result.formProduct(p.b)
      if p.hasTangent(1) { result.formSum(product: p.a, p.tangent(1)!) }
    } else {
      result = p.takeTangent(1)!
      result.formProduct(p.a)
    }
    if scale != 1 { result.formProduct(scale) }
    sum.add(result)
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) { p.add(dy.applying(self, with: p.b).summed(to: p.shape(ofOperand: 0)), to: 0) }
    if p.wants(1) { p.add(dy.applying(self, with: p.a).summed(to: p.shape(ofOperand: 1)), to: 1) }
  }
}

/// y = scale x + offset, with constants.
struct Affine<Scalar: TensorScalar>: UnaryPrimitive {
  var scale: Scalar = 1
  var offset: Scalar = 0

  var reads: ValuesRead { .nothing }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    if offset == 0 { return scale == 1 ? x : x * scale }
    if scale == -1 { return offset - x }
    var result = scale == 1 ? x : x * scale
    result += offset
    return result
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    if scale != 1 { dx.formProduct(scale) }
    return dx
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    scale == 1 ? dy : dy.applying(Affine(scale: scale))
  }
}

extension Sum2: ElementwiseOnExamples {}
extension Product: ElementwiseOnExamples {}
extension Affine: ElementwiseOnExamples {}
