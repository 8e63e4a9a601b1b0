import Tensor

/// For each node of a tape a tensor or none: the tangents of a sweep.
///
/// An array of optionals would do the same; but an optional of a tensor is copied through run-time type information, which for
/// small tensors takes longer than their arithmetic.
struct TensorTable<Scalar: TensorScalar>: ~Copyable {
  private var isSet: UnsafeMutablePointer<Bool>?
  private var places: UnsafeMutablePointer<Tensor<Scalar>>?
  private var capacity = 0

  /// The flags stand behind the tensors.
  private static func byteCount(_ capacity: Int) -> Int { capacity * (MemoryLayout<Tensor<Scalar>>.stride + 1) }

  init(capacity: Int = 0) {
    if capacity == 0 { return }
    self.capacity = capacity
    let memory = PooledMemory.allocate(byteCount: Self.byteCount(capacity))
    places = memory.bindMemory(to: Tensor<Scalar>.self, capacity: capacity)
    isSet = (memory + capacity * MemoryLayout<Tensor<Scalar>>.stride).bindMemory(to: Bool.self, capacity: capacity)
    isSet!.initialize(repeating: false, count: capacity)
  }

  /// Whether node `index` has a tensor.
  @inline(__always) func has(_ index: Int) -> Bool { isSet.unsafelyUnwrapped[index] }

  /// The tensor of node `index`, which has one.
  subscript(index: Int) -> Tensor<Scalar> {
    @inline(__always) unsafeAddress { UnsafePointer(places.unsafelyUnwrapped + index) }
  }

  @inline(__always) mutating func set(_ index: Int, _ tensor: consuming Tensor<Scalar>) {
    clear(index)
    (places.unsafelyUnwrapped + index).initialize(to: tensor)
    isSet.unsafelyUnwrapped[index] = true
  }

  /// Takes the tensor of node `index`, which has one, out of the table.
  @inline(__always) mutating func take(_ index: Int) -> Tensor<Scalar> {
    isSet.unsafelyUnwrapped[index] = false
    return (places.unsafelyUnwrapped + index).move()
  }

  @inline(__always) mutating func clear(_ index: Int) {
    if has(index) { _ = take(index) }
  }

  /// Makes room for nodes below `count`, none of which has a tensor yet.
  mutating func reserve(_ count: Int) {
    if count > capacity { self = TensorTable(capacity: Swift.max(count, 2 * capacity)) }
  }

  deinit {
    guard let isSet, let places else { return }
    for index in 0..<capacity where isSet[index] { (places + index).deinitialize(count: 1) }
    PooledMemory.deallocate(places, byteCount: Self.byteCount(capacity))
  }
}
