import ArgumentParser
import Foundation
import Kappa

@main
struct KappaBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kappa-bench",
    abstract: "Times Kappa on the rows of the side-by-side comparison.",
    discussion: "Medians in seconds, float32. Compare only with numbers taken in the same run: see docs/performance.md.")

  @Option(help: "How many threads to use.")
  var threads = Parallel.threads

  @Option(help: "Rows to run: a regular expression found in their names.")
  var rows = ".*"

  @Option(help: "Seconds to repeat each row for, at least.")
  var minTime = 1.0

  @Option(help: "Where to write the rows as JSON.")
  var json: String?

  @Flag(help: "Only name the rows.")
  var list = false

  @Flag(help: "Instead of our rows, the bare OpenBLAS or oneDNN products of the workloads that --rows names.")
  var floor = false

  @Option(help: "Instead of measuring, print the ratios of the JSON files in this folder.")
  var compare: String?

  @Flag(help: ArgumentHelp("Measure the one row of --rows when a line of standard input says how long.", visibility: .hidden))
  var turns = false

  @Option(help: ArgumentHelp("Do the work of one process row and end.", visibility: .hidden))
  var child: ChildProcess?

  func run() throws {
    guard let pattern = try? Regex(rows) else { throw ValidationError("--rows: \(rows) is not a regular expression") }
    guard threads >= 1 else { throw ValidationError("--threads: \(threads) is not positive") }
    if let compare { return print(try Comparison(folder: compare).table) }
    let chosen = Row.all.filter { $0.name.firstMatch(of: pattern) != nil }
    if chosen.isEmpty { throw ValidationError("--rows: no row's name holds \(rows); --list names them all") }
    if list { return chosen.forEach { print($0.name) } }
    Parallel.threads = threads
    if let child { return child.run() }
    if turns {
      guard chosen.count == 1, let prepare = chosen[0].prepare else {
        throw ValidationError("--turns: --rows \(rows) names \(chosen.count) rows, not one of work in this process")
      }
      return Sampler(prepare()).takeTurns()
    }
    print("\(Configuration.current)\n")
    var results: [Result] = []
    if floor {
      for workload in Workload.all where chosen.contains(where: { $0.name.hasSuffix(workload.label) }) {
        results += Floor.rows(of: workload, threads: threads)
      }
      for workload in ConvolutionNetwork.all where chosen.contains(where: { $0.name.hasSuffix(workload.label) }) {
        results += ConvolutionFloor.rows(of: workload, threads: threads)
      }
      results.forEach { print($0.line) }
      if let json { try write(results, to: json) }
      return
    }
    for row in chosen {
      let result = Result(row: row.name, threads: threads, measured: row.measured(minTime))
      print(result.line)
      fflush(nil)
      results.append(result)
      if let json { try write(results, to: json) }
    }
  }

  private func write(_ results: [Result], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(results).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
