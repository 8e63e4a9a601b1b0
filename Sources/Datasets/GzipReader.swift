import CZlibABI
import Tensor

/// Decompresses gzip (RFC 1952) as it is read; files of several members, one after the other, are one to the reader.
///
/// Memory grows with what has been decompressed, never with what a header claims. A class, for zlib's state has an identity.
final class GzipReader: ByteReader {
  /// No deflate stream is longer than this many times its compressed form (zlib's technical notes: 1032 to 1, in the limit).
  static let maximumExpansion = 1032

  private let zlib: Zlib
  private let compressed: [UInt8]
  private let path: String
  private let stream: Zlib.Stream
  /// How many compressed bytes zlib has taken.
  private var position = 0
  private var isAtEnd = false

  /// Whether bytes begin as gzip files do.
  static func recognizes(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// Reads `compressed`, the contents of the file at `path`, which errors name.
  init(_ compressed: [UInt8], path: String, zlib: Zlib) {
    self.zlib = zlib
    self.compressed = compressed
    self.path = path
    stream = .allocate(capacity: 1)
    stream.initialize(to: kappa_zlib_stream())
    // 15: windows of up to 32 KiB; 16: gzip. zlib checks that the major version and the size of the stream are its own.
    let status = zlib.initialize(stream, 15 + 16, "1", Int32(MemoryLayout<kappa_zlib_stream>.size))
    // Only memory or another binary interface can be lacking, and neither is the file's fault.
    require(status == Zlib.Status.ok, "zlib: inflateInit2 returns \(status)")
  }

  deinit {
    _ = zlib.end(stream)
    stream.deallocate()
  }

  func read(_ count: Int) throws(IDXError) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count && !isAtEnd {
      // Doubles what is there: a claim of 2⁶⁰ bytes costs nothing before the bytes have come.
      let start = result.count
      let room = min(count - start, max(start, 1 << 20))
      result.append(contentsOf: repeatElement(0, count: room))
      let written = try fill(&result, from: start)
      result.removeLast(room - written)
    }
    return result
  }

  func skipToEnd() throws(IDXError) -> Int {
    var count = 0
    var discarded = [UInt8](repeating: 0, count: 1 << 16)
    while !isAtEnd { count += try fill(&discarded, from: 0) }
    return count
  }

  /// Decompresses into `bytes[start...]` until that is full or the file at its end; returns the number of bytes written.
  private func fill(_ bytes: inout [UInt8], from start: Int) throws(IDXError) -> Int {
    var written = 0
    while written < bytes.count - start && !isAtEnd {
      let (status, count) = inflate(into: &bytes, from: start + written)
      written += count
      switch status {
      case Zlib.Status.ok: break
      case Zlib.Status.streamEnd: beginNextMember()
      case Zlib.Status.bufferError: throw .corruptGzip(path: path, offset: position, defect: .truncated)
      default: throw .corruptGzip(path: path, offset: position, defect: defect)
      }
    }
    return written
  }

  /// One call of `inflate`; zlib counts with 32 bits, so long buffers take several.
  private func inflate(into bytes: inout [UInt8], from start: Int) -> (status: Int32, count: Int) {
    compressed.withUnsafeBufferPointer { input in
      bytes.withUnsafeMutableBufferPointer { output in
        let (available, room) = (min(input.count - position, 1 << 30), min(output.count - start, 1 << 30))
        stream.pointee.next_in = input.baseAddress! + position
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = output.baseAddress! + start
        stream.pointee.avail_out = UInt32(room)
        let status = zlib.inflate(stream, 0)
        position += available - Int(stream.pointee.avail_in)
        return (status, room - Int(stream.pointee.avail_out))
      }
    }
  }

  /// Goes on to the next member, past the zeros that fill up some files to a whole block.
  private func beginNextMember() {
    while position < compressed.count && compressed[position] == 0 { position += 1 }
    isAtEnd = position == compressed.count
    if !isAtEnd { _ = zlib.reset(stream) }
  }

  /// What zlib's message, constant since its first versions, says about damaged data.
  private var defect: GzipDefect {
    switch stream.pointee.msg.map({ String(cString: $0) }) {
    case "incorrect header check", "unknown compression method", "unknown header flags set", "header crc mismatch": .header
    case "incorrect data check", "incorrect length check": .checksum
    default: .data
    }
  }
}
