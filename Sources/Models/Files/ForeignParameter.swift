import AutoDiff
import Tensor

/// A parameter as another library stores it, and which of a layer's parameters it holds.
public struct ForeignParameter: Sendable, Hashable {
  /// A parameter of the layer, or a part of one.
  public struct Target: Sendable, Hashable {
    /// The parameter, counted from the layer's first.
    public var entry: Int
    /// Which rows of the stored tensor are for it; nil: all. They become its first rows.
    public var rows: Range<Int>?
    /// Whether it is the sum of this and what another stored tensor holds. Written, this one is zeros.
    public var isAddend: Bool

    /// A target; by default the whole tensor is the whole parameter.
    public init(entry: Int, rows: Range<Int>? = nil, isAddend: Bool = false) {
      self.entry = entry
      self.rows = rows
      self.isAddend = isAddend
    }
  }

  /// What it is called there.
  public var name: String
  /// Where its numbers go.
  public var targets: [Target]
  /// Which axes of the stored tensor are the parameter's first, second, ...; nil: they are the same.
  public var permutation: [Int]?

  /// A stored tensor with parts of several parameters.
  public init(name: String, targets: [Target], permutation: [Int]? = nil) {
    self.name = name
    self.targets = targets
    self.permutation = permutation
  }

  /// A stored tensor that is parameter `entry`, counted from the layer's first.
  public init(name: String, entry: Int, permutation: [Int]? = nil) {
    self.init(name: name, targets: [Target(entry: entry)], permutation: permutation)
  }

  /// The same for a layer whose parameters begin `count` later.
  public func shifted(by count: Int) -> ForeignParameter {
    var result = self
    for index in targets.indices { result.targets[index].entry += count }
    return result
  }

  /// The same where the layer's parameters are at the given places.
  func moved(to places: [Int]) -> ForeignParameter {
    var result = self
    for index in targets.indices { result.targets[index].entry = places[targets[index].entry] }
    return result
  }

  /// The tensor to be stored for parameters θ.
  func stored<S: TensorScalar>(_ layout: ParameterLayout, _ theta: Tensor<S>) -> Tensor<S> {
    if targets.count == 1 && targets[0].rows == nil {
      let own = layout.view(targets[0].entry, of: theta)
      return targets[0].isAddend ? Tensor(zeros: own.shape) : (permutation.map { own.permuted(inverse(of: $0)) } ?? own)
    }
    var shape = layout.entries[targets[0].entry].shape
    shape[0] = targets.map { $0.rows?.upperBound ?? layout.entries[$0.entry].shape[0] }.max()!
    var result = Tensor<S>(zeros: shape)
    for target in targets where !target.isAddend {
      let own = layout.view(target.entry, of: theta)
      let rows = target.rows ?? 0..<own.shape[0]
      result[rows: rows] = own.sliced(axis: 0, 0..<rows.count)
    }
    return permutation.map { result.permuted(inverse(of: $0)) } ?? result
  }

  /// Adds a stored tensor to the parameters θ, which were zeros before the first.
  func add<S: TensorScalar>(
    _ stored: Tensor<S>, to theta: inout Tensor<S>, _ layout: ParameterLayout
  ) throws(TensorFileError) {
    for target in targets {
      let entry = layout.entries[target.entry]
      var wanted = entry.shape
      if target.rows != nil { wanted[0] = targets.map { $0.rows?.upperBound ?? 0 }.max()! }
      let asStored = permutation.map { permutation in Shape(inverse(of: permutation).map { wanted[$0] }) } ?? wanted
      guard stored.shape == asStored else {
        throw TensorFileError(member: name, defect: .wrongShape(found: stored.shape, expected: asStored))
      }
      let whole = permutation.map { stored.permuted($0) } ?? stored
      let part = target.rows.map { whole.sliced(axis: 0, $0) } ?? whole
      let place = entry.offset..<entry.offset + part.count
      theta[rows: place] = theta[rows: place] + part.flattened()
    }
  }

  private func inverse(of permutation: [Int]) -> [Int] {
    permutation.indices.map { axis in permutation.firstIndex(of: axis)! }
  }
}

extension ParameterLayout {
  /// What PyTorch calls these parameters: those of `parts`, layers under their full names, as the layers say. The others go by the
  /// names here; the weight of an affine map is [outputs, inputs] there.
  func foreignParameters(of parts: [NamedLayer]) -> [ForeignParameter] {
    var (result, others) = ([ForeignParameter](), Set(entries.indices))
    for part in parts {
      let places = places(of: part)
      others.subtract(places)
      result += part.layer.foreignParameters(name: part.name).map { $0.moved(to: places) }
    }
    let weights = Set(affineBlocks.compactMap { block in entries.firstIndex { block.isInputMajorWeight($0) } })
    return result
      + others.sorted().map { index in
        ForeignParameter(name: entries[index].name, entry: index, permutation: weights.contains(index) ? [1, 0] : nil)
      }
  }

  /// Where the parameters of a layer under its full name are among these.
  func places(of part: NamedLayer) -> [Int] {
    part.layer.layout(name: part.name).entries.map { entry in
      guard let index = index(of: entry.name), entries[index].shape == entry.shape else {
        fatalError(
          "\(type(of: part.layer)), a part: its parameter \(entry.name) of shape \(entry.shape) is not among those declared; "
            + "declare those of all parts under the parts' names")
      }
      return index
    }
  }
}

extension AffineBlock {
  /// Whether a parameter is the whole weight of this map, [inputs, outputs].
  fileprivate func isInputMajorWeight(_ entry: ParameterLayout.Entry) -> Bool {
    let piece = pieces[0]
    return entry.shape == [fanIn, outputs] && entry.offset == piece.offset && piece.columns >= fanIn
      && piece.columnStride == outputs && piece.outputStride == 1
  }
}
