import Tensor

/// Plain numbers in pooled memory, as many as were asked for: what sweeps and plans know of each node.
///
/// An array costs several times as much to make where its elements' type is this module's own: the standard library looks up its
/// storage's class at run time.
struct PooledTable<Element: BitwiseCopyable>: ~Copyable {
  private let places: UnsafeMutablePointer<Element>
  private let byteCount: Int
  let count: Int

  /// Elements that are not set yet.
  init(uninitialized count: Int) {
    self.count = count
    byteCount = count * MemoryLayout<Element>.stride
    places = PooledMemory.allocate(byteCount: byteCount).bindMemory(to: Element.self, capacity: count)
  }

  init(repeating element: Element, count: Int) {
    self.init(uninitialized: count)
    places.initialize(repeating: element, count: count)
  }

  subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      assert(index >= 0 && index < count)
      return UnsafePointer(places + index)
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      assert(index >= 0 && index < count)
      return places + index
    }
  }

  deinit { PooledMemory.deallocate(places, byteCount: byteCount) }
}
