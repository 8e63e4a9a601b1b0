import Tensor

/// How the parameters of a model lie in one flat vector θ: names, shapes and offsets, and which of them form affine maps.
///
/// The gradient, a probe, Hv, a solver's iterate and an optimizer's statistics are vectors of the same layout.
public struct ParameterLayout: Sendable, Hashable {
  /// One named parameter: a row-major piece of θ.
  public struct Entry: Sendable, Hashable {
    /// What it is called, e.g. "layer0.weight"; unique in its layout.
    public var name: String
    /// Its shape.
    public var shape: Shape
    /// The index of its first element in θ.
    public var offset: Int
    /// Where its elements start if no initialisation says otherwise: a number for each of as many equal parts of its last axis.
    /// Mostly [0]; [1] for a gain, [0, 1, 0, 0] for an LSTM's bias with its forget gate open.
    public var start: [Double]
    /// The number of its elements.
    public var count: Int { shape.elementCount }
  }

  /// The parameters in the order in which they lie.
  public private(set) var entries: [Entry] = []
  /// The affine maps among them, in order; parameters in none of them are no layer's weights or bias.
  public private(set) var affineBlocks: [AffineBlock] = []
  /// The length of θ.
  public private(set) var count = 0
  /// What made, element by element, the numbers that the layers declared so far hand on to the next: the nonlinearity of the last
  /// map, or of an activation layer behind it; nil if something else did, the identity for the inputs of the model. A layer whose
  /// maps do not read one another's outputs, or that does more with them, sets it. It is a remark for layers to come, and no part
  /// of what `==` compares.
  public var outputNonlinearity: Activation? = .identity

  /// A layout without parameters.
  public init() {}

  /// Adds a parameter behind those there are and returns its index. Names are unique.
  /// - Parameter start: see `Entry.start`; zeros by default.
  @discardableResult
  public mutating func append(_ name: String, _ shape: Shape, start: [Double] = [0]) -> Int {
    require(!entries.contains { $0.name == name }, "ParameterLayout: two parameters are named \(name)")
    let parts = start.count
    require(
      parts > 0 && (shape.last ?? 1) % parts == 0, "ParameterLayout: \(parts) values start parameter \(name) of shape \(shape)")
    entries.append(Entry(name: name, shape: shape, offset: count, start: start))
    count += shape.elementCount
    return entries.count - 1
  }

  /// Adds a weight [fanIn, outputs] and, unless told otherwise, its bias [outputs], and declares them an affine map.
  /// - Parameter nonlinearity: what is applied to the map's outputs; nil if it is no function of single elements.
  /// - Returns: the index of the weight; the bias follows it.
  @discardableResult
  public mutating func appendAffine(
    _ name: String, fanIn: Int, outputs: Int, hasBias: Bool = true, nonlinearity: Activation? = .identity
  ) -> Int {
    var block = AffineBlock(name: name, outputs: outputs, fanIn: fanIn, hasBias: hasBias, offset: count)
    block.nonlinearity = nonlinearity
    let index = append("\(name).weight", [fanIn, outputs])
    if hasBias { append("\(name).bias", [outputs]) }
    declare(block)
    return index
  }

