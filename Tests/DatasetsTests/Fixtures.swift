import Foundation

/// A folder of its own, removed with its contents when the last reference goes.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("DatasetsTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file into the folder and returns its path.
  @discardableResult func write(_ bytes: [UInt8], as name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

enum Fixture {
  /// An IDX file of bytes: header, then elements.
  static func idx(type: UInt8 = 0x08, dimensions: [UInt32], elements: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, type, UInt8(dimensions.count)]
    for length in dimensions { bytes += withUnsafeBytes(of: length.bigEndian) { Array($0) } }
    return bytes + elements
  }

  static let elements: [UInt8] = [0, 51, 102, 153, 204, 255, 255, 204, 153, 102, 51, 0]
  /// Two images of 2 x 3 pixels.
  static let images = idx(dimensions: [2, 2, 3], elements: elements)
  static let labels = idx(dimensions: [2], elements: [7, 3])

  // Python 3: base64.b64encode(gzip.compress(data, mtime=0)).
  /// `images`, compressed.
  static let gzipped = base64("H4sIAAAAAAACA2Ng4GBmYGBggmJmBuO0mWf+/z8zM82YAQDvdqZpHAAAAA==")
  /// `images[..<10]` and `images[10...]`, compressed one by one and joined.
  static let gzippedTwice = base64("H4sIAAAAAAACA2Ng4GBmYGBgYmAAADC9AwIKAAAAH4sIAAAAAAACA2NgYmBgYGYwTpt55v//MzPTjBkA2VTNChIAAAA=")
  /// `images` without its last 3 bytes, compressed.
  static let gzippedShort = base64("H4sIAAAAAAACA2Ng4GBmYGBggmJmBuO0mWf+/z8zEwBqGiqkGQAAAA==")
  /// `images` and 2 more bytes, compressed.
  static let gzippedLong = base64("H4sIAAAAAAACA2Ng4GBmYGBggmJmBuO0mWf+/z8zM82YoaISABV6Zu8eAAAA")
  /// A header of 60,000 images of 28 x 28 pixels and 5 elements, compressed.
  static let gzippedClaim = base64("H4sIAAAAAAACA2Ng4GBmYHiVwMDAIAPFDAwAjeHODBUAAAA=")

  private static func base64(_ text: String) -> [UInt8] { [UInt8](Data(base64Encoded: text)!) }
}
