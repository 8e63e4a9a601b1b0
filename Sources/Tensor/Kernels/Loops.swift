import CKernels

/// Runs `float` or `double`, whichever the scalar type is: the one place where generic code meets the two sets of kernels.
@inline(__always)
func dispatch<S: TensorScalar, R>(_ type: S.Type, float: () -> R, double: () -> R) -> R {
  if S.self == Float.self { return float() }
  if S.self == Double.self { return double() }
  fatalError("Tensor: kernels exist for Float and Double, not for \(S.self)")
}

extension UnsafePointer {
  @inline(__always) var asFloat: UnsafePointer<Float> { UnsafeRawPointer(self).assumingMemoryBound(to: Float.self) }
  @inline(__always) var asDouble: UnsafePointer<Double> { UnsafeRawPointer(self).assumingMemoryBound(to: Double.self) }
}

extension UnsafeMutablePointer {
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

  /// Calls `row(offsetA, offsetB, offsetOut)` for every innermost row.
  func forEachRow(_ row: (Int, Int, Int) -> Void) { forEachBlock(innerAxes: 1, row) }

  /// Calls `block(offsetA, offsetB, offsetOut)` for every block of the innermost `innerAxes` axes; there are as many at least.
  @inline(__always)
  func forEachBlock(innerAxes: Int, _ block: (Int, Int, Int) -> Void) {
    var size = 1
    for axis in (rank - innerAxes)..<rank { size *= lengths[axis] }
    if rank == innerAxes { return block(0, 0, 0) }
    var index = InlineArray<8, Int>(repeating: 0)
    var (offsetA, offsetB, out) = (0, 0, 0)
    while true {
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
      if axis < 0 { return }
    }
  }
}
