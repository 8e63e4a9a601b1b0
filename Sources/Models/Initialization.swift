import AutoDiff
import Tensor

/// How the weights of affine maps start out. Biases start at 0 and other parameters where their layers say, unless stated
/// otherwise.
///
/// The fan-in n counts the inputs of one output, the bias not; of a convolution's kernel all its pixels and channels. The fan-out m
/// counts the outputs, times the kernel's area. Of a layer some of whose weights are frozen, n counts the inputs of these too: its
/// outputs sum over all.
public enum Initialization: Sendable, Hashable {
  /// Each unit gets `connections` incoming weights drawn from N(0, 1), the others 0; biases 0. The inputs are distinct, all of them
  /// if there are fewer. With replacement, as in the author's program, each of the `connections` draws picks among all inputs: a
  /// unit may draw one twice, the later weight counting, and has fewer connections then.
  ///
  /// For tanh units biases are 0.5 and weights are halved, and halved again if the layer below is tanh too
  /// (Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5). Which these are is what layers say as they are
  /// declared: `AffineBlock.nonlinearity` and `inputNonlinearity`. Pooling and normalisation, which say nothing, hand on units as
  /// they are; a normalisation with gains hides the nonlinearity behind it from the map before it, and the sum of a `Residual`
  /// without activation is no layer of tanh units.
  case sparse(connections: Int, withReplacement: Bool = false)
  /// N(0, standardDeviation²).
  case normal(standardDeviation: Double)
  /// Uniform in [-bound, bound].
  case uniform(bound: Double)
  /// The same number everywhere, biases 0.
  case constant(Double)
  /// N(0, 1 / n) (LeCun et al., Efficient backprop, 1998).
  case lecun
  /// N(0, 2 / n), for rectifiers (He et al., 2015).
  case he
  /// Uniform with variance 2 / (n + m) (Glorot & Bengio, 2010): in [-√(6 / (n + m)), √(6 / (n + m))].
  case glorotUniform
  /// N(0, 2 / (n + m)).
  case glorotNormal
  /// `gain` times a matrix with orthonormal rows or columns, [outputs, n], uniform among all such (Saxe et al., 2014). A weight
  /// drawn by its own name is such a matrix too; one of several gates (`AffineBlock.gates`), as the weights of an LSTM and a GRU,
  /// is made of one matrix a gate, and so is one of no map that has the shape [rows, gates · rows].
  case orthogonal(gain: Double = 1)
}

extension Model {
  /// θ as `initialization` draws it. The same seed gives the same bits.
  /// - Parameter exceptions: what else is drawn in which way, by the name of a layer or of a parameter. A layer means the weights
  ///   of its affine maps; if it has none, as a normalisation, all its parameters. A parameter, a bias too, means all of it and
  ///   nothing else: `.sparse` then leaves the bias alone, and stops the program unless it is the weight of a map. Where a map has
  ///   several weights, of the inputs and of the state for example, n counts the inputs of the one that is drawn. Later ones win.
  ///   A name that is not there stops the program, and so does a layer without parameters.
  public func initialParameters<S: TensorScalar>(
    _ initialization: Initialization, except exceptions: KeyValuePairs<String, Initialization> = [:], seed: UInt64,
    of type: S.Type = S.self
  ) -> Tensor<S> {
    let layout = layout
    var theta = layout.startingValues(of: S.self)
    let named = exceptions.map { name, rule in
      guard let found = parameters(named: name) else { fatalError("initialParameters: no parameter or layer is named \(name)") }
      require(
        !found.entries.isEmpty || !found.maps.isEmpty, "initialParameters: layer \(name) has no parameters, or none that are free")
      let parameter = layout.index(of: name)
      // A map may be called as its parameter is; the parameter is meant.
      return (rule, found.entries, maps: parameter == nil ? found.maps : [], found.hasMaps, parameter)
    }
    let draws = RandomStream(seed: seed)
    for (index, block) in layout.affineBlocks.enumerated() where !named.contains(where: { $0.maps.contains(index) }) {
      initialization.write(block, draws.split(UInt64(index)), to: &theta)
    }
    // The streams of parameters are apart from those of maps.
    let stream = draws.split(UInt64.max)
    for (rule, entries, maps, hasMaps, parameter) in named {
      for index in maps { rule.write(layout.affineBlocks[index], draws.split(UInt64(index)), to: &theta) }
      for index in parameter.map({ [$0] }) ?? (hasMaps ? [] : entries) {
        rule.write(layout.entries[index], of: layout, stream.split(UInt64(index)), to: &theta)
      }
    }
    return theta
  }
}

extension ParameterLayout {
  /// Every parameter where its layer says.
  func startingValues<S: TensorScalar>(of type: S.Type) -> Tensor<S> {
    var theta = Tensor<S>(zeros: [count])
    for entry in entries where entry.start != [0] {
      let part = max(1, (entry.shape.last ?? 1) / entry.start.count)
      for index in 0..<entry.count { theta[entry.offset + index] = S(entry.start[index / part % entry.start.count]) }
    }
    return theta
  }
}

extension Initialization {
  /// Draws the weights of a map.
  fileprivate func write<S: TensorScalar>(_ block: AffineBlock, _ stream: RandomStream, to theta: inout Tensor<S>) {
    var matrix = block.matrix(in: theta)
    draw(block, stream, in: &matrix)
    block.write(matrix, to: &theta)
  }

