import Foundation
import Tensor

/// An array of unsigned bytes from a file in the IDX format, in which MNIST and its kin are published, plain or gzipped.
///
/// Two zero bytes, a byte for the element type (0x08 is an unsigned byte), a byte for the number of dimensions, each dimension
/// as a big-endian 32-bit integer, then the elements with the last index fastest (LeCun, Cortes & Burges, The MNIST database).
public struct IDXFile: Sendable {
  /// The lengths of the axes, outermost first; none is 0.
  public let dimensions: [Int]
  /// The elements in row-major order.
  public let bytes: [UInt8]

  /// Reads the file at `path`, which must be all there, with nothing after it and, where compressed, with matching checksums.
  ///
  /// Whether it is compressed is told by its first bytes, not by its name. Takes memory for what the file holds, never for
  /// what its header claims: a wrong header is an error.
  /// - Parameters:
  ///   - path: of the file.
  ///   - rank: the number of dimensions it must have: 3 for images, 1 for labels.
  public init(path: String, rank: Int) throws(IDXError) {
    try self.init(path: path, rank: rank, zlib: Zlib.system)
  }

  package init(path: String, rank: Int, zlib: Zlib?) throws(IDXError) {
    try self.init(contents: contents(of: path), path: path, rank: rank, zlib: zlib)
  }

  /// Reads `contents` as the file they come from would be read; errors call them `path`.
  public init(contents: [UInt8], path: String = "contents", rank: Int) throws(IDXError) {
    try self.init(contents: contents, path: path, rank: rank, zlib: Zlib.system)
  }

  private init(contents file: [UInt8], path: String, rank: Int, zlib: Zlib?) throws(IDXError) {
    if GzipReader.recognizes(file) {
      guard let zlib else { throw .missingZlib(path: path) }
      var reader = GzipReader(file, path: path, zlib: zlib)
      try self.init(from: &reader, path: path, rank: rank, limit: file.count * Inflater.maximumExpansion)
    } else {
      var reader = PlainReader(file)
      try self.init(from: &reader, path: path, rank: rank, limit: Int.max)
    }
  }

  /// Reads header and elements; `limit` is the number of bytes that the file can hold at most.
  private init(from reader: inout some ByteReader, path: String, rank: Int, limit: Int) throws(IDXError) {
    let magic = try reader.read(4)
    guard magic.prefix(2).allSatisfy({ $0 == 0 }) else { throw .notIDX(path: path, firstBytes: magic) }
    guard magic.count == 4 else { throw .truncated(path: path, expected: 4, found: magic.count) }
    guard magic[2] == 0x08 else { throw .wrongElementType(path: path, code: magic[2]) }
    guard magic[3] == rank else { throw .wrongRank(path: path, expected: rank, found: Int(magic[3])) }

    let headerCount = 4 + 4 * rank
    let lengths = try reader.read(4 * rank)
    guard lengths.count == 4 * rank else { throw .truncated(path: path, expected: headerCount, found: 4 + lengths.count) }
    dimensions = (0..<rank).map { axis in lengths[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard let elementCount = product(of: dimensions), elementCount > 0, elementCount <= limit - headerCount else {
      throw .absurdDimensions(path: path, dimensions: dimensions)
    }

    bytes = try reader.read(elementCount)
    let expected = headerCount + elementCount
    guard bytes.count == elementCount else { throw .truncated(path: path, expected: expected, found: headerCount + bytes.count) }
    // Whatever the answer, this is also what reaches the checksum of a compressed file.
    let surplus = try reader.skipToEnd()
    guard surplus == 0 else { throw .trailingData(path: path, expected: expected, found: expected + surplus) }
  }
}

/// The product, or `nil` where an integer cannot hold it.
private func product(of factors: [Int]) -> Int? {
  var product = 1
  for factor in factors {
    let (value, overflows) = product.multipliedReportingOverflow(by: factor)
    if overflows { return nil }
    product = value
  }
  return product
}

private func contents(of path: String) throws(IDXError) -> [UInt8] {
  guard FileManager.default.fileExists(atPath: path) else { throw .missingFile(tried: [path]) }
  do {
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
  } catch {
    throw .unreadable(path: path, reason: error.localizedDescription)
  }
}
