import Foundation

/// Work to be timed: `run` does `count` units of it and blocks until they are done.
struct Work {
  var count = 1
  var run: () -> Void
}

/// One row of the comparison.
struct Row {
  var name: String
  /// Measures the row for at least so many seconds.
  var measured: (_ minTime: Double) -> Measured

  /// A row of work in this process: `prepare` makes the data.
  init(name: String, prepare: @escaping () -> Work) {
    self.init(name: name, measured: { measure(prepare(), minTime: $0) })
  }

  init(name: String, measured: @escaping (_ minTime: Double) -> Measured) {
    self.name = name
    self.measured = measured
  }
}

struct Measured {
  /// Seconds; nil where memory alone is measured.
  var median: Double?
  var fastest: Double?
  var repetitions: Int
  var peakMegabytes: Double
}

/// One line of the JSON file, in the format of the peers.
struct Result: Encodable {
  var row: String
  var peer: String
  var threads: Int
  var median_s: Double?
  var min_s: Double?
  var reps: Int
  var max_rss_mb: Double

  init(row: String, peer: String = "kappa", threads: Int, measured: Measured) {
    self.row = row
    self.peer = peer
    self.threads = threads
    median_s = measured.median
    min_s = measured.fastest
    reps = measured.repetitions
    max_rss_mb = measured.peakMegabytes
  }

  var line: String {
    let result = median_s.map { String(format: "%12.2f us", $0 * 1e6) } ?? String(format: "%12.1f MB", max_rss_mb)
    return "\(row.padding(toLength: max(38, row.count), withPad: " ", startingAt: 0)) t\(threads) \(result)  n=\(reps)"
  }
}

extension [Double] {
  /// The middle value, the upper one of two.
  var median: Double { sorted()[count / 2] }
}

/// The median time of one unit of `work`: after a warm-up, at least five samples and `minTime` seconds.
func measure(_ work: Work, minTime: Double) -> Measured {
  let clock = ContinuousClock()
  func time(_ body: () -> Void) -> Double { clock.measure(body) / .seconds(1) }
  work.run()
  let estimate = time(work.run)
  let inner = estimate > 2e-4 ? 1 : max(1, Int(2e-4 / max(estimate, 1e-7)))
  if estimate < 0.05 {
    let end = clock.now.advanced(by: .milliseconds(100))
    while clock.now < end { work.run() }
  }
  var samples: [Double] = []
  var total = 0.0
  let least = estimate * 5 > 25 ? 2 : 5
  while samples.count < least || total < minTime {
    let sample = time { for _ in 0..<inner { work.run() } }
    total += sample
    samples.append(sample / Double(inner * work.count))
  }
  return Measured(
    median: samples.median, fastest: samples.min()!, repetitions: samples.count * inner,
    peakMegabytes: peakResidentMegabytes())
}

/// The most memory this process has occupied so far.
func peakResidentMegabytes() -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
  return (line?.split(separator: " ").dropLast().last.flatMap { Double($0) } ?? 0) / 1024
}
