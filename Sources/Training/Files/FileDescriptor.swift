import Foundation

/// An open file. Foundation's own reads and writes stop the program where a signal or a closed pipe interrupts them.
struct FileDescriptor {
  let number: Int32

  /// Writes all bytes.
  func write(_ bytes: [UInt8]) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw SystemError.last }
      written += count
    }
  }

  /// Reads up to the end.
  func readAll() throws(SystemError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(number, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError.last }
      if count == 0 { return result }
      result += buffer[..<count]
    }
  }
}

/// What `errno` says.
struct SystemError: Error, CustomStringConvertible {
  let description: String
  static var last: SystemError { SystemError(description: String(cString: strerror(errno))) }
}

/// The place for results.
public enum StandardOutput {
  /// Writes a line at once, wherever it goes: a program that takes minutes does not keep its results to itself. A reader that has gone
  /// away is not an error.
  public static func print(_ line: String = "") { try? FileDescriptor(number: STDOUT_FILENO).write(Array((line + "\n").utf8)) }
}
