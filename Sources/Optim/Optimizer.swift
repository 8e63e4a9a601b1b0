import AutoDiff
import Tensor

/// A method that improves θ step by step.
///
/// Optimizers are values: a copy is a snapshot, and a step of one does not change the other. A step that throws leaves θ and the
/// optimizer as they were, bit for bit.
public protocol Optimizer<Scalar> {
  associatedtype Scalar: TensorScalar

  /// Takes one step.
  /// - Parameters:
  ///   - theta: the parameters, in the layout of `problem`.
  ///   - problem: the objective of this step.
  /// - Throws: `OptimizationError` when a loss, gradient or product is not finite; what `problem` throws.
  mutating func step(_ theta: inout Tensor<Scalar>, on problem: some StochasticProblem<Scalar>) throws -> StepReport

  /// All that a checkpoint must keep to go on as if never stopped, by name.
  var state: [String: Tensor<Scalar>] { get set }
}

/// Why a step could not be taken. θ and the optimizer are as they were before it.
public enum OptimizationError: Error, Equatable, CustomStringConvertible {
  /// A quantity became infinite or NaN.
  case notFinite(quantity: String, step: Int)

  public var description: String {
    switch self {
    case .notFinite(let quantity, let step):
      "step \(step): the \(quantity) is not finite; θ and the optimizer are as they were before the step. "
        + "Try a smaller learning rate or more damping, and look for bad values in the batch."
    }
  }
}

extension Tensor where Scalar: TensorScalar {
  /// A whole number of up to 40 bits as a tensor, exact in `Float` too: for counters in a `state`.
  public init(counter: Int) { self.init([Scalar(counter >> 20), Scalar(counter & 0xF_FFFF)]) }

  /// The number that `init(counter:)` stored.
  public var counter: Int {
    require(shape == [2] && isFinite, "counter: a tensor of shape \(shape) that init(counter:) did not make")
    return (Int(self[0]) << 20) + Int(self[1])
  }
}
