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

  deinit {
    for (number, chunk) in chunks.enumerated() {
      chunk.deinitialize(count: min(Self.chunkLength, count - number * Self.chunkLength))
      PooledMemory.deallocate(chunk, byteCount: Self.chunkLength * MemoryLayout<Element>.stride)
    }
  }
}
