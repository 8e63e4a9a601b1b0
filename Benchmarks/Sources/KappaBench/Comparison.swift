import Foundation

/// Our rows beside the floor's and the peers', with ratios.
struct Comparison {
  private let ours: [String: Double]
  private let floor: [String: Double]
  private let peers: [(name: String, rows: [String: Double])]

  /// Reads `kappa.json` and `again.json` (ours, before and after the others), `floor.json`, and `NAME.json` for each peer that ran.
  init(folder: String) throws {
    struct Line: Decodable {
      var row: String
      var median_s: Double?
    }
    func rows(_ name: String) throws -> [String: Double] {
      let file = URL(fileURLWithPath: folder).appendingPathComponent(name + ".json")
      guard let data = try? Data(contentsOf: file) else { return [:] }
      let pairs = try JSONDecoder().decode([Line].self, from: data).compactMap { line in
        line.median_s.map { (line.row.replacing(/^floor\//, with: ""), $0) }
      }
      return Dictionary(pairs, uniquingKeysWith: min)
    }
    ours = try rows("kappa").merging(rows("again"), uniquingKeysWith: min)
    floor = try rows("floor")
    peers = try ["torch", "jax"].map { ($0, try rows($0)) }
  }

  var table: String {
    func show(_ x: Double?) -> String { x.map { String(format: "%.3f", $0 * 1e3) } ?? "-" }
    func ratio(_ a: Double?, _ b: Double?) -> String { a.flatMap { a in b.map { String(format: "%.2f", a / $0) } } ?? "-" }
    var lines = ["milliseconds, medians; ours is the better of two passes, one before and one after the others", ""]
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
