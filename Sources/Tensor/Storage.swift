import CKernels

/// The memory of one or several tensors: pooled, 64-byte aligned, given back when the last tensor lets go.
///
/// `@unchecked Sendable`: tensors write only to storage that they alone refer to (copy on write).
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int

  init(byteCount: Int) {
    pointer = kappa_allocate(byteCount)
    self.byteCount = byteCount
  }

  deinit { kappa_deallocate(pointer, byteCount) }
}

/// What tensors occupy. All tensors of the process share one pool.
public enum Memory {
  /// Bytes in tensors, the largest that value has been, and bytes kept for reuse.
  public struct Statistics: Sendable, Equatable {
    public var inUse: Int
    public var peak: Int
    public var pooled: Int
  }

  public static var statistics: Statistics {
    let now = kappa_memory_statistics()
    return Statistics(inUse: now.in_use, peak: now.peak, pooled: now.pooled)
  }

  /// Gives the memory that is kept for reuse back to the system.
  public static func trim() { kappa_memory_trim() }

  /// Starts a new peak at what is in use now.
  public static func resetPeak() { kappa_memory_reset_peak() }
}
