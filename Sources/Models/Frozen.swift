import AutoDiff
import Tensor

/// A model some of whose parameters stay where they are: θ is the others. Gradients, curvature and optimizers see these alone, at
/// the cost of these alone.
///
/// An affine map some of whose weights are frozen stays one of the others, with their columns and, if it is free, the bias: a
/// penalty, an initialiser and a preconditioner see what is left of it. Its outputs still sum over all inputs, so that the
/// variances of new weights go by the fan-in of the whole layer (`AffineBlock.layerFanIn`), and a weight starts as it would in the
/// layer as a whole; `.sparse` draws its connections, and `.orthogonal` its matrix, among the columns that are left. A map of whose
/// weights none is left, or whose columns are frozen in part, is none.
public struct Frozen<Network: Model, Scalar: TensorScalar>: Model {
  /// The model as a whole.
  public let model: Network
  public let layout: ParameterLayout
  /// All parameters, with those that are frozen where they stay.
  private let all: Tensor<Scalar>
  /// For each parameter of the model its index in `layout`; nil if it is frozen.
  private let places: [Int?]

  /// - Parameters:
  ///   - theta: all parameters of `model`.
  ///   - isFrozen: which stay, by name.
  public init(_ model: Network, at theta: Tensor<Scalar>, where isFrozen: (String) -> Bool) {
    let full = model.layout
    require(theta.shape == [full.count], "Frozen: a vector of shape \(theta.shape) for \(full.count) parameters")
    self.model = model
    all = theta.contiguous()
    var (layout, places) = (ParameterLayout(), [Int?]())
    var (free, frozen) = ([Range<Int>](), [Range<Int>]())
    for entry in full.entries {
      let isKept = isFrozen(entry.name)
      places.append(isKept ? nil : layout.append(entry.name, entry.shape, start: entry.start))
      if isKept { frozen.append(entry.range) } else { free.append(entry.range) }
    }
    for block in full.affineBlocks {
      // What lies between the columns of a piece must stay there.
      guard var moved = block.restricted(to: free),
        !moved.spans.contains(where: { span in frozen.contains { $0.overlaps(span) } })
      else { continue }
      for index in moved.pieces.indices {
        let start = moved.pieces[index].offset
        moved.pieces[index].offset -= frozen.reduce(0) { $0 + ($1.upperBound <= start ? $1.count : 0) }
      }
      layout.outputNonlinearity = block.inputNonlinearity
      layout.declare(moved)
    }
    layout.outputNonlinearity = full.outputNonlinearity
    self.layout = layout
    self.places = places
  }

  /// The parameters that are not frozen, of a vector of the whole model: where training starts.
  public func free(_ full: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = Tensor<Scalar>(zeros: [layout.count])
    for (index, place) in places.enumerated() {
      guard let place else { continue }
      let entry = layout.entries[place]
      result[rows: entry.offset..<entry.offset + entry.count] = model.layout.view(index, of: full).flattened()
    }
    return result
  }

  /// All parameters of the model, with those that are not frozen at `theta`.
  public func merged(_ theta: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = all
    for (index, place) in places.enumerated() {
      guard let place else { continue }
      let entry = model.layout.entries[index]
      result[rows: entry.offset..<entry.offset + entry.count] = layout.view(place, of: theta).flattened()
    }
    return result
  }

  public func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    let values = all.converted(to: S.self)
    let variables = places.enumerated().map { index, place in
      place.map { parameters[$0] } ?? Variable(model.layout.view(index, of: values))
    }
    return model(inputs, Parameters(model.layout, variables))
  }
}

extension Frozen {
  /// The layers of the whole model, and how many parameters of each are frozen.
  public func summary(inputShape: [Int]) -> ModelSummary {
    var summary = model.summary(inputShape: inputShape)
    let entries = model.layout.entries
    let all = Set(entries.indices)
    // The row of a layer or model that has more than its parts counts what is in none of theirs.
    let inside = summary.rows.map { row in
      summary.rows.count == 1 ? all : model.parameters(named: row.name).map { Set($0.entries) } ?? all
    }
    for entry in entries.indices where places[entry] == nil {
      let rows = inside.indices.filter { inside[$0].contains(entry) }
      if let own = rows.min(by: { inside[$0].count < inside[$1].count }) { summary.rows[own].frozen += entries[entry].count }
    }
    return summary
  }
}

extension Frozen: PartOfModel {
  var whole: any Model { model }
}

extension Model {
  /// This model with some parameters where they are.
  /// - Parameters:
  ///   - names: of parameters or layers, which means all of theirs. A layer without parameters, a `Flatten` for example, is
  ///     accepted and changes nothing; a name that is neither stops the program. Layer "a.b" beside layer "a" is no part of it; in a model that does not name its layers
  ///     (`parts`) this cannot be told, and all parameters count whose names start with "a.".
  ///   - theta: all parameters.
  public func freezing<S: TensorScalar>(_ names: [String], at theta: Tensor<S>) -> Frozen<Self, S> {
    let entries = layout.entries
    var frozen = Set<String>()
    for name in names {
      guard let found = parameters(named: name) else { fatalError("freezing: no parameter or layer is named \(name)") }
      require(
        !found.entries.isEmpty || found.maps.isEmpty,
        "freezing: \(name) is an affine map, and no parameter or layer; name its parameters")
      frozen.formUnion(found.entries.map { entries[$0].name })
    }
    return Frozen(self, at: theta) { frozen.contains($0) }
  }
}
