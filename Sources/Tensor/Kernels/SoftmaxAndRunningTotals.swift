import CKernels

// Exponentials with their sums, and running totals, along axes.
extension Tensor where Scalar: TensorScalar {
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

  /// x - log Σ eˣ along one axis, to rounding however large x is: the largest element is taken off first.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let shifted = self - softmaxShift(axis: axis)
    return shifted - shifted.logSumExp(axes: [axis], keepDimensions: true)
  }

  /// What may be taken off x without a change of its softmax, so that no exponential overflows: the largest elements along `axis`,
  /// which is kept with length 1, or 0 where that is infinite or NaN.
  package func softmaxShift(axis: Int) -> Tensor {
    let axis = shape.normalized(axis, in: "logSoftmax")
    if shape[axis] == 0 { return Tensor(zeros: reduced([axis], keepDimensions: true)) }
    let largest = max(axes: [axis], keepDimensions: true)
    return largest.isFinite ? largest : select(largest, where: largest.finiteMask(), else: 0)
  }

  /// x₀, x₀ + x₁, ... along one axis; from the other end if `reversed`. Totals run in double precision.
  public func cumulativeSum(axis: Int, reversed: Bool = false) -> Tensor {
    cumulative("cumulativeSum", axis) { count, inner, step, from, to in
      dispatch(Scalar.self) {
        kappa_cumulative_sum_f32(count, inner, from.asFloat, step, reversed ? 1 : 0, to.asFloat)
      } double: {
        kappa_cumulative_sum_f64(count, inner, from.asDouble, step, reversed ? 1 : 0, to.asDouble)
      }
    }
  }

  /// x₀, x₀ x₁, ... along one axis; from the other end if `reversed`. Products run in double precision.
  public func cumulativeProduct(axis: Int, reversed: Bool = false) -> Tensor {
    cumulative("cumulativeProduct", axis) { count, inner, step, from, to in
      dispatch(Scalar.self) {
        kappa_cumulative_product_f32(count, inner, from.asFloat, step, reversed ? 1 : 0, to.asFloat)
      } double: {
        kappa_cumulative_product_f64(count, inner, from.asDouble, step, reversed ? 1 : 0, to.asDouble)
      }
    }
  }

  /// Calls `kernel` for parts of [outer, axis, inner] that are whole along the axis.
  private func cumulative(
    _ operation: String, _ axis: Int, _ kernel: (Int, Int, Int, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) -> Tensor {
    let axis = shape.normalized(axis, in: operation)
    let source = contiguous()
    let result = Tensor(uninitialized: shape)
    let length = shape[axis]
    let inner = shape.suffix(rank - axis - 1).reduce(1, *)
    let outer = shape.prefix(axis).reduce(1, *)
    let (from, to) = (source.base, result.mutableBase)
    let width = Swift.max(1, length)
    // Whole blocks are shared among the threads, or else the columns within each.
    Parallel.slices(outer, grain: Swift.max(1, Parallel.cheapGrain / (width * Swift.max(1, inner))), alignment: 1) { blocks in
      for block in blocks {
        let start = block * length * inner
        Parallel.slices(inner, grain: Swift.max(64, Parallel.cheapGrain / width)) { columns in
          kernel(length, columns.count, inner, from + start + columns.lowerBound, to + start + columns.lowerBound)
        }
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
}
