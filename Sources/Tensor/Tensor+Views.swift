// Views: they share storage with the tensor they come from and copy nothing, unless their comment says so.
extension Tensor {
  /// The same elements in row-major order under another shape. One length may be -1 and is inferred.
  ///
  /// A view where strides allow, which they do for contiguous tensors; a copy otherwise.
  public func reshaped(to lengths: [Int]) -> Tensor {
    var resolved = lengths
    if let unknown = lengths.firstIndex(of: -1) {
      // Lengths whose product overflows fit nothing either.
      let known = lengths.reduce(1) { $1 == -1 ? $0 : $0.multipliedReportingOverflow(by: $1).overflow ? 0 : $0 * $1 }
      require(known > 0 && count % known == 0, "reshaped: shape \(shape) does not fit \(lengths)")
      resolved[unknown] = count / known
    }
    return reshaped(to: Shape(resolved))
  }

  /// The same elements in row-major order under another shape.
  ///
  /// A view wherever strides can say it, by NumPy's rule: each new axis lies within old axes that step as one. A copy otherwise.
  public func reshaped(to newShape: Shape) -> Tensor {
    require(
      newShape.elementCount == count, "reshaped: shape \(shape) has \(count) elements, \(newShape) has \(newShape.elementCount)")
    if newShape == shape { return self }
    if isContiguous { return Tensor(storage: storage, offset: offset, contiguous: newShape) }
    if let strides = strides(viewing: newShape) {
      return Tensor(storage: storage, offset: offset, shape: newShape, strides: strides)
    }
    let source = copied()
    return Tensor(storage: source.storage, offset: 0, contiguous: newShape)
  }

  /// Strides under which `newShape` shows the same elements in row-major order, if there are any.
  private func strides(viewing newShape: Shape) -> Strides? {
    var result = Strides(rowMajor: newShape)
    // The old axes, merged to as few as possible, are used up from the innermost on.
    let old = LoopNest(shape, strides, strides)
    var run = old.rank - 1
    var (left, step) = (old.lengths[run], old.a[run])
    for axis in Swift.stride(from: newShape.rank - 1, through: 0, by: -1) {
      let length = newShape.lengths[axis]
      // The stride of an axis of length 1 says nothing.
      if length == 1 {
        result[axis] = 0
        continue
      }
      if left == 1 {
        run -= 1
        (left, step) = (old.lengths[run], old.a[run])
      }
      guard left % length == 0 else { return nil }
      result[axis] = step
      left /= length
      step *= length
    }
    return result
  }

  /// The elements in row-major order as a vector: a view where strides allow, else a copy.
  public func flattened() -> Tensor { reshaped(to: [count] as Shape) }

  /// The axes in a new order: axis `i` of the result is axis `axes[i]` of `self`.
  public func permuted(_ axes: [Int]) -> Tensor {
    let order = axes.map { shape.normalized($0, in: "permuted") }
    require(
      order.count == rank && Set(order).count == rank, "permuted: \(axes) is not an order of the axes of shape \(shape)")
    var result = self
    for (new, old) in order.enumerated() {
      result.shape.lengths[new] = shape.lengths[old]
      result.strides[new] = strides[old]
    }
    return result
  }

  /// The last two axes exchanged; of a vector or scalar, itself.
  public func transposed() -> Tensor {
    guard rank >= 2 else { return self }
    var result = self
    result.shape.lengths[rank - 1] = shape.lengths[rank - 2]
    result.shape.lengths[rank - 2] = shape.lengths[rank - 1]
    result.strides[rank - 1] = strides[rank - 2]
    result.strides[rank - 2] = strides[rank - 1]
    return result
  }

