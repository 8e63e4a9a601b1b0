import Tensor

/// Decompresses gzip (RFC 1952) as it is read; files of several members, one after the other, are one to the reader.
///
/// Memory grows with what has been decompressed, never with what a header claims. A class, for zlib's state has an identity.
final class GzipReader: ByteReader {
  private let compressed: [UInt8]
  private let path: String
  private let inflater: Inflater
  /// How many compressed bytes zlib has taken.
  private var position = 0
  private var isAtEnd = false

  /// Whether bytes begin as gzip files do.
  static func recognizes(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// Reads `compressed`, the contents of the file at `path`, which errors name.
  init(_ compressed: [UInt8], path: String, zlib: Zlib) {
    self.compressed = compressed
    self.path = path
    inflater = Inflater(.gzip, zlib: zlib)
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

  private func inflate(into bytes: inout [UInt8], from start: Int) -> (status: Int32, count: Int) {
    compressed[position...].withUnsafeBytes { input in
      bytes.withUnsafeMutableBytes { output in
        let step = inflater.step(input, into: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
        position += step.consumed
        return (step.status, step.produced)
      }
    }
  }

  /// Goes on to the next member, past the zeros that fill up some files to a whole block.
  private func beginNextMember() {
    while position < compressed.count && compressed[position] == 0 { position += 1 }
    isAtEnd = position == compressed.count
    if !isAtEnd { inflater.reset() }
  }

  /// What zlib's message, constant since its first versions, says about damaged data.
  private var defect: GzipDefect {
    switch inflater.message {
    case "incorrect header check", "unknown compression method", "unknown header flags set", "header crc mismatch": .header
    case "incorrect data check", "incorrect length check": .checksum
    default: .data
    }
  }
}
