import Tensor

/// A list that grows without moving its elements, in pooled memory: what a tape's nodes lie in.
///
/// An array would copy all of them each time it grows, and give its memory back to the system when it goes, so that every
/// training step would pay for fresh pages.
struct ChunkedList<Element>: ~Copyable {
  private static var chunkLength: Int { 64 }
  private var chunks: [UnsafeMutablePointer<Element>] = []
  private(set) var count = 0

  mutating func append(_ element: consuming Element) {
    if count == chunks.count * Self.chunkLength {
      let memory = PooledMemory.allocate(byteCount: Self.chunkLength * MemoryLayout<Element>.stride)
      chunks.append(memory.bindMemory(to: Element.self, capacity: Self.chunkLength))
    }
    (chunks[count / Self.chunkLength] + count % Self.chunkLength).initialize(to: element)
    count += 1
  }

  /// Where element `index` lies.
  @inline(__always) func place(_ index: Int) -> UnsafeMutablePointer<Element> {
    assert(index >= 0 && index < count)
    return chunks[index / Self.chunkLength] + index % Self.chunkLength
  }

  subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress { UnsafePointer(place(index)) }
    @inline(__always) nonmutating unsafeMutableAddress { place(index) }
  }

  /// Lets go of all elements. Owners do so in code compiled for their type; what is left for `deinit` is destroyed through run-time type
  /// information, element by element.
  @inline(__always) mutating func removeAll() {
    for index in 0..<count { _ = place(index).move() }
    count = 0
  }

  deinit {
    for index in 0..<count { place(index).deinitialize(count: 1) }
    for chunk in chunks { PooledMemory.deallocate(chunk, byteCount: Self.chunkLength * MemoryLayout<Element>.stride) }
  }
}
