import AutoDiff
import Tensor

/// What a model is made of, layer by layer; prints as a table.
public struct ModelSummary: Sendable, Hashable, CustomStringConvertible {
  /// A layer.
  public struct Row: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its type.
    public var kind: String
    /// The shape of its output for one example.
    public var outputShape: [Int]
    /// The number of its parameters.
    public var parameters: Int
    /// How many of them are frozen.
    public var frozen = 0
    /// Floating-point operations of its matrix products and convolutions for one example: two for a product and its addition.
    public var flops: Int
  }
  /// The layers in the order in which they are applied.
  public var rows: [Row]
  /// The number of all parameters.
  public var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }
  /// Of all layers, for one example.
  public var flops: Int { rows.reduce(0) { $0 + $1.flops } }

  public var description: String {
    let frozen = rows.reduce(0) { $0 + $1.frozen }
    var cells =
      [["layer", "type", "output", "parameters", "FLOPs"]]
      + rows.map { [$0.name, $0.kind, "\($0.outputShape)", grouped($0.parameters), grouped($0.flops)] }
      + [["total", "", "", grouped(parameters), grouped(flops)]]
    if frozen > 0 {
      let column = ["frozen"] + rows.map { grouped($0.frozen) } + [grouped(frozen)]
      for row in cells.indices { cells[row].insert(column[row], at: 4) }
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max()! }
    return cells.map { row in
      row.enumerated().map { column, text in
        let blank = String(repeating: " ", count: widths[column] - text.count)
        return column < 3 ? text + blank : blank + text
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// 1234567 as 1,234,567.
  private func grouped(_ number: Int) -> String {
    var (digits, result) = (Array(String(number)), "")
    while digits.count > 3 {
      result = "," + String(digits.suffix(3)) + result
      digits.removeLast(3)
    }
    return String(digits) + result
  }
}

extension Model {
  /// The layers, what they make of an example, and what that takes. A model that names no layers has one row.
  /// - Parameter inputShape: of one example.
  /// - Complexity: the model's value for one example.
  public func summary(inputShape: [Int]) -> ModelSummary {
    let theta = Tensor<Float>(zeros: [layout.count])
    let parameters = Parameters(layout, constant: theta)
    var x = Variable(Tensor<Float>(zeros: Shape([1] + inputShape)))
    func row(_ name: String, _ kind: String, _ count: Int, _ apply: (Variable<Float>) -> Variable<Float>) -> ModelSummary.Row {
      let before = ProductCount.soFar
      x = apply(x)
      return ModelSummary.Row(
        name: name, kind: kind, outputShape: Array(x.shape.dropFirst()), parameters: count,
        flops: (ProductCount.soFar - before).flops)
    }
    guard !parts.isEmpty else {
      return ModelSummary(rows: [row("model", "\(Self.self)", layout.count) { self($0, parameters) }])
    }
    var first = 0
    return ModelSummary(
      rows: parts.flatMap { part in
        part.leaves.map { leaf in
          let own = leaf.layer.layout(name: leaf.name)
          defer { first += own.entries.count }
          return row(leaf.name, "\(type(of: leaf.layer))", own.count) { leaf.layer($0, LayerParameters(parameters, from: first)) }
        }
      })
  }
}

extension NamedLayer {
  /// The layers that a sequence of layers applies one after the other, and theirs.
  fileprivate var leaves: [NamedLayer] {
    guard let sequence = layer as? Sequential else { return [self] }
    return sequence.parts.flatMap { NamedLayer(name: "\(name).\($0.name)", layer: $0.layer).leaves }
  }
}
