import AutoDiff
import Tensor

/// How the weights of affine maps start out. Biases start at 0 and other parameters where their layers say, unless stated otherwise.
///
/// The fan-in n counts the inputs of one output, the bias not; of a convolution's kernel all its pixels and channels. The fan-out m counts the
/// outputs, times the kernel's area.
public enum Initialization: Sendable, Hashable {
  /// Each unit gets `connections` incoming weights drawn from N(0, 1) (all of them if it has fewer inputs), the others 0; biases 0.
  /// For tanh units biases are 0.5 and weights are halved, and halved again if the layer below is tanh too.
  /// Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5. With replacement, as in the author's program, a unit
  /// may draw one input twice and has fewer connections then; else they are distinct.
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
  /// `gain` times a matrix with orthonormal rows or columns, [outputs, n], uniform among all such (Saxe et al., 2014). A parameter of its own
  /// with [rows, groups · rows] elements, as a recurrent weight, is made of one such matrix a group.
  case orthogonal(gain: Double = 1)
}

extension Model {
  /// θ as `initialization` draws it. The same seed gives the same bits.
  /// - Parameter exceptions: what else is drawn in which way, by the name of a layer (the weights of its affine maps) or of a parameter (all of
  ///   it, a bias too). Later ones win.
  public func initialParameters<S: TensorScalar>(
    _ initialization: Initialization, except exceptions: KeyValuePairs<String, Initialization> = [:], seed: UInt64,
    of type: S.Type = S.self
  ) -> Tensor<S> {
    let layout = layout
    var theta = layout.startingValues(of: S.self)
    for (index, block) in layout.affineBlocks.enumerated() where !exceptions.contains(where: { block.name.belongs(to: $0.key) }) {
      initialization.write(layout, index, RandomStream(seed: seed).split(UInt64(index)), to: &theta)
    }
    // The streams of parameters are apart from those of maps.
    let stream = RandomStream(seed: seed).split(UInt64.max)
    for (name, rule) in exceptions {
      for (index, block) in layout.affineBlocks.enumerated() where block.name.belongs(to: name) {
        rule.write(layout, index, RandomStream(seed: seed).split(UInt64(index)), to: &theta)
      }
      if let index = layout.index(of: name) {
        let entry = layout.entries[index]
        // A kernel is drawn as the map it is.
        if let map = layout.affineBlocks.firstIndex(where: { $0.isWeight(entry) }) {
          rule.write(layout, map, stream.split(UInt64(index)), to: &theta)
          continue
        }
        theta[rows: entry.offset..<entry.offset + entry.count] = rule.parameter(entry, stream.split(UInt64(index))).flattened()
      } else {
        require(
          layout.affineBlocks.contains { $0.name.belongs(to: name) }, "initialParameters: no parameter or layer is named \(name)")
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

extension AffineBlock {
  /// Whether a parameter is the kernel of this convolution.
  fileprivate func isWeight(_ entry: ParameterLayout.Entry) -> Bool {
    entry.count == outputs * fanIn && entry.shape.rank > 2 && spans[0].lowerBound == entry.offset
  }
}

extension Initialization {
  /// Draws the weights of map `index`.
  fileprivate func write<S: TensorScalar>(
    _ layout: ParameterLayout, _ index: Int, _ stream: RandomStream, to theta: inout Tensor<S>
  ) {
    let block = layout.affineBlocks[index]
    let below = index > 0 ? layout.affineBlocks[index - 1].nonlinearity : .identity
    var matrix = block.matrix(in: theta)
    write(block, above: below, stream, to: &matrix)
    block.write(matrix, to: &theta)
  }

  /// Draws the weights of a map, Θ [outputs, fanIn (+ 1)], whose bias column is there already.
  fileprivate func write<S: TensorScalar>(
    _ block: AffineBlock, above: Activation?, _ stream: RandomStream, to matrix: inout Tensor<S>
  ) {
    if case .sparse(let connections, let withReplacement) = self {
      return writeSparse(block, above: above, connections, withReplacement, stream, to: &matrix)
    }
    let drawn: Tensor<S>
    if case .orthogonal(let gain) = self {
      drawn = stream.orthogonal([block.outputs, block.fanIn]) * S(gain)
    } else {
      let fanOut = block.outputs * block.receptiveField
      drawn = independent([block.outputs, block.columns], fanIn: block.fanIn, fanOut: fanOut, stream)
        .sliced(axis: 1, 0..<block.fanIn)
    }
    let parts = block.hasBias ? [drawn, matrix.sliced(axis: 1, block.fanIn..<block.columns)] : [drawn]
    matrix = Tensor(concatenating: parts, axis: 1)
  }

  /// Elements that do not depend on each other.
  private func independent<S: TensorScalar>(_ shape: Shape, fanIn: Int, fanOut: Int, _ stream: RandomStream) -> Tensor<S> {
    func normal(_ variance: Double) -> Tensor<S> { stream.normal(shape) * S(variance).squareRoot() }
    func uniform(_ bound: Double) -> Tensor<S> {
      require(bound >= 0, "initialParameters: uniform in [-\(bound), \(bound)]")
      return bound == 0 ? Tensor(zeros: shape) : stream.uniform(shape, in: S(-bound)..<S(bound))
    }
    switch self {
    case .normal(let deviation): return stream.normal(shape) * S(deviation)
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
    _ block: AffineBlock, above: Activation?, _ connections: Int, _ withReplacement: Bool, _ stream: RandomStream,
    to matrix: inout Tensor<S>
  ) {
    require(connections > 0, "sparse initialisation with \(connections) connections")
    let isTanh = block.nonlinearity == .tanh
    let scale: S = (isTanh ? 0.5 : 1) * (isTanh && above == .tanh ? 0.5 : 1)
    let kept = min(connections, block.fanIn)
    let weights: Tensor<S> = stream.split(0).normal([block.outputs, kept])
    var generator = stream.split(1).generator()
    var order = Array(0..<block.fanIn)
    var result = Tensor<S>(zeros: [block.outputs, block.columns])
    for unit in 0..<block.outputs {
      for connection in 0..<kept {
        let pick = Int.random(in: (withReplacement ? 0 : connection)..<block.fanIn, using: &generator)
        if !withReplacement { order.swapAt(connection, pick) }
        result[unit, withReplacement ? pick : order[connection]] = scale * weights[unit, connection]
      }
      if block.hasBias { result[unit, block.fanIn] = isTanh ? 0.5 : matrix[unit, block.fanIn] }
    }
    matrix = result
  }

  /// Draws a parameter as a whole, whose first axis but for the last counts as its fan-in.
  fileprivate func parameter<S: TensorScalar>(_ entry: ParameterLayout.Entry, _ stream: RandomStream) -> Tensor<S> {
    let (rows, columns) = (entry.shape.dropLast().reduce(1, *), entry.shape.last ?? 1)
    switch self {
    case .sparse:
      fatalError("initialParameters: sparse initialisation is for the units of a layer, not for parameter \(entry.name) alone")
    case .orthogonal(let gain):
      guard rows < columns && columns % rows == 0 else {
        return (stream.orthogonal([rows, columns]) * S(gain)).reshaped(to: entry.shape)
      }
      let groups = (0..<columns / rows).map { stream.split(UInt64($0)).orthogonal([rows, rows], of: S.self) * S(gain) }
      return Tensor(concatenating: groups, axis: 1).reshaped(to: entry.shape)
    default:
      return independent(entry.shape, fanIn: rows, fanOut: columns, stream)
    }
  }
}
