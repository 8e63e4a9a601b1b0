import Foundation

/// Our rows beside the floor's and the peers', with ratios.
struct Comparison {
  private let ours: [String: Double]
  private let floor: [String: Double]
  private let peers: [(name: String, rows: [String: Double])]

  /// Reads `kappa-ROUND.json`, `floor-ROUND.json` and those of each peer that ran; a row's time is the median over the rounds.
  init(folder: String) throws {
    struct Line: Decodable {
      var row: String
      var median_s: Double?
    }
    let folder = URL(fileURLWithPath: folder)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    func rows(_ program: String) throws -> [String: Double] {
      var times: [String: [Double]] = [:]
      for file in files where file.lastPathComponent.hasPrefix(program + "-") {
        var round: [String: Double] = [:]
        for line in try JSONDecoder().decode([Line].self, from: Data(contentsOf: file)) {
          guard let time = line.median_s else { continue }
          // A row may be given twice, under `floor/` too: the better counts.
          let row = line.row.replacing(/^floor\//, with: "")
          round[row] = min(round[row] ?? .infinity, time)
        }
        for (row, time) in round { times[row, default: []].append(time) }
      }
      return times.mapValues { median(of: $0) }
    }
    ours = try rows("kappa")
    floor = try rows("floor")
    peers = try ["torch", "jax"].map { ($0, try rows($0)) }
  }

  var table: String {
    func show(_ x: Double?) -> String { x.map { String(format: $0 < 1e-5 ? "%.5f" : "%.3f", $0 * 1e3) } ?? "-" }
    func ratio(_ a: Double?, _ b: Double?) -> String { a.flatMap { a in b.map { String(format: "%.2f", a / $0) } } ?? "-" }
    var lines = ["milliseconds; medians of a run, and of the runs", ""]
    lines.append("| row | ours | floor | " + peers.map(\.name).joined(separator: " | ") + " | ours / floor | ours / best peer |")
    lines.append("|-|-|-|" + String(repeating: "-|", count: peers.count + 2))
    for (row, time) in ours.sorted(by: { $0.key < $1.key }) {
      let others = peers.map { $0.rows[row] }
      let cells = [row, show(time), show(floor[row])] + others.map(show)
      let ratios = [ratio(time, floor[row]), ratio(time, others.compactMap { $0 }.min())]
      lines.append("| " + (cells + ratios).joined(separator: " | ") + " |")
    }
    lines.append("")
    for (kind, bound) in [("hv_repeat", 2.0), ("gv_repeat", 1.4)] {
      for (row, time) in ours.sorted(by: { $0.key < $1.key }) where row.hasPrefix(kind + "/") {
        lines.append("\(row) / grad: \(ratio(time, ours["grad" + row.dropFirst(kind.count)])) (at most \(bound))")
      }
    }
    if let sgd = ours["step/sgd/mlp_ae_mnist@200"], let esgd = ours["step/esgd_every20/mlp_ae_mnist@200"] {
      lines.append("step/esgd_every20 / step/sgd: \(ratio(esgd, sgd)) (at most 1.15)")
    }
    return lines.joined(separator: "\n")
  }
}
