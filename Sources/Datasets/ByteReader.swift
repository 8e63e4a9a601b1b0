/// Reads the bytes of a file from front to back.
protocol ByteReader {
  /// The next `count` bytes, or as many as are left.
  mutating func read(_ count: Int) throws(IDXError) -> [UInt8]
  /// Goes to the end; returns how many bytes were left.
  mutating func skipToEnd() throws(IDXError) -> Int
}

/// Reads bytes as they are.
struct PlainReader: ByteReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func read(_ count: Int) -> [UInt8] {
    let end = position + min(count, bytes.count - position)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  mutating func skipToEnd() -> Int {
    defer { position = bytes.count }
    return bytes.count - position
  }
}
