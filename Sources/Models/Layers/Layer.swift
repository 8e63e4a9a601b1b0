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
public protocol Layer: Sendable {
  /// Adds this layer's parameters, if any, to `layout`, with names that start with `name` and a dot, and declares their affine maps.
  func declareParameters(in layout: inout ParameterLayout, name: String)
  /// The output for inputs `x`, the example axis first. `parameters[0]`, ... are those declared, in order.
  func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S>
  /// What PyTorch calls the parameters, and how they lie there; by default as here.
  func foreignParameters(name: String) -> [ForeignParameter]
}

extension Layer {
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

  public func foreignParameters(name: String) -> [ForeignParameter] { ownParameters(name: name) }

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
  let first: Int

  /// Parameters of a model from index `first` of its layout on.
  public init(_ all: Parameters<Scalar>, from first: Int = 0) {
    self.all = all
    self.first = first
  }

  /// Parameter `index` of the layer.
  public subscript(index: Int) -> Variable<Scalar> { all[first + index] }

  /// The parameters of a layer that is part of this one: those from the given index on.
  public func dropFirst(_ count: Int) -> LayerParameters { LayerParameters(all, from: first + count) }
}

/// A model: maps inputs to outputs with parameters of a known layout.
public protocol Model: Sendable {
  /// How θ is made up.
  var layout: ParameterLayout { get }
  /// The outputs for `inputs`, the example axis first.
  func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S>
  /// The layers that it applies one after the other, if it is that and nothing else; none by default. Summaries and files of PyTorch rest on
  /// them.
  var parts: [NamedLayer] { get }
  /// What it is made of, layer by layer, what each makes of an example of shape `inputShape`, and what that takes.
  func summary(inputShape: [Int]) -> ModelSummary
}

extension Model {
  public var parts: [NamedLayer] { [] }

  /// The outputs for `inputs` at θ; nothing is recorded.
  public func callAsFunction<S: TensorScalar>(_ inputs: Tensor<S>, at theta: Tensor<S>) -> Tensor<S> {
    self(Variable(inputs), Parameters(layout, constant: theta)).value
  }
}

extension [NamedLayer] {
  /// Declares the parameters of all, under names that start with `name` if there is one.
  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    for part in self { part.layer.declareParameters(in: &layout, name: part.name(within: name)) }
  }

  /// What PyTorch calls the parameters of all.
  public func foreignParameters(name: String) -> [ForeignParameter] {
    var first = 0
    return flatMap { part in
      defer { first += part.layer.parameterCount }
      return part.layer.foreignParameters(name: part.name(within: name)).map { $0.shifted(by: first) }
    }
  }
}

extension NamedLayer {
  func name(within outer: String) -> String { outer.isEmpty ? name : "\(outer).\(name)" }
}