  /// Draws a parameter and nothing else: as the map whose weight it is, if it is one.
  fileprivate func write<S: TensorScalar>(
    _ entry: ParameterLayout.Entry, of layout: ParameterLayout, _ stream: RandomStream, to theta: inout Tensor<S>
  ) {
    let map = layout.affineBlocks.first { block in block.spans.contains { $0.overlaps(entry.range) } }
    let (rows, columns) = (entry.shape.dropLast().reduce(1, *), entry.shape.last ?? 1)
    // How many columns belong to each gate.
    let width = map.map { $0.outputs / max(1, $0.gates) } ?? (rows > 0 && columns % rows == 0 ? rows : columns)
    let isGrouped = entry.shape.rank > 1 && width > 0 && width < columns && columns % width == 0
    // Its columns of the maps it has a part in; `layerFanIn` is theirs where it is the whole weight.
    let parts = layout.affineBlocks.compactMap { block in block.restricted(to: [entry.range]).map { (block, $0) } }
    switch self {
    case .sparse:
      require(
        parts.reduce(0) { $0 + $1.1.count } == entry.count,
        "initialParameters: sparse initialisation is for the units of a layer, and parameter \(entry.name) is no weight of theirs")
      for (index, part) in parts.enumerated() { write(part.1, index == 0 ? stream : stream.split(UInt64(index)), to: &theta) }
    case .orthogonal(let gain) where isGrouped:
      let groups = (0..<columns / width).map { stream.split(UInt64($0)).orthogonal([rows, width], of: S.self) * S(gain) }
      theta[rows: entry.range] = Tensor(concatenating: groups, axis: 1).flattened()
    default:
      if let (block, part) = parts.first, part.fanIn == block.layerFanIn && part.count == entry.count {
        write(part, stream, to: &theta)
      } else if case .orthogonal(let gain) = self {
        theta[rows: entry.range] = (stream.orthogonal([rows, columns]) * S(gain)).flattened()
      } else {
        theta[rows: entry.range] = independent(entry.shape, fanIn: rows, fanOut: columns, stream).flattened()
      }
    }
  }

  /// Draws the weights of a map, Θ [outputs, fanIn (+ 1)], whose bias column is there already.
  private func draw<S: TensorScalar>(_ block: AffineBlock, _ stream: RandomStream, in matrix: inout Tensor<S>) {
    if case .sparse(let connections, let withReplacement) = self {
      return writeSparse(block, connections, withReplacement, stream, to: &matrix)
    }
    let drawn: Tensor<S>
    if case .orthogonal(let gain) = self {
      drawn = stream.orthogonal([block.outputs, block.fanIn]) * S(gain)
    } else {
      let fanOut = block.outputs * block.receptiveField
      drawn = independent([block.outputs, block.columns], fanIn: block.layerFanIn, fanOut: fanOut, stream)
        .sliced(axis: 1, 0..<block.fanIn)
    }
    let parts = block.hasBias ? [drawn, matrix.sliced(axis: 1, block.fanIn..<block.columns)] : [drawn]
    matrix = Tensor(concatenating: parts, axis: 1)
  }

  /// Elements that do not depend on each other.
  private func independent<S: TensorScalar>(_ shape: Shape, fanIn: Int, fanOut: Int, _ stream: RandomStream) -> Tensor<S> {
    func normal(_ variance: Double) -> Tensor<S> { stream.normal(shape) * S(variance).squareRoot() }
    func uniform(_ bound: Double) -> Tensor<S> {
      require(
        bound >= 0 && bound.isFinite,
        "initialParameters: uniform numbers with the bound \(bound), neither 0 nor positive and finite")
      return bound == 0 ? Tensor(zeros: shape) : stream.uniform(shape, in: S(-bound)..<S(bound))
    }
    switch self {
    case .normal(let deviation):
      require(
        deviation >= 0 && deviation.isFinite,
        "initialParameters: normal numbers with the standard deviation \(deviation), neither 0 nor positive and finite")
      return stream.normal(shape) * S(deviation)
    case .uniform(let bound): return uniform(bound)
    case .constant(let value): return Tensor(repeating: S(value), shape: shape)
    case .lecun: return stream.normal(shape) * (1 / S(fanIn).squareRoot())
    case .he: return normal(2 / Double(fanIn))
    case .glorotUniform: return uniform((6 / Double(fanIn + fanOut)).squareRoot())
    case .glorotNormal: return normal(2 / Double(fanIn + fanOut))
    case .sparse, .orthogonal: fatalError("initialParameters: \(self) draws matrices")
    }
  }

  private func writeSparse<S: TensorScalar>(
    _ block: AffineBlock, _ connections: Int, _ withReplacement: Bool, _ stream: RandomStream, to matrix: inout Tensor<S>
  ) {
    require(connections > 0, "sparse initialisation with \(connections) connections")
    let isTanh = block.nonlinearity == .tanh
    let scale: S = (isTanh ? 0.5 : 1) * (isTanh && block.inputNonlinearity == .tanh ? 0.5 : 1)
    let draws = withReplacement ? connections : min(connections, block.fanIn)
    let weights: Tensor<S> = stream.split(0).normal([block.outputs, draws])
    var generator = stream.split(1).generator()
    var order = Array(0..<block.fanIn)
    var result = Tensor<S>(zeros: [block.outputs, block.columns])
    for unit in 0..<block.outputs {
      for connection in 0..<draws {
        let pick = Int.random(in: (withReplacement ? 0 : connection)..<block.fanIn, using: &generator)
        if !withReplacement { order.swapAt(connection, pick) }
        result[unit, withReplacement ? pick : order[connection]] = scale * weights[unit, connection]
      }
      if block.hasBias { result[unit, block.fanIn] = isTanh ? 0.5 : matrix[unit, block.fanIn] }
    }
    matrix = result
  }
}
