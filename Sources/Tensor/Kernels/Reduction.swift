import CKernels

extension Tensor where Scalar: TensorScalar {
  /// The axes to reduce as positions; nil means all of them.
  private func resolved(_ axes: [Int]?, _ operation: String) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let positions = axes.map { shape.normalized($0, in: operation) }.sorted()
    require(Set(positions).count == positions.count, "\(operation): axes \(axes) of shape \(shape) repeat")
    return positions
  }

  /// The shape after reducing `axes`.
  private func reduced(_ axes: [Int], keepDimensions: Bool) -> Shape {
    var result = shape
    for axis in axes.reversed() { if keepDimensions { result[axis] = 1 } else { result.remove(at: axis) } }
    return result
  }

  /// Elements as [outer, reduced, inner], the kept axes around the reduced ones: a view if the axes stand together.
  private func arranged(_ axes: [Int]) -> (elements: Tensor, outer: Int, length: Int, inner: Int) {
    let length = axes.reduce(1) { $0 * shape[$1] }
    if let first = axes.first, let last = axes.last, last - first == axes.count - 1 {
      let outer = shape.prefix(first).reduce(1, *)
      let inner = shape.suffix(rank - last - 1).reduce(1, *)
      return (contiguous(), outer, length, inner)
    }
    let kept = (0..<rank).filter { !axes.contains($0) }
    let outer = kept.reduce(1) { $0 * shape[$1] }
    return (permuted(kept + axes).contiguous(), outer, length, 1)
  }

  /// The sum over `axes` (all if nil).
  ///
  /// Short blocks are summed in several lanes and their totals in double precision, so the error does not grow with the length.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let axes = resolved(axes, "sum")
    if axes.isEmpty { return self }
    let (source, outer, length, inner) = arranged(axes)
    let result = Tensor(uninitialized: reduced(axes, keepDimensions: keepDimensions))
    let (input, output) = (source.base, result.mutableBase)
    if inner == 1 {
      if outer == 1 {
        output[0] = Scalar(Kernels.sum(input, length))
      } else {
        Parallel.slices(outer, grain: Swift.max(1, Parallel.cheapGrain / Swift.max(length, 1)), alignment: 1) { part in
          for i in part { output[i] = Scalar(Kernels.serialSum(input + i * length, length)) }
        }
      }
    } else {
      for i in 0..<outer {
        Kernels.sumColumns(input + i * length * inner, rows: length, columns: inner, into: output + i * inner)
      }
    }
    keepAlive(source)
    return result
  }

  /// The mean over `axes` (all if nil); NaN over no elements.
  public func mean(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let positions = resolved(axes, "mean")
    let length = positions.reduce(1) { $0 * shape[$1] }
    return sum(axes: positions, keepDimensions: keepDimensions) / Scalar(length)
  }

  /// The largest element over `axes` (all if nil); NaN if there is one. The axes are not empty.
  public func max(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let axes = resolved(axes, "max")
    if axes.isEmpty { return self }
    let (source, outer, length, inner) = arranged(axes)
    require(length > 0, "max: no elements along axes \(axes) of shape \(shape)")
    let result = Tensor(uninitialized: reduced(axes, keepDimensions: keepDimensions))
    let (input, output) = (source.base, result.mutableBase)
    for i in 0..<outer {
      let (from, to) = (input + i * length * inner, output + i * inner)
      dispatch(Scalar.self) {
        if inner == 1 {
          to.asFloat[0] = Float(kappa_largest_f32(length, from.asFloat))
        } else {
          kappa_largest_columns_f32(length, inner, from.asFloat, inner, to.asFloat)
        }
      } double: {
        if inner == 1 {
          to.asDouble[0] = kappa_largest_f64(length, from.asDouble)
        } else {
          kappa_largest_columns_f64(length, inner, from.asDouble, inner, to.asDouble)
        }
      }
    }
    keepAlive(source)
    return result
  }

  /// log Σ eˣ over `axes` (all if nil), safe from overflow; -infinity over no elements.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func logSumExp(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let axes = resolved(axes, "logSumExp")
    let kept = (0..<rank).filter { !axes.contains($0) }
    let source = permuted(kept + axes).contiguous()
    let result = Tensor(uninitialized: reduced(axes, keepDimensions: keepDimensions))
    let (outer, length) = (result.count, axes.reduce(1) { $0 * shape[$1] })
    let (input, output) = (source.base, result.mutableBase)
    Parallel.slices(outer, grain: Swift.max(1, Parallel.costlyGrain / Swift.max(length, 1)), alignment: 1) { part in
      let (from, to) = (input + part.lowerBound * length, output + part.lowerBound)
      dispatch(Scalar.self) {
        kappa_log_sum_exp_rows_f32(part.count, length, from.asFloat, to.asFloat)
      } double: {
        kappa_log_sum_exp_rows_f64(part.count, length, from.asDouble, to.asDouble)
      }
    }
    keepAlive(source)
    return result
  }

  /// eˣ / Σ eˣ along one axis, safe from overflow.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func softmax(axis: Int = -1) -> Tensor {
    let axis = shape.normalized(axis, in: "softmax")
    if axis != rank - 1 { return swapped(axis, rank - 1).softmax().swapped(axis, rank - 1) }
    let source = contiguous()
    let result = Tensor(uninitialized: shape)
    let length = shape[axis]
    let rows = length == 0 ? 0 : count / length
    let (input, output) = (source.base, result.mutableBase)
    Parallel.slices(rows, grain: Swift.max(1, Parallel.costlyGrain / Swift.max(length, 1)), alignment: 1) { part in
      let start = part.lowerBound * length
      dispatch(Scalar.self) {
        kappa_softmax_rows_f32(part.count, length, (input + start).asFloat, (output + start).asFloat)
      } double: {
        kappa_softmax_rows_f64(part.count, length, (input + start).asDouble, (output + start).asDouble)
      }
    }
    keepAlive(source)
    return result
  }

  /// x - log Σ eˣ along one axis.
  public func logSoftmax(axis: Int = -1) -> Tensor { self - logSumExp(axes: [axis], keepDimensions: true) }

  /// x₀, x₀ + x₁, ... along one axis; from the other end if `reversed`.
  public func cumulativeSum(axis: Int, reversed: Bool = false) -> Tensor {
    let axis = shape.normalized(axis, in: "cumulativeSum")
    let source = contiguous()
    let result = Tensor(uninitialized: shape)
    let length = shape[axis]
    let inner = shape.suffix(rank - axis - 1).reduce(1, *)
    let outer = shape.prefix(axis).reduce(1, *)
    for i in 0..<outer {
      let (from, to) = (source.base + i * length * inner, result.mutableBase + i * length * inner)
      dispatch(Scalar.self) {
        kappa_cumulative_sum_f32(length, inner, from.asFloat, reversed ? 1 : 0, to.asFloat)
      } double: {
        kappa_cumulative_sum_f64(length, inner, from.asDouble, reversed ? 1 : 0, to.asDouble)
      }
    }
    keepAlive(source)
    return result
  }

  private func swapped(_ a: Int, _ b: Int) -> Tensor {
    var axes = Array(0..<rank)
    axes.swapAt(a, b)
    return permuted(axes)
  }

  /// Σ aᵢ bᵢ over all elements, accumulated in double precision; shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func dot(_ other: Tensor) -> Double {
    require(shape == other.shape, "dot: shapes \(shape) and \(other.shape) differ")
    let (a, b) = (contiguous(), other.contiguous())
    let (x, y) = (a.base, b.base)
    defer { keepAlive(a, b) }
    return Kernels.inBlocks(count) { part in
      dispatch(Scalar.self) {
        kappa_dot_f32(part.count, (x + part.lowerBound).asFloat, (y + part.lowerBound).asFloat)
      } double: {
        kappa_dot_f64(part.count, (x + part.lowerBound).asDouble, (y + part.lowerBound).asDouble)
      }
    }
  }

  /// The Euclidean norm of all elements.
  public func norm() -> Double { dot(self).squareRoot() }

  /// Whether no element is infinite or NaN.
  public var isFinite: Bool {
    withUnsafeElements { x in
      guard let start = x.baseAddress else { return true }
      return Kernels.inBlocks(x.count) { part in
        dispatch(Scalar.self) {
          Double(kappa_all_finite_f32(part.count, (start + part.lowerBound).asFloat) - 1)
        } double: {
          Double(kappa_all_finite_f64(part.count, (start + part.lowerBound).asDouble) - 1)
        }
      } == 0
    }
  }
}

