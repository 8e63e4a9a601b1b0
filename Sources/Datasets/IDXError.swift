/// Why image or label files cannot be used. Each description says what is wrong, in which file, and what to do.
public enum IDXError: Error, Equatable, CustomStringConvertible {
  /// The folder is not there; `remedy` says how to get it.
  case missingDirectory(path: String, remedy: String)
  /// None of the files `tried`, in order, is there.
  case missingFile(tried: [String])
  /// The file is there but cannot be read: no permission, a folder.
  case unreadable(path: String, reason: String)
  /// The first two bytes of an IDX file are 0, these are not.
  case notIDX(path: String, firstBytes: [UInt8])
  /// The file holds elements of another type than unsigned bytes: the code is its third byte, 0x08 for unsigned bytes.
  case wrongElementType(path: String, code: UInt8)
  /// The file has another number of dimensions: images have 3, labels 1.
  case wrongRank(path: String, expected: Int, found: Int)
  /// A dimension is 0, or their product is more bytes than an integer counts or than the compressed file can hold.
  case absurdDimensions(path: String, dimensions: [Int])
  /// The file, decompressed where it is compressed, ends early. In bytes, header included.
  case truncated(path: String, expected: Int, found: Int)
  /// The file, decompressed where it is compressed, goes on after its last element. In bytes, header included.
  case trailingData(path: String, expected: Int, found: Int)
  /// The file is compressed, and the compressed data is damaged at about byte `offset` of the file.
  case corruptGzip(path: String, offset: Int, defect: GzipDefect)
  /// The file is compressed, and zlib, which is opened when first needed, is not on this machine.
  case missingZlib(path: String)
  /// Images and labels differ in number.
  case countMismatch(images: Int, imagesPath: String, labels: Int, labelsPath: String)
  /// Label `index`, counted from 0, is not below the number of classes.
  case labelOutOfRange(path: String, index: Int, label: Int, classCount: Int)
  /// Training and test images differ in height or width.
  case sizeMismatch(train: [Int], trainPath: String, test: [Int], testPath: String)

  public var description: String {
    switch self {
    case .missingDirectory(let path, let remedy):
      "\(path): no such folder; \(remedy)"
    case .missingFile(let tried):
      "\(tried.first ?? "?"): no such file" + (tried.count > 1 ? ", nor \(tried.dropFirst().joined(separator: ", "))" : "")
        + "; check the folder's name and fetch the file if it is not elsewhere"
    case .unreadable(let path, let reason):
      "\(path): cannot be read (\(reason)); check that it is a file and its permissions"
    case .notIDX(let path, let bytes):
      "\(path): not an IDX file, since it begins with \(hexadecimal(bytes)) instead of 00 00; check that it is the right file"
        + " and not a web page saved under its name"
    case .wrongElementType(let path, let code):
      "\(path): holds elements of type \(hexadecimal([code])) (\(elementType(code))), not unsigned bytes (08);"
        + " convert it to bytes, or check that it is the right file"
    case .wrongRank(let path, let expected, let found):
      "\(path): has \(found) dimensions, not \(expected); images have 3 and labels 1: are the two files exchanged?"
    case .absurdDimensions(let path, let dimensions):
      "\(path): claims the dimensions \(dimensions), which a file of its size cannot hold;"
        + " its header is damaged or its end is missing: fetch the file again"
    case .truncated(let path, let expected, let found):
      "\(path): ends after \(found) of \(expected) bytes; fetch the file again"
    case .trailingData(let path, let expected, let found):
      "\(path): has \(found) bytes where its header announces \(expected); the header or the end is damaged: fetch the file again"
    case .corruptGzip(let path, let offset, let defect):
      "\(path): damaged gzip file, \(defect) at about byte \(offset); fetch the file again"
    case .missingZlib(let path):
      "\(path): is compressed, and zlib is not installed; apt-get install zlib1g, or decompress the file with gunzip"
    case .countMismatch(let images, let imagesPath, let labels, let labelsPath):
      "\(imagesPath) has \(images) images but \(labelsPath) has \(labels) labels; check that the files belong together"
    case .labelOutOfRange(let path, let index, let label, let classCount):
      "\(path): label \(index) is \(label), not one of the \(classCount) classes 0 ... \(classCount - 1);"
        + " state the right number of classes or fetch the file again"
    case .sizeMismatch(let train, let trainPath, let test, let testPath):
      "\(trainPath) has images of \(train) pixels but \(testPath) of \(test); check that the files belong together"
    }
  }
}

/// What is wrong with a gzip file.
public enum GzipDefect: Error, Hashable, Sendable, CustomStringConvertible {
  /// A header that is not gzip's, or that no program of today writes.
  case header
  /// Compressed data that nothing compresses to.
  case data
  /// Data that decompresses but to something else than was compressed: the checksum (CRC-32) or the length differs.
  case checksum
  /// The file ends before the compressed data does.
  case truncated

  public var description: String {
    switch self {
    case .header: "invalid header"
    case .data: "invalid data"
    case .checksum: "wrong checksum"
    case .truncated: "unexpected end"
    }
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

private func elementType(_ code: UInt8) -> String {
  switch code {
  case 0x09: "signed bytes"
  case 0x0B: "16-bit integers"
  case 0x0C: "32-bit integers"
  case 0x0D: "32-bit floating point"
  case 0x0E: "64-bit floating point"
  default: "no type of the format"
  }
}
