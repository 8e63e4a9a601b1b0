import CKernels

/// What may index a tensor's axis.
public protocol TensorIndexScalar: TensorNumber, FixedWidthInteger {}
extension Int32: TensorIndexScalar {}
extension Int64: TensorIndexScalar {}

extension Tensor {
  /// The slices of `self` along `axis` that `indices` name, in their order and shape: NumPy's `take`.
  ///
  /// The result has the shape of `self` with the axis replaced by the axes of `indices`. Negative indices count from the end;
  /// others outside the axis stop the program.
  public func take<I: TensorIndexScalar>(_ indices: Tensor<I>, axis: Int = 0) -> Tensor {
    let axis = shape.normalized(axis, in: "take")
    let positions = indices.positions(along: shape[axis], of: shape, "take")
    var resultShape = Shape(shape.prefix(axis))
    for length in indices.shape { resultShape.append(length) }
    for length in shape.suffix(rank - axis - 1) { resultShape.append(length) }
    let source = contiguous()
    let result = Tensor(uninitialized: resultShape)
    let (length, inner, chosen) = (shape[axis], shape.suffix(rank - axis - 1).reduce(1, *), positions.count)
    guard result.count > 0 else { return result }
    let (from, to) = (source.base, result.mutableBase)
    positions.withUnsafeBufferPointer { positions in
      let index = positions.baseAddress!
      // Rows of the result, [outer, chosen], are shared among the threads.
      Parallel.slices(result.count / inner, grain: Swift.max(1, Parallel.cheapGrain / inner)) { part in
        var row = part.lowerBound
        while row < part.upperBound {
          let (outer, first) = (row / chosen, row % chosen)
          let run = Swift.min(chosen - first, part.upperBound - row)
          let block = from + outer * length * inner
          if inner == 1 {
            Kernels.take(run, index + first, step: 1, block, to + row)
          } else {
            for k in 0..<run {
              (to + (row + k) * inner).update(from: block + Int(index[first + k]) * inner, count: inner)
            }
          }
          row += run
        }
      }
    }
    keepAlive(source)
    return result
  }

  /// Elements along `axis` picked for each position by itself: `result[i, j] = self[indices[i, j], j]` for axis 0 (NumPy's
  /// `take_along_axis`).
  ///
  /// `indices` has the shape of `self` but for the length of the axis; negative ones count from the end.
  public func takeAlong<I: TensorIndexScalar>(_ indices: Tensor<I>, axis: Int) -> Tensor {
    let axis = shape.normalized(axis, in: "takeAlong")
    let positions = indices.positions(along: shape[axis], of: shape, "takeAlong")
    checkAlong(indices.shape, axis, "takeAlong")
    let source = contiguous()
    let result = Tensor(uninitialized: indices.shape)
    let (length, inner, chosen) = (shape[axis], shape.suffix(rank - axis - 1).reduce(1, *), indices.shape[axis])
    guard result.count > 0 else { return result }
    let (from, to) = (source.base, result.mutableBase)
    positions.withUnsafeBufferPointer { positions in
      let index = positions.baseAddress!
      Parallel.slices(result.count / inner, grain: Swift.max(1, Parallel.cheapGrain / inner), alignment: 1) { part in
        for row in part {
          let block = from + row / chosen * length * inner
          for j in 0..<inner { to[row * inner + j] = block[Int(index[row * inner + j]) * inner + j] }
        }
      }
    }
    keepAlive(source)
    return result
  }

  fileprivate func checkAlong(_ indices: Shape, _ axis: Int, _ operation: String) {
    var expected = shape
    if indices.rank == rank { expected[axis] = indices[axis] }
    require(indices == expected, "\(operation): indices \(indices) for axis \(axis) of shape \(shape)")
  }
}

