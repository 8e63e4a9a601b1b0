/// Bytes from front to back: a file, a part of one, or what a part decompresses to. A class, for it has a position.
protocol ByteStream: AnyObject {
  /// What errors name.
  var location: FileLocation { get }
  /// How many bytes there are in all. No more than the file can hold: a claim beyond that is refused when the stream is made.
  var count: Int { get }
  /// How many have been read.
  var position: Int { get }
  /// Fills `target` with the next bytes; `truncated` where there are not so many.
  func read(into target: UnsafeMutableRawBufferPointer) throws(TensorFileError)
  /// Checks, after the last byte has been read, that all were as they were written.
  func finish() throws(TensorFileError)
}

extension ByteStream {
  /// The next `count` bytes.
  func bytes(_ count: Int) throws(TensorFileError) -> [UInt8] {
    // Before memory is taken.
    guard count <= self.count - position else {
      throw location.error(.truncated(expected: position + count, found: self.count))
    }
    var result = [UInt8](repeating: 0, count: count)
    var span = result.mutableSpan
    try span.withUnsafeMutableBytes { target throws(TensorFileError) in try read(into: target) }
    return result
  }
}

/// A part of a file as it is.
final class PlainStream: ByteStream {
  let location: FileLocation
  let count: Int
  private(set) var position = 0
  private let file: FileBytes
  private let start: Int
  private var checksum: Checksum?

  /// Bytes `range` of `file`, or all; with a checksum where one is known.
  init(_ file: FileBytes, _ range: Range<Int>? = nil, location: FileLocation? = nil, checksum: UInt32? = nil) {
    self.file = file
    self.location = location ?? file.location
    start = range?.lowerBound ?? 0
    count = range?.count ?? file.count
    self.checksum = checksum.map(Checksum.init(expected:))
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
    guard target.count <= count - position else {
      throw location.error(.truncated(expected: position + target.count, found: count))
    }
    guard checksum != nil else {
      try file.read(at: start + position, into: target)
      position += target.count
      return
    }
    // In pieces that are still in the cache when they are summed.
    var done = 0
    while done < target.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: target[done..<min(done + 1 << 18, target.count)])
      try file.read(at: start + position, into: piece)
      checksum?.add(UnsafeRawBufferPointer(piece))
      position += piece.count
      done += piece.count
    }
  }

  func finish() throws(TensorFileError) { try checksum?.check(location) }
}
