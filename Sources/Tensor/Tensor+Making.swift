// Tensors from values, arrays and memory. Elements are always in row-major order.
extension Tensor {
  /// A tensor of the given shape with `value` everywhere.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public init(repeating value: Scalar, shape: Shape) {
    self.init(uninitialized: shape)
    Kernels.fill(mutableBase, count: count, with: value)
  }

  /// Zeros (false in a tensor of truth values).
  public init(zeros shape: Shape) { self.init(repeating: .zero, shape: shape) }

  /// A tensor without axes.
  public init(scalar: Scalar) {
    self.init(uninitialized: [])
    mutableBase[0] = scalar
  }

  /// The given elements in row-major order. From an array or a buffer they are copied once, as one block.
  public init(_ elements: some Collection<Scalar>, shape: Shape) {
    require(
      elements.count == shape.elementCount,
      "Tensor: \(elements.count) elements for shape \(shape), which has \(shape.elementCount)")
    self.init(uninitialized: shape)
    _ = UnsafeMutableBufferPointer(start: mutableBase, count: count).initialize(fromContentsOf: elements)
  }

  /// A tensor whose elements `body` writes, all of them, to the buffer it is given: row-major, 64-byte aligned, not yet
  /// initialized. Nothing is copied.
  public init<E: Error>(
    unsafeUninitialized shape: Shape, initializingWith body: (UnsafeMutableBufferPointer<Scalar>) throws(E) -> Void
  ) throws(E) {
    self.init(uninitialized: shape)
    try body(UnsafeMutableBufferPointer(start: mutableBase, count: count))
    keepAlive(storage)
  }

  /// The elements in row-major order.
  public var elements: [Scalar] {
    let source = contiguous()
    defer { keepAlive(source.storage) }
    return Array(UnsafeBufferPointer(start: source.base, count: count))
  }

  /// Writes the elements in row-major order to the front of `buffer`, which has room for them; copies nothing else.
  public func copyElements(to buffer: UnsafeMutableBufferPointer<Scalar>) {
    require(buffer.count >= count, "copyElements: shape \(shape) has \(count) elements, the buffer room for \(buffer.count)")
    guard let target = buffer.baseAddress else { return }
    copy(into: target)
  }

  /// Writes `value` everywhere; a part, too: `x[0, 2...].fill(with: 1)`.
  public mutating func fill(with value: Scalar) {
    makeWritable()
    let single = Tensor(scalar: value).broadcast(to: shape)
    Kernels.copy(shape, from: single.base, single.strides, to: mutableBase, strides)
    keepAlive(single, self)
  }

  /// The value of a tensor with one element.
  public var scalar: Scalar {
    require(count == 1, "scalar: shape \(shape) has \(count) elements, not 1")
    defer { keepAlive(storage) }
    return base[0]
  }
}

// MARK: - Nested arrays

extension Tensor {
  /// A vector.
  public init(_ elements: [Scalar]) { self.init(elements, shape: [elements.count]) }

  /// A matrix, a row an array; all rows have one length.
  @_disfavoredOverload
  public init(_ rows: [[Scalar]]) { self.init(stacking: rows.map { Tensor($0) }, innerRank: 1) }

  /// A tensor of rank 3, axis 0 the outermost array; arrays at one depth have one length.
  @_disfavoredOverload
  public init(_ matrices: [[[Scalar]]]) { self.init(stacking: matrices.map { Tensor($0) }, innerRank: 2) }

  /// A tensor of rank 4, axis 0 the outermost array; arrays at one depth have one length.
  @_disfavoredOverload
  public init(_ blocks: [[[[Scalar]]]]) { self.init(stacking: blocks.map { Tensor($0) }, innerRank: 3) }

  /// Tensors of one shape, one after the other along a new first axis; of none, an empty tensor of rank `innerRank` + 1.
  private init(stacking parts: [Tensor], innerRank: Int) {
    let inner = parts.first?.shape ?? Shape(repeatElement(0, count: innerRank))
    for (index, part) in parts.enumerated() {
      require(
        part.shape == inner, "Tensor: nested arrays differ in length: element \(index) has shape \(part.shape), element 0 \(inner)")
    }
    var shape = inner
    shape.insert(parts.count, at: 0)
    self.init(uninitialized: shape)
    for (index, part) in parts.enumerated() { part.copy(into: mutableBase + index * inner.elementCount) }
  }
}

// MARK: - Numbers

extension Tensor where Scalar: Numeric {
  /// Ones.
  public init(ones shape: Shape) { self.init(repeating: 1, shape: shape) }

