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
  public func softmax(axis: Int = -1) -> Variable { applying(Softmax(axis: axis < 0 ? axis + shape.rank : axis)) }

  /// x - log Σ eˣ along one axis.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func logSoftmax(axis: Int = -1) -> Variable { self - logSumExp(axes: [axis], keepDimensions: true) }

  /// The largest element over `axes` (all if nil); ties share the derivative equally.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func max(axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    return applying(Largest(shape: kept)).reshaped(to: keepDimensions ? kept : dropped)
  }

  /// x₀, x₀ + x₁, ... along one axis.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func cumulativeSum(axis: Int) -> Variable {
    applying(CumulativeSum(axis: axis < 0 ? axis + shape.rank : axis, reversed: false))
  }

  /// The shape with the reduced axes kept at length 1, and with them dropped.
  private func reducedShapes(_ axes: [Int]?) -> (kept: Shape, dropped: Shape) {
    let positions = axes.map { $0.map { $0 < 0 ? $0 + shape.rank : $0 } } ?? Array(0..<shape.rank)
    var (kept, dropped) = (shape, shape)
    for axis in positions.sorted().reversed() {
      require(axis >= 0 && axis < shape.rank, "reduction: axis \(axis) of shape \(shape), which has rank \(shape.rank)")
      kept[axis] = 1
      dropped.remove(at: axis)
    }
    return (kept, dropped)
  }
}

/// The axes along which `shape` has length 1 and `other` has not.
private func stretchedAxes(_ shape: Shape, _ other: Shape) -> [Int] {
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

/// y = max x over the axes where `shape`, of x's rank, has length 1.
struct Largest<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.max(axes: stretchedAxes(shape, x.shape), keepDimensions: true) }

  /// 1 over the number of ties where x is the largest, else 0.
  private func share(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
    let isLargest = 1 - (x - y).sign().abs()
    return isLargest / isLargest.sum(axes: stretchedAxes(shape, x.shape), keepDimensions: true)
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
