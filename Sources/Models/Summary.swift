import AutoDiff
import Tensor

/// What a model is made of, layer by layer; prints as a table.
public struct ModelSummary: Sendable, Hashable, CustomStringConvertible {
  /// A layer.
  public struct Row: Sendable, Hashable {
    /// Its name, which its parameters' names start with.
    public var name: String
    /// Its type.
    public var kind: String
    /// The shape of its output for one example; nil for a part of a layer or model of your own, whose way to apply it is not known.
    public var outputShape: [Int]?
    /// The number of its parameters.
    public var parameters: Int
    /// How many of them are frozen.
    public var frozen = 0
    /// Floating-point operations of its matrix products and convolutions for one example: two for a product and its addition.
    /// Products of a layer or model of your own that names parts count for the part whose parameters were read last.
    public var flops: Int
  }
  /// The layers in the order in which they are applied, or named.
  public var rows: [Row]
  /// The shape of the model's output for one example.
  public var outputShape: [Int]
  /// The number of all parameters.
  public var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }
  /// Of all layers, for one example.
  public var flops: Int { rows.reduce(0) { $0 + $1.flops } }

  public var description: String {
    let frozen = rows.reduce(0) { $0 + $1.frozen }
    var cells =
      [["layer", "type", "output", "parameters", "FLOPs"]]
      + rows.map { [$0.name, $0.kind, $0.outputShape.map { "\($0)" } ?? "", grouped($0.parameters), grouped($0.flops)] }
      + [["total", "", "\(outputShape)", grouped(parameters), grouped(flops)]]
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
  /// The layers, down to those that name no parts, and what the model makes of an example. A model that names no layers has one
  /// row.
  /// - Parameter inputShape: of one example, without the batch.
  /// - Complexity: the model's value for one example.
  public func summary(inputShape: [Int]) -> ModelSummary {
    var example = SummarizedExample(layout, inputShape: inputShape, axis: 0)
    let parameters = example.parameters
    example.note(parts.flatMap(\.leaves), as: "model", "\(Self.self)", Array(layout.entries.indices)) { self($0, parameters) }
    return example.summary
  }
}

extension Sequential {
  /// The layers, down to those that name no parts, what each makes of an example, and what that takes.
  /// - Parameter inputShape: of one example, without the batch, whatever the order of sequences' axes.
  /// - Complexity: the model's value for one example.
  public func summary(inputShape: [Int]) -> ModelSummary {
    var example = SummarizedExample(layout, inputShape: inputShape, axis: order == .timeFirst ? 1 : 0)
    example.apply(self, "")
    return example.summary
  }

  /// Of the first sequences that it reads.
  fileprivate var order: SequenceOrder? {
    parts.lazy.compactMap { part in
      (part.layer as? any RecurrentLayer)?.order ?? (part.layer as? Sequential)?.order ?? (part.layer as? Residual)?.body.order
    }.first
  }
}

extension NamedLayer {
  /// The layers that it is made of, and theirs, under their full names; itself if it names none.
  fileprivate var leaves: [NamedLayer] { layer.parts.isEmpty ? [self] : layer.parts.flatMap { $0.within(name).leaves } }
}

/// An example on its way through layers, and a row for each behind it.
private struct SummarizedExample {
  let layout: ParameterLayout
  let parameters: Parameters<Float>
  private var x: Variable<Float>
  /// The axis of x that is the batch's.
  private var axis: Int
  private var rows: [ModelSummary.Row] = []

  init(_ layout: ParameterLayout, inputShape: [Int], axis: Int) {
    require(inputShape.count >= axis, "summary: an example of shape \(inputShape), not a sequence")
    self.layout = layout
    self.axis = axis
    parameters = Parameters(layout, constant: Tensor(zeros: [layout.count]))
    x = Variable(Tensor(zeros: Shape(inputShape[..<axis] + [1] + inputShape[axis...])))
  }

