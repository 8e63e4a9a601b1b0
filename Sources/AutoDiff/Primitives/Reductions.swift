import Tensor

extension Variable {
  /// The sum over `axes` (all if nil).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    return summed(to: kept).reshaped(to: keepDimensions ? kept : dropped)
  }

  /// The mean over `axes` (all if nil).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func mean(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let total = sum(axes: axes, keepDimensions: keepDimensions)
    return total * (Scalar(total.shape.elementCount) / Scalar(shape.elementCount))
  }

  /// log Σ eˣ over `axes` (all if nil), safe from overflow.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func logSumExp(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    return applying(LogSumExp(shape: kept)).reshaped(to: keepDimensions ? kept : dropped)
  }

  /// eˣ / Σ eˣ along one axis, safe from overflow.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func softmax(axis: Int = -1) -> Variable { applying(Softmax(axis: shape.position(ofAxis: axis, in: "softmax"))) }

  /// x - log Σ eˣ along one axis, to rounding however large x is: the largest element is taken off first, as a constant.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func logSoftmax(axis: Int = -1) -> Variable {
    let shifted = self - Variable(value.softmaxShift(axis: axis))
    return shifted - shifted.logSumExp(axes: [axis], keepDimensions: true)
  }

  /// The largest element over `axes` (all if nil); ties share the derivative equally.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func max(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    return applying(Extreme(shape: kept, isLargest: true)).reshaped(to: keepDimensions ? kept : dropped)
  }

  /// The smallest element over `axes` (all if nil); ties share the derivative equally.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func min(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    return applying(Extreme(shape: kept, isLargest: false)).reshaped(to: keepDimensions ? kept : dropped)
  }

  /// The product over `axes` (all if nil); 1 over no elements.
  ///
  /// Products of halves are multiplied again, so that derivatives are right to any order where elements are zero, too.
  public func product(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    let reduced = (0..<shape.rank).filter {
      (axes ?? Array(0..<shape.rank)).contains($0) || axes?.contains($0 - shape.rank) == true
    }
    let others = (0..<shape.rank).filter { !reduced.contains($0) }
    var length = reduced.reduce(1) { $0 * shape[$1] }
    let result = keepDimensions ? kept : dropped
    if length == 0 { return Variable(Tensor(repeating: 1, shape: result)) }
    var factors = permuted(others + reduced).reshaped(to: [dropped.elementCount, length] as Shape)
    while length > 1 {
      let half = length / 2
      let product = factors.sliced(axis: 1, 0..<half) * factors.sliced(axis: 1, half..<2 * half)
      factors =
        length % 2 == 0 ? product : Variable(concatenating: [product, factors.sliced(axis: 1, length - 1..<length)], axis: 1)
      length = half + length % 2
    }
    return factors.reshaped(to: result)
  }

  /// x₀, x₀ + x₁, ... along one axis; from the other end if `reversed`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func cumulativeSum(axis: Int, reversed: Bool = false) -> Variable {
    applying(CumulativeSum(axis: shape.position(ofAxis: axis, in: "cumulativeSum"), reversed: reversed))
  }

  /// x₀, x₀ x₁, ... along one axis; from the other end if `reversed`.
  ///
  /// Products of neighbours are multiplied on, so that derivatives are right to any order where elements are zero, too. The value
  /// is that of tensors to rounding, as long as no product of neighbours overflows.
  /// - Complexity: three products for every two elements, and a few operations for each doubling of the axis's length.
  public func cumulativeProduct(axis: Int, reversed: Bool = false) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "cumulativeProduct")
    let (outer, inner) = (shape.prefix(axis).reduce(1, *), shape.dropFirst(axis + 1).reduce(1, *))
    let factors = reshaped(to: [outer, shape[axis], inner] as Shape)
    let products = reversed ? factors.flipped(axes: [1]).runningProducts().flipped(axes: [1]) : factors.runningProducts()
    return products.reshaped(to: shape)
  }

  /// The running products along axis 1 of three: those of pairs are every second one, and a factor more makes each of the others.
  private func runningProducts() -> Variable {
    let length = shape[1]
    if length < 2 { return self }
    let (first, second) = (sliced(axis: 1, 0..<length, step: 2), sliced(axis: 1, 1..<length, step: 2))
    let (more, half) = (first.shape[1], length / 2)
    let whole = (first.sliced(axis: 1, 0..<half) * second).runningProducts()
    let rest = whole.sliced(axis: 1, 0..<more - 1) * first.sliced(axis: 1, 1..<more)
    let others = Variable(concatenating: [first.sliced(axis: 1, 0..<1), rest], axis: 1)
    return others.applying(Placement(axis: 1, start: 0, step: 2, length: length))
      + whole.applying(Placement(axis: 1, start: 1, step: 2, length: length))
  }

  /// Σ aᵢ bᵢ over all elements, a scalar; shapes are equal.
  public func dot(_ other: Variable) -> Variable {
    require(shape == other.shape, "dot: shapes \(shape) and \(other.shape) differ")
    return (self * other).sum()
  }

  /// The shape with the reduced axes kept at length 1, and with them dropped.
  func reducedShapes(_ axes: [Int]?) -> (kept: Shape, dropped: Shape) {
    var (kept, dropped) = (shape, Shape())
    guard let axes else {
      for axis in 0..<shape.rank { kept[axis] = 1 }
      return (kept, dropped)
    }
    let positions = axes.map { shape.position(ofAxis: $0, in: "reduction") }
    dropped = shape
    var last = shape.rank
    for axis in positions.sorted().reversed() {
      require(axis < last, "reduction: axes \(positions) of shape \(shape) repeat")
      last = axis
      kept[axis] = 1
      dropped.remove(at: axis)
    }
    return (kept, dropped)
  }
}

