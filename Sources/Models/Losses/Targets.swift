import AutoDiff
import Tensor

/// What the outputs of a model are compared with.
public enum Targets<Scalar: TensorScalar>: Sendable {
  /// Numbers of the shape of the outputs.
  case values(Tensor<Scalar>)
  /// Class labels of the shape of the outputs without their last axis.
  case labels(Tensor<Int32>)
  /// Targets whose losses count by weights: [batch], or [batch, time] and so on as the outputs have axes before the last. Weights of 0 and 1
  /// are a mask.
  indirect case weighted(Targets, by: Tensor<Scalar>)

  /// These targets where `mask`, which has the outputs' axes but the last, is true; the rest counts for nothing.
  public func masked(by mask: Tensor<Bool>) -> Targets { .weighted(self, by: mask.converted()) }

  /// Values or labels, and the product of all weights.
  private var parts: (plain: Targets, weights: Tensor<Scalar>?) {
    guard case .weighted(let inner, let weights) = self else { return (self, nil) }
    let (plain, others) = inner.parts
    return (plain, others.map { $0 * weights } ?? weights)
  }

  func values(for loss: String) -> Tensor<Scalar> {
    guard case .values(let tensor) = parts.plain else { fatalError("\(loss) compares with values, not with labels") }
    return tensor
  }

  func labels(for loss: String) -> Tensor<Int32> {
    guard case .labels(let labels) = parts.plain else { fatalError("\(loss) compares with labels, not with values") }
    return labels
  }

  /// Row losses [batch, ...] weighted and summed to one for each example, [batch].
  func perExample(_ rows: Variable<Scalar>, _ loss: String) -> Variable<Scalar> {
    var rows = rows
    if var weights = parts.weights {
      require(
        weights.rank <= rows.shape.rank && Array(weights.shape) == Array(rows.shape.prefix(weights.rank)),
        "\(loss): weights of shape \(weights.shape) for losses of shape \(rows.shape)")
      while weights.rank < rows.shape.rank { weights = weights.expanded(axis: weights.rank) }
      rows = rows * Variable(weights)
    }
    return rows.shape.rank == 1 ? rows : rows.sum(axes: Array(1..<rows.shape.rank))
  }
}
