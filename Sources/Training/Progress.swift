import Foundation
import Tensor

/// Where progress goes, and what is known of that place.
public struct ProgressOutput: Sendable {
  /// Whether a line can be rewritten; otherwise each one stays.
  public var isTerminal: Bool
  /// The columns of a line, asked for each time since windows change.
  public var width: @Sendable () -> Int
  /// Takes the text.
  public var write: @Sendable (String) -> Void

  /// A place with the given properties; see there.
  public init(isTerminal: Bool, width: @escaping @Sendable () -> Int = { 80 }, write: @escaping @Sendable (String) -> Void) {
    self.isTerminal = isTerminal
    self.width = width
    self.write = write
  }

  /// The standard error, so that standard output keeps to results.
  public static let standardError = ProgressOutput(
    isTerminal: isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb",
    width: {
      var size = winsize()
      return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    },
    write: { FileDescriptor(number: STDERR_FILENO).show($0) })

  /// Nowhere.
  public static let silent = ProgressOutput(isTerminal: false) { _ in }
}

/// One line that says how far a run is: steps, rate, loss and the time left.
///
/// On a terminal one line is rewritten ten times a second; elsewhere, in a log file say, a line is added every ten seconds. A run
/// ends with a line in both.
public struct ProgressLine: Sendable {
  private let label: String
  private let total: Int
  private let output: ProgressOutput
  private let time: TimeSource
  private let interval: Double
  private let start: Double
  private var lastShown: Double
  private var latest: (done: Int, loss: Double) = (0, .nan)

  /// Begins to measure the time.
  /// - Parameters:
  ///   - label: the name of the run.
  ///   - total: the steps it takes.
  ///   - output: where the lines go.
  ///   - time: what the seconds are read from.
  ///   - interval: the seconds between lines; 0.1 on a terminal and 10 elsewhere by default.
  public init(
    _ label: String, total: Int, output: ProgressOutput = .standardError, time: TimeSource = .system, interval: Double? = nil
  ) {
    self.label = label
    self.total = total
    self.output = output
    self.time = time
    self.interval = interval ?? (output.isTerminal ? 0.1 : 10)
    start = time.now()
    lastShown = start
  }

  /// Tells of a step. Cheap when no line is due.
  public mutating func update(_ done: Int, loss: Double) {
    latest = (done, loss)
    let now = time.now()
    guard now - lastShown >= interval && done < total else { return }
    lastShown = now
    let elapsed = now - start
    let left = Duration.left(done: done, of: total, after: elapsed)
    show(fields(elapsed) + ["\(left) left"], isLast: false)
  }

  /// Ends the line, with a remark instead of the time taken if there is one.
  public mutating func finish(_ remark: String? = nil) {
    let elapsed = time.now() - start
    show(fields(elapsed) + [remark ?? "\(Duration(elapsed))"], isLast: true)
  }

  private func fields(_ elapsed: Double) -> [String] {
    let rate = elapsed > 0 ? Double(latest.done) / elapsed : 0
    return ["\(latest.done)/\(total) steps", String(format: rate < 10 ? "%.1f/s" : "%.0f/s", rate)]
      + (latest.loss.isNaN ? [] : [String(format: "loss %.4g", latest.loss)])
  }

  private func show(_ fields: [String], isLast: Bool) {
    let text = label + "  " + fields.joined(separator: "  ")
    guard output.isTerminal else { return output.write(text + "\n") }
    // The last line may wrap: nothing is written over it.
    let width = max(output.width() - 1, 1)
    let line = isLast ? text : withBar(text, width: width)
    output.write("\r" + line + "\u{1B}[K" + (isLast ? "\n" : ""))
  }

  /// The text, cut to `width`, with a bar behind it where there is room.
  private func withBar(_ text: String, width: Int) -> String {
    let room = min(width - text.count - 4, 30)
    guard room >= 8 else { return String(text.prefix(width)) }
    let full = total > 0 ? room * latest.done / total : room
    return text + "  [" + String(repeating: "=", count: full) + String(repeating: " ", count: room - full) + "]"
  }

  /// Seconds as people write them: `0:07`, `12:34`, `1:02:03`.
  package struct Duration: CustomStringConvertible, Equatable {
    package let seconds: Int
    package init(_ seconds: Double) { self.seconds = seconds.isFinite ? Int(seconds.rounded()) : 0 }

    /// What remains if the rest goes on at the mean rate so far.
    package static func left(done: Int, of total: Int, after elapsed: Double) -> Duration {
      Duration(done > 0 ? elapsed * Double(total - done) / Double(done) : 0)
    }

    package var description: String {
      let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
      return hours > 0
        ? String(format: "%d:%02d:%02d", hours, minutes, seconds % 60) : String(format: "%d:%02d", minutes, seconds % 60)
    }
  }
}
