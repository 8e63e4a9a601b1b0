import Foundation
import Kappa
import Testing

/// A file with this header, as it is, and this data.
func safetensors(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) } + Array(header.utf8) + data
}

@Suite("A damaged safetensors file")
struct SafetensorsDamageTests {
  typealias Defect = TensorFileError.Defect

  /// Opens a file and reads all its tensors.
  private func error(_ bytes: [UInt8]) -> TensorFileError? {
    do throws(TensorFileError) {
      _ = try SafetensorsFile(decoding: bytes).readAll()
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["numpy", "torch", "empty"])
  func `that ends early is noticed at every length`(name: String) throws {
    let bytes = try FormatFixture.bytes(name + ".safetensors")
    for length in bytes.indices {
      guard case .truncated(let expected, length) = error(Array(bytes.prefix(length)))?.defect, expected > length else {
        Issue.record("\(length) bytes")
        continue
      }
    }
  }

  @Test func `with one byte changed is an error, or has what was there but for that byte`() throws {
    // There are no checksums: a name, a type or an element that is another is as good as the first. But the count of bytes is not.
    let original = try FormatFixture.bytes("torch.safetensors")
    let byteCount = try SafetensorsFile(decoding: original).names.count
    for index in original.indices {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = original
        bytes[index] ^= mask
        guard let found = try? SafetensorsFile(decoding: bytes).readAll() else { continue }
        #expect(index >= 8 && found.count == byteCount, "byte \(index) ^ \(mask)")
      }
    }
  }

  @Test func `with a header of any absurd length takes no memory for it`() {
    let limit = 100_000_000
    for length in [UInt64(limit) + 1, 1 << 40, 1 << 62, 1 << 63, .max] {
      #expect(error(safetensors("{}", length: length))?.defect == .headerTooLong(length: Int(clamping: length), limit: limit))
    }
    #expect(error(safetensors("{}", length: UInt64(limit)))?.defect == .truncated(expected: limit + 8, found: 10))
    for length: UInt64 in [0, 1] {
      guard case .malformed = error(safetensors("{}", length: length))?.defect else {
        Issue.record("a header of \(length) bytes")
        continue
      }
    }
    #expect(error(safetensors("  {}"))?.defect == .notRecognized(format: "safetensors"))
    #expect(error(safetensors("[]"))?.defect == .notRecognized(format: "safetensors"))
  }

