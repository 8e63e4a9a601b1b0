// Larger tensors from smaller ones.
extension Tensor {
  /// The tensors one after the other along `axis`. They agree in all other lengths; there is at least one.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public init(concatenating tensors: [Tensor], axis: Int = 0) {
    guard let first = tensors.first else { fatalError("concatenating: no tensors") }
    let axis = first.shape.normalized(axis, in: "concatenating")
    var shape = first.shape
    shape[axis] = 0
    for (index, tensor) in tensors.enumerated() {
      var expected = first.shape
      if tensor.rank == first.rank { expected[axis] = tensor.shape[axis] }
      require(
        tensor.shape == expected,
        "concatenating: shape \(tensor.shape) of operand \(index) and \(first.shape) differ beside axis \(axis)")
      shape[axis] += tensor.shape[axis]
    }
    self.init(uninitialized: shape)
    var start = 0
    for tensor in tensors {
      write(tensor, axis: axis, at: start)
      start += tensor.shape[axis]
    }
  }

  /// The tensors, all of one shape, along a new axis at position `axis` of the result; there is at least one.
  public init(stacking tensors: [Tensor], axis: Int = 0) {
    guard let first = tensors.first else { fatalError("stacking: no tensors") }
    for (index, tensor) in tensors.enumerated() {
      require(tensor.shape == first.shape, "stacking: shape \(tensor.shape) of operand \(index) and \(first.shape) differ")
    }
    self.init(concatenating: tensors.map { $0.expanded(axis: axis) }, axis: axis)
  }

  /// Copies `part` to the places from `start` on along `axis` of this tensor, which is fresh and contiguous.
  private func write(_ part: Tensor, axis: Int, at start: Int) {
    guard part.count > 0 else { return }
    let inner = shape.suffix(rank - axis - 1).reduce(1, *)
    let outer = shape.prefix(axis).reduce(1, *)
    let (width, step) = (part.shape[axis] * inner, shape[axis] * inner)
    let target = mutableBase + start * inner
    if outer == 1 { return part.copy(into: target) }
    let source = part.contiguous()
    let from = source.base
    Parallel.slices(outer, grain: Swift.max(1, Parallel.cheapGrain / width), alignment: 1) { rows in
      for row in rows { (target + row * step).update(from: from + row * width, count: width) }
    }
    keepAlive(source)
  }

  /// With `padding[i].before` and `padding[i].after` elements of `value` put around axis `i`.
  public func padded(_ padding: [(before: Int, after: Int)], with value: Scalar = .zero) -> Tensor {
    require(padding.count == rank, "padded: \(padding.count) pairs for shape \(shape)")
    var newShape = shape
    for (axis, pad) in padding.enumerated() {
      require(pad.before >= 0 && pad.after >= 0, "padded: \(pad) on axis \(axis) is negative")
      let (around, overflows) = pad.before.addingReportingOverflow(pad.after)
      newShape[axis] = Swift.min(overflows ? .max : around, Int.max - shape[axis]) + shape[axis]
    }
    var result = Tensor(repeating: value, shape: newShape)
    guard count > 0 else { return result }
    result.writeBlock(self, at: padding.map(\.before))
    return result
  }

  /// Copies `block` to the places from `corner` on; this tensor is fresh and contiguous.
  private mutating func writeBlock(_ block: Tensor, at corner: [Int]) {
    let source = block.contiguous()
    var start = 0
    for axis in 0..<rank { start += corner[axis] * strides[axis] }
    guard rank > 0 else { return source.copy(into: mutableBase) }
    let inner = block.shape[rank - 1]
    let (from, to) = (source.base, mutableBase + start)
    let (lengths, steps) = (block.shape, strides)
    let rank = rank
    Parallel.slices(block.count / inner, grain: Swift.max(1, Parallel.cheapGrain / inner), alignment: 1) { rows in
      for row in rows {
        var (rest, at) = (row, 0)
        for axis in stride(from: rank - 2, through: 0, by: -1) {
          at += rest % lengths[axis] * steps[axis]
          rest /= lengths[axis]
        }
        (to + at).update(from: from + row * inner, count: inner)
      }
    }
    keepAlive(source)
  }

  /// The whole tensor repeated `counts[i]` times along axis `i`, NumPy's `tile`: the shorter of shape and counts is filled up with
  /// ones from the left.
  public func tiled(_ counts: [Int]) -> Tensor {
    require(counts.allSatisfy { $0 >= 0 }, "tiled: \(counts) has a negative count")
    var source = self
    while source.rank < counts.count { source = source.expanded(axis: 0) }
    let counts = Array(repeating: 1, count: source.rank - counts.count) + counts
    var result = source
    // From the innermost axis out, so that the larger copies are of longer rows.
    for axis in stride(from: source.rank - 1, through: 0, by: -1) where counts[axis] != 1 {
      if counts[axis] == 0 {
        var empty = result.shape
        empty[axis] = 0
        result = Tensor(uninitialized: empty)
      } else {
        result = Tensor(concatenating: Array(repeating: result.contiguous(), count: counts[axis]), axis: axis)
      }
    }
    return result
  }

  /// Each slice along `axis` repeated `count` times in its place, NumPy's `repeat`.
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    let axis = shape.normalized(axis, in: "repeated")
    require(count >= 0, "repeated: count \(count) is negative")
    var (wide, flat) = (expanded(axis: axis + 1).shape, shape)
    wide[axis + 1] = count
    flat[axis] *= count
    return expanded(axis: axis + 1).broadcast(to: wide).reshaped(to: flat)
  }

  /// Each slice along `axis` repeated as often as `counts` says for it.
  public func repeated(_ counts: [Int], axis: Int) -> Tensor {
    let axis = shape.normalized(axis, in: "repeated")
    require(
      counts.count == shape[axis] && counts.allSatisfy { $0 >= 0 }, "repeated: counts \(counts) for axis \(axis) of shape \(shape)")
    return take(Tensor<Int32>(counts.enumerated().flatMap { Array(repeating: Int32($0.offset), count: $0.element) }), axis: axis)
  }

  /// The order along the given axes (all if nil) reversed. A view.
  public func flipped(axes: [Int]? = nil) -> Tensor {
    var result = self
    for axis in resolved(axes, "flipped") where shape[axis] > 0 {
      result.offset += (shape[axis] - 1) * strides[axis]
      result.strides[axis] = -strides[axis]
    }
    return result
  }
}

