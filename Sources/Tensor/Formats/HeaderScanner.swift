/// A position in the text of a file's header, and what every syntax does with it.
protocol HeaderScanner {
  var text: [UInt8] { get }
  /// The place of `text` in the file.
  var offset: Int { get }
  var location: FileLocation { get }
  /// The next byte of `text`.
  var index: Int { get set }
}

extension HeaderScanner {
  mutating func skipSpace() {
    while index < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 }
  }

  /// Passes `character`, and spaces before it, if it is next.
  mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(TensorFileError) {
    guard accept(character) else { throw malformed("the header lacks a '\(character)'") }
  }

  func malformed(_ reason: String) -> TensorFileError { location.error(.malformed(reason: reason), at: offset + index) }
}