extension Tensor where Scalar: TensorScalar {
  /// `self` with the slices of `updates` added along `axis` where `indices` name them; repeated indices add up. The adjoint of
  /// `take`.
  ///
  /// `updates` has the shape of `take(indices, axis:)`. Additions to one place happen in the order of the indices, whatever the
  /// number of threads.
  @specialized(where Scalar == Float, I == Int32) @specialized(where Scalar == Double, I == Int32)
  @specialized(where Scalar == Float, I == Int64) @specialized(where Scalar == Double, I == Int64)
  public func scatteringAdd<I: TensorIndexScalar>(_ updates: Tensor, at indices: Tensor<I>, axis: Int = 0) -> Tensor {
    let axis = shape.normalized(axis, in: "scatteringAdd")
    let positions = indices.positions(along: shape[axis], of: shape, "scatteringAdd")
    let expected = Shape(Array(shape.prefix(axis)) + Array(indices.shape) + Array(shape.suffix(rank - axis - 1)))
    require(
      updates.shape == expected,
      "scatteringAdd: updates \(updates.shape) at indices \(indices.shape) on axis \(axis) of shape \(shape); \(expected) fit")
    let (source, result) = (updates.contiguous(), copied())
    let (length, inner, chosen) = (shape[axis], shape.suffix(rank - axis - 1).reduce(1, *), positions.count)
    guard source.count > 0 else { return result }
    let (from, to) = (source.base, result.mutableBase)
    // Blocks, or else columns within them, belong to one thread each.
    Parallel.slices(source.count / (chosen * inner), grain: Swift.max(1, Parallel.cheapGrain / (chosen * inner)), alignment: 1) {
      blocks in
      for block in blocks {
        Parallel.slices(inner, grain: Swift.max(64, Parallel.cheapGrain / chosen)) { columns in
          for k in 0..<chosen {
            let target = to + (block * length + Int(positions[k])) * inner
            let update = from + (block * chosen + k) * inner
            for j in columns { target[j] += update[j] }
          }
        }
      }
    }
    keepAlive(source)
    return result
  }

  /// `self` with each element of `updates` added at the place along `axis` that `indices` names for it; repeated ones add up. The
  /// adjoint of `takeAlong`. `updates` and `indices` have one shape.
  @specialized(where Scalar == Float, I == Int32) @specialized(where Scalar == Double, I == Int32)
  @specialized(where Scalar == Float, I == Int64) @specialized(where Scalar == Double, I == Int64)
  public func scatteringAddAlong<I: TensorIndexScalar>(_ updates: Tensor, at indices: Tensor<I>, axis: Int) -> Tensor {
    let axis = shape.normalized(axis, in: "scatteringAddAlong")
    let positions = indices.positions(along: shape[axis], of: shape, "scatteringAddAlong")
    checkAlong(indices.shape, axis, "scatteringAddAlong")
    require(
      updates.shape == indices.shape, "scatteringAddAlong: updates \(updates.shape) and indices \(indices.shape) differ in shape")
    let (source, result) = (updates.contiguous(), copied())
    let (length, inner, chosen) = (shape[axis], shape.suffix(rank - axis - 1).reduce(1, *), indices.shape[axis])
    guard source.count > 0 else { return result }
    let (from, to) = (source.base, result.mutableBase)
    Parallel.slices(source.count / (chosen * inner), grain: Swift.max(1, Parallel.cheapGrain / (chosen * inner)), alignment: 1) {
      blocks in
      for block in blocks {
        for k in 0..<chosen {
          for j in 0..<inner {
            let at = (block * chosen + k) * inner + j
            to[(block * length + Int(positions[at])) * inner + j] += from[at]
          }
        }
      }
    }
    keepAlive(source)
    return result
  }
}

extension Tensor where Scalar: TensorIndexScalar {
  /// The indices in row-major order, counted from the front; those outside 0 ..< length stop the program.
  fileprivate func positions(along length: Int, of shape: Shape, _ operation: String) -> [Int32] {
    withUnsafeElements { elements in
      [Int32](unsafeUninitializedCapacity: elements.count) { result, count in
        for i in elements.indices {
          let index = Int(elements[i])
          let position = index < 0 ? index + length : index
          require(
            position >= 0 && position < length, "\(operation): index \(index) for an axis of length \(length) of shape \(shape)")
          result[i] = Int32(truncatingIfNeeded: position)
        }
        count = elements.count
      }
    }
  }

  /// A row for each element: 1 at the column it names, else 0. The result has one axis more, of length `classes`.
  ///
  /// Elements outside 0 ..< classes stop the program.
  public func oneHot<S: TensorScalar>(classes: Int, of type: S.Type = S.self) -> Tensor<S> {
    var resultShape = shape
    resultShape.append(classes)
    let result = Tensor<S>(zeros: resultShape)
    let out = result.mutableBase
    withUnsafeElements { elements in
      for i in elements.indices {
        let label = Int(elements[i])
        require(label >= 0 && label < classes, "oneHot: \(label) is none of \(classes) classes")
        out[i * classes + label] = 1
      }
    }
    return result
  }
}

extension Kernels {
  /// y[i] = x[index[i] step].
  fileprivate static func take<E: TensorElement>(
    _ count: Int, _ index: UnsafePointer<Int32>, step: Int, _ x: UnsafePointer<E>, _ y: UnsafeMutablePointer<E>
  ) {
    // Only bits move, so types of one size share a loop.
    switch MemoryLayout<E>.size {
    case 1: kappa_take_u8(count, index, step, x.asBytes, y.asBytes)
    case 4: kappa_take_i32(count, index, step, x.asInt32, y.asInt32)
    default: kappa_take_i64(count, index, step, x.asInt64, y.asInt64)
    }
  }
}
