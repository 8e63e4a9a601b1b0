/// A member of a zip file (PKWARE, APPNOTE.TXT 6.3), as the file's directory describes it.
struct ZipEntry: Sendable {
  var name: String
  /// 0: stored as it is; 8: deflate.
  var method: UInt16
  var checksum: UInt32
  /// Decompressed.
  var count: Int
  /// Where the member begins, and where its data lies.
  var headerOffset: Int
  var data: Range<Int>

  /// The decompressed bytes; `name` is what errors call it.
  func withStream<R>(
    of file: FileBytes, as name: String, _ body: (any ByteStream) throws(TensorFileError) -> R
  ) throws(TensorFileError) -> R {
    let location = file.location.member(name)
    if method == 0 { return try body(PlainStream(file, data, location: location, checksum: checksum)) }
    return try body(
      InflateStream(file, data, count: count, checksum: checksum, location: location, zlib: Zlib.system))
  }

  /// Whether an archive may be unpacked with this name: one that stays in its folder on every system.
  static func isSafe(name: String) -> Bool {
    // By bytes, as file systems do: to Swift, a slash and an accent after it are one character, and no slash.
    let parts = name.utf8.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
    let isAbsolute = parts.first?.isEmpty == true || name.utf8.dropFirst().first == UInt8(ascii: ":")
    return !isAbsolute && !parts.contains { $0.elementsEqual("..".utf8) } && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}

/// What zip files are made of.
enum ZipFormat {
  static let localSignature: UInt32 = 0x0403_4B50
  static let directorySignature: UInt32 = 0x0201_4B50
  static let endSignature: UInt32 = 0x0605_4B50
  static let end64Signature: UInt32 = 0x0606_4B50
  static let locatorSignature: UInt32 = 0x0706_4B50
  /// The extra field with 64-bit sizes.
  static let extra64: UInt16 = 1
  /// Flags: encrypted; sizes follow the data; the name is UTF-8.
  static let encrypted: UInt16 = 1
  static let sizesFollow: UInt16 = 8
  static let utf8: UInt16 = 0x800
}
