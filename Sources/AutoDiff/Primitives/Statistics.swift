import Tensor

extension Variable {
  /// The mean squared deviation from the mean over `axes` (all if nil).
  /// - Parameter degreesOfFreedom: what is taken off the number of elements in the divisor; 1 gives the unbiased estimate.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func variance(axes: [Int]? = nil, degreesOfFreedom: Int = 0, keepDimensions: Bool = false) -> Variable {
    let (kept, dropped) = reducedShapes(axes)
    return applying(Variance(shape: kept, degreesOfFreedom: degreesOfFreedom)).reshaped(to: keepDimensions ? kept : dropped)
  }

  /// The square root of `variance`. Its derivative is infinite or NaN where the variance is 0.
  public func standardDeviation(axes: [Int]? = nil, degreesOfFreedom: Int = 0, keepDimensions: Bool = false) -> Variable {
    variance(axes: axes, degreesOfFreedom: degreesOfFreedom, keepDimensions: keepDimensions).squareRoot()
  }

  /// The norm of the vectors along `axes` (of all elements if nil).
  ///
  /// At a zero vector, where the 2-norm has no derivative, all its derivatives are taken as 0; among equal magnitudes the infinity
  /// norm's derivative is shared.
  public func norm(_ order: NormOrder = .two, axes: [Int]? = nil, keepDimensions: Bool = false) -> Variable {
    switch order {
    case .one: return abs().sum(axes: axes, keepDimensions: keepDimensions)
    case .infinity: return abs().max(axes: axes, keepDimensions: keepDimensions)
    case .two:
      let (kept, dropped) = reducedShapes(axes)
      return applying(EuclideanNorm(shape: kept)).reshaped(to: keepDimensions ? kept : dropped)
    }
  }
}

/// y = Σ (x - m)² / d over the axes where `shape`, of x's rank, has length 1, m the mean; the drift of m adds nothing to dy.
struct Variance<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  let degreesOfFreedom: Int
  var reads: ValuesRead { .first }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.variance(axes: stretchedAxes(shape, x.shape), degreesOfFreedom: degreesOfFreedom, keepDimensions: true)
  }

  /// 2 / d.
  private func scale(_ x: Shape) -> Scalar {
    let length = stretchedAxes(shape, x).reduce(1) { $0 * x[$1] }
    return 2 / Scalar(Swift.max(0, length - degreesOfFreedom))
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let x = p.x
    let axes = stretchedAxes(shape, x.shape)
    let deviation = x - x.mean(axes: axes, keepDimensions: true)
    return (deviation * dx).sum(axes: axes, keepDimensions: true) * scale(x.shape)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let x = p.x
    let deviation = x - x.mean(axes: stretchedAxes(shape, x.shape), keepDimensions: true)
    return deviation * (dy * scale(x.shape))
  }
}

/// y = √Σ x² over the axes where `shape`, of x's rank, has length 1; dy = <x / y, dx>.
struct EuclideanNorm<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.norm(.two, axes: stretchedAxes(shape, x.shape), keepDimensions: true) }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let (x, y) = (p.x, p.y)
    let unit = x / y.replacing(with: .infinity, where: y .== 0)
    return (unit * dx).sum(axes: stretchedAxes(shape, x.shape), keepDimensions: true)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let y = p.y
    // 1 / ∞ = 0: nothing, to any order, comes from zero vectors.
    return dy * p.x * select(.infinity, where: y.value .== 0, else: y).reciprocal()
  }
}
