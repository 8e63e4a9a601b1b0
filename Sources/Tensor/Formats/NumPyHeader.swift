/// What the header of a .npy file says.
///
/// Magic bytes, version, the length of the rest (2 bytes, little-endian, in version 1.0; 4 from 2.0 on), then a Python dictionary
/// with the keys `descr`, `fortran_order` and `shape`, in Latin-1 (3.0: UTF-8), filled up with spaces and a line break to a
/// multiple of 64 bytes (NumPy Enhancement Proposal 1 and `numpy.lib.format`).
public struct NumPyHeader: Sendable, Equatable {
  /// The versions of the format. All hold the same arrays; the later ones have room for longer headers and other letters.
  public enum Version: UInt8, Sendable, CaseIterable {
    case v1 = 1, v2, v3
  }

  /// The order of elements in the file.
  public enum Order: Sendable {
    /// The last index runs fastest (C).
    case rowMajor
    /// The first index runs fastest (Fortran).
    case columnMajor
  }

  /// The version of the format.
  public var version: Version
  /// The type of the elements.
  public var elementType: ElementType
  /// Whether the most significant byte of each element comes first.
  public var isBigEndian: Bool
  /// The order of elements.
  public var order: Order
  /// The lengths of the axes, outermost first.
  public var shape: Shape
  /// The byte at which the elements begin.
  public var dataOffset: Int

  /// The longest header that is read, in bytes: as long as those of version 1.0 can be. Ours need a few hundred.
  public static let maximumLength = 65_535

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The array as it lies in the file: one in column-major order is the transpose of another in row-major order.
  var stored: StoredArray {
    StoredArray(
      elementType: elementType, isBigEndian: isBigEndian,
      shape: order == .rowMajor ? shape : Shape(Array(shape).reversed()))
  }

  /// Reads a header from the beginning of `stream` and checks that the elements it announces are there, with nothing behind them.
  init(from stream: some ByteStream) throws(TensorFileError) {
    let location = stream.location
    let start = try stream.bytes(min(8, stream.count))
    guard start.starts(with: NumPyHeader.magic.prefix(start.count)), !start.isEmpty else {
      throw location.error(.notRecognized(format: "NumPy (.npy)"), at: 0)
    }
    guard start.count == 8 else { throw location.error(.truncated(expected: 8, found: start.count)) }
    guard let version = Version(rawValue: start[6]), start[7] == 0 else {
      throw location.error(.unsupportedVersion(major: Int(start[6]), minor: Int(start[7])), at: 6)
    }
    let length: Int
    if version == .v1 {
      length = Int(try stream.bytes(2).littleEndian(UInt16.self, at: 0))
    } else {
      length = Int(try stream.bytes(4).littleEndian(UInt32.self, at: 0))
    }
    guard length <= NumPyHeader.maximumLength else {
      throw location.error(.headerTooLong(length: length, limit: NumPyHeader.maximumLength), at: 8)
    }
    let textOffset = stream.position
    var parser = NumPyHeaderParser(try stream.bytes(length), offset: textOffset, location: location)
    let fields = try parser.parse()
    guard let shape = Shape(checking: fields.shape) else { throw location.error(.unsupportedShape(fields.shape), at: textOffset) }
    self.version = version
    (elementType, isBigEndian) = (fields.elementType, fields.isBigEndian)
    order = fields.isColumnMajor ? .columnMajor : .rowMajor
    self.shape = shape
    dataOffset = stream.position

    // No overflow: less than 2³¹ elements of 8 bytes.
    let end = dataOffset + stored.byteCount
    guard end >= stream.count else { throw location.error(.trailingData(expected: end, found: stream.count)) }
    guard end <= stream.count else { throw location.error(.truncated(expected: end, found: stream.count)) }
  }

  /// The bytes before the elements, the same as NumPy writes.
  static func encode(_ type: ElementType, _ shape: Shape, version: Version, order: Order) -> [UInt8] {
    let code =
      switch type {
      case .bool: "|b1"
      case .int32: "<i4"
      case .int64: "<i8"
      case .float32: "<f4"
      default: "<f8"
      }
    let lengths = shape.map(String.init)
    let tuple = lengths.count == 1 ? "(\(lengths[0]),)" : "(" + lengths.joined(separator: ", ") + ")"
    var text = "{'descr': '\(code)', 'fortran_order': \(order == .columnMajor ? "True" : "False"), 'shape': \(tuple), }"
    // NumPy leaves room for the axis along which a file may grow to become 21 digits long.
    if let growing = order == .columnMajor ? lengths.last : lengths.first {
      text += String(repeating: " ", count: 21 - growing.utf8.count)
    }
    let prefix = version == .v1 ? 10 : 12
    let length = (prefix + text.utf8.count + 1) / 64 * 64 + 64 - prefix
    text += String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    var bytes = magic + [version.rawValue, 0]
    if version == .v1 { bytes.append(littleEndian: UInt16(length)) } else { bytes.append(littleEndian: UInt32(length)) }
    return bytes + Array(text.utf8)
  }
}