  /// Ones on a diagonal of an `n` by `columns` matrix (`n` by `n` if nil), zeros elsewhere: the identity matrix unless said
  /// otherwise. `offset` counts diagonals from the main one, positive above it.
  public init(identity n: Int, columns: Int? = nil, offset: Int = 0) {
    self.init(zeros: [n, columns ?? n])
    self[diagonal: offset] = Tensor(scalar: 1)
  }

  /// Square matrices with the last axis of `vectors` on their diagonal and zeros elsewhere: [..., n] becomes [..., m, m]
  /// with m = n + |offset|. `offset` counts diagonals from the main one, positive above it.
  public init(diagonal vectors: Tensor, offset: Int = 0) {
    require(vectors.rank >= 1, "Tensor(diagonal:): a scalar has no axis to put on a diagonal")
    var shape = vectors.shape
    let size = shape.lengths[shape.rank - 1] + Swift.abs(offset)
    shape.remove(at: shape.rank - 1)
    shape.append(size)
    shape.append(size)
    self.init(zeros: shape)
    self[diagonal: offset] = vectors
  }
}

// MARK: - Evenly spaced numbers

extension Tensor where Scalar: TensorScalar {
  /// Evenly spaced values: `start`, `start + step`, ..., `count` of them. Each is formed in double precision and rounded once.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public init(from start: Scalar, by step: Scalar = 1, count: Int) {
    self.init(uninitialized: [count])
    let (first, step, out) = (Double(start), Double(step), mutableBase)
    for i in 0..<count { out[i] = Scalar(first + Double(i) * step) }
    keepAlive(storage)
  }

  /// `start`, `start + step`, ... as long as `end` is not reached: ⌈(end - start) / step⌉ values, none if that is not positive.
  ///
  /// Where step is not exact in binary, rounding decides whether a value just short of `end` is the last one; say how many
  /// are wanted with `init(from:through:count:)` or `init(from:by:count:)` instead.
  public init(from start: Scalar = 0, to end: Scalar, by step: Scalar = 1) {
    require(step != 0, "Tensor(from:to:by:): the step is 0")
    let steps = ((Double(end) - Double(start)) / Double(step)).rounded(.up)
    require(steps < Double(Int32.max), "Tensor(from:to:by:): no tensor holds the values from \(start) to \(end) by \(step)")
    self.init(from: start, by: step, count: steps > 0 ? Int(steps) : 0)
  }

  /// `count` evenly spaced values, the first `start`, the last `end` exactly (if there are two at least).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public init(from start: Scalar, through end: Scalar, count: Int) {
    self.init(from: start, by: 0, count: count)
    guard count > 1 else { return }
    let (first, last, out) = (Double(start), Double(end), mutableBase)
    let step = (last - first) / Double(count - 1)
    for i in 1..<(count - 1) { out[i] = Scalar(first + Double(i) * step) }
    out[count - 1] = end
    keepAlive(storage)
  }
}

extension Tensor where Scalar: FixedWidthInteger {
  /// Evenly spaced values: `start`, `start + step`, ..., `count` of them.
  public init(from start: Scalar, by step: Scalar = 1, count: Int) {
    // As unsigned numbers, since the whole range of Int64 is wider than Int64.
    let room = UInt64(bitPattern: step < 0 ? Int64(start) &- Int64(Scalar.min) : Int64(Scalar.max) &- Int64(start))
    require(
      step == 0 || UInt64(Swift.max(count, 1) - 1) <= room / UInt64(step.magnitude),
      "Tensor(from:by:count:): \(count) values from \(start) by \(step) leave the range of \(Scalar.self)")
    self.init(uninitialized: [count])
    let out = mutableBase
    for i in 0..<count { out[i] = start &+ Scalar(truncatingIfNeeded: i) &* step }
    keepAlive(storage)
  }

  /// `start`, `start + step`, ... as long as `end` is not reached.
  public init(from start: Scalar = 0, to end: Scalar, by step: Scalar = 1) {
    require(step != 0, "Tensor(from:to:by:): the step is 0")
    let isEmpty = step > 0 ? end <= start : end >= start
    // As unsigned numbers, since the whole range of Int64 is wider than Int64.
    let rise = UInt64(bitPattern: Int64(end) &- Int64(start))
    let distance = step > 0 ? rise : 0 &- rise
    let count = isEmpty ? 0 : (distance - 1) / UInt64(step.magnitude) + 1
    require(count <= Int32.max, "Tensor(from:to:by:): no tensor holds the values from \(start) to \(end) by \(step)")
    self.init(from: start, by: step, count: Int(count))
  }
}
