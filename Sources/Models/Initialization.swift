import AutoDiff
import Tensor

/// How parameters start out.
public enum Initialization: Sendable, Hashable {
  /// Each unit gets `connections` incoming weights drawn from N(0, 1) (all of them if it has fewer inputs), the others 0; biases 0.
  /// For tanh units biases are 0.5 and weights are halved, and halved again if the layer below is tanh too.
  /// Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5. Connections are distinct.
  case sparse(connections: Int)
  /// All weights from N(0, standardDeviation²), biases 0.
  case normal(standardDeviation: Double)
  /// Weights from N(0, 1 / fanIn), biases 0 (LeCun, 1998).
  case lecun
}

extension Model {
  /// θ as `initialization` draws it. The same seed gives the same bits.
  public func initialParameters<S: TensorScalar>(
    _ initialization: Initialization, seed: UInt64, of type: S.Type = S.self
  ) -> Tensor<S> {
    var theta = Tensor<S>(zeros: [layout.count])
    for (index, block) in layout.affineBlocks.enumerated() {
      let stream = RandomStream(seed: seed).split(UInt64(index))
      var matrix = Tensor<S>(zeros: [block.outputs, block.columns])
      switch initialization {
      case .sparse(let connections):
        require(connections > 0, "sparse initialisation with \(connections) connections")
        require(
          activations.count == layout.affineBlocks.count,
          "sparse initialisation: the model states \(activations.count) activations for \(layout.affineBlocks.count) affine maps")
        let isTanh = activations[index] == .tanh
        let isBelowTanh = index > 0 && activations[index - 1] == .tanh
        let scale: S = (isTanh ? 0.5 : 1) * (isTanh && isBelowTanh ? 0.5 : 1)
        let kept = min(connections, block.fanIn)
        let weights: Tensor<S> = stream.split(0).normal([block.outputs, kept])
        var generator = stream.split(1).generator()
        var order = Array(0..<block.fanIn)
        for unit in 0..<block.outputs {
          for connection in 0..<kept {
            order.swapAt(connection, Int.random(in: connection..<block.fanIn, using: &generator))
            matrix[unit, order[connection]] = scale * weights[unit, connection]
          }
          if isTanh && block.hasBias { matrix[unit, block.fanIn] = 0.5 }
        }
      case .normal(let deviation):
        matrix = block.withoutBias(stream.normal([block.outputs, block.columns]) * S(deviation))
      case .lecun:
        matrix = block.withoutBias(stream.normal([block.outputs, block.columns]) * (1 / S(block.fanIn).squareRoot()))
      }
      block.write(matrix, to: &theta)
    }
    return theta
  }
}

extension AffineBlock {
  /// Θ with zeros in the bias column.
  fileprivate func withoutBias<S: TensorScalar>(_ matrix: Tensor<S>) -> Tensor<S> {
    guard hasBias else { return matrix }
    var result = matrix
    for unit in 0..<outputs { result[unit, fanIn] = 0 }
    return result
  }
}
