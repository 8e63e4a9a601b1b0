import AutoDiff
import Tensor

/// A layer: shapes and names of its parameters, and what it does with them. A value; the parameters live in the flat vector θ.
///
/// A layer of your own says both and is used like any other:
///
///     struct Scale: Layer {
///       let units: Int
///       func declareParameters(in layout: inout ParameterLayout, name: String) {
///         layout.append("\(name).scale", [units], start: [1])
///       }
///       func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
///         x * parameters[0]
///       }
///     }
///
/// One that is made of others names them; parameters, names and files follow from theirs:
///
///     struct Block: Layer {
///       let dense = Dense(8, 8, activation: .tanh), norm = LayerNorm(8)
///       var parts: [NamedLayer] { [dense.named("dense"), norm.named("norm")] }
///       func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
///         x + norm(dense(x, parameters), parameters.dropFirst(dense.parameterCount))
///       }
///     }
public protocol Layer: Sendable {
  /// The layers that it is made of, under the names that stand behind its own in their parameters' names; none by default. How it
  /// applies them is its own affair.
  var parts: [NamedLayer] { get }
  /// Adds this layer's parameters, if any, to `layout`, with names that start with `name` and a dot, and declares their affine
  /// maps. By default those of its parts, in order, and no others; a layer that has more adds `parts.declareParameters(in: &layout,
  /// name: name)` and its own.
  func declareParameters(in layout: inout ParameterLayout, name: String)
  /// The output for inputs `x`, the example axis first. `parameters[0]`, ... are those declared, in order.
  func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S>
  /// What PyTorch calls the parameters, and how they lie there. By default those of its parts as these say; others by the names
  /// here, the weights of affine maps, as `appendAffine` declares them, [outputs, inputs] as an `nn.Linear`'s, the rest as here.
  func foreignParameters(name: String) -> [ForeignParameter]
}

extension Layer {
  public var parts: [NamedLayer] { [] }
  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    parts.declareParameters(in: &layout, name: name)
  }

  /// This layer under a name, by which its parameters go: `Dense(784, 10).named("output")`.
  public func named(_ name: String) -> NamedLayer { NamedLayer(name: name, layer: self) }

  /// The layout of this layer alone, its parameters' names starting with `name`.
  public func layout(name: String) -> ParameterLayout {
    var layout = ParameterLayout()
    declareParameters(in: &layout, name: name)
    return layout
  }
  /// The number of named parameters: how far on those of the next layer begin, in a layer made of others.
  public var parameterCount: Int { layout(name: "layer").entries.count }

  public func foreignParameters(name: String) -> [ForeignParameter] {
    layout(name: name).foreignParameters(of: parts.map { $0.within(name) })
  }

  /// The parameters as they are here.
  func ownParameters(name: String) -> [ForeignParameter] {
    layout(name: name).entries.enumerated().map { ForeignParameter(name: $1.name, entry: $0) }
  }
}

/// A layer and what it is called.
public struct NamedLayer: Sendable {
  /// What its parameters' names start with.
  public var name: String
  /// The layer.
  public var layer: any Layer

  /// A layer under a name.
  public init(name: String, layer: any Layer) {
    self.name = name
    self.layer = layer
  }
}

/// The parameters of one layer, counted from its first.
public struct LayerParameters<Scalar: TensorScalar> {
  let all: Parameters<Scalar>
  var first: Int
  /// Who wants to know what is read; mostly nobody.
  private let reads: ParameterReads?

  /// Parameters of a model from index `first` of its layout on.
  public init(_ all: Parameters<Scalar>, from first: Int = 0) {
    self.all = all
    self.first = first
    reads = ParameterReads.current
  }

  /// Parameter `index` of the layer.
  public subscript(index: Int) -> Variable<Scalar> {
    reads?.note(first + index)
    return all[first + index]
  }

  /// The parameters of a layer that is part of this one: those from the given index on.
  public func dropFirst(_ count: Int) -> LayerParameters {
    var result = self
    result.first += count
    return result
  }
}

/// A model: maps inputs to outputs with parameters of a known layout.
public protocol Model: Sendable {
  /// How θ is made up; by default of its parts' parameters, in order.
  var layout: ParameterLayout { get }
  /// The outputs for `inputs`, the example axis first.
  func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S>
  /// The layers that it is made of, under the names that their parameters' names start with in `layout`; none by default. How it
  /// applies them is its own affair. Files of PyTorch, which need them, take these names and store each layer as it says, and what
  /// else is in `layout` as a layer's own parameters; summaries list them.
  var parts: [NamedLayer] { get }
  /// What it is made of, layer by layer, what each makes of an example of shape `inputShape`, and what that takes. By default what
  /// its parts put out is left open; of a model that applies them one after the other and does nothing else, `Sequential(parts)`
  /// has the summary.
  func summary(inputShape: [Int]) -> ModelSummary
}

extension Model {
  public var parts: [NamedLayer] { [] }
  public var layout: ParameterLayout {
    var layout = ParameterLayout()
    parts.declareParameters(in: &layout, name: "")
    return layout
  }

  /// The outputs for `inputs` at θ; nothing is recorded.
  public func callAsFunction<S: TensorScalar>(_ inputs: Tensor<S>, at theta: Tensor<S>) -> Tensor<S> {
    self(Variable(inputs), Parameters(layout, constant: theta)).value
  }
}

extension [NamedLayer] {
  /// Declares the parameters of all, under names that start with `name` if there is one.
  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    for part in self { part.layer.declareParameters(in: &layout, name: part.within(name).name) }
  }

  /// What PyTorch calls the parameters of all.
  public func foreignParameters(name: String) -> [ForeignParameter] {
    var first = 0
    return flatMap { part in
      defer { first += part.layer.parameterCount }
      return part.layer.foreignParameters(name: part.within(name).name).map { $0.shifted(by: first) }
    }
  }
}

extension NamedLayer {
  /// Under the name it has as a part of a layer that is called `outer`; of a model, nothing.
  func within(_ outer: String) -> NamedLayer { outer.isEmpty ? self : NamedLayer(name: "\(outer).\(name)", layer: layer) }
}