extension Kernels {
  /// The sum of what `block` returns for pieces of 0 ..< count whose bounds do not depend on the number of threads.
  static func inBlocks(_ count: Int, _ block: (Range<Int>) -> Double) -> Double {
    let width = 1 << 16
    if count <= width { return block(0..<count) }
    let blocks = (count + width - 1) / width
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks) { partial in
      Parallel.slices(blocks, grain: 1, alignment: 1) { part in
        for i in part { partial[i] = block(i * width..<min(count, (i + 1) * width)) }
      }
      return partial.reduce(0, +)
    }
  }

  static func serialSum<S: TensorScalar>(_ x: UnsafePointer<S>, _ count: Int) -> Double {
    dispatch(S.self) {
      kappa_sum_f32(count, x.asFloat)
    } double: {
      kappa_sum_f64(count, x.asDouble)
    }
  }

  static func sum<S: TensorScalar>(_ x: UnsafePointer<S>, _ count: Int) -> Double {
    inBlocks(count) { serialSum(x + $0.lowerBound, $0.count) }
  }

  /// out[j] = scale Σᵢ x[i, j], plus what is there if `accumulate`; the columns are shared among the threads.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func sumColumns<S: TensorScalar>(
    _ x: UnsafePointer<S>, rows: Int, columns: Int, into out: UnsafeMutablePointer<S>, scale: S = 1, accumulate: Bool = false
  ) {
    Parallel.slices(columns, grain: max(64, cheapColumns(rows))) { part in
      let (from, to) = (x + part.lowerBound, out + part.lowerBound)
      dispatch(S.self) {
        kappa_sum_columns_f32(rows, part.count, from.asFloat, columns, Float(scale), accumulate ? 1 : 0, to.asFloat)
      } double: {
        kappa_sum_columns_f64(rows, part.count, from.asDouble, columns, Double(scale), accumulate ? 1 : 0, to.asDouble)
      }
    }
  }

  private static func cheapColumns(_ rows: Int) -> Int { Parallel.cheapGrain / max(rows, 1) }
}