  var summary: ModelSummary { ModelSummary(rows: rows, outputShape: shape) }
  /// Of x without the batch.
  private var shape: [Int] { x.shape.indices.filter { $0 != axis }.map { x.shape[$0] } }

  mutating func apply(_ layer: some Layer, _ name: String) {
    if let sequence = layer as? Sequential {
      for part in sequence.parts { apply(part.layer, part.within(name).name) }
    } else if let residual = layer as? Residual {
      let start = (x, axis)
      apply(residual.body, "\(name).body")
      let change = x
      (x, axis) = start
      if let shortcut = residual.shortcut { apply(shortcut, "\(name).shortcut") }
      x = residual.joined(change, x)
    } else {
      let (first, parameters) = (rows.count, parameters)
      let places = layout.places(of: layer.named(name))
      let recurrent = layer as? any RecurrentLayer
      let next = recurrent?.output == .all && recurrent?.order == .timeFirst ? 1 : 0
      let before = x.shape
      note(layer.parts.flatMap { $0.within(name).leaves }, as: name, "\(type(of: layer))", places, axis: next) {
        layer($0, LayerParameters(parameters, from: places.first ?? 0))
      }
      if let stack = layer as? any RecurrentStack {
        // Each layer hands all states on to the next.
        let states = [before[stack.order == .timeFirst ? 0 : 1], stack.hidden]
        for row in first..<rows.count { rows[row].outputShape = row < rows.count - 1 ? states : shape }
      }
    }
  }

  /// Notes what a layer or model with parameters at the given places does, as rows of the layers in it and, if there are none or if
  /// it does something itself, one of its own.
  mutating func note(
    _ leaves: [NamedLayer], as name: String, _ kind: String, _ places: [Int], axis next: Int = 0,
    _ apply: (Variable<Float>) -> Variable<Float>
  ) {
    let own = leaves.count
    let leafPlaces = leaves.map { layout.places(of: $0) }
    var owners = [Int](repeating: own, count: layout.entries.count)
    for (leaf, places) in leafPlaces.enumerated() { for place in places { owners[place] = leaf } }
    let reads = ParameterReads(owners: owners, count: own + 1)
    let before = x
    (x, axis) = (ParameterReads.$current.withValue(reads) { apply(before) }, next)
    let flops = reads.flops
    func count(_ places: [Int]) -> Int { places.reduce(0) { $0 + layout.entries[$1].count } }
    for (leaf, part) in leaves.enumerated() {
      rows.append(
        ModelSummary.Row(
          name: part.name, kind: "\(type(of: part.layer))", outputShape: nil, parameters: count(leafPlaces[leaf]),
          flops: flops[leaf]))
    }
    let rest = count(places.filter { owners[$0] == own })
    guard leaves.isEmpty || rest > 0 || flops[own] > 0 else { return }
    rows.append(ModelSummary.Row(name: name, kind: kind, outputShape: shape, parameters: rest, flops: flops[own]))
  }
}

/// Shares the products of a layer or model among the layers in it: each counts for the one whose parameters were read last.
final class ParameterReads: @unchecked Sendable {
  /// Whom to tell what is read, while a summary is made.
  @TaskLocal static var current: ParameterReads?

  /// The layer that each parameter belongs to.
  private let owners: [Int]
  private var counts: [Int]
  private var reader: Int
  private var before = ProductCount.soFar

  /// - Parameter count: of layers; until something is read, products are the last one's.
  init(owners: [Int], count: Int) {
    self.owners = owners
    counts = Array(repeating: 0, count: count)
    reader = count - 1
  }

  func note(_ parameter: Int) {
    settle()
    reader = owners[parameter]
  }

  /// Floating-point operations of each layer's products until now.
  var flops: [Int] {
    settle()
    return counts
  }

  private func settle() {
    let now = ProductCount.soFar
    counts[reader] += (now - before).flops
    before = now
  }
}
