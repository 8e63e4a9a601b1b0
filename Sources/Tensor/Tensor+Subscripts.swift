// Elements and parts of a tensor. Reading a part gives a view; writing to one changes the tensor in place: only that part is
// written, unless another tensor shares the storage, which keeps what it has (copy on write).
extension Tensor {
  /// The element at the given indices, one an axis; negative ones count from the end.
  public subscript(indices: Int...) -> Scalar {
    get {
      defer { keepAlive(storage) }
      return base[position(of: indices)]
    }
    set {
      makeWritable()
      mutableBase[position(of: indices)] = newValue
    }
  }

  /// The part that integers (which drop their axis), ranges and `TensorIndex` values pick, from the first axis on; axes that
  /// are not mentioned are kept whole.
  ///
  ///     x[0, 1...3]             // row 0, columns 1 to 3
  ///     x[.all, .newAxis, -2]   // the last column but one, with a new axis between
  ///     x[.ellipsis, (-3)...]   // the last three of the last axis
  ///     x[.from(1, step: 2), .reversed]
  ///
  /// Getting is a view without a copy. Setting broadcasts the new value to the part, also a part that overlaps the value.
  /// `x[0, 1]`, with integers alone, is an element unless a tensor is asked for: `let row: Tensor<Float> = x[0]`.
  @_disfavoredOverload
  public subscript(indices: any TensorIndexExpression...) -> Tensor {
    get { view(layout.picking(indices)) }
    set { assign(consume newValue) { $0.picking(indices) } }
  }

  /// The whole tensor: `x[...] = y` keeps the shape of `x` and broadcasts `y` to it.
  public subscript(all: UnboundedRange) -> Tensor {
    get { self }
    set { assign(consume newValue) { $0 } }
  }

  /// As the subscript with several indices, which here pick from the last axes: `x[..., 0]`.
  public subscript(all: UnboundedRange, indices: any TensorIndexExpression...) -> Tensor {
    get { view(layout.picking([.ellipsis] + indices)) }
    set { assign(consume newValue) { $0.picking([.ellipsis] + indices) } }
  }

  /// Rows `range`: a slice along the first axis; bounds are not negative.
  public subscript(rows range: Range<Int>) -> Tensor {
    get { sliced(axis: 0, range) }
    set { self[range] = consume newValue }
  }

  /// Row `index` without its axis; negative values count from the end.
  public subscript(row index: Int) -> Tensor {
    get { view(layout.picking([index])) }
    set { assign(consume newValue) { $0.picking([index]) } }
  }

  /// The diagonals of the matrices in the last two axes, as `diagonal(offset:)` gives them: `a[diagonal: 0] += damping`.
  public subscript(diagonal offset: Int) -> Tensor {
    get { diagonal(offset: offset) }
    set {
      require(rank >= 2, "diagonal: shape \(shape) has no matrices")
      assign(consume newValue) { $0.diagonal(offset: offset, $0.shape.rank - 2, $0.shape.rank - 1) }
    }
  }
}

extension Tensor {
  var layout: Layout { Layout(offset: offset, shape: shape, strides: strides) }

  /// What lies at `layout`, a part of this tensor's own.
  func view(_ layout: Layout) -> Tensor {
    Tensor(storage: storage, offset: layout.offset, shape: layout.shape, strides: layout.strides)
  }

  private func position(of indices: [Int]) -> Int {
    require(indices.count == rank, "subscript: \(indices.count) indices for shape \(shape)")
    var position = 0
    for axis in 0..<rank {
      let index = indices[axis] < 0 ? indices[axis] + shape.lengths[axis] : indices[axis]
      require(index >= 0 && index < shape.lengths[axis], "subscript: index \(indices[axis]) on axis \(axis) of shape \(shape)")
      position += index * strides[axis]
    }
    return position
  }

  /// Writes `value`, broadcast, to a part of this tensor.
  private mutating func assign(_ value: consuming Tensor, to part: (Layout) -> Layout) {
    var target = part(layout)
    // As NumPy does: leading axes of length 1 that the part does not have are dropped.
    while value.rank > target.shape.rank && value.shape.lengths[0] == 1 { value = value.squeezed(axis: 0) }
    require(
      value.shape.broadcast(with: target.shape) == target.shape,
      "subscript: a value of shape \(value.shape) does not stretch to the part of shape \(target.shape)")
    if value.storage === storage {
      // Nothing to do when a part is set to itself, as after `x[0...] += y` has been formed in place.
      if value.layout == target { return }
      // The value may overlap the part, and must not keep the storage shared.
      value = value.copied()
    }
    if target.shape.elementCount == count && !isKnownUniquelyReferenced(&storage) {
      // All elements are replaced: what the storage holds need not be copied.
      self = Tensor(uninitialized: shape)
    } else {
      makeWritable()
    }
    target = part(layout)
    let source = value.broadcast(to: target.shape)
    Kernels.copy(target.shape, from: source.base, source.strides, to: mutableBase - offset + target.offset, target.strides)
    keepAlive(source, self)
  }
}
