import AutoDiff
import Tensor

/// Layers one after the other; a model, or a layer of a larger one.
///
///     let network = Sequential {
///       Conv2D(1, 16, kernel: 5, activation: .tanh)
///       AveragePool2D(2)
///       Flatten()
///       Dense(16 * 12 * 12, 10).named("output")
///     }
///
/// Layers without a name of their own go by their position: the first kernel above is "0.weight", as in PyTorch.
public struct Sequential: Model, Layer {
  /// The layers with their names, in the order in which they are applied.
  public let parts: [NamedLayer]
  public let layout: ParameterLayout
  private let firstParameters: [Int]

  /// Layers with their names.
  public init(_ parts: [NamedLayer]) {
    self.parts = parts
    var layout = ParameterLayout()
    firstParameters = parts.map { part in
      let first = layout.entries.count
      part.layer.declareParameters(in: &layout, name: part.name)
      return first
    }
    self.layout = layout
  }

  /// Layers with their names.
  public init(_ layers: [(name: String, layer: any Layer)]) {
    self.init(layers.map { NamedLayer(name: $0.name, layer: $0.layer) })
  }

  /// Layers as listed.
  public init(@LayerList _ layers: () -> [NamedLayer]) { self.init(LayerList.numbered(layers())) }

  /// The layers, in the order in which they are applied.
  public var layers: [any Layer] { parts.map(\.layer) }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    var x = x
    for (part, first) in zip(parts, firstParameters) { x = part.layer(x, parameters.dropFirst(first)) }
    return x
  }

  public func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    self(inputs, LayerParameters(parameters))
  }
}

/// Layers listed one a line, with `if` and `for` where a network is made by rule.
@resultBuilder
public enum LayerList {
  /// A layer without a name.
  public static func buildExpression(_ layer: some Layer) -> [NamedLayer] { [NamedLayer(name: "", layer: layer)] }
  /// A layer with one.
  public static func buildExpression(_ layer: NamedLayer) -> [NamedLayer] { [layer] }
  /// Layers made elsewhere.
  public static func buildExpression(_ layers: [NamedLayer]) -> [NamedLayer] { layers }
  /// One after the other.
  public static func buildBlock(_ layers: [NamedLayer]...) -> [NamedLayer] { layers.flatMap { $0 } }
  /// `if`.
  public static func buildOptional(_ layers: [NamedLayer]?) -> [NamedLayer] { layers ?? [] }
  /// `if`, one way.
  public static func buildEither(first layers: [NamedLayer]) -> [NamedLayer] { layers }
  /// `if`, the other.
  public static func buildEither(second layers: [NamedLayer]) -> [NamedLayer] { layers }
  /// `for`.
  public static func buildArray(_ layers: [[NamedLayer]]) -> [NamedLayer] { layers.flatMap { $0 } }

  /// Names for layers that have none: their positions.
  static func numbered(_ layers: [NamedLayer]) -> [NamedLayer] {
    layers.enumerated().map { index, part in part.name.isEmpty ? NamedLayer(name: "\(index)", layer: part.layer) : part }
  }
}

/// y = f(g(x) + s(x)): a stack of layers g and a way past it, x itself unless a layer s is given (He et al., 2016).
///
/// To initialisers that ask (`AffineBlock.nonlinearity`), f is what is applied to the last maps of g and of s, unless these name
/// one themselves or end otherwise, as with a normalisation. Each is treated as if it were alone: with `.sparse` and f = tanh, a
/// unit that has a bias in g and one in s starts with both at 0.5.
public struct Residual: Layer {
  /// g.
  public let body: Sequential
  /// s; x itself if nil. Where g changes the shape, s has to do the same.
  public let shortcut: (any Layer)?
  /// f.
  public let activation: Activation

  /// - Parameters:
  ///   - shortcut: s; x itself if nil.
  ///   - activation: f; none by default.
  public init(shortcut: (any Layer)? = nil, activation: Activation = .identity, @LayerList _ body: () -> [NamedLayer]) {
    self.body = Sequential(body)
    self.shortcut = shortcut
    self.activation = activation
  }

  /// g under "body", and s, if it is a layer, under "shortcut".
  public var parts: [NamedLayer] { [body.named("body")] + (shortcut.map { [NamedLayer(name: "shortcut", layer: $0)] } ?? []) }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    let inputs = layout.outputNonlinearity
    for part in parts {
      layout.outputNonlinearity = inputs
      let maps = layout.affineBlocks.count
      part.layer.declareParameters(in: &layout, name: part.within(name).name)
      // A part without maps says nothing of the one before.
      if layout.affineBlocks.count > maps { layout.noteNonlinearity(activation) }
    }
    layout.outputNonlinearity = activation
  }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    let past = shortcut.map { $0(x, parameters.dropFirst(body.layout.entries.count)) } ?? x
    return joined(body(x, parameters), past)
  }

  /// f(g + s).
  func joined<S: TensorScalar>(_ change: Variable<S>, _ past: Variable<S>) -> Variable<S> {
    require(change.shape == past.shape, "Residual: layers that make \(change.shape) beside a shortcut of \(past.shape)")
    return (change + past).activated(activation)
  }
}
