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
    /// The number of its elements.
    public var count: Int { shape.elementCount }
  }

  /// The parameters in the order in which they lie.
  public private(set) var entries: [Entry] = []
  /// The affine maps among them, in order; parameters in none of them are no layer's weights or bias.
  public private(set) var affineBlocks: [AffineBlock] = []
  /// The length of θ.
  public private(set) var count = 0

  /// A layout without parameters.
  public init() {}

  /// Adds a parameter behind those there are and returns its index. Names are unique.
  @discardableResult
  public mutating func append(_ name: String, _ shape: Shape) -> Int {
    require(!entries.contains { $0.name == name }, "ParameterLayout: two parameters are named \(name)")
    entries.append(Entry(name: name, shape: shape, offset: count))
    count += shape.elementCount
    return entries.count - 1
  }

  /// Adds a weight [fanIn, outputs] and, unless told otherwise, its bias [outputs], and declares them an affine map.
  /// - Returns: the index of the weight; the bias follows it.
  public mutating func appendAffine(_ name: String, fanIn: Int, outputs: Int, hasBias: Bool = true) -> Int {
    let block = AffineBlock(name: name, outputs: outputs, fanIn: fanIn, hasBias: hasBias, offset: count)
    let index = append("\(name).weight", [fanIn, outputs])
    if hasBias { append("\(name).bias", [outputs]) }
    affineBlocks.append(block)
    return index
  }

  /// Declares that parameters already there form an affine map.
  public mutating func declare(_ block: AffineBlock) {
    require(block.offset >= 0 && block.offset + block.count <= count, "AffineBlock \(block.name) lies outside the parameters")
    affineBlocks.append(block)
  }

  /// The index of the parameter with the given name.
  public func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }

  /// The named piece of a vector of this layout, under its shape: a view.
  public func view<S: TensorScalar>(_ name: String, of vector: Tensor<S>) -> Tensor<S> {
    guard let index = index(of: name) else { fatalError("ParameterLayout: no parameter is named \(name)") }
    return view(index, of: vector)
  }

  /// Piece `index` of a vector of this layout, under its shape: a view.
  public func view<S: TensorScalar>(_ index: Int, of vector: Tensor<S>) -> Tensor<S> {
    require(vector.shape == [count], "ParameterLayout: a vector of shape \(vector.shape) for \(count) parameters")
    return vector.piece(at: entries[index].offset, shape: entries[index].shape)
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

  /// Parameter `index` of the layout.
  public subscript(index: Int) -> Variable<Scalar> { variables[index] }

  /// The parameter of the given name; a name that is not there stops the program.
  public subscript(name: String) -> Variable<Scalar> {
    guard let index = layout.index(of: name) else { fatalError("Parameters: no parameter is named \(name)") }
    return variables[index]
  }
}
