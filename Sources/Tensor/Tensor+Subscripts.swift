// Elements and parts of a tensor. Reading a part gives a view; writing to one changes the tensor in place: only that part is
// written, unless another tensor shares the storage, which keeps what it has (copy on write).
extension Tensor {
  /// The element at the given indices, one an axis; negative ones count from the end.
  public subscript(indices: Int...) -> Scalar {
    get {
      defer { keepAlive(storage) }
      return base[position(of: indices)]
    }
    _modify {
      makeWritable()
      defer { keepAlive(storage) }
      yield &mutableBase[position(of: indices)]
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
  /// Getting is a view without a copy. Setting broadcasts the new value to the part, also a part that overlaps the value. Changing
  /// (`x[0] += y`, or passing a part `inout`) happens in the tensor's own memory: a part that is contiguous is not copied at all,
  /// others twice.
  /// `x[0, 1]`, with integers alone, is an element unless a tensor is asked for: `let row: Tensor<Float> = x[0]`.
  /// So `x[1] *= 2` is about an element; `x[row: 1] *= 2` is about a row.
  @_disfavoredOverload
  public subscript(indices: any TensorIndexExpression...) -> Tensor {
    get { view(layout.picking(indices)) }
    set { assign(consume newValue) { $0.picking(indices) } }
    _modify {
      var part = lend { $0.picking(indices) }
      defer { takeBack(&part) { $0.picking(indices) } }
      yield &part
    }
  }

  /// The whole tensor: `x[...] = y` keeps the shape of `x` and broadcasts `y` to it.
  public subscript(all: UnboundedRange) -> Tensor {
    get { self }
    set { assign(consume newValue) { $0 } }
    _modify {
      var part = lend { $0 }
      defer { takeBack(&part) { $0 } }
      yield &part
    }
  }

  /// As the subscript with several indices, which here pick from the last axes: `x[..., 0]`.
  public subscript(all: UnboundedRange, indices: any TensorIndexExpression...) -> Tensor {
    get { view(layout.picking([.ellipsis] + indices)) }
    set { assign(consume newValue) { $0.picking([.ellipsis] + indices) } }
    _modify {
      var part = lend { $0.picking([.ellipsis] + indices) }
      defer { takeBack(&part) { $0.picking([.ellipsis] + indices) } }
      yield &part
    }
  }

  /// Rows `range`: a slice along the first axis; bounds are not negative.
  public subscript(rows range: Range<Int>) -> Tensor {
    get { view(layout.rows(range)) }
    set { assign(consume newValue) { $0.rows(range) } }
    _modify {
      var part = lend { $0.rows(range) }
      defer { takeBack(&part) { $0.rows(range) } }
      yield &part
    }
  }

  /// Row `index` without its axis; negative values count from the end.
  public subscript(row index: Int) -> Tensor {
    get {
      guard isContiguous && rank > 0 && index >= 0 && index < shape.lengths[0] else { return view(layout.row(index)) }
      var rest = shape
      rest.remove(at: 0)
      return Tensor(storage: storage, offset: offset + index * rest.elementCount, contiguous: rest)
    }
    set { assign(consume newValue) { $0.row(index) } }
    _modify {
      var part = lend { $0.row(index) }
      defer { takeBack(&part) { $0.row(index) } }
      yield &part
    }
  }

  /// The diagonals of the matrices in the last two axes, as `diagonal(offset:)` gives them: `a[diagonal: 0] += damping`.
  public subscript(diagonal offset: Int) -> Tensor {
    get { view(layout.diagonal(offset: offset)) }
    set { assign(consume newValue) { $0.diagonal(offset: offset) } }
    _modify {
      var part = lend { $0.diagonal(offset: offset) }
      defer { takeBack(&part) { $0.diagonal(offset: offset) } }
      yield &part
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

  /// The part at `place` for a change in place, to be handed to `takeBack` afterwards.
  ///
  /// It has a storage object of its own for this tensor's memory, so that it is the only owner as long as nobody copies it, and
  /// what it computes in place is in place here. Whoever copies it keeps this tensor's storage shared through that object;
  /// `takeBack` leaves the memory to them.
  private mutating func lend(_ place: (Layout) -> Layout) -> Tensor {
    makeWritable()
    var part = view(place(layout))
    part.storage = Storage(UnsafeMutableRawBufferPointer(start: storage.pointer, count: storage.byteCount), owner: storage)
    return part
  }

  /// Writes a part that was lent to where it came from, unless it is there.
  private mutating func takeBack(_ part: inout Tensor, to place: (Layout) -> Layout) {
    if part.sharesMemory(with: self) {
      if part.layout == place(layout) {
        // Someone kept a copy: once the part is gone, they are the only owner of its storage object, and may write to the memory.
        if !isKnownUniquelyReferenced(&part.storage) { self = copied() }
        return
      }
      part = part.copied()
    }
    assign(part, to: place)
  }

  /// Whether both lie in one block of memory.
  private func sharesMemory(with other: Tensor) -> Bool { storage.pointer == other.storage.pointer }

  /// Writes `value`, broadcast, to a part of this tensor.
  mutating func assign(_ value: consuming Tensor, to part: (Layout) -> Layout) {
    var target = part(layout)
    // As NumPy does: leading axes of length 1 that the part does not have are dropped.
    while value.rank > target.shape.rank && value.shape.lengths[0] == 1 { value = value.squeezed(axis: 0) }
    require(
      value.shape.broadcast(with: target.shape) == target.shape,
      "subscript: a value of shape \(value.shape) does not stretch to the part of shape \(target.shape)")
    if value.sharesMemory(with: self) {
      // A part set to itself.
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
