/// A multi-dimensional array with value semantics.
///
/// Shape and strides are inline; elements lie in pooled, 64-byte-aligned storage that copies and views share until one
/// of them is written to (copy on write). Slices, transposes, permutations, broadcasts and reshapes of contiguous
/// tensors are views and copy nothing.
public struct Tensor<Scalar: TensorElement>: Sendable {
  package var storage: Storage
  /// The index in `storage`, in elements, of the element whose indices are all 0.
  var offset: Int
  /// The lengths of the axes, outermost first.
  public internal(set) var shape: Shape
  var strides: Strides

  init(storage: Storage, offset: Int, shape: Shape, strides: Strides) {
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.strides = strides
  }

  /// A tensor whose elements are not set yet; every caller writes all of them before anyone reads.
  package init(uninitialized shape: Shape) {
    storage = Storage(byteCount: shape.elementCount * MemoryLayout<Scalar>.stride)
    offset = 0
    self.shape = shape
    strides = Strides(rowMajor: shape)
  }

  /// The number of axes.
  public var rank: Int { shape.rank }
  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// Whether the elements lie one after the other in row-major order.
  public var isContiguous: Bool {
    var expected = 1
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
      let length = shape.lengths[axis]
      if length != 1 && strides[axis] != expected {
        return count == 0
      }
      expected *= length
    }
    return true
  }

  /// Where the element with indices 0 lies; read `strides` from there on.
  package var base: UnsafePointer<Scalar> {
    UnsafePointer(storage.pointer.assumingMemoryBound(to: Scalar.self) + offset)
  }

  /// As `base`, for writing; only on storage that no other tensor reads.
  package var mutableBase: UnsafeMutablePointer<Scalar> {
    storage.pointer.assumingMemoryBound(to: Scalar.self) + offset
  }

  /// Calls `body` with the elements in row-major order; copies first if they do not lie so.
  public func withUnsafeElements<R>(_ body: (UnsafeBufferPointer<Scalar>) throws -> R) rethrows -> R {
    let source = contiguous()
    defer { keepAlive(source.storage) }
    return try body(UnsafeBufferPointer(start: source.base, count: count))
  }

  /// Calls `body` with the elements in row-major order, for writing; copies first if the storage is shared.
  public mutating func withUnsafeMutableElements<R>(_ body: (UnsafeMutableBufferPointer<Scalar>) throws -> R) rethrows -> R {
    makeUnique()
    defer { keepAlive(storage) }
    return try body(UnsafeMutableBufferPointer(start: mutableBase, count: count))
  }

  /// Makes this tensor contiguous and the only one that refers to its storage.
  package mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) || !isContiguous { self = copied() }
  }

  /// Itself if its elements are contiguous and nobody else refers to them, else a fresh tensor of the same shape whose elements
  /// are not set: where the result of an element-wise kernel may go when `self` is not needed afterwards.
  package mutating func reusedOrUninitialized() -> Tensor {
    isKnownUniquelyReferenced(&storage) && isContiguous ? self : Tensor(uninitialized: shape)
  }
}

// MARK: - Making

extension Tensor {
  /// A tensor of the given shape with `value` everywhere.
  public init(repeating value: Scalar, shape: Shape) {
    self.init(uninitialized: shape)
    UnsafeMutableBufferPointer(start: mutableBase, count: count).update(repeating: value)
  }

  /// Zeros.
  public init(zeros shape: Shape) { self.init(repeating: .zero, shape: shape) }

  /// The given elements in row-major order.
  public init(_ elements: some Collection<Scalar>, shape: Shape) {
    require(
      elements.count == shape.elementCount,
      "Tensor: \(elements.count) elements for shape \(shape), which has \(shape.elementCount)")
    self.init(uninitialized: shape)
    _ = UnsafeMutableBufferPointer(start: mutableBase, count: count).initialize(fromContentsOf: elements)
  }

  /// A vector.
  public init(_ elements: [Scalar]) { self.init(elements, shape: [elements.count]) }

  /// A matrix, a row an array; all rows have one length.
  public init(_ rows: [[Scalar]]) {
    let width = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() {
      require(row.count == width, "Tensor: row \(index) has \(row.count) elements, row 0 has \(width)")
    }
    self.init(Array(rows.joined()), shape: [rows.count, width])
  }

  /// A tensor without axes.
  public init(scalar: Scalar) { self.init(repeating: scalar, shape: []) }

  /// The elements in row-major order.
  public var elements: [Scalar] { withUnsafeElements { Array($0) } }

  /// The value of a tensor with one element.
  public var scalar: Scalar {
    require(count == 1, "scalar: shape \(shape) has \(count) elements, not 1")
    defer { keepAlive(storage) }
    return base[0]
  }

  /// The element at the given indices; negative ones count from the end.
  public subscript(indices: Int...) -> Scalar {
    get {
      defer { keepAlive(storage) }
      return base[position(of: indices)]
    }
    set {
      makeUnique()
      mutableBase[position(of: indices)] = newValue
    }
  }

  private func position(of indices: [Int]) -> Int {
    require(indices.count == rank, "subscript: \(indices.count) indices for shape \(shape)")
    var position = 0
    for axis in 0..<rank {
      let index = indices[axis] < 0 ? indices[axis] + shape[axis] : indices[axis]
      require(index >= 0 && index < shape[axis], "subscript: index \(indices[axis]) on axis \(axis) of shape \(shape)")
      position += index * strides[axis]
    }
    return position
  }
}

extension Tensor: Equatable {
  /// Same shape and equal elements (NaN differs from itself).
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && a.withUnsafeElements { x in b.withUnsafeElements { y in x.elementsEqual(y) } }
  }
}

extension Tensor where Scalar: TensorScalar {
  /// Evenly spaced values: `start`, `start + step`, ..., `count` of them.
  public init(from start: Scalar, by step: Scalar = 1, count: Int) {
    self.init((0..<count).map { start + Scalar($0) * step }, shape: [count])
  }

  /// The n x n identity matrix.
  public init(identity n: Int) {
    self.init(zeros: [n, n])
    for i in 0..<n { mutableBase[i * n + i] = 1 }
  }

  /// The elements converted to another scalar type.
  public func converted<Other: TensorScalar>(to type: Other.Type = Other.self) -> Tensor<Other> {
    if let same = self as? Tensor<Other> { return same }
    let result = Tensor<Other>(uninitialized: shape)
    withUnsafeElements { source in
      let target = result.mutableBase
      for i in source.indices { target[i] = Other(source[i]) }
    }
    return result
  }
}
