import CKernels

/// Element-wise operations of two tensors; the raw values are those of `kappa_binary`. Integers have the first three.
package enum BinaryKernel: Int32 {
  case add, subtract, multiply, divide, maximum, minimum, power, tanhGradient, sigmoidGradient

  var grain: Int { self == .power ? Parallel.costlyGrain : Parallel.cheapGrain }
  fileprivate var symbol: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    default: "\(self)"
    }
  }
}

extension Kernels {
  /// op(a, b), broadcast by NumPy's rule.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func binary<S: TensorNumber>(_ op: BinaryKernel, _ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
    let result: Tensor<S>
    if a.shape == b.shape && a.isContiguous && b.isContiguous {
      result = Tensor<S>(uninitializedLike: a)
      binaryRow(op, a.base, 1, b.base, 1, result.mutableBase, result.count)
    } else if b.count == 1 && b.rank <= a.rank && a.isContiguous {
      result = Tensor<S>(uninitializedLike: a)
      binaryRow(op, a.base, 1, b.base, 0, result.mutableBase, result.count)
    } else if a.count == 1 && a.rank <= b.rank && b.isContiguous {
      result = Tensor<S>(uninitializedLike: b)
      binaryRow(op, a.base, 0, b.base, 1, result.mutableBase, result.count)
    } else if Swift.max(a.count, b.count) <= fewElements && !(a.isContiguous && b.isContiguous) {
      // A copy costs less than a nest of loops.
      return binary(op, a.contiguous(), b.contiguous())
    } else {
      guard let shape = a.shape.broadcast(with: b.shape) else {
        fatalError("\(op.symbol): shapes \(a.shape) and \(b.shape) do not broadcast")
      }
      result = Tensor<S>(uninitialized: shape)
      binaryNest(op, a.broadcast(to: shape), b.broadcast(to: shape), into: result.mutableBase)
    }
    keepAlive(a, b)
    return result
  }

  /// a = op(a, b) in place; `b` stretches to the shape of `a`.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func formBinary<S: TensorNumber>(_ op: BinaryKernel, _ a: inout Tensor<S>, _ b: Tensor<S>) {
    let shape = a.shape
    require(
      b.shape == shape || b.count == 1 && b.rank <= a.rank || b.shape.broadcast(with: shape) == shape,
      "\(op.symbol)=: shape \(b.shape) does not stretch to that of the variable, \(shape)")
    a.makeUnique()
    if b.count <= fewElements && !b.isContiguous { return formBinary(op, &a, b.copied()) }
    if b.shape == shape && b.isContiguous {
      binaryRow(op, a.base, 1, b.base, 1, a.mutableBase, a.count)
    } else if b.count == 1 {
      binaryRow(op, a.base, 1, b.base, 0, a.mutableBase, a.count)
    } else {
      binaryNest(op, a, b.broadcast(to: shape), into: a.mutableBase)
    }
    keepAlive(a, b)
  }

  /// op(a, b) with a number in place of a tensor.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func binary<S: TensorNumber>(_ op: BinaryKernel, _ a: Tensor<S>, scalar b: S) -> Tensor<S> {
    guard a.isContiguous else { return binary(op, a.copied(), scalar: b) }
    let result = Tensor<S>(uninitializedLike: a)
    withUnsafePointer(to: b) { binaryRow(op, a.base, 1, $0, 0, result.mutableBase, result.count) }
    keepAlive(a)
    return result
  }

  /// op(a, b) with a number in place of a tensor.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func binary<S: TensorNumber>(_ op: BinaryKernel, scalar a: S, _ b: Tensor<S>) -> Tensor<S> {
    guard b.isContiguous else { return binary(op, scalar: a, b.copied()) }
    let result = Tensor<S>(uninitializedLike: b)
    withUnsafePointer(to: a) { binaryRow(op, $0, 0, b.base, 1, result.mutableBase, result.count) }
    keepAlive(b)
    return result
  }

  private static func binaryNest<S: TensorNumber>(
    _ op: BinaryKernel, _ a: Tensor<S>, _ b: Tensor<S>, into output: UnsafeMutablePointer<S>
  ) {
    guard a.count > 0 else { return }
    let nest = LoopNest(a.shape, a.strides, b.strides)
    let (sourceA, sourceB) = (a.base, b.base)
    let last = nest.rank - 1
    nest.forEachRow(grain: op.grain) { atA, atB, out in
      binaryRow(op, sourceA + atA, nest.a[last], sourceB + atB, nest.b[last], output + out, nest.lengths[last])
    }
  }

  /// a = op(a, number) in place.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func formBinary<S: TensorNumber>(_ op: BinaryKernel, _ a: inout Tensor<S>, scalar b: S) {
    a.makeUnique()
    withUnsafePointer(to: b) { binaryRow(op, a.base, 1, $0, 0, a.mutableBase, a.count) }
    keepAlive(a)
  }

  /// One strided row, shared among the threads.
  @inline(__always)
  private static func binaryRow<S: TensorNumber>(
    _ op: BinaryKernel, _ a: UnsafePointer<S>, _ strideA: Int, _ b: UnsafePointer<S>, _ strideB: Int,
    _ out: UnsafeMutablePointer<S>, _ count: Int
  ) {
    if count < 2 * Parallel.costlyGrain { return binaryPiece(op, a, strideA, b, strideB, out, count) }
    Parallel.slices(count, grain: op.grain) { part in
      let (x, y, z) = (a + part.lowerBound * strideA, b + part.lowerBound * strideB, out + part.lowerBound)
      binaryPiece(op, x, strideA, y, strideB, z, part.count)
    }
  }

  /// One strided row on this thread.
  @inline(__always)
  static func binaryPiece<S: TensorNumber>(
    _ op: BinaryKernel, _ x: UnsafePointer<S>, _ strideX: Int, _ y: UnsafePointer<S>, _ strideY: Int,
    _ z: UnsafeMutablePointer<S>, _ count: Int
  ) {
    if S.self == Float.self {
      kappa_binary_f32(op.rawValue, count, x.asFloat, strideX, y.asFloat, strideY, z.asFloat)
    } else if S.self == Double.self {
      kappa_binary_f64(op.rawValue, count, x.asDouble, strideX, y.asDouble, strideY, z.asDouble)
    } else {
      let overflow =
        S.self == Int32.self
        ? kappa_arithmetic_i32(op.rawValue, count, x.asInt32, strideX, y.asInt32, strideY, z.asInt32)
        : kappa_arithmetic_i64(op.rawValue, count, x.asInt64, strideX, y.asInt64, strideY, z.asInt64)
      require(overflow == 0, "\(op.symbol): a result does not fit \(S.self)")
    }
  }
}
