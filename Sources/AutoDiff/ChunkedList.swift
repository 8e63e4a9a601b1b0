import Tensor

/// A list that grows without moving its elements, in pooled memory: what a tape's nodes lie in.
///
/// An array would copy all of them each time it grows, and give its memory back to the system when it goes, so that every
/// training step would pay for fresh pages.
///
/// Its owner lets go of the elements (`removeAll`, `take`) before it goes itself: in code compiled for their type, which a `deinit`
/// of this type is not; there they would be destroyed one by one through run-time type information.
struct ChunkedList<Element>: ~Copyable {
  /// A power of two: a place is found by a shift and a mask.
  private static var chunkLength: Int { 64 }
  private var memory = ChunkMemory()
  private(set) var count = 0

  mutating func append(_ element: consuming Element) {
    if count == memory.chunks.count * Self.chunkLength { memory.grow(Self.chunkLength * MemoryLayout<Element>.stride) }
    count += 1
    place(count - 1).initialize(to: element)
  }

  /// Where element `index` lies.
  @inline(__always) func place(_ index: Int) -> UnsafeMutablePointer<Element> {
    assert(index >= 0 && index < count)
    let chunk = memory.chunks[index &>> Self.chunkLength.trailingZeroBitCount]
    return chunk.assumingMemoryBound(to: Element.self) + index & (Self.chunkLength - 1)
  }

  subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress { UnsafePointer(place(index)) }
    @inline(__always) nonmutating unsafeMutableAddress { place(index) }
  }

  /// Takes element `index` out. Its place stays, empty: nobody reads it any more, and `removeAll` is told to leave it out.
  @inline(__always) func take(_ index: Int) -> Element { place(index).move() }

  /// Puts what `body` makes of element `index` in its place.
  @inline(__always) func replace(_ index: Int, _ body: (Element) -> Element) {
    let place = place(index)
    place.initialize(to: body(place.move()))
  }

  /// Lets go of all elements but those that `isTaken` knows to be gone.
  @inline(__always) mutating func removeAll(but isTaken: (Int) -> Bool = { _ in false }) {
    for index in 0..<count where !isTaken(index) { _ = place(index).move() }
    count = 0
  }
}

/// The memory of a list: chunks of one size. It knows no type, so that letting go of it needs none.
private struct ChunkMemory: ~Copyable {
  private(set) var chunks: [UnsafeMutableRawPointer] = []
  private var chunkSize = 0

  mutating func grow(_ byteCount: Int) {
    chunkSize = byteCount
    chunks.append(PooledMemory.allocate(byteCount: byteCount))
  }

  deinit { for chunk in chunks { PooledMemory.deallocate(chunk, byteCount: chunkSize) } }
}
