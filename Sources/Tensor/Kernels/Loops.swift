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

  /// The number of blocks of the innermost `innerAxes` axes.
  func blockCount(innerAxes: Int) -> Int {
    var count = 1
    for axis in 0..<rank - innerAxes { count *= lengths[axis] }
    return count
  }

  /// Calls `row(offsetA, offsetB, offsetOut)` for every innermost row; rows are shared among the threads, each of which gets
  /// `grain` elements at least.
  func forEachRow(grain: Int, _ row: (Int, Int, Int) -> Void) {
    if rank == 1 { return row(0, 0, 0) }
    let grain = Swift.max(1, grain / Swift.max(1, lengths[rank - 1]))
    Parallel.slices(blockCount(innerAxes: 1), grain: grain, alignment: 1) { forEachBlock(innerAxes: 1, in: $0, row) }
  }

  /// Calls `row(offsetA, offsetB, offsetOut)` for every innermost row.
  func forEachRow(_ row: (Int, Int, Int) -> Void) { forEachBlock(innerAxes: 1, row) }

  /// Calls `block(offsetA, offsetB, offsetOut)` for every block of the innermost `innerAxes` axes, or those that `range` counts.
  @inline(__always)
  func forEachBlock(innerAxes: Int, in range: Range<Int>? = nil, _ block: (Int, Int, Int) -> Void) {
    if rank == innerAxes { return block(0, 0, 0) }
    let range = range ?? 0..<blockCount(innerAxes: innerAxes)
    var size = 1
    for axis in (rank - innerAxes)..<rank { size *= lengths[axis] }
    var index = InlineArray<8, Int>(repeating: 0)
    var (offsetA, offsetB, out) = (0, 0, range.lowerBound * size)
    var rest = range.lowerBound
    for axis in stride(from: rank - innerAxes - 1, through: 0, by: -1) where rest > 0 {
      index[axis] = rest % lengths[axis]
      rest /= lengths[axis]
      offsetA += index[axis] * a[axis]
      offsetB += index[axis] * b[axis]
    }
    for _ in range {
      block(offsetA, offsetB, out)
      out += size
      var axis = rank - innerAxes - 1
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
