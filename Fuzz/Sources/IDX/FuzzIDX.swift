import Datasets

/// Any bytes, plain or gzipped, are images, labels or errors; and they are the same inside of a gzip file, whose checksum nobody
/// guesses.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  for rank in [1, 3] {
    let file = try? IDXFile(contents: bytes, rank: rank)
    if let file { precondition(file.dimensions.reduce(1, *) == file.bytes.count) }
    // A gzip file in a gzip file is no IDX file.
    let isPlain = !bytes.starts(with: [0x1F, 0x8B])
    let packed = try? IDXFile(contents: gzip(bytes), rank: rank)
    precondition(packed?.bytes == (isPlain ? file?.bytes : nil))
  }
  return 0
}

/// A gzip file (RFC 1952) of one stored block.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
  func little(_ value: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  let count = UInt32(bytes.count)
  var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  result += [1] + little(count, 2) + little(~count, 2) + bytes
  return result + little(crc32(bytes), 4) + little(count, 4)
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
