import Foundation

/// A NumPy array file as the golden data use it: format 1.0, `<f8` or `<i8`, row-major. Everything else is refused.
struct NumPyFile {
  enum Elements {
    case doubles([Double])
    case integers([Int])
  }

  /// Why a file cannot be read.
  struct Failure: Error, CustomStringConvertible {
    var file: String
    var reason: String
    var description: String { "\(file): \(reason)" }
  }

  let elements: Elements
  let shape: [Int]

  init(contentsOf url: URL) throws {
    let data = try Data(contentsOf: url)
    func check(_ condition: Bool, _ reason: String) throws {
      if !condition { throw Failure(file: url.path, reason: reason) }
    }
    try check(data.count >= 10 && Array(data.prefix(6)) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "not a NumPy file")
    try check(data[6] == 1 && data[7] == 0, "format \(data[6]).\(data[7]), not 1.0")
    let length = Int(data[8]) | Int(data[9]) << 8
    try check(data.count >= 10 + length, "the header is cut off")
    let header = String(decoding: data[10..<10 + length], as: UTF8.self)
    try check(header.contains("'fortran_order': False"), "not row-major: \(header)")
    shape = try NumPyFile.shape(in: header).map { $0 } ?? { throw Failure(file: url.path, reason: "no shape in \(header)") }()
    let count = shape.reduce(1, *)
    try check(data.count == 10 + length + 8 * count, "\(data.count) bytes do not hold shape \(shape)")
    let words: [UInt64] = data.dropFirst(10 + length).withUnsafeBytes { bytes in
      (0..<count).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
    if header.contains("'descr': '<f8'") {
      elements = .doubles(words.map(Double.init(bitPattern:)))
    } else if header.contains("'descr': '<i8'") {
      elements = .integers(words.map { Int(bitPattern: UInt($0)) })
    } else {
      throw Failure(file: url.path, reason: "neither <f8 nor <i8: \(header)")
    }
  }

  /// The numbers between the parentheses behind 'shape'.
  private static func shape(in header: String) -> [Int]? {
    guard let key = header.range(of: "'shape': ("), let end = header[key.upperBound...].firstIndex(of: ")") else { return nil }
    let parts = header[key.upperBound..<end].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let lengths = parts.filter { !$0.isEmpty }.map { Int($0) }
    return lengths.contains(nil) ? nil : lengths.map { $0! }
  }
}
