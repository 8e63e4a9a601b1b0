import Tensor

/// Which numbers of a flat parameter vector form one affine map y = Θ [x; 1]: what Kronecker-like preconditioners work on.
///
/// Θ is [outputs, fanIn + 1] with the bias last, or [outputs, fanIn] without one. For a dense or recurrent layer, whose weight
/// [fanIn, outputs] and bias [outputs] lie one after the other, Θ is a transposed view; a convolution's is packed.
public struct AffineBlock: Sendable, Hashable {
  /// How the weights and the bias of a whole layer lie in the parameter vector.
  public enum Order: Sendable, Hashable {
    /// Row-major [fanIn (+ 1), outputs], the bias as last row: Θ is a view.
    case inputMajor
    /// Row-major [outputs, fanIn], then the bias [outputs], as a convolution's: Θ is packed and unpacked by copies of its size.
    case outputMajor
    /// Row-major [fanIn / area, outputs, area], then the bias [outputs], as a transposed convolution's with kernels of `area`
    /// pixels: packed.
    case channelMajor(area: Int)
  }

  /// Columns of Θ that lie at equal distances.
  public struct Piece: Sendable, Hashable {
    /// The index in the parameter vector of the first of these columns' element for the first output.
    public var offset: Int
    /// The number of columns.
    public var columns: Int
    /// From one column to the next.
    public var columnStride: Int
    /// From one output to the next.
    public var outputStride: Int

    /// A piece of the given parts; see there.
    public init(offset: Int, columns: Int, columnStride: Int, outputStride: Int) {
      self.offset = offset
      self.columns = columns
      self.columnStride = columnStride
      self.outputStride = outputStride
    }
  }

  /// The layer's name, e.g. "encoder.0".
  public var name: String
  /// The number of outputs: rows of Θ.
  public var outputs: Int
  /// The number of inputs of one output, the constant 1 not counted.
  public var fanIn: Int
  /// Whether the last column of Θ is a bias.
  public var hasBias: Bool
  /// The columns of Θ, from the first to the last.
  public var pieces: [Piece]
  /// The number of inputs of one output of the layer as a whole, those included whose weights are frozen and no columns here: the
  /// fan-in that the variances of initial weights go by. `fanIn` unless columns were taken out.
  public var layerFanIn: Int
  /// How many of the inputs of an output are one channel's: the area of a convolution's kernel, else 1.
  public var receptiveField = 1
  /// Of how many equal parts the outputs are, each drawn as a weight of its own where a parameter is drawn by its name: the gates
  /// of a recurrent cell; mostly 1.
  public var gates = 1
  /// What is applied to y, element by element; nil if something else is, as in an LSTM. Some initialisers ask.
  public var nonlinearity: Activation? = .identity
  /// What made the inputs x, element by element: the nonlinearity of the layer below; nil if something else did, the identity for
  /// the inputs of the model. `ParameterLayout.declare` says it, from its `outputNonlinearity`.
  public internal(set) var inputNonlinearity: Activation? = .identity

  /// A block of the given parts, in the order of its columns; see there. The last piece is the bias's, if there is one.
  public init(name: String, outputs: Int, hasBias: Bool, pieces: [Piece]) {
    require(!pieces.isEmpty && outputs > 0, "AffineBlock \(name): no parameters")
    self.name = name
    self.outputs = outputs
    self.hasBias = hasBias
    self.pieces = pieces
    fanIn = pieces.reduce(0) { $0 + $1.columns } - (hasBias ? 1 : 0)
    layerFanIn = fanIn
  }

  /// A block of weights that lie in `order` from `offset` on, the bias behind them.
  public init(name: String, outputs: Int, fanIn: Int, hasBias: Bool, order: Order = .inputMajor, offset: Int) {
    var pieces: [Piece]
    switch order {
    case .inputMajor:
      pieces = [Piece(offset: offset, columns: fanIn + (hasBias ? 1 : 0), columnStride: outputs, outputStride: 1)]
    case .outputMajor:
      pieces = [Piece(offset: offset, columns: fanIn, columnStride: 1, outputStride: fanIn)]
    case .channelMajor(let area):
      require(area > 0 && fanIn % area == 0, "AffineBlock \(name): \(fanIn) inputs in channels of \(area)")
      pieces = (0..<fanIn / area).map {
        Piece(offset: offset + $0 * outputs * area, columns: area, columnStride: 1, outputStride: area)
      }
    }
    if hasBias && order != .inputMajor {
      pieces.append(Piece(offset: offset + outputs * fanIn, columns: 1, columnStride: 1, outputStride: 1))
    }
    self.init(name: name, outputs: outputs, hasBias: hasBias, pieces: pieces)
  }

