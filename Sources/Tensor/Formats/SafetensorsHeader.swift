/// The header of a safetensors file: a JSON object that says of each tensor what it is and where.
///
/// Eight bytes with the header's length, little-endian; the header, filled up with spaces; the tensors' elements, little-endian, in
/// row-major order and without gaps (the format's description at https://huggingface.co/docs/safetensors).
struct SafetensorsHeader: Sendable {
  struct Entry: Sendable {
    var name: String
    /// The type's name in the file; some have none here.
    var type: String
    var lengths: [Int]
    /// In bytes from the end of the header.
    var range: Range<Int>
  }

  /// In the order of the header.
  var entries: [Entry]
  var metadata: [String: String]
  /// Where the elements begin.
  var dataOffset: Int

  /// The longest header that is read, in bytes; the format's own limit.
  static let maximumLength = 100_000_000

  static let types: [String: ElementType] = [
    "BOOL": .bool, "I8": .int8, "U8": .uint8, "I16": .int16, "U16": .uint16, "I32": .int32, "U32": .uint32, "I64": .int64,
    "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
  ]

  init(from file: FileBytes) throws(TensorFileError) {
    let location = file.location
    guard file.count >= 8 else { throw location.error(.truncated(expected: 8, found: file.count)) }
    let claim = try file.bytes(0..<8).littleEndian(UInt64.self, at: 0)
    guard claim >= 2 else { throw location.error(.malformed(reason: "a header of \(claim) bytes, too short for any"), at: 0) }
    // Text and other formats give lengths beyond measure.
    guard claim <= SafetensorsHeader.maximumLength else {
      throw location.error(
        .headerTooLong(length: Int(clamping: claim), limit: SafetensorsHeader.maximumLength), at: 0)
    }
    let length = Int(claim)
    guard length <= file.count - 8 else { throw location.error(.truncated(expected: 8 + length, found: file.count)) }
    dataOffset = 8 + length
    var parser = SafetensorsHeaderParser(try file.bytes(8..<8 + length), offset: 8, location: location)
    (entries, metadata) = try parser.parse()
    try check(dataCount: file.count - dataOffset, location: location)
  }

  /// The tensors cover the data without gaps, and each has as many bytes as its shape needs.
  private func check(dataCount: Int, location: FileLocation) throws(TensorFileError) {
    for entry in entries {
      // First of all, so that no sum of offsets is beyond 64 bits.
      guard entry.range.upperBound <= dataCount else {
        let expected = entry.range.upperBound.addingReportingOverflow(dataOffset)
        throw location.member(entry.name).error(
          .truncated(expected: expected.overflow ? .max : expected.partialValue, found: dataOffset + dataCount))
      }
      guard let type = SafetensorsHeader.types[entry.type] else { continue }
      var byteCount: Int? = type.byteCount
      for length in entry.lengths {
        let (product, overflows) = byteCount?.multipliedReportingOverflow(by: length) ?? (0, true)
        byteCount = overflows ? nil : product
      }
      // Lengths such as [2^40, 2^40, 0] overflow on their way to nothing; no tensor has them in any case.
      guard byteCount == entry.range.count else {
        let reason = "the shape \(entry.lengths) of \(entry.type) does not take \(entry.range.count) bytes"
        throw location.member(entry.name).error(.malformed(reason: reason), at: dataOffset + entry.range.lowerBound)
      }
    }
    let order = entries.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var (end, last) = (0, "")
    for entry in order {
      let place = dataOffset + entry.range.lowerBound
      guard entry.range.lowerBound >= end else {
        throw location.member(entry.name).error(.overlap(with: "'\(last)'"), at: place)
      }
      guard entry.range.lowerBound == end else {
        let reason = "\(entry.range.lowerBound - end) bytes before it belong to no tensor"
        throw location.member(entry.name).error(.malformed(reason: reason), at: place)
      }
      (end, last) = (entry.range.upperBound, entry.name)
    }
    guard end >= dataCount else {
      throw location.error(.trailingData(expected: dataOffset + end, found: dataOffset + dataCount))
    }
  }
}
