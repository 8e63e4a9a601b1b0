import Foundation

/// An open file. Foundation's own reads and writes stop the program where a signal or a closed pipe interrupts them.
package struct FileDescriptor: Sendable {
  package let number: Int32
  package init(number: Int32) { self.number = number }

  /// Writes all bytes.
  package func write(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.span.bytes.withUnsafeBytes { buffer throws(SystemError) in try write(buffer) }
  }

  /// Writes all bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = Foundation.write(number, rest.baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw SystemError.last }
      written += count
    }
  }

  /// Reads up to the end.
  package func readAll() throws(SystemError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = buffer.withUnsafeMutableBytes { Foundation.read(number, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError.last }
      if count == 0 { return result }
      result += buffer[..<count]
    }
  }

  /// Fills `target` from byte `offset` of the file on; returns how many bytes there were, fewer only at the file's end.
  package func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    var total = 0
    while total < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[total...])
      let count = pread(number, rest.baseAddress, rest.count, off_t(offset + total))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError.last }
      if count == 0 { break }
      total += count
    }
    return total
  }
}

/// What `errno` says.
package struct SystemError: Error, CustomStringConvertible {
  package let description: String
  package init(description: String) { self.description = description }
  package static var last: SystemError { SystemError(description: String(cString: strerror(errno))) }
}