  static let damagedHeaders: [String] = {
    let tensor = #"{"dtype":"I8","shape":[2],"data_offsets":[0,2]}"#
    var headers: [String] = [
      "{ ", "{}}", "{}{}", "{}\u{0}", #"{"x"}"#, #"{"x":}"#, #"{"x":{}}"#, #"{"x":1}"#, #"{"x":[]}"#, #"{"x":null}"#,
      #"{x:\#(tensor)}"#, #"{'x':\#(tensor)}"#, #"{"x":\#(tensor),}"#, #"{,"x":\#(tensor)}"#, #"{"x":\#(tensor)"#,
      #"{"x:\#(tensor)}"#, #"{"x":\#(tensor)} x"#, #"{"x" \#(tensor)}"#, #"{"x":\#(tensor),"__metadata__":1}"#,
      #"{"x":\#(tensor),"__metadata__":{"a":1}}"#,
      #"{"x":\#(tensor),"__metadata__":{"a":"1","a":"1"}}"#, #"{"x":\#(tensor),"__metadata__":{},"__metadata__":{}}"#,
      "{\"a\nb\":\(tensor)}",
    ]
    // What is no JSON string; half a pair, a pair the wrong way round, an escape cut off.
    for name in [
      #"\x"#, #"\u12"#, #"\u12g4"#, #"\ud800"#, #"\ud800x"#, #"\udc00"#, #"\ud800\u0041"#, #"\ud800\ud800"#, #"\u+123"#, "\\",
    ] {
      headers.append(#"{"\#(name)":\#(tensor)}"#)
    }
    // What is no length, and no offset.
    let numbers = [
      "-1", "2.0", "2e0", "02", "+2", "\"2\"", "", "null", "true", "0x2", "9223372036854775808", "99999999999999999999",
    ]
    for number in numbers {
      headers.append(#"{"x":{"dtype":"I8","shape":[\#(number),1],"data_offsets":[0,2]}}"#)
      headers.append(#"{"x":{"dtype":"I8","shape":[2],"data_offsets":[\#(number),2]}}"#)
      headers.append(#"{"x":{"dtype":"I8","shape":[2],"data_offsets":[0,\#(number)]}}"#)
    }
    for offsets in ["[]", "[0]", "[0,1,2]", "[2,0]", "{}", "0", "[0,2", "[0,2,]"] {
      headers.append(#"{"x":{"dtype":"I8","shape":[2],"data_offsets":\#(offsets)}}"#)
    }
    for fields in [
      #""dtype":"I8","shape":[2]"#, #""dtype":"I8","data_offsets":[0,2]"#, #""shape":[2],"data_offsets":[0,2]"#,
      #""dtype":"I8","dtype":"I8","shape":[2],"data_offsets":[0,2]"#, #""dtype":"I8","shape":[2],"shape":[2],"data_offsets":[0,2]"#,
      #""dtype":"I8","shape":[2],"data_offsets":[0,2],"data_offsets":[0,2]"#, #""dtype":8,"shape":[2],"data_offsets":[0,2]"#,
      #""dtype":"I8","shape":2,"data_offsets":[0,2]"#, #""dtype":"I8","shape":[2],"data_offsets":[0,2],"extra":0"#,
    ] {
      headers.append(#"{"x":{\#(fields)}}"#)
    }
    return headers
  }()

  @Test("with a header against the rules says so", arguments: damagedHeaders)
  func damagedHeader(header: String) {
    let found = error(safetensors(header, [0, 0]))
    guard case .malformed = found?.defect else {
      Issue.record("\(String(describing: found))")
      return
    }
  }

  @Test func `with a header that only looks strange is read`() throws {
    for header in [
      #"{"x":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}      "#, #"{"x":{"data_offsets":[0,2],"shape":[2],"dtype":"I8"}}"#,
      "{ \"x\" : {\n\"dtype\"\t:\r\"I8\", \"shape\" : [ 2 ] , \"data_offsets\" : [ 0 , 2 ] } }",
      #"{"\u0078":{"dt\u0079pe":"\u00498","shape":[2],"data_offsets":[0,2]}}"#,
      #"{"__metadata__":{},"x":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}"#,
    ] {
      #expect(try SafetensorsFile(decoding: safetensors(header, [3, 4])).readAny("x") == .int32(Tensor([3, 4])), "\(header)")
    }
    let escaped = #"{"__metadata__":{"\ud835\udec1":"\"\\\/\b\f\n\r\t\u00e9"}}"#
    #expect(try SafetensorsFile(decoding: safetensors(escaped)).metadata == ["𝛁": "\"\\/\u{8}\u{C}\n\r\t\u{E9}"])
  }

  @Test func `whose header is not UTF-8 says so`() {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80]] {
      var file = safetensors(#"{"~~~~":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}}"#)
      file.replaceSubrange(10..<10 + bytes.count, with: bytes)
      guard case .malformed = error(file)?.defect else {
        Issue.record("\(bytes) is a name")
        continue
      }
    }
  }

  @Test func `with two tensors of one name is refused`() {
    let (a, b) = (#"{"dtype":"I8","shape":[1],"data_offsets":[0,1]}"#, #"{"dtype":"I8","shape":[1],"data_offsets":[1,2]}"#)
    for names in [("x", "x"), ("x", "\\u0078"), ("\u{E9}", "e\u{301}")] {
      #expect(error(safetensors("{\"\(names.0)\":\(a),\"\(names.1)\":\(b)}", [0, 0]))?.defect == .duplicateName)
    }
  }

  /// Two tensors of bytes with these offsets, in eight bytes.
  private func twoTensors(_ a: Range<Int>, _ b: Range<Int>, dataCount: Int = 8) -> Defect? {
    let members = [("a", a), ("b", b)].map { name, range in
      #""\#(name)":{"dtype":"U8","shape":[\#(range.count)],"data_offsets":[\#(range.lowerBound),\#(range.upperBound)]}"#
    }
    return error(safetensors("{\(members.joined(separator: ","))}", [UInt8](repeating: 0, count: dataCount)))?.defect
  }

  @Test func `whose tensors share bytes, leave some out or go beyond the end is refused`() {
    #expect(twoTensors(0..<4, 4..<8) == nil)
    #expect(twoTensors(4..<8, 0..<4) == nil)
    #expect(twoTensors(0..<8, 8..<8) == nil)
    #expect(twoTensors(0..<0, 0..<8) == nil)
    #expect(twoTensors(0..<5, 4..<8) == .overlap(with: "'a'"))
    #expect(twoTensors(4..<8, 0..<5) == .overlap(with: "'b'"))
    #expect(twoTensors(0..<8, 0..<8) == .overlap(with: "'a'"))
    #expect(twoTensors(0..<8, 4..<4) == .overlap(with: "'a'"))
    #expect(twoTensors(0..<3, 4..<8) == .malformed(reason: "1 bytes before it belong to no tensor"))
    #expect(twoTensors(1..<4, 4..<8) == .malformed(reason: "1 bytes before it belong to no tensor"))
    for dataCount in [7, 9] {
      switch twoTensors(0..<4, 4..<8, dataCount: dataCount) {
      case .truncated(let expected, let found): #expect(dataCount == 7 && expected == found + 1)
      case .trailingData(let expected, let found): #expect(dataCount == 9 && expected == found - 1)
      case let defect: Issue.record("\(String(describing: defect))")
      }
    }
    for end in [9, 1 << 31, 1 << 32, 1 << 62, Int.max] {
      for start in [0, end - 1, end] {
        guard case .truncated = twoTensors(0..<8, start..<end) else {
          Issue.record("\(start)..<\(end)")
          continue
        }
      }
    }
  }

  @Test("whose shapes overflow, or are not those of its bytes, is refused")
  func shapes() {
    func defect(_ lengths: String, _ type: String = "I8", _ end: Int = 2) -> Defect? {
      let header = #"{"x":{"dtype":"\#(type)","shape":\#(lengths),"data_offsets":[0,\#(end)]}}"#
      return error(safetensors(header, [UInt8](repeating: 0, count: end)))?.defect
    }
    #expect(defect("[2,1]") == nil && defect("[]", "I16") == nil && defect("[1,1,1,1,1,1,1,2]") == nil)
    for lengths in [
      "[]", "[1]", "[3]", "[0]", "[2,2]", "[4294967296,4294967296]", "[4294967296,4294967296,2]", "[9223372036854775807,2]",
      "[4611686018427387905,4]", "[9223372036854775807,9223372036854775807,0]",
    ] {
      guard case .malformed = defect(lengths) else {
        Issue.record("\(lengths)")
        continue
      }
    }
    #expect(defect("[0,9223372036854775807]", "F32", 0) == .unsupportedShape([0, .max]))
    #expect(defect("[0,65536,65536]", "F32", 0) == .unsupportedShape([0, 65536, 65536]))
    #expect(defect("[1,1,1,1,1,1,1,1,2]") == .unsupportedShape([1, 1, 1, 1, 1, 1, 1, 1, 2]))
  }

  @Test func `with Booleans that are neither says which`() {
    let bytes = safetensors(#"{"x":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}"#, [0, 1, 2])
    let found = error(bytes)
    #expect(found?.defect == .invalidBoolean(2) && found?.member == "x")
  }
}