  /// The map without its bias; nil if it has none.
  public var withoutBias: AffineBlock? {
    guard hasBias, fanIn > 0 else { return nil }
    var result = self
    result.hasBias = false
    result.pieces[pieces.count - 1].columns -= 1
    if result.pieces.last!.columns == 0 { result.pieces.removeLast() }
    return result
  }

  /// The columns whose parameters all lie in `ranges`, as a map of the same outputs and the same `layerFanIn`; the bias is one of
  /// them if it lies there too. Nil if no weight does, or only a part of some column.
  /// - Parameter ranges: indices in the parameter vector; disjoint.
  /// - Complexity: O(columns · ranges); of a column that lies in several ranges every element is looked at.
  package func restricted(to ranges: [Range<Int>]) -> AffineBlock? {
    var (kept, keptColumns, keepsBias, column) = ([Piece](), 0, false, 0)
    for piece in pieces {
      var isRun = false
      for index in 0..<piece.columns {
        let first = piece.offset + index * piece.columnStride
        let inside = elements(of: piece, from: first, in: ranges)
        guard inside == 0 || inside == outputs else { return nil }
        let isKept = inside > 0
        if isKept && isRun {
          kept[kept.count - 1].columns += 1
        } else if isKept {
          kept.append(Piece(offset: first, columns: 1, columnStride: piece.columnStride, outputStride: piece.outputStride))
        }
        isRun = isKept
        if isKept { keptColumns += 1 }
        column += 1
        if hasBias && column == columns { keepsBias = isKept }
      }
    }
    guard keptColumns > (keepsBias ? 1 : 0) else { return nil }
    var result = self
    result.pieces = kept
    result.hasBias = keepsBias
    result.fanIn = keptColumns - (keepsBias ? 1 : 0)
    return result
  }

  /// How many elements of the column of a piece that starts at `first` lie in `ranges`.
  private func elements(of piece: Piece, from first: Int, in ranges: [Range<Int>]) -> Int {
    let span = first..<first + (outputs - 1) * piece.outputStride + 1
    let touched = ranges.filter { $0.overlaps(span) }
    if touched.isEmpty { return 0 }
    if touched.count == 1 && span.clamped(to: touched[0]) == span { return outputs }
    return (0..<outputs).count { output in touched.contains { $0.contains(first + output * piece.outputStride) } }
  }

  /// The number of columns of Θ.
  public var columns: Int { fanIn + (hasBias ? 1 : 0) }
  /// The number of parameters.
  public var count: Int { outputs * columns }
  /// The indices in the parameter vector that each piece's parameters lie between.
  package var spans: [Range<Int>] {
    pieces.map { $0.offset..<$0.offset + ($0.columns - 1) * $0.columnStride + (outputs - 1) * $0.outputStride + 1 }
  }

  /// This block of a vector in the layout of the parameters, as Θ [outputs, columns]: a view if it is of one piece and the vector
  /// is contiguous, else a copy.
  public func matrix<S: TensorScalar>(in vector: Tensor<S>) -> Tensor<S> {
    let flat = vector.contiguous()
    let parts = pieces.map { piece in
      flat.piece(at: piece.offset, shape: [outputs, piece.columns], strides: [piece.outputStride, piece.columnStride])
    }
    return parts.count == 1 ? parts[0] : Tensor(concatenating: parts, axis: 1)
  }

  /// Writes Θ [outputs, columns] to its place in `vector`.
  public func write<S: TensorScalar>(_ matrix: Tensor<S>, to vector: inout Tensor<S>) {
    require(matrix.shape == [outputs, columns], "AffineBlock \(name): Θ is [\(outputs), \(columns)], not \(matrix.shape)")
    var column = 0
    for piece in pieces {
      let part = matrix.sliced(axis: 1, column..<column + piece.columns)
      vector.setPiece(at: piece.offset, strides: [piece.outputStride, piece.columnStride], to: part)
      column += piece.columns
    }
  }
}
