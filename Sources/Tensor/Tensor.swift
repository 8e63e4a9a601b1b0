/// A multi-dimensional array with value semantics.
///
/// Shape and strides are inline; elements lie in pooled, 64-byte-aligned storage that copies and views share until one
/// of them is written to (copy on write). Slices, transposes, permutations, broadcasts, diagonals and, where strides allow,
/// reshapes are views and copy nothing.
///
/// Tensors may be sent between tasks (`Sendable`): whoever writes makes a copy first unless it is the only owner.
public struct Tensor<Scalar: TensorElement>: Sendable {
  package var storage: Storage
  /// Twice `offset`, and one more if the tensor is known to be contiguous: small operations ask that more often than they compute.
  /// One number, because a tensor with one field more would be copied through its type's witness table.
  private var place: Int
  /// The index in `storage`, in elements, of the element whose indices are all 0.
  var offset: Int {
    get { place >> 1 }
    set { place = newValue << 1 | place & 1 }
  }
  /// The lengths of the axes, outermost first.
  public internal(set) var shape: Shape { didSet { place &= ~1 } }
  var strides: Strides { didSet { place &= ~1 } }

  init(storage: Storage, offset: Int, shape: Shape, strides: Strides) {
    self.storage = storage
    place = offset << 1
    self.shape = shape
    self.strides = strides
  }

  /// A contiguous tensor in a part of `storage`.
  init(storage: Storage, offset: Int, contiguous shape: Shape) {
    self.storage = storage
    place = offset << 1 | 1
    self.shape = shape
    strides = Strides(rowMajor: shape)
  }

  /// A tensor whose elements are not set yet; every caller writes all of them before anyone reads.
  package init(uninitialized shape: Shape) {
    // The strides come first: they stop the program when there are too many elements, before their size is asked of the system.
    strides = Strides(rowMajor: shape)
    storage = Storage(byteCount: shape.elementCount * MemoryLayout<Scalar>.stride)
    place = 1
    self.shape = shape
  }

  /// As `init(uninitialized:)` with the shape of `other`, whose strides serve again if they are known to be row-major.
  init(uninitializedLike other: borrowing Tensor) {
    strides = other.place & 1 != 0 ? other.strides : Strides(rowMajor: other.shape)
    storage = Storage(byteCount: other.shape.elementCount * MemoryLayout<Scalar>.stride)
    place = 1
    shape = other.shape
  }

  /// Without elements, in storage that all such share: what stands where there is no tensor yet.
  package static var placeholder: Tensor {
    Tensor(storage: .empty, offset: 0, shape: Shape(ofVector: 0), strides: .ofVector)
  }

  /// The number of axes.
  public var rank: Int { shape.rank }
  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// Whether the elements lie one after the other in row-major order.
  public var isContiguous: Bool { place & 1 != 0 || stridesAreRowMajor }

  private var stridesAreRowMajor: Bool {
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

  /// Makes this tensor the only one that refers to its storage, with a place of its own for every element; it need not be
  /// contiguous afterwards.
  mutating func makeWritable() {
    if !isKnownUniquelyReferenced(&storage) || isStretched { self = copied() }
  }

  /// Whether elements with different indices share a place, as in a broadcast view.
  private var isStretched: Bool {
    for axis in 0..<rank where strides[axis] == 0 && shape.lengths[axis] > 1 { return true }
    return false
  }

  /// Makes this tensor contiguous and the only one that refers to its storage.
  package mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) || !isContiguous { self = copied() }
  }

  /// Itself if its elements are contiguous and nobody else refers to them, else a fresh tensor of the same shape whose elements
  /// are not set: where the result of an element-wise kernel may go when `self` is not needed afterwards.
  package mutating func reusedOrUninitialized() -> Tensor {
    isKnownUniquelyReferenced(&storage) && isContiguous ? self : Tensor(uninitializedLike: self)
  }
}
