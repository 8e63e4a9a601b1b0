import AutoDiff
import Tensor

/// A model some of whose parameters stay where they are: θ is the others. Gradients, curvature and optimizers see these alone, at the cost
/// of these alone.
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
    var (layout, places, frozen) = (ParameterLayout(), [Int?](), [Range<Int>]())
    for entry in full.entries {
      let isKept = isFrozen(entry.name)
      places.append(isKept ? nil : layout.append(entry.name, entry.shape, start: entry.start))
      if isKept { frozen.append(entry.offset..<entry.offset + entry.count) }
    }
    // Affine maps that are free as a whole, or but for their bias.
    func isFree(_ block: AffineBlock) -> Bool { !block.spans.contains { span in frozen.contains { $0.overlaps(span) } } }
    for block in full.affineBlocks {
      guard var moved = [block, block.withoutBias].compactMap({ $0 }).first(where: isFree) else { continue }
      for index in moved.pieces.indices {
        let start = moved.pieces[index].offset
        moved.pieces[index].offset -= frozen.reduce(0) { $0 + ($1.upperBound <= start ? $1.count : 0) }
      }
      layout.declare(moved)
    }
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
    for index in summary.rows.indices {
      for (entry, place) in zip(model.layout.entries, places) where place == nil {
        if summary.rows.count == 1 || entry.name.belongs(to: summary.rows[index].name) {
          summary.rows[index].frozen += entry.count
        }
      }
    }
    return summary
  }
}

extension Model {
  /// This model with some parameters where they are.
  /// - Parameters:
  ///   - names: of parameters or layers, which means all of theirs.
  ///   - theta: all parameters.
  public func freezing<S: TensorScalar>(_ names: [String], at theta: Tensor<S>) -> Frozen<Self, S> {
    for name in names {
      require(layout.entries.contains { $0.name.belongs(to: name) }, "freezing: no parameter or layer is named \(name)")
    }
    return Frozen(self, at: theta) { parameter in names.contains { parameter.belongs(to: $0) } }
  }
}

extension String {
  /// Whether this is the given parameter, or a parameter of the given layer.
  func belongs(to name: String) -> Bool { self == name || hasPrefix(name + ".") }
}
