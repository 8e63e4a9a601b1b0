/// Reads the Python dictionary in the header of a .npy file: the literals that stand there and no others.
struct NumPyHeaderParser: HeaderScanner {
  struct Fields {
    var elementType: ElementType
    var isBigEndian: Bool
    var isColumnMajor: Bool
    var shape: [Int]
  }

  let text: [UInt8]
  let offset: Int
  let location: FileLocation
  var index = 0

  /// `offset` is the place of `text` in the file.
  init(_ text: [UInt8], offset: Int, location: FileLocation) {
    self.text = text
    self.offset = offset
    self.location = location
  }

  mutating func parse() throws(TensorFileError) -> Fields {
    var code: (text: String, place: Int)?
    var isColumnMajor: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where code == nil: code = try typeCode()
      case "fortran_order" where isColumnMajor == nil: isColumnMajor = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      case "descr", "fortran_order", "shape": throw malformed("the header has the key '\(key)' twice")
      default: throw malformed("the header has the unknown key '\(key)'")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard index == text.count else { throw malformed("the header goes on after its dictionary") }
    guard let code, let isColumnMajor, let shape else {
      throw malformed("the header lacks one of the keys 'descr', 'fortran_order' and 'shape'")
    }
    // Only now, so that a quotation mark that is missing is not taken for a strange type.
    let type = try elementType(code.text, at: code.place)
    return Fields(elementType: type.0, isBigEndian: type.isBigEndian, isColumnMajor: isColumnMajor, shape: shape)
  }

  private mutating func typeCode() throws(TensorFileError) -> (text: String, place: Int) {
    skipSpace()
    if index < text.count, text[index] == UInt8(ascii: "[") {
      throw location.error(.unsupportedElementType("structure"), at: offset + index)
    }
    let place = offset + index
    return (try string(), place)
  }

  /// A type as NumPy writes it: byte order, kind, bytes.
  private func elementType(_ code: String, at place: Int) throws(TensorFileError) -> (ElementType, isBigEndian: Bool) {
    let types: [String: ElementType] = [
      "b1": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32, "u4": .uint32, "i8": .int64,
      "f2": .float16, "f4": .float32, "f8": .float64,
    ]
    guard let mark = code.first, "<>=|".contains(mark), let type = types[String(code.dropFirst())],
      mark != "|" || type.byteCount == 1
    else { throw location.error(.unsupportedElementType("'\(code)'"), at: place) }
    // '=' is the order of the machine that wrote, and no machine of today is big-endian.
    return (type, isBigEndian: mark == ">")
  }

  private mutating func boolean() throws(TensorFileError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where text[index...].starts(with: word.utf8) {
      index += word.utf8.count
      return value
    }
    throw malformed("'fortran_order' is neither True nor False")
  }

  private mutating func tuple() throws(TensorFileError) -> [Int] {
    var lengths: [Int] = []
    try expect("(")
    while !accept(")") {
      lengths.append(try integer())
      if !accept(",") {
        try expect(")")
        // (3) is a number in parentheses; NumPy writes (3,).
        guard lengths.count > 1 else { throw malformed("'shape' is not a tuple") }
        break
      }
    }
    return lengths
  }

  private mutating func integer() throws(TensorFileError) -> Int {
    skipSpace()
    var value = 0
    let start = index
    while index < text.count, case let digit = Int(text[index]) - 48, (0...9).contains(digit) {
      let (product, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = product.addingReportingOverflow(digit)
      guard !first && !second else { throw malformed("'shape' has a length beyond 64 bits") }
      value = sum
      index += 1
    }
    guard index > start else { throw malformed("'shape' has something that is not a length") }
    // Python 2 marked long integers.
    if index < text.count, text[index] == UInt8(ascii: "L") { index += 1 }
    return value
  }

  private mutating func string() throws(TensorFileError) -> String {
    skipSpace()
    guard index < text.count, case let quote = text[index], quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed("the header lacks a string")
    }
    guard let end = text[(index + 1)...].firstIndex(of: quote) else { throw malformed("the header has an open quotation mark") }
    let content = text[(index + 1)..<end]
    // No key or type that we know has an escape in it.
    guard content.count <= 64, content.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw malformed("the header has an unusual string")
    }
    index = end + 1
    return String(decoding: content, as: UTF8.self)
  }
}
