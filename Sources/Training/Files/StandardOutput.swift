import Foundation
import Tensor

/// The place for results.
public enum StandardOutput {
  /// Writes a line at once, wherever it goes: a program that takes minutes does not keep its results to itself. A reader that has
  /// gone away is not an error.
  public static func print(_ line: String = "") { FileDescriptor(number: STDOUT_FILENO).show(line + "\n") }
}

extension FileDescriptor {
  /// Writes text for a reader who may have gone away, without the signal that would end the program then.
  func show(_ text: String) {
    var (pipe, before) = (sigset_t(), sigset_t())
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    // Of this thread alone: what other parts of the program do about the signal is theirs.
    guard pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0 else { return }
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    do { try write(Array(text.utf8)) } catch {
      var (waiting, signal) = (sigset_t(), Int32(0))
      sigpending(&waiting)
      if sigismember(&waiting, SIGPIPE) == 1 { sigwait(&pipe, &signal) }
    }
  }
}
