import AutoDiff
import Tensor

/// What the outputs of a model are compared with.
public enum Targets<Scalar: TensorScalar>: Sendable {
  /// Numbers of the shape of the outputs.
  case values(Tensor<Scalar>)
  /// Class labels of the shape of the outputs without their last axis.
  case labels(Tensor<Int32>)
  /// Targets whose losses count by finite weights: [batch], or [batch, time] and so on as the outputs have axes before the last;
  /// for losses that compare with values also the outputs' own shape, a weight for each number. Weights of 0 and 1 are a mask:
  /// outputs and what they are compared with may be anything, NaN too, where they are 0. A mean over the batch divides by its size,
  /// whatever the weights.
  indirect case weighted(Targets, by: Tensor<Scalar>)

  /// These targets where `mask` is true; the rest counts for nothing. It has the axes that `weighted` names.
  public func masked(by mask: Tensor<Bool>) -> Targets { .weighted(self, by: mask.converted()) }

  /// Values or labels, and the product of all weights.
  private var parts: (plain: Targets, weights: Tensor<Scalar>?) {
    guard case .weighted(let inner, let weights) = self else { return (self, nil) }
    let (plain, others) = inner.parts
    guard var others else { return (plain, weights) }
    var own = weights
    let common = Swift.min(own.rank, others.rank)
    require(
      Array(own.shape.prefix(common)) == Array(others.shape.prefix(common)),
      "weighted targets: weights of shape \(own.shape) of targets that have weights of shape \(others.shape)")
    // Weights of examples count for all of their steps.
    while own.rank < others.rank { own = own.expanded(axis: own.rank) }
    while others.rank < own.rank { others = others.expanded(axis: others.rank) }
    return (plain, own * others)
  }

  /// Where a tensor of the given shape counts, if it does not everywhere; the shape begins with that of the weights.
  private func counts(_ shape: Shape) -> Tensor<Bool>? {
    guard let weights = parts.weights, weights.rank <= shape.rank, Array(weights.shape) == Array(shape.prefix(weights.rank)),
      weights.withUnsafeElements({ $0.contains(0) })
    else { return nil }
    var counts = weights .!= 0
    while counts.rank < shape.rank { counts = counts.expanded(axis: counts.rank) }
    return counts
  }

  /// What is compared with, `neutral` where it counts for nothing, so that it may be anything there.
  private func unmasked<E>(_ tensor: Tensor<E>, _ neutral: E) -> Tensor<E> {
    counts(tensor.shape).map { select(tensor, where: $0, else: Tensor(repeating: neutral, shape: [])) } ?? tensor
  }

  /// Outputs, 0 where they count for nothing, so that neither the loss nor its derivatives see what a model makes of padding, an
  /// infinity for example; for losses of your own.
  public func counted(_ outputs: Variable<Scalar>) -> Variable<Scalar> {
    counts(outputs.shape).map { select(outputs, where: $0, else: 0) } ?? outputs
  }

  /// Outputs [batch, ...] and the numbers they are compared with, 0 and `neutral` where they count for nothing. Where there is a
  /// weight for each of them, or one output an example, with an axis of length 1 behind: rows to sum over.
  func compared(
    with outputs: Variable<Scalar>, neutral: Scalar = 0, for loss: String
  ) -> (outputs: Variable<Scalar>, values: Tensor<Scalar>) {
    let (counted, values) = (counted(outputs), values(for: loss, neutral: neutral))
    require(values.shape == outputs.shape, "\(loss): outputs \(outputs.shape) and targets \(values.shape) differ")
    let rank = outputs.shape.rank
    require(rank > 0, "\(loss): a scalar output has no batch; outputs are [batch, ...]")
    guard rank == 1 || parts.weights?.rank == rank else { return (counted, values) }
    return (counted.expanded(axis: rank), values.expanded(axis: rank))
  }

  /// The numbers to compare with, 0 where they count for nothing; for losses of your own. Labels stop the program, naming `loss`.
  public func values(for loss: String) -> Tensor<Scalar> { values(for: loss, neutral: 0) }

  private func values(for loss: String, neutral: Scalar) -> Tensor<Scalar> {
    guard case .values(let tensor) = parts.plain else { fatalError("\(loss) compares with values, not with labels") }
    return unmasked(tensor, neutral)
  }

  /// The labels to compare with, 0 where they count for nothing; for losses of your own. Values stop the program, naming `loss`.
  public func labels(for loss: String) -> Tensor<Int32> {
    guard case .labels(let labels) = parts.plain else { fatalError("\(loss) compares with labels, not with values") }
    return unmasked(labels, 0)
  }

  /// Row losses [batch, ...] weighted and summed to one for each example, [batch].
  public func perExample(_ rows: Variable<Scalar>, _ loss: String) -> Variable<Scalar> {
    var rows = rows
    require(rows.shape.rank > 0, "\(loss): outputs of one axis have no batch; they are [batch, ...]")
    if var weights = parts.weights {
      require(
        weights.rank <= rows.shape.rank && Array(weights.shape) == Array(rows.shape.prefix(weights.rank)),
        "\(loss): weights of shape \(weights.shape) for losses of shape \(rows.shape)")
      require(
        weights.withUnsafeElements { $0.allSatisfy(\.isFinite) }, "\(loss): a weight of the targets is infinite or NaN: \(weights)")
      while weights.rank < rows.shape.rank { weights = weights.expanded(axis: weights.rank) }
      rows = rows * Variable(weights)
    }
    return rows.shape.rank == 1 ? rows : rows.sum(axes: Array(1..<rows.shape.rank))
  }
}
