/// Where the seconds come from: any point that never moves, and only differences count.
public struct TimeSource: Sendable {
  /// Seconds since that point.
  public let now: @Sendable () -> Double

  /// - Parameter now: seconds since any fixed point; never runs backwards.
  public init(_ now: @escaping @Sendable () -> Double) { self.now = now }

  /// The machine's clock, which no change of the date moves.
  public static let system: TimeSource = {
    let start = ContinuousClock.now
    return TimeSource { start.duration(to: .now) / .seconds(1) }
  }()
}

/// Adds up the seconds between `start()` and `stop()`.
public struct Stopwatch: Sendable {
  private let source: TimeSource
  private var total = 0.0
  private var started: Double?

  /// A stopwatch that stands at 0 and does not run.
  public init(_ source: TimeSource = .system) { self.source = source }

  /// The seconds measured so far.
  public var seconds: Double { total + (started.map { source.now() - $0 } ?? 0) }

  /// Runs on from where it stands.
  public mutating func start() { if started == nil { started = source.now() } }

  /// Stands still.
  public mutating func stop() {
    total = seconds
    started = nil
  }
}