  /// Axes `a` and `b` exchanged.
  public func transposed(_ a: Int, _ b: Int) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(shape.normalized(a, in: "transposed"), shape.normalized(b, in: "transposed"))
    return permuted(order)
  }

  /// Axis `source` put where it becomes axis `target`; the others keep their order.
  public func movingAxis(_ source: Int, to target: Int) -> Tensor {
    var order = Array(0..<rank)
    let axis = order.remove(at: shape.normalized(source, in: "movingAxis"))
    order.insert(axis, at: shape.normalized(target, in: "movingAxis"))
    return permuted(order)
  }

  /// Whether the first axis is the innermost in memory, and the last one the next: the two step as one, whatever the others do.
  package var firstAxisIsInnermost: Bool {
    guard rank > 1 && shape[0] > 1 && strides[0] == 1 && !isContiguous else { return false }
    return shape[rank - 1] == 1 || strides[rank - 1] == shape[0]
  }

  /// Elements `range.lowerBound`, `+ step`, ... below `range.upperBound` along one axis.
  public func sliced(axis: Int, _ range: Range<Int>, step: Int = 1) -> Tensor {
    let axis = shape.normalized(axis, in: "sliced")
    require(step > 0, "sliced: step \(step) is not positive")
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "sliced: \(range) is outside axis \(axis) of shape \(shape)")
    var result = self
    result.offset += range.lowerBound * strides[axis]
    result.shape[axis] = range.isEmpty ? 0 : (range.count - 1) / step + 1
    // The stride of a single element says nothing, and a large step would not fit it.
    if result.shape[axis] > 1 { result.strides[axis] *= step }
    return result
  }

  /// With an axis of length 1 put before axis `axis`.
  public func expanded(axis: Int) -> Tensor {
    let axis = axis < 0 ? axis + rank + 1 : axis
    require(axis >= 0 && axis <= rank, "expanded: axis \(axis) for shape \(shape)")
    var result = self
    result.shape.insert(1, at: axis)
    for later in stride(from: rank, to: axis, by: -1) { result.strides[later] = strides[later - 1] }
    result.strides[axis] = 0
    return result
  }

  /// With axes of length 1 that become axes `axes` of the result.
  public func expanded(axes: [Int]) -> Tensor {
    let newRank = rank + axes.count
    let positions = axes.map { $0 < 0 ? $0 + newRank : $0 }.sorted()
    require(
      Set(positions).count == axes.count && positions.allSatisfy { $0 >= 0 && $0 < newRank },
      "expanded: axes \(axes) for shape \(shape)")
    return positions.reduce(self) { $0.expanded(axis: $1) }
  }

  /// Without the axes `axes`, whose lengths are 1; without all axes of length 1 if nil.
  public func squeezed(axes: [Int]? = nil) -> Tensor {
    let positions = axes?.map { shape.normalized($0, in: "squeezed") } ?? (0..<rank).filter { shape.lengths[$0] == 1 }
    require(Set(positions).count == positions.count, "squeezed: axes \(positions) of shape \(shape) repeat")
    return positions.sorted(by: >).reduce(self) { $0.squeezed(axis: $1) }
  }

  /// Without axis `axis`, whose length is 1.
  public func squeezed(axis: Int) -> Tensor {
    let axis = shape.normalized(axis, in: "squeezed")
    require(shape[axis] == 1, "squeezed: axis \(axis) of shape \(shape) has length \(shape[axis]), not 1")
    var result = self
    result.shape.remove(at: axis)
    for later in axis..<(rank - 1) { result.strides[later] = strides[later + 1] }
    return result
  }

  /// Stretched to `newShape` by repeating axes of length 1 and adding outer axes (NumPy's rule).
  public func broadcast(to newShape: Shape) -> Tensor {
    if newShape == shape { return self }
    require(shape.broadcast(with: newShape) == newShape, "broadcast: shape \(shape) does not stretch to \(newShape)")
    var result = self
    result.shape = newShape
    let extra = newShape.rank - rank
    for axis in 0..<newShape.rank {
      let stretched = axis < extra || (shape.lengths[axis - extra] == 1 && newShape.lengths[axis] != 1)
      result.strides[axis] = stretched ? 0 : strides[axis - extra]
    }
    return result
  }

  /// The diagonals of the matrices in two axes, as a new last axis: element i is at row i, column i + offset (row i - offset,
  /// column i if `offset` is negative). Empty if the matrices have no such diagonal.
  public func diagonal(offset: Int = 0, axes: (row: Int, column: Int) = (-2, -1)) -> Tensor {
    require(rank >= 2, "diagonal: shape \(shape) has no matrices")
    let (row, column) = (shape.normalized(axes.row, in: "diagonal"), shape.normalized(axes.column, in: "diagonal"))
    require(row != column, "diagonal: axes \(axes.row) and \(axes.column) of shape \(shape) are the same")
    return view(layout.diagonal(offset: offset, row, column))
  }

  /// `self` if its elements lie in row-major order without gaps, else a copy that does.
  public func contiguous() -> Tensor { isContiguous ? self : copied() }

  /// Elements from `start` on of a flat vector under a shape of their own: what a named parameter is to θ. A view of a contiguous
  /// vector, else a copy.
  package func piece(at start: Int, shape pieceShape: Shape) -> Tensor {
    require(
      rank == 1 && start >= 0 && start + pieceShape.elementCount <= count,
      "piece: \(start) ..< \(start + pieceShape.elementCount) of shape \(shape)")
    guard isContiguous else { return copied().piece(at: start, shape: pieceShape) }
    return Tensor(storage: storage, offset: offset + start, contiguous: pieceShape)
  }

  /// Elements from `start` on of each of some rows of a matrix, under a shape of their own behind an axis for the rows: what a named
  /// parameter is to several vectors in the layout of θ. A view of a matrix, which is contiguous.
  package func piece(at start: Int, shape pieceShape: Shape, ofRows range: Range<Int>) -> Tensor {
    require(
      rank == 2 && range.lowerBound >= 0 && range.upperBound <= shape.lengths[0] && start >= 0
        && start + pieceShape.elementCount <= shape.lengths[1],
      "piece: \(start) ..< \(start + pieceShape.elementCount) of rows \(range) of shape \(shape)")
    require(isContiguous, "piece: rows of a matrix of shape \(shape) that is not contiguous")
    let rowLength = shape.lengths[1]
    var blockShape = pieceShape
    blockShape.insert(range.count, at: 0)
    let first = offset + range.lowerBound * rowLength + start
    if pieceShape.elementCount == rowLength { return Tensor(storage: storage, offset: first, contiguous: blockShape) }
    var strides = Strides(rowMajor: blockShape)
    strides[0] = rowLength
    return Tensor(storage: storage, offset: first, shape: blockShape, strides: strides)
  }

  /// Elements of a flat vector from `start` on, at the given distances: what an affine block is to θ. A view of a contiguous
  /// vector, else of a copy.
  package func piece(at start: Int, shape pieceShape: Shape, strides distances: [Int]) -> Tensor {
    let source = contiguous()
    return source.view(source.layout.piece(at: start, pieceShape, distances))
  }

  /// Writes `value` to elements of this flat vector from `start` on, at the given distances.
  package mutating func setPiece(at start: Int, strides distances: [Int], to value: Tensor) {
    makeUnique()
    let shape = value.shape
    assign(value) { $0.piece(at: start, shape, distances) }
  }
}

extension Layout {
  /// Elements of a contiguous vector from `start` on, at the given distances.
  fileprivate func piece(at start: Int, _ pieceShape: Shape, _ distances: [Int]) -> Layout {
    require(distances.count == pieceShape.rank, "piece: \(distances.count) strides for shape \(pieceShape)")
    let last = zip(pieceShape, distances).reduce(start) { $0 + ($1.0 - 1) * $1.1 }
    require(
      shape.rank == 1 && start >= 0 && distances.allSatisfy { $0 >= 0 }
        && (pieceShape.elementCount == 0 || last < shape.elementCount),
      "piece: elements \(start) ... \(last) of shape \(shape)")
    var strides = Strides(rowMajor: pieceShape)
    for axis in distances.indices { strides[axis] = distances[axis] }
    return Layout(offset: offset + start, shape: pieceShape, strides: strides)
  }
}
