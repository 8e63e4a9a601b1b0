import Foundation

/// The bytes of a file, or of memory that stands for one, in any order. The file stays open, so a file that is replaced meanwhile
/// is read to its end as it was.
final class FileBytes: Sendable {
  let location: FileLocation
  /// How many there were when the file was opened.
  let count: Int
  private let source: Source

  private enum Source: Sendable {
    case file(FileDescriptor)
    case memory([UInt8])
  }

  /// Opens the file at `path`.
  init(path: String) throws(TensorFileError) {
    location = FileLocation(path: path)
    // A pipe would keep `open` waiting for a writer.
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw location.error(.unreadable(reason: SystemError.last.description)) }
    var status = stat()
    let isKnown = fstat(number, &status) == 0
    guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
      let reason = isKnown ? "it is not a plain file" : SystemError.last.description
      close(number)
      throw location.error(.unreadable(reason: reason))
    }
    source = .file(FileDescriptor(number: number))
    count = Int(status.st_size)
  }

  /// Stands for a file that holds `contents` and is called `name`.
  init(_ contents: [UInt8], name: String) {
    location = FileLocation(path: name)
    source = .memory(contents)
    count = contents.count
  }

  deinit { if case .file(let descriptor) = source { close(descriptor.number) } }

  /// Fills `target` from byte `offset` on; all of it must lie in the file.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
    let found: Int
    switch source {
    case .memory(let bytes):
      found = max(0, min(target.count, bytes.count - offset))
      if found > 0 {
        bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + found])) }
      }
    case .file(let descriptor):
      do {
        found = try descriptor.read(at: offset, into: target)
      } catch {
        throw location.error(.unreadable(reason: error.description), at: offset)
      }
    }
    // The file was longer when it was opened.
    guard found == target.count else { throw location.error(.truncated(expected: offset + target.count, found: offset + found)) }
  }

  /// Bytes `range`, all of which must lie in the file.
  func bytes(_ range: Range<Int>) throws(TensorFileError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: range.count)
    var span = result.mutableSpan
    try span.withUnsafeMutableBytes { target throws(TensorFileError) in try read(at: range.lowerBound, into: target) }
    return result
  }

  /// Bytes `range` as storage that shows the file: pages come from the disk when they are first touched, and those that are written
  /// to become private copies. Not of memory, and not of an empty range.
  func map(_ range: Range<Int>) throws(TensorFileError) -> Storage {
    guard case .file(let descriptor) = source else {
      throw location.error(.notMappable(reason: "it is not a file"), at: range.lowerBound)
    }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    let length = range.upperBound - start
    #if canImport(Darwin)
      let flags = MAP_PRIVATE
    #else
      // Files larger than memory are mapped too: nothing is set aside for pages that may be written to.
      let flags = MAP_PRIVATE | MAP_NORESERVE
    #endif
    let address = mmap(nil, length, PROT_READ | PROT_WRITE, flags, descriptor.number, off_t(start))
    guard let address, address != MAP_FAILED else {
      throw location.error(.notMappable(reason: SystemError.last.description), at: range.lowerBound)
    }
    let memory = UnsafeMutableRawBufferPointer(start: address + (range.lowerBound - start), count: range.count)
    return Storage(memory, owner: Mapping(address: address, length: length))
  }
}

/// A part of a file in memory, until it goes.
private final class Mapping {
  let address: UnsafeMutableRawPointer
  let length: Int

  init(address: UnsafeMutableRawPointer, length: Int) {
    self.address = address
    self.length = length
  }

  deinit { munmap(address, length) }
}

extension [UInt8] {
  /// The little-endian integer at byte `index`.
  func littleEndian<T: FixedWidthInteger>(_ type: T.Type = T.self, at index: Int) -> T {
    withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: T.self)) }
  }

  /// Adds an integer, little-endian.
  mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
