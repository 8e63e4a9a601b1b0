import Tensor

/// Which numbers of a flat parameter vector form one affine map y = Θ [x; 1]: what Kronecker-like preconditioners work on.
///
/// Θ is [outputs, fanIn + 1] with the bias last, or [outputs, fanIn] without one. For a dense or recurrent layer, whose weight
/// [fanIn, outputs] and bias [outputs] lie one after the other, Θ is a transposed view; a convolution's is packed.
public struct AffineBlock: Sendable, Hashable {
  /// How the weights lie in the parameter vector.
  public enum Order: Sendable, Hashable {
    /// Row-major [fanIn (+ 1), outputs], the bias as last row: Θ is a view.
    case inputMajor
    /// Row-major [outputs, fanIn], then the bias [outputs]: Θ is packed and unpacked by copies of its size.
    case outputMajor
  }

  /// The layer's name, e.g. "encoder.0".
  public var name: String
  /// The number of outputs: rows of Θ.
  public var outputs: Int
  /// The number of inputs of one output, the constant 1 not counted.
  public var fanIn: Int
  /// Whether the last column of Θ is a bias.
  public var hasBias: Bool
  /// How the weights lie in the parameter vector.
  public var order: Order
  /// The index of the first weight in the parameter vector; all others follow without gaps.
  public var offset: Int

  /// A block of the given parts; see there.
  public init(name: String, outputs: Int, fanIn: Int, hasBias: Bool, order: Order = .inputMajor, offset: Int) {
    self.name = name
    self.outputs = outputs
    self.fanIn = fanIn
    self.hasBias = hasBias
    self.order = order
    self.offset = offset
  }

  /// The number of columns of Θ.
  public var columns: Int { fanIn + (hasBias ? 1 : 0) }
  /// The number of parameters.
  public var count: Int { outputs * columns }

  /// This block of a vector in the layout of the parameters, as Θ [outputs, columns].
  public func matrix<S: TensorScalar>(in vector: Tensor<S>) -> Tensor<S> {
    switch order {
    case .inputMajor:
      return vector.piece(at: offset, shape: [columns, outputs]).transposed()
    case .outputMajor:
      guard hasBias else { return vector.piece(at: offset, shape: [outputs, fanIn]) }
      var packed = Tensor<S>(zeros: [outputs, columns])
      vector.withUnsafeElements { source in
        packed.withUnsafeMutableElements { target in
          for row in 0..<outputs {
            for column in 0..<fanIn { target[row * columns + column] = source[offset + row * fanIn + column] }
            target[row * columns + fanIn] = source[offset + outputs * fanIn + row]
          }
        }
      }
      return packed
    }
  }

  /// Writes Θ [outputs, columns] to its place in `vector`.
  public func write<S: TensorScalar>(_ matrix: Tensor<S>, to vector: inout Tensor<S>) {
    require(matrix.shape == [outputs, columns], "AffineBlock \(name): Θ is [\(outputs), \(columns)], not \(matrix.shape)")
    let source = order == .inputMajor ? matrix.transposed() : matrix
    source.withUnsafeElements { from in
      vector.withUnsafeMutableElements { to in
        if order == .inputMajor || !hasBias {
          for i in 0..<count { to[offset + i] = from[i] }
          return
        }
        for row in 0..<outputs {
          for column in 0..<fanIn { to[offset + row * fanIn + column] = from[row * columns + column] }
          to[offset + outputs * fanIn + row] = from[row * columns + fanIn]
        }
      }
    }
  }
}
