import Foundation
import Kappa
import Synchronization

/// A clock that stands still but for what a test adds.
final class ManualClock: Sendable {
  private let seconds = Mutex(0.0)
  var source: TimeSource { TimeSource { self.seconds.withLock { $0 } } }
  func advance(_ by: Double) { seconds.withLock { $0 += by } }
}

/// Collects what is written.
final class Transcript: Sendable {
  private let pieces = Mutex<[String]>([])
  var text: String { pieces.withLock { $0.joined() } }
  func output(isTerminal: Bool, width: Int = 80) -> ProgressOutput {
    ProgressOutput(isTerminal: isTerminal, width: { width }) { piece in self.pieces.withLock { $0.append(piece) } }
  }
}

/// Calls `body` with a fresh folder, which is removed afterwards.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kappa-training-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}
