/// What a part of a file decompresses to.
final class InflateStream: ByteStream {
  let location: FileLocation
  let count: Int
  private(set) var position = 0
  private let file: FileBytes
  private let inflater: Inflater
  private var checksum: Checksum
  /// What is still to be read of the file, and what has been read but not yet decompressed.
  private var compressed: Range<Int>
  private var buffer: [UInt8] = []
  private var bufferStart = 0
  private var isAtEnd = false

  /// Bytes `range` of `file`, which claim to be `count` bytes compressed: an error where that cannot be.
  init(
    _ file: FileBytes, _ range: Range<Int>, count: Int, checksum: UInt32, location: FileLocation, zlib: Zlib?
  ) throws(TensorFileError) {
    guard let zlib else { throw location.error(.missingZlib) }
    let (limit, overflows) = range.count.multipliedReportingOverflow(by: Inflater.maximumExpansion)
    guard overflows || count <= limit else {
      throw location.error(
        .corruptCompression(reason: "\(range.count) bytes cannot decompress to \(count)"), at: range.lowerBound)
    }
    self.location = location
    self.file = file
    self.count = count
    self.checksum = Checksum(expected: checksum)
    compressed = range
    inflater = Inflater(.none, zlib: zlib)
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
    guard target.count <= count - position else {
      throw location.error(.truncated(expected: position + target.count, found: count))
    }
    let done = try fill(target)
    guard done == target.count else { throw location.error(.truncated(expected: count, found: position)) }
  }

  func finish() throws(TensorFileError) {
    // The end mark of the compressed data may still be ahead, and nothing may come before it or behind.
    var surplus: UInt8 = 0
    let beyond = try withUnsafeMutableBytes(of: &surplus) { target throws(TensorFileError) in try fill(target) }
    guard beyond == 0 else { throw location.error(.trailingData(expected: count, found: count + 1)) }
    guard compressed.isEmpty && bufferStart == buffer.count else {
      throw location.error(.corruptCompression(reason: "it ends before its last byte"), at: position)
    }
    try checksum.check(location)
  }

  /// Decompresses until `target` is full or the data at its end; returns how many bytes came.
  private func fill(_ target: UnsafeMutableRawBufferPointer) throws(TensorFileError) -> Int {
    var done = 0
    while done < target.count && !isAtEnd {
      if bufferStart == buffer.count {
        let next = compressed.lowerBound..<min(compressed.lowerBound + 1 << 16, compressed.upperBound)
        buffer = try file.bytes(next)
        bufferStart = 0
        compressed = next.upperBound..<compressed.upperBound
      }
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done..<min(done + 1 << 18, target.count)])
      let step = buffer.withUnsafeBytes { inflater.step(UnsafeRawBufferPointer(rebasing: $0[bufferStart...]), into: rest) }
      bufferStart += step.consumed
      checksum.add(UnsafeRawBufferPointer(rebasing: rest[..<step.produced]))
      done += step.produced
      position += step.produced
      switch step.status {
      case Zlib.Status.streamEnd: isAtEnd = true
      case Zlib.Status.ok: break
      case Zlib.Status.bufferError where !compressed.isEmpty: break
      case Zlib.Status.bufferError: throw location.error(.corruptCompression(reason: "unexpected end"), at: position)
      default: throw location.error(.corruptCompression(reason: inflater.message ?? "zlib: \(step.status)"), at: position)
      }
    }
    return done
  }
}
