import CKernels

// Copies between any two arrangements of one shape, and fills. Only bits move, so that one loop a width serves all element types.
extension Kernels {
  /// So few elements are copied before a `LoopNest` is made. Chosen, not measured.
  static var fewElements: Int { 32 }

  /// target[i] = source[i] for every index of `shape`; the two do not overlap, and no two indices share a place in the target.
  static func copy<S: TensorElement>(
    _ shape: Shape, from source: UnsafePointer<S>, _ sourceStrides: Strides, to target: UnsafeMutablePointer<S>,
    _ targetStrides: Strides
  ) {
    let count = shape.elementCount
    guard count > 0 else { return }
    if count <= fewElements && (1...2).contains(shape.rank) {
      let inner = shape.rank - 1
      let (rows, columns) = (inner == 0 ? 1 : shape.lengths[0], shape.lengths[inner])
      let (step, targetStep) = (sourceStrides[inner], targetStrides[inner])
      for row in 0..<rows {
        let (x, y) = (source + row * sourceStrides[0], target + row * targetStrides[0])
        for i in 0..<columns { y[i * targetStep] = x[i * step] }
      }
      return
    }
    let nest = LoopNest(shape, sourceStrides, targetStrides)
    let (from, to) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
    switch MemoryLayout<S>.stride {
    case 1: copy(nest, from.assumingMemoryBound(to: UInt8.self), to.assumingMemoryBound(to: UInt8.self))
    case 4: copy(nest, from.assumingMemoryBound(to: UInt32.self), to.assumingMemoryBound(to: UInt32.self))
    case 8: copy(nest, from.assumingMemoryBound(to: UInt64.self), to.assumingMemoryBound(to: UInt64.self))
    default: fatalError("Tensor: no copies of elements of \(MemoryLayout<S>.stride) bytes")
    }
  }

  /// The cores share the outermost axis.
  @inline(__always)
  private static func copy<Bits: BitwiseCopyable>(
    _ nest: LoopNest, _ source: UnsafePointer<Bits>, _ target: UnsafeMutablePointer<Bits>
  ) {
    var rest = 1
    for axis in 1..<Swift.max(nest.rank, 1) { rest *= nest.lengths[axis] }
    let grain = Swift.max(1, Parallel.cheapGrain / rest)
    Parallel.slices(nest.lengths[0], grain: grain, alignment: nest.rank == 1 ? 64 : rest < 16 ? 16 : 1) { part in
      var slice = nest
      slice.lengths[0] = part.count
      copySlice(slice, source + part.lowerBound * nest.a[0], target + part.lowerBound * nest.b[0])
    }
  }

  @inline(__always)
  private static func copySlice<Bits: BitwiseCopyable>(
    _ nest: LoopNest, _ source: UnsafePointer<Bits>, _ target: UnsafeMutablePointer<Bits>
  ) {
    let inner = nest.rank - 1
    // A transpose goes through tiles, so that both sides are read and written in whole cache lines.
    if inner >= 1, nest.a[inner - 1] == 1, nest.b[inner] == 1, nest.a[inner] > 1, nest.b[inner - 1] > 1 {
      return nest.forEachBlock(innerAxes: 2) { from, to, _ in
        transpose(
          rows: nest.lengths[inner], columns: nest.lengths[inner - 1], source + from, rowStride: nest.a[inner], target + to,
          targetStride: nest.b[inner - 1])
      }
    }
    let (count, step, targetStep) = (nest.lengths[inner], nest.a[inner], nest.b[inner])
    if targetStep == 1 && step == 1 {
      nest.forEachRow { from, to, _ in (target + to).update(from: source + from, count: count) }
    } else if targetStep == 1 && step == 0 {
      nest.forEachRow { from, to, _ in (target + to).update(repeating: source[from], count: count) }
    } else {
      nest.forEachRow { from, to, _ in
        let (x, y) = (source + from, target + to)
        for i in 0..<count { y[i * targetStep] = x[i * step] }
      }
    }
  }

  /// target[j, i] = source[i, j].
  @inline(__always)
  private static func transpose<Bits: BitwiseCopyable>(
    rows: Int, columns: Int, _ source: UnsafePointer<Bits>, rowStride: Int, _ target: UnsafeMutablePointer<Bits>, targetStride: Int
  ) {
    switch MemoryLayout<Bits>.stride {
    case 4: kappa_transpose_f32(rows, columns, source.asFloat, rowStride, target.asFloat, targetStride)
    case 8: kappa_transpose_f64(rows, columns, source.asDouble, rowStride, target.asDouble, targetStride)
    default:
      for j in 0..<columns { for i in 0..<rows { target[j * targetStride + i] = source[i * rowStride + j] } }
    }
  }

  /// target[i] = value, i < count.
  static func fill<S: TensorElement>(_ target: UnsafeMutablePointer<S>, count: Int, with value: S) {
    if count <= 16 { return target.update(repeating: value, count: count) }
    // The memory of one element, repeated: a copy from a vector whose stride is 0.
    let shape = Shape(ofVector: count)
    var strides = Strides(rowMajor: shape)
    let contiguous = strides
    strides[0] = 0
    withUnsafePointer(to: value) { copy(shape, from: $0, strides, to: target, contiguous) }
  }
}

extension Tensor {
  /// Whether a copy costs less than what an operation costs beside its arithmetic if elements lie apart.
  package var isFew: Bool { count <= Kernels.fewElements }

  /// A contiguous copy.
  package func copied() -> Tensor {
    let result = Tensor(uninitialized: shape)
    Kernels.copy(shape, from: base, strides, to: result.mutableBase, result.strides)
    keepAlive(storage)
    return result
  }

  /// Writes the elements in row-major order to `target`, which does not overlap them.
  func copy(into target: UnsafeMutablePointer<Scalar>) {
    Kernels.copy(shape, from: base, strides, to: target, Strides(rowMajor: shape))
    keepAlive(storage)
  }
}
