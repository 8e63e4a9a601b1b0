import CKernels

/// Runs `float` or `double`, whichever the scalar type is: the one place where generic code meets the two sets of kernels.
@inline(__always)
func dispatch<S: TensorScalar, R>(_ type: S.Type, float: () -> R, double: () -> R) -> R {
  if S.self == Float.self { return float() }
  if S.self == Double.self { return double() }
  fatalError("Tensor: kernels exist for Float and Double, not for \(S.self)")
}

/// As above for every element type; a Boolean is a byte of 0 or 1.
@inline(__always)
func dispatch<E: TensorElement, R>(
  _ type: E.Type, float: () -> R, double: () -> R, int32: () -> R, int64: () -> R, byte: () -> R
) -> R {
  if E.self == Float.self { return float() }
  if E.self == Double.self { return double() }
  if E.self == Int32.self { return int32() }
  if E.self == Int64.self { return int64() }
  if E.self == Bool.self { return byte() }
  fatalError("Tensor: kernels exist for Float, Double, Int32, Int64 and Bool, not for \(E.self)")
}

extension UnsafePointer {
  @inline(__always) var asInt32: UnsafePointer<Int32> { UnsafeRawPointer(self).assumingMemoryBound(to: Int32.self) }
  @inline(__always) var asInt64: UnsafePointer<Int64> { UnsafeRawPointer(self).assumingMemoryBound(to: Int64.self) }
  @inline(__always) var asBytes: UnsafePointer<UInt8> { UnsafeRawPointer(self).assumingMemoryBound(to: UInt8.self) }
  @inline(__always) var asFloat: UnsafePointer<Float> { UnsafeRawPointer(self).assumingMemoryBound(to: Float.self) }
  @inline(__always) var asDouble: UnsafePointer<Double> { UnsafeRawPointer(self).assumingMemoryBound(to: Double.self) }
}

extension UnsafeMutablePointer {
  @inline(__always) var asInt32: UnsafeMutablePointer<Int32> { UnsafeMutableRawPointer(self).assumingMemoryBound(to: Int32.self) }
  @inline(__always) var asInt64: UnsafeMutablePointer<Int64> { UnsafeMutableRawPointer(self).assumingMemoryBound(to: Int64.self) }
  @inline(__always) var asBytes: UnsafeMutablePointer<UInt8> { UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt8.self) }
  @inline(__always) var asFloat: UnsafeMutablePointer<Float> { UnsafeMutableRawPointer(self).assumingMemoryBound(to: Float.self) }
  @inline(__always) var asDouble: UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Double.self)
  }
}

/// An element-wise loop over one or two strided operands with a contiguous result, in as few axes as possible.
struct LoopNest {
  var rank = 0
  var lengths = InlineArray<8, Int>(repeating: 1)
  var a = InlineArray<8, Int>(repeating: 0)
  var b = InlineArray<8, Int>(repeating: 0)

  /// Axes of length 1 vanish; neighbours that step as one axis in both operands become one.
  init(_ shape: Shape, _ stridesA: Strides, _ stridesB: Strides) {
    for axis in 0..<shape.rank where shape.lengths[axis] != 1 {
      let length = shape.lengths[axis]
      if rank > 0, a[rank - 1] == length * stridesA[axis], b[rank - 1] == length * stridesB[axis] {
        lengths[rank - 1] *= length
      } else {
        lengths[rank] = length
        rank += 1
      }
      a[rank - 1] = stridesA[axis]
      b[rank - 1] = stridesB[axis]
    }
    if rank == 0 { rank = 1 }
  }

  /// The number of innermost rows.
  var rows: Int {
    var count = 1
    for axis in 0..<rank - 1 { count *= lengths[axis] }
    return count
  }

  /// Calls `row(offsetA, offsetB, offsetOut)` for every innermost row; rows are shared among the threads, each of which gets
  /// `grain` elements at least.
  func forEachRow(grain: Int, _ row: (Int, Int, Int) -> Void) {
    if rank == 1 { return row(0, 0, 0) }
    Parallel.slices(rows, grain: Swift.max(1, grain / Swift.max(1, lengths[rank - 1])), alignment: 1) { forEachRow(in: $0, row) }
  }

  private func forEachRow(in range: Range<Int>, _ row: (Int, Int, Int) -> Void) {
    let inner = lengths[rank - 1]
    var index = InlineArray<8, Int>(repeating: 0)
    var (offsetA, offsetB, out) = (0, 0, range.lowerBound * inner)
    var rest = range.lowerBound
    for axis in stride(from: rank - 2, through: 0, by: -1) where rest > 0 {
      index[axis] = rest % lengths[axis]
      rest /= lengths[axis]
      offsetA += index[axis] * a[axis]
      offsetB += index[axis] * b[axis]
    }
    for _ in range {
      row(offsetA, offsetB, out)
      out += inner
      var axis = rank - 2
      while axis >= 0 {
        index[axis] += 1
        offsetA += a[axis]
        offsetB += b[axis]
        if index[axis] < lengths[axis] { break }
        offsetA -= lengths[axis] * a[axis]
        offsetB -= lengths[axis] * b[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}

extension Tensor {
  /// A contiguous copy.
  package func copied() -> Tensor {
    let result = Tensor(uninitialized: shape)
    copy(into: result.mutableBase)
    return result
  }

  /// Writes the elements in row-major order to `target`.
  func copy(into target: UnsafeMutablePointer<Scalar>) {
    guard count > 0 else { return }
    let source = base
    if isContiguous {
      Parallel.slices(count, grain: Parallel.cheapGrain) { part in
        (target + part.lowerBound).update(from: source + part.lowerBound, count: part.count)
      }
      return
    }
    let nest = LoopNest(shape, strides, strides)
    let inner = nest.lengths[nest.rank - 1]
    let step = nest.a[nest.rank - 1]
    // A transpose goes through tiles, so that both sides are read and written in whole cache lines.
    if nest.rank == 2, nest.a[0] == 1, step != 0 {
      Parallel.slices(nest.lengths[0], grain: Swift.max(16, Parallel.cheapGrain / inner), alignment: 16) { part in
        kernelTranspose(
          rows: inner, columns: part.count, source + part.lowerBound, rowStride: step, target + part.lowerBound * inner,
          targetStride: inner)
      }
      return
    }
    nest.forEachRow(grain: Parallel.cheapGrain) { from, _, to in
      let start = source + from
      let out = target + to
      if step == 1 {
        out.update(from: start, count: inner)
      } else {
        for i in 0..<inner { out[i] = start[i * step] }
      }
    }
  }
}

/// target[j, i] = source[i, j] for an element type of 4 or 8 bytes.
private func kernelTranspose<E>(
  rows: Int, columns: Int, _ source: UnsafePointer<E>, rowStride: Int, _ target: UnsafeMutablePointer<E>, targetStride: Int
) {
  // Only bits move, so any type of the right size may use the kernel of another.
  if MemoryLayout<E>.stride == 4 {
    kappa_transpose_f32(rows, columns, source.asFloat, rowStride, target.asFloat, targetStride)
  } else if MemoryLayout<E>.stride == 8 {
    kappa_transpose_f64(rows, columns, source.asDouble, rowStride, target.asDouble, targetStride)
  } else {
    for j in 0..<columns { for i in 0..<rows { target[j * targetStride + i] = source[i * rowStride + j] } }
  }
}