/// The axes along which `shape` has length 1 and `other` has not.
func stretchedAxes(_ shape: Shape, _ other: Shape) -> [Int] {
  (0..<shape.rank).filter { shape[$0] == 1 && other[$0] != 1 }
}

/// y = log Σ eˣ over the axes where `shape`, of x's rank, has length 1; dy = Σ p dx with p = eˣ⁻ʸ.
struct LogSumExp<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.logSumExp(axes: stretchedAxes(shape, x.shape), keepDimensions: true)
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let weighted = (p.x - p.y).exp() * dx
    return weighted.sum(axes: stretchedAxes(shape, weighted.shape), keepDimensions: true)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> { dy * (p.x - p.y).exp() }
}

/// y = softmax(x) along one axis; dy = y (dx - <y, dx>), a symmetric map.
struct Softmax<Scalar: TensorScalar>: UnaryPrimitive {
  let axis: Int
  var reads: ValuesRead { .result }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.softmax(axis: axis) }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let weighted = p.y * dx
    return weighted - p.y * weighted.sum(axes: [axis], keepDimensions: true)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let weighted = p.y * dy
    return weighted - p.y * weighted.sum(axes: [axis], keepDimensions: true)
  }
}

/// y = max x, or min x, over the axes where `shape`, of x's rank, has length 1.
struct Extreme<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  let isLargest: Bool
  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let axes = stretchedAxes(shape, x.shape)
    return isLargest ? x.max(axes: axes, keepDimensions: true) : x.min(axes: axes, keepDimensions: true)
  }

  /// 1 over the number of ties where x is the extreme, else 0.
  private func share(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
    let isExtreme = select(1, where: x .== y, else: 0 as Scalar)
    return isExtreme / isExtreme.sum(axes: stretchedAxes(shape, x.shape), keepDimensions: true)
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let weighted = share(p.x, p.y) * dx
    return weighted.sum(axes: stretchedAxes(shape, weighted.shape), keepDimensions: true)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy * share(p.x.value, p.y.value)
  }
}

/// Sums of all elements up to each along one axis; its adjoint runs the other way.
struct CumulativeSum<Scalar: TensorScalar>: UnaryPrimitive {
  let axis: Int
  let reversed: Bool
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.cumulativeSum(axis: axis, reversed: reversed) }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.applying(CumulativeSum(axis: axis, reversed: !reversed))
  }
}

extension CumulativeSum: OperationAlongAxis {}
