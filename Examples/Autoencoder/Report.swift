import Foundation
import Kappa

/// What a program says at its end: a table, the numbers, the pictures.
struct Report {
  let experiment: Experiment
  let runs: [Experiment.Run]
  let directory: String

  /// What the example promises and a quick run checks.
  struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
  }

  /// Begins a run in the folder: a folder that cannot be written to is known before the training, not after, and pictures of an
  /// earlier run do not stand beside this one's numbers.
  static func begin(in directory: String) throws {
    try MetricsLog().write(to: metricsPath(directory))
    for name in pictures.flatMap({ ["\($0).png", "\($0).svg", "\($0).gnuplot"] }) {
      try? FileManager.default.removeItem(atPath: URL(fileURLWithPath: directory).appendingPathComponent(name).path)
    }
  }

  /// Writes what was measured so far: a run that is broken off keeps its numbers.
  static func write(_ records: [MetricsRecord], in directory: String) throws {
    try MetricsLog(records).write(to: metricsPath(directory))
  }

  private static let pictures = ["learning-curves", "reconstructions"]

  private static func metricsPath(_ directory: String) -> String {
    URL(fileURLWithPath: directory).appendingPathComponent("metrics.csv").path
  }

  /// Draws `learning-curves.png` and `.svg` and `reconstructions.png`, and says where they and `metrics.csv` are.
  func draw() throws {
    let curves = try learningCurves.draw(Self.pictures[0], in: directory, formats: [.png, .svg])
    let pictures = try reconstructions.draw(Self.pictures[1], in: directory)
    StandardOutput.print("\nnumbers          \(Self.metricsPath(directory))")
    StandardOutput.print("learning curves  \(curves.description)")
    StandardOutput.print("reconstructions  \(pictures.description)")
  }

  /// The training error against epochs and against seconds, as in figure 5 of the ESGD paper.
  var learningCurves: LineChart {
    func panel(_ label: String, _ x: (MetricsRecord) -> Double) -> LineChart.Panel {
      LineChart.Panel(
        x: .init(label), y: .init("training error (squared, per image)", isLogarithmic: true),
        series: runs.map { run in
          // The first parameters' error, far above all others, would flatten the curves.
          .init(run.method.title, run.log.records.filter { $0.epoch > 0 }.map { (x($0), $0.trainingError) })
        })
    }
    let name = experiment.data == .curves ? "CURVES" : experiment.data == .mnist ? "MNIST" : "Fashion-MNIST"
    return LineChart(
      title: "Deep autoencoder on \(name), \(experiment.network)",
      panels: [panel("epochs") { Double($0.epoch) }, panel("seconds of training") { $0.seconds }])
  }

  /// Some test images above what each run makes of them.
  var reconstructions: ImageGrid {
    let images = experiment.images.test
    let originals = images.images[rows: 0..<min(16, images.count)]
    let rows = runs.map { run in
      ImageGrid.Row(run.method.title, experiment.objective.reconstructions(of: originals, at: run.parameters))
    }
    return ImageGrid([.init("original", originals)] + rows, height: images.height, width: images.width)
  }

  /// The table, a line for each run; with several, what the last of them gained on each.
  var table: String {
    let header = ["optimizer", "rate", "epochs", "training error", "test error", "seconds", "gradients", "Hv products"]
    var rows = [header + (runs.count > 1 ? ["error / \(runs.last!.method.title)'s"] : [])]
    for run in runs {
      let state = run.result.state
      var row = [run.method.title, String(format: "%.2g", run.settings.learningRate), "\(state.epoch)"]
      row += [run.trainingError, run.testError].map { $0.isNaN ? "diverged" : String(format: "%.3f", $0) }
      row += [String(format: "%.1f", state.seconds), "\(state.cost.gradients)", "\(state.cost.hessianVectorProducts)"]
      if runs.count > 1 { row.append(String(format: "%.2f", run.trainingError / runs.last!.trainingError)) }
      rows.append(row)
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// How much sooner the last run came to where each other one ended.
  var speedups: [String] {
    guard let best = runs.last, runs.count > 1 else { return [] }
    return runs.dropLast().map { run in
      let goal = run.trainingError
      guard let record = best.log.records.first(where: { $0.epoch > 0 && $0.trainingError <= goal }) else {
        return "\(best.method.title) did not come to \(run.method.title)'s training error of \(String(format: "%.3f", goal))."
      }
      // By what they computed, too: seconds are those of a machine that may have done other work meanwhile.
      return String(
        format: "%@ came to %@'s training error of %.3f after %d of %d epochs, %@ instead of %@, %.1f of %.1f seconds.",
        best.method.title, run.method.title, goal, record.epoch, run.result.state.epoch, products(record.cost),
        products(run.result.state.cost), record.seconds, run.result.state.seconds)
    }
  }

  private func products(_ cost: Cost) -> String {
    cost.hessianVectorProducts == 0
      ? "\(cost.gradients) gradients" : "\(cost.gradients) gradients and \(cost.hessianVectorProducts) Hv"
  }

  /// Holds the example to its word: every run ended, every error fell, every file is there.
  func check() throws {
    for run in runs {
      if let failure = run.result.failure { throw BrokenPromise(description: "\(run.method.title): \(failure)") }
      guard run.trainingError < run.initialError else {
        throw BrokenPromise(
          description: "\(run.method.title): the error went from \(run.initialError) to \(run.trainingError) instead of falling")
      }
    }
    let pictures = ["learning-curves.png", "learning-curves.svg", "reconstructions.png"]
    let scripts = ["learning-curves.gnuplot", "reconstructions.gnuplot"]
    for name in ["metrics.csv"] + scripts + (Gnuplot.installed() == nil ? [] : pictures) {
      let path = URL(fileURLWithPath: directory).appendingPathComponent(name).path
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      guard let size, size > 0 else { throw BrokenPromise(description: "\(path) was not written") }
    }
    let metrics = Self.metricsPath(directory)
    let readBack = try MetricsLog(CSVTable(parsing: AtomicFile.read(metrics)))
    guard readBack.records.count == runs.map(\.log.records.count).reduce(0, +) else {
      throw BrokenPromise(description: "\(metrics) does not hold what was measured")
    }
  }
}