  /// Declares that parameters already there form an affine map, whose inputs are taken to be what the layers before hand on.
  public mutating func declare(_ block: AffineBlock) {
    require(
      block.spans.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= count },
      "AffineBlock \(block.name) lies outside the parameters")
    var block = block
    block.inputNonlinearity = outputNonlinearity
    affineBlocks.append(block)
    outputNonlinearity = block.nonlinearity
  }

  /// Says that a nonlinearity that is a layer of its own comes next. It is what is handed on, and is what is applied to the outputs
  /// of the affine map declared last unless that has been said, or other parameters, a normalisation's gains for example, come
  /// between.
  public mutating func noteNonlinearity(_ nonlinearity: Activation) {
    if nonlinearity != .identity { outputNonlinearity = nonlinearity }
    guard let last = affineBlocks.indices.last, affineBlocks[last].nonlinearity == .identity,
      affineBlocks[last].spans.contains(where: { $0.upperBound == count })
    else { return }
    affineBlocks[last].nonlinearity = nonlinearity
  }

  /// The index of the parameter with the given name.
  public func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }

  /// The named piece of a vector of this layout, under its shape: a view.
  public func view<S: TensorScalar>(_ name: String, of vector: Tensor<S>) -> Tensor<S> {
    guard let index = index(of: name) else { fatalError("ParameterLayout: no parameter is named \(name)") }
    return view(index, of: vector)
  }

  /// The layers, or whatever else shares the part of its name before the last dot, in order, and the parameters of each.
  public var layers: [(name: String, entries: [Entry])] {
    var result: [(name: String, entries: [Entry])] = []
    for entry in entries {
      let name = entry.name.lastIndex(of: ".").map { String(entry.name[..<$0]) } ?? entry.name
      if result.last?.name == name { result[result.count - 1].entries.append(entry) } else { result.append((name, [entry])) }
    }
    return result
  }

  /// Piece `index` of a vector of this layout, under its shape: a view.
  @specialized(where S == Float) @specialized(where S == Double)
  public func view<S: TensorScalar>(_ index: Int, of vector: Tensor<S>) -> Tensor<S> {
    require(vector.shape == Shape(ofVector: count), "ParameterLayout: a vector of shape \(vector.shape) for \(count) parameters")
    return vector.piece(at: entries[index].offset, shape: entries[index].shape)
  }
}

extension ParameterLayout {
  /// Whether the parameters and the maps are the same.
  public static func == (a: ParameterLayout, b: ParameterLayout) -> Bool {
    a.count == b.count && a.entries == b.entries && a.affineBlocks == b.affineBlocks
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(entries)
    hasher.combine(affineBlocks)
  }
}

/// The parameters of a model as variables on a tape, by index in the layout or by name.
public struct Parameters<Scalar: TensorScalar> {
  /// How they are made up.
  public let layout: ParameterLayout
  let variables: [Variable<Scalar>]

  /// Records views of `vector` as inputs of `tape`.
  init(_ layout: ParameterLayout, _ vector: Tensor<Scalar>, on tape: Tape<Scalar>) {
    self.layout = layout
    let flat = vector.contiguous()
    variables = layout.entries.indices.map { tape.variable(layout.view($0, of: flat)) }
  }

  /// The parameters as constants, for computing values alone.
  public init(_ layout: ParameterLayout, constant vector: Tensor<Scalar>) {
    self.layout = layout
    let flat = vector.contiguous()
    variables = layout.entries.indices.map { Variable(layout.view($0, of: flat)) }
  }

  /// Variables for the parameters of a layout, in its order.
  public init(_ layout: ParameterLayout, _ variables: [Variable<Scalar>]) {
    require(
      variables.map(\.shape) == layout.entries.map(\.shape),
      "Parameters: variables of shapes \(variables.map(\.shape)) for parameters of shapes \(layout.entries.map(\.shape))")
    self.layout = layout
    self.variables = variables
  }

  /// The parameters as parts of one variable, for functions of θ that are differentiated as any other.
  public init(_ layout: ParameterLayout, flat theta: Variable<Scalar>) {
    require(theta.shape == [layout.count], "Parameters: a vector of shape \(theta.shape) for \(layout.count) parameters")
    self.init(
      layout, layout.entries.map { theta.sliced(axis: 0, $0.offset..<$0.offset + $0.count).reshaped(to: $0.shape) })
  }

  /// Parameter `index` of the layout.
  public subscript(index: Int) -> Variable<Scalar> {
    @specialized(where Scalar == Float) @specialized(where Scalar == Double)
    get { variables[index] }
  }

  /// The parameter of the given name; a name that is not there stops the program.
  public subscript(name: String) -> Variable<Scalar> {
    guard let index = layout.index(of: name) else { fatalError("Parameters: no parameter is named \(name)") }
    return variables[index]
  }
}
