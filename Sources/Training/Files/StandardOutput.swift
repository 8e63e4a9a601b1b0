import Foundation
import Tensor

/// The place for results.
public enum StandardOutput {
  /// Writes a line at once, wherever it goes: a program that takes minutes does not keep its results to itself. A reader that has gone
  /// away is not an error.
  public static func print(_ line: String = "") { try? FileDescriptor(number: STDOUT_FILENO).write(Array((line + "\n").utf8)) }
}