extension Tensor {
  /// The matrices of the last two axes with zeros above diagonal `diagonal` (0 is the main one, positive ones lie above it).
  public func lowerTriangle(diagonal: Int = 0) -> Tensor {
    keeping("lowerTriangle", diagonal, from: { _, _ in 0 }, to: { $0 + $1 + 1 })
  }

  /// The matrices of the last two axes with zeros below diagonal `diagonal` (0 is the main one, positive ones lie above it).
  public func upperTriangle(diagonal: Int = 0) -> Tensor {
    keeping("upperTriangle", diagonal, from: { $0 + $1 }, to: { _, _ in Int.max })
  }

  /// Columns from(i, diagonal) ..< to(i, diagonal) of row i of each matrix, zeros elsewhere.
  private func keeping(
    _ operation: String, _ diagonal: Int, from first: (Int, Int) -> Int, to end: (Int, Int) -> Int
  ) -> Tensor {
    require(rank >= 2, "\(operation): shape \(shape) has no matrices")
    let result = copied()
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    guard count > 0 else { return result }
    // All diagonals beyond the corners are alike.
    let diagonal = Swift.max(-rows, Swift.min(diagonal, columns))
    let out = result.mutableBase
    Parallel.slices(count / columns, grain: Swift.max(1, Parallel.cheapGrain / columns), alignment: 1) { part in
      for row in part {
        let i = row % rows
        let low = Swift.min(columns, Swift.max(0, first(i, diagonal)))
        let high = Swift.max(low, Swift.min(columns, Swift.max(0, end(i, diagonal))))
        for j in 0..<low { out[row * columns + j] = .zero }
        for j in high..<columns { out[row * columns + j] = .zero }
      }
    }
    return result
  }
}

extension Tensor where Scalar == Bool {
  /// True on and below diagonal `diagonal` of a matrix: j ≤ i + diagonal.
  public init(lowerTriangleOf shape: Shape, diagonal: Int = 0) {
    self = Tensor(repeating: true, shape: shape).lowerTriangle(diagonal: diagonal)
  }
  /// True on and above diagonal `diagonal` of a matrix: j ≥ i + diagonal.
  public init(upperTriangleOf shape: Shape, diagonal: Int = 0) {
    self = Tensor(repeating: true, shape: shape).upperTriangle(diagonal: diagonal)
  }
}
