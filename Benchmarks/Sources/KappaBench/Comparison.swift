import Foundation

/// Our rows beside the floor's and the peers', with ratios.
struct Comparison {
  // Seconds of a row: the median over the rounds of each round's median, and the fastest of all repetitions.
  private let ours: [String: Seconds]
  private let floor: [String: Seconds]
  private let peers: [(name: String, rows: [String: Seconds])]

  /// Reads `kappa-ROUND.json`, `floor-ROUND.json` and those of each peer that ran.
  init(folder: String) throws {
    struct Line: Decodable {
      var row: String
      var median_s: Double?
      var min_s: Double?
    }
    let folder = URL(fileURLWithPath: folder)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    func rows(_ program: String) throws -> [String: Seconds] {
      var times: [String: [Seconds]] = [:]
      for file in files where file.lastPathComponent.hasPrefix(program + "-") {
        var round: [String: Seconds] = [:]
        for line in try JSONDecoder().decode([Line].self, from: Data(contentsOf: file)) {
          guard let median = line.median_s else { continue }
          // A row may be given twice, under `floor/` too: the better counts.
          let row = line.row.replacing(/^floor\//, with: "")
          let known = round[row] ?? Seconds(median: .infinity, fastest: .infinity)
          round[row] = Seconds(median: min(known.median, median), fastest: min(known.fastest, line.min_s ?? median))
        }
        for (row, time) in round { times[row, default: []].append(time) }
      }
      return times.mapValues { Seconds(median: $0.map(\.median).median, fastest: $0.map(\.fastest).min()!) }
    }
    ours = try rows("kappa")
    floor = try rows("floor")
    peers = try ["torch", "jax"].map { ($0, try rows($0)) }
  }

  var table: String {
    func show(_ x: Double?) -> String { x.map { String(format: $0 < 1e-5 ? "%.5f" : "%.3f", $0 * 1e3) } ?? "-" }
    func ratio(_ a: Double?, _ b: Double?) -> String { a.flatMap { a in b.map { String(format: "%.2f", a / $0) } } ?? "-" }
    var lines = [
      "milliseconds; medians of a run, and of the runs. The last two columns compare the fastest repetitions of all runs.",
      "",
    ]
    lines.append(
      "| row | ours | floor | " + peers.map(\.name).joined(separator: " | ")
        + " | ours / floor | ours / best peer | fastest: / floor | / best peer |")
    lines.append("|-|-|-|" + String(repeating: "-|", count: peers.count + 4))
    for (row, time) in ours.sorted(by: { $0.key < $1.key }) {
      let others = peers.map { $0.rows[row] }
      let cells = [row, show(time.median), show(floor[row]?.median)] + others.map { show($0?.median) }
      let ratios = [
        ratio(time.median, floor[row]?.median), ratio(time.median, others.compactMap { $0?.median }.min()),
        ratio(time.fastest, floor[row]?.fastest), ratio(time.fastest, others.compactMap { $0?.fastest }.min()),
      ]
      lines.append("| " + (cells + ratios).joined(separator: " | ") + " |")
    }
    lines.append("")
    for (kind, bound) in [("hv_repeat", 2.0), ("gv_repeat", 1.4)] {
      for (row, time) in ours.sorted(by: { $0.key < $1.key }) where row.hasPrefix(kind + "/") {
        lines.append("\(row) / grad: \(ratio(time.median, ours["grad" + row.dropFirst(kind.count)]?.median)) (at most \(bound))")
      }
    }
    for (row, bound) in [("mlp_cls@128", 1.0), ("rnn_addition@1", 0.5)] {
      guard let block = ours["hv_block/\(row)"], let single = ours["hv_singles/\(row)"] else { continue }
      lines.append(
        "hv_block/\(row) / hv_singles: \(ratio(block.median, single.median)), fastest \(ratio(block.fastest, single.fastest)) (at most \(bound))"
      )
    }
    if let sgd = ours["step/sgd/mlp_ae_mnist@200"], let esgd = ours["step/esgd_every20/mlp_ae_mnist@200"] {
      lines.append(
        "step/esgd_every20 / step/sgd: \(ratio(esgd.median, sgd.median)), fastest \(ratio(esgd.fastest, sgd.fastest)) (at most 1.15)"
      )
    }
    let parts = ["gemm", "conv", "elementwise"].compactMap { ours["mixed/" + $0] }
    if let all = ours["mixed/gemm_conv_elementwise"], parts.count == 3 {
      let sum = parts.reduce(0) { $0 + $1.median }
      lines.append("mixed/gemm_conv_elementwise / the sum of its parts: \(ratio(all.median, sum)) (at most 1.1)")
    }
    return lines.joined(separator: "\n")
  }
}
