import CKernels

extension Tensor where Scalar: TensorNumber {
  /// The positions along `axis` in the order of their elements. Equal elements stay in their order; NaN counts as largest.
  ///
  /// With `descending` the largest come first, NaN before all, and equal elements still stay in their order.
  /// - Complexity: linear in the number of elements (a radix sort; insertion for up to 48).
  public func argSort(axis: Int = -1, descending: Bool = false) -> Tensor<Int32> {
    let axis = shape.normalized(axis, in: "argSort")
    if axis != rank - 1 {
      var axes = Array(0..<rank)
      axes.swapAt(axis, rank - 1)
      return permuted(axes).argSort(descending: descending).permuted(axes)
    }
    let source = contiguous()
    let result = Tensor<Int32>(uninitialized: shape)
    let length = shape[axis]
    guard count > 0 else { return result }
    let (from, to) = (source.base, result.mutableBase)
    let flag: Int32 = descending ? 1 : 0
    Parallel.slices(count / length, grain: Swift.max(1, Parallel.costlyGrain / length), alignment: 1) { rows in
      let byteCount = 2 * length * (MemoryLayout<Scalar>.stride + 4)
      let scratch = PooledMemory.allocate(byteCount: byteCount)
      defer { PooledMemory.deallocate(scratch, byteCount: byteCount) }
      for row in rows {
        let (x, order) = (from + row * length, to + row * length)
        if Scalar.self == Float.self {
          kappa_argsort_f32(length, x.asFloat, flag, scratch, order)
        } else if Scalar.self == Double.self {
          kappa_argsort_f64(length, x.asDouble, flag, scratch, order)
        } else if Scalar.self == Int32.self {
          kappa_argsort_i32(length, x.asInt32, flag, scratch, order)
        } else {
          kappa_argsort_i64(length, x.asInt64, flag, scratch, order)
        }
      }
    }
    keepAlive(source)
    return result
  }

  /// The elements along `axis` in order; NaN counts as largest. Stable, which tells zeros of either sign apart.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    takeAlong(argSort(axis: axis, descending: descending), axis: axis)
  }
}
