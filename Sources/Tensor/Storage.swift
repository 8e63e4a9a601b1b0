import CKernels

/// The memory of one or several tensors: pooled, 64-byte aligned, given back when the last tensor lets go.
///
/// `@unchecked Sendable`: tensors write only to storage that they alone refer to (copy on write).
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Gives the memory back when it goes, where that is not the pool's.
  private let owner: AnyObject?

  /// What tensors that stand in for none share. The compiler lays it out in the program's data, for its fields are constants; nobody
  /// counts references to such an object, and small operations make and let go of it more often than they compute.
  static let empty = Storage()

  private init() {
    pointer = UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
    byteCount = 0
    owner = nil
  }

  init(byteCount: Int) {
    pointer = kappa_allocate(byteCount)
    self.byteCount = byteCount
    owner = nil
  }

  /// Memory that exists for as long as `owner` does, such as a mapped file; it is written to like any other.
  init(_ memory: UnsafeMutableRawBufferPointer, owner: AnyObject) {
    pointer = memory.baseAddress!
    byteCount = memory.count
    self.owner = owner
  }

  deinit { if owner == nil { kappa_deallocate(pointer, byteCount) } }
}

/// What tensors occupy. All tensors of the process share one pool.
public enum Memory {
  /// Bytes in tensors, the largest that value has been, and bytes kept for reuse.
  public struct Statistics: Sendable, Equatable {
    /// Bytes in tensors.
    public var inUse: Int
    /// The largest `inUse` so far.
    public var peak: Int
    /// Bytes kept for reuse.
    public var pooled: Int
  }

  /// What tensors occupy now.
  public static var statistics: Statistics {
    let now = kappa_memory_statistics()
    return Statistics(inUse: now.in_use, peak: now.peak, pooled: now.pooled)
  }

  /// Gives the memory that is kept for reuse back to the system.
  public static func trim() { kappa_memory_trim() }

  /// Starts a new peak at what is in use now.
  public static func resetPeak() { kappa_memory_reset_peak() }
}

/// The tensors' pool for memory of other kinds.
package enum PooledMemory {
  /// 64-byte aligned; contents undefined.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer { kappa_allocate(byteCount) }
  package static func deallocate(_ memory: UnsafeMutableRawPointer, byteCount: Int) { kappa_deallocate(memory, byteCount) }
}

/// Keeps tensors' memory from being given back while pointers into it are used.
@inline(__always) package func keepAlive(_ storage: borrowing Storage) { withExtendedLifetime(storage) {} }
@inline(__always) package func keepAlive<A>(_ a: borrowing Tensor<A>) { keepAlive(a.storage) }
@inline(__always) package func keepAlive<A, B>(_ a: borrowing Tensor<A>, _ b: borrowing Tensor<B>) {
  keepAlive(a.storage)
  keepAlive(b.storage)
}
@inline(__always) package func keepAlive<A, B, C>(
  _ a: borrowing Tensor<A>, _ b: borrowing Tensor<B>, _ c: borrowing Tensor<C>
) {
  keepAlive(a, b)
  keepAlive(c.storage)
}
@inline(__always) package func keepAlive<A, B, C, D>(
  _ a: borrowing Tensor<A>, _ b: borrowing Tensor<B>, _ c: borrowing Tensor<C>, _ d: borrowing Tensor<D>
) {
  keepAlive(a, b)
  keepAlive(c, d)
}
