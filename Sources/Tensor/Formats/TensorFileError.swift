/// Why a tensor cannot be had from a file. The description says where, what is wrong and what to do.
public struct TensorFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file; `nil` for tensors that come from none.
  public var path: String?
  /// The tensor or member of the file, where one is concerned.
  public var member: String?
  /// The byte of the file, or of the member's decompressed contents, at which the trouble begins or was noticed.
  public var offset: Int?
  /// What is wrong.
  public var defect: Defect

  /// An error of a file, of one of its members, at a byte.
  public init(path: String? = nil, member: String? = nil, offset: Int? = nil, defect: Defect) {
    (self.path, self.member, self.offset, self.defect) = (path, member, offset, defect)
  }

  /// What can be wrong with a file, or with what is asked of it.
  public enum Defect: Equatable, Sendable {
    /// The file is not there, is a folder, or may not be read.
    case unreadable(reason: String)
    /// The file does not begin, or end, as the format does.
    case notRecognized(format: String)
    /// A version of the format that does not exist.
    case unsupportedVersion(major: Int, minor: Int)
    /// A header that is longer than the limit, in bytes.
    case headerTooLong(length: Int, limit: Int)
    /// A header, directory or name that breaks the rules of the format.
    case malformed(reason: String)
    /// The file ends early. In bytes, from the beginning of the file or member.
    case truncated(expected: Int, found: Int)
    /// The file goes on after its end. In bytes, from the beginning of the file or member.
    case trailingData(expected: Int, found: Int)
    /// Elements of a type that no tensor takes: structures, objects, text, complex numbers, uint64.
    case unsupportedElementType(String)
    /// More axes than 8, or 2³¹ elements or more; empty axes count as 1.
    case unsupportedShape([Int])
    /// A byte of a Boolean array that is neither 0 nor 1.
    case invalidBoolean(UInt8)
    /// The tensor is of another type than was asked for, and the conversion was not.
    case wrongElementType(found: ElementType, asked: ElementType)
    /// Element `index` in row-major order is no value of the type asked for.
    case valueDoesNotFit(index: Int, value: String, asked: ElementType)
    /// No tensor of this name; those that are there, at most 20 of them.
    case missing(available: [String])
    /// The tensor has another shape than the parameter that it is to become.
    case wrongShape(found: Shape, expected: Shape)
    /// Tensors that nobody asked for, at most 20 of them.
    case unexpected(names: [String])
    /// Two tensors of one name.
    case duplicateName
    /// A name that would lead out of the folder in which an archive is unpacked.
    case unsafeName
    /// Two members, or members and the directory, share bytes of the file.
    case overlap(with: String)
    /// The data is not what was written: the checksum (CRC-32) differs.
    case checksum(expected: UInt32, found: UInt32)
    /// A member that is encrypted or compressed with another method than deflate (8).
    case unsupportedCompression(String)
    /// Compressed data that nothing compresses to.
    case corruptCompression(reason: String)
    /// The data is compressed, and zlib, which is opened when first needed, is not on this machine.
    case missingZlib
    /// The tensor cannot be used in the place where it lies in the file.
    case notMappable(reason: String)
  }

  public var description: String {
    var place = [path, member.map { "tensor '\($0)'" }, offset.map { "byte \($0)" }].compactMap { $0 }.joined(separator: ", ")
    if !place.isEmpty { place += ": " }
    return place + defect.description
  }
}

extension TensorFileError.Defect: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read (\(reason)); check that it is a file and its permissions"
    case .notRecognized(let format):
      "not a file in the \(format) format; check that it is the right file and whole"
    case .unsupportedVersion(let major, let minor):
      "version \(major).\(minor) of the format, which does not exist; fetch or write the file again"
    case .headerTooLong(let length, let limit):
      "a header of \(length) bytes, more than the \(limit) that are allowed; the file is damaged: fetch or write it again"
    case .malformed(let reason):
      "\(reason); the file is damaged or its writer is: fetch or write it again"
    case .truncated(let expected, let found):
      "ends after \(found) of \(expected) bytes; fetch or write it again"
    case .trailingData(let expected, let found):
      "has \(found) bytes where its header announces \(expected); the header or the end is damaged: fetch or write it again"
    case .unsupportedElementType(let type):
      "elements of type \(type), which no tensor takes; convert them where the file is written,"
        + " to float64, float32, int64, int32 or bool"
    case .unsupportedShape(let lengths):
      "the shape \(lengths); at most \(Shape.maximumRank) axes and \(Int32.max) elements are possible: write it in parts"
    case .invalidBoolean(let byte):
      "a Boolean that is \(byte), neither 0 nor 1; the file is damaged or was written as another type: write it again"
    case .wrongElementType(let found, let asked):
      "holds \(found), and \(asked) was asked for, which does not have all its values; ask for another type or,"
        + " if that is meant, for conversion by rounding"
    case .valueDoesNotFit(let index, let value, let asked):
      "element \(index) is \(value), which is no \(asked); ask for a type that has it"
    case .missing(let available):
      "no tensor of this name; there are \(available.isEmpty ? "none" : available.map { "'\($0)'" }.joined(separator: ", "))"
    case .wrongShape(let found, let expected):
      "has shape \(found), and the parameter \(expected); load it into the model that it was saved from"
    case .unexpected(let names):
      "tensors that are no parameters of the model: \(names.map { "'\($0)'" }.joined(separator: ", ")); check the model's layers and their"
        + " names, or allow others"
    case .duplicateName:
      "two tensors have this name; write the file again with names of their own"
    case .unsafeName:
      "a name that leads out of its folder, which no honest writer uses; do not unpack the file, fetch it from elsewhere"
    case .overlap(let other):
      "shares bytes with \(other); the file is damaged or made to deceive: fetch it again"
    case .checksum(let expected, let found):
      "has the checksum \(hexadecimal(found)), not \(hexadecimal(expected)); the data is damaged: fetch or write it again"
    case .unsupportedCompression(let method):
      "\(method), which is not supported; write it uncompressed or with deflate"
    case .corruptCompression(let reason):
      "compressed data is damaged (\(reason)); fetch or write it again"
    case .missingZlib:
      "is compressed, and zlib is not installed; apt-get install zlib1g, or write it uncompressed"
    case .notMappable(let reason):
      "cannot be mapped (\(reason)); read it instead"
    }
  }

  private func hexadecimal(_ word: UInt32) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// Where something is read from: what errors name.
struct FileLocation: Sendable {
  var path: String?
  var member: String?

  func error(_ defect: TensorFileError.Defect, at offset: Int? = nil) -> TensorFileError {
    TensorFileError(path: path, member: member, offset: offset, defect: defect)
  }

  /// The same file, at one of its members.
  func member(_ name: String) -> FileLocation { FileLocation(path: path, member: name) }
}
