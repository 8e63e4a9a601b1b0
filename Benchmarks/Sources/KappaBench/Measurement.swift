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
  /// Makes the data of work in this process; nil where others do it.
  private(set) var prepare: (() -> Work)?

  /// A row of work in this process: `prepare` makes the data.
  init(name: String, prepare: @escaping () -> Work) {
    self.init(name: name, measured: { Sampler(prepare()).measured(minTime: $0) })
    self.prepare = prepare
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

/// Work that has warmed up, with how often it runs for a sample.
struct Sampler {
  private let work: Work
  private let estimate: Double
  private let inner: Int

  init(_ work: Work) {
    self.work = work
    let clock = ContinuousClock()
    work.run()
    estimate = clock.measure(work.run) / .seconds(1)
    inner = estimate > 2e-4 ? 1 : max(1, Int(2e-4 / max(estimate, 1e-7)))
    if estimate < 0.05 {
      let end = clock.now.advanced(by: .milliseconds(100))
      while clock.now < end { work.run() }
    }
  }

  /// Times of one unit of the work: at least so many and for so many seconds.
  func samples(seconds: Double, atLeast count: Int) -> [Double] {
    var samples: [Double] = []
    var total = 0.0
    let least = estimate * 5 > 25 ? min(2, count) : count
    while samples.count < least || total < seconds {
      let sample = ContinuousClock().measure { for _ in 0..<inner { work.run() } } / .seconds(1)
      total += sample
      samples.append(sample / Double(inner * work.count))
    }
    return samples
  }

  /// The median time of one unit of the work: at least five samples.
  func measured(minTime: Double) -> Measured {
    let samples = samples(seconds: minTime, atLeast: 5)
    return Measured(
      median: samples.median, fastest: samples.min()!, repetitions: samples.count * inner,
      peakMegabytes: peakResidentMegabytes())
  }

  /// Measures for as many seconds as each line of standard input says and answers with the median and the fastest time.
  func takeTurns() {
    print("ready")
    fflush(nil)
    while let seconds = readLine().flatMap(Double.init) {
      let samples = samples(seconds: seconds, atLeast: 1)
      print(samples.median, samples.min()!)
      fflush(nil)
    }
  }
}

/// The most memory this process has occupied so far.
func peakResidentMegabytes() -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
  return (line?.split(separator: " ").dropLast().last.flatMap { Double($0) } ?? 0) / 1024
}
