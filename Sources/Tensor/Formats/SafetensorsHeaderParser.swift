/// Reads the JSON (RFC 8259) of a safetensors header: the objects that the format has and nothing else, no key twice.
struct SafetensorsHeaderParser: HeaderScanner {
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

  mutating func parse() throws(TensorFileError) -> (entries: [SafetensorsHeader.Entry], metadata: [String: String]) {
    var entries: [SafetensorsHeader.Entry] = []
    var names: Set<String> = []
    var metadata: [String: String]?
    guard text.first == UInt8(ascii: "{") else {
      throw location.error(.notRecognized(format: "safetensors"), at: offset)
    }
    try object { parser, key throws(TensorFileError) in
      if key == "__metadata__" {
        guard metadata == nil else { throw parser.malformed("'__metadata__' is there twice") }
        metadata = try parser.texts()
      } else {
        guard names.insert(key).inserted else {
          throw parser.location.member(key).error(.duplicateName, at: parser.offset + parser.index)
        }
        entries.append(try parser.entry(key))
      }
    }
    skipSpace()
    guard index == text.count else { throw malformed("the header goes on after its end") }
    return (entries, metadata ?? [:])
  }

  private mutating func entry(_ name: String) throws(TensorFileError) -> SafetensorsHeader.Entry {
    var type: String?
    var lengths: [Int]?
    var offsets: [Int]?
    try object { parser, key throws(TensorFileError) in
      switch key {
      case "dtype" where type == nil: type = try parser.string()
      case "shape" where lengths == nil: lengths = try parser.integers()
      case "data_offsets" where offsets == nil: offsets = try parser.integers()
      default: throw parser.malformed("the tensor '\(name)' has the key '\(key)' twice or against the format")
      }
    }
    guard let type, let lengths, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw malformed("the tensor '\(name)' lacks a type, a shape or two offsets in order")
    }
    return SafetensorsHeader.Entry(name: name, type: type, lengths: lengths, range: offsets[0]..<offsets[1])
  }

  private mutating func texts() throws(TensorFileError) -> [String: String] {
    var result: [String: String] = [:]
    try object { parser, key throws(TensorFileError) in
      guard result.updateValue(try parser.string(), forKey: key) == nil else {
        throw parser.malformed("'__metadata__' has the key '\(key)' twice")
      }
    }
    return result
  }

  /// Calls `member` for each key, to read what belongs to it.
  private mutating func object(
    _ member: (inout Self, String) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  private mutating func integers() throws(TensorFileError) -> [Int] {
    var result: [Int] = []
    try expect("[")
    if accept("]") { return result }
    repeat { result.append(try integer()) } while accept(",")
    try expect("]")
    return result
  }

  private mutating func integer() throws(TensorFileError) -> Int {
    skipSpace()
    let digits = text[index...].prefix { (0x30...0x39).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)), digits.count == 1 || digits.first != 0x30 else {
      throw malformed("a number is not a whole one below 2^63")
    }
    index += digits.count
    return value
  }

  private mutating func string() throws(TensorFileError) -> String {
    try expect("\"")
    var bytes: [UInt8] = []
    while index < text.count, text[index] != UInt8(ascii: "\"") {
      let byte = text[index]
      guard byte >= 0x20 else { throw malformed("a string has a control character") }
      index += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &bytes) } else { bytes.append(byte) }
    }
    guard index < text.count else { throw malformed("a string has no end") }
    index += 1
    guard let result = String(validating: bytes, as: UTF8.self) else { throw malformed("a string is not UTF-8") }
    return result
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(TensorFileError) {
    guard index < text.count else { throw malformed("a string has no end") }
    let letter = text[index]
    index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code & 0xFC00 == 0xD800, text[index...].starts(with: Array("\\u".utf8)) {
        index += 2
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00 else { throw malformed("a string has half a character") }
        code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { throw malformed("a string has half a character") }
      bytes += Array(UTF8.encode(scalar)!)
    default: throw malformed("a string has an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(TensorFileError) -> UInt32 {
    let digits = text[index...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("a string has an unknown escape") }
    index += 4
    return value
  }
}
