import AutoDiff
import Tensor

/// A model and a loss: what is minimised, once it is given data.
public struct Objective<Network: Model, Criterion: Loss>: Sendable {
  /// What makes outputs of inputs.
  public let model: Network
  /// What outputs are judged by.
  public let loss: Criterion
  /// What large parameters cost; nil: nothing.
  public let penalty: L2Penalty?

  /// - Parameters:
  ///   - loss: of examples; it says how those of a batch become one.
  ///   - penalty: what large parameters cost, whatever the batch; nothing by default.
  public init(_ model: Network, loss: Criterion, penalty: L2Penalty? = nil) {
    self.model = model
    self.loss = loss
    self.penalty = penalty
  }

  /// The objective on a batch, as a function of θ.
  /// - Parameters:
  ///   - inputs: [batch, ...]
  ///   - targets: with the same first axis.
  public func on<S: TensorScalar>(inputs: Tensor<S>, targets: Targets<S>) -> BatchObjective<Network, Criterion, S> {
    BatchObjective(objective: self, inputs: inputs, targets: targets)
  }

  /// The problem whose value, gradient and curvature all rest on one batch.
  public func at<S: TensorScalar>(
    inputs: Tensor<S>, targets: Targets<S>
  ) -> SharedProblem<BatchObjective<Network, Criterion, S>> {
    SharedProblem(on(inputs: inputs, targets: targets))
  }
}

/// An objective on given data: L(θ), the mean (or sum) over the batch of each example's loss, and the penalty if there is one.
public struct BatchObjective<Network: Model, Criterion: Loss, Scalar: TensorScalar>: ScalarFunction, Sendable {
  /// Model and loss.
  public let objective: Objective<Network, Criterion>
  /// [batch, ...]
  public let inputs: Tensor<Scalar>
  /// What the outputs are compared with.
  public let targets: Targets<Scalar>

  public var layout: ParameterLayout { objective.model.layout }

  public func evaluate(_ parameters: Parameters<Scalar>) -> Evaluation<Scalar> {
    let outputs = objective.model(Variable(inputs), parameters)
    let losses = objective.loss.exampleLosses(outputs, targets)
    return Evaluation(
      loss: objective.loss.reduction(losses), outputs: outputs, exampleLosses: losses, penalty: objective.penalty?(parameters))
  }

  /// The outputs of the model at θ.
  public func outputs(at theta: Tensor<Scalar>) -> Tensor<Scalar> { objective.model(inputs, at: theta) }

  /// The loss of each example at θ, [batch]; the penalty is no example's.
  public func exampleLosses(at theta: Tensor<Scalar>) -> Tensor<Scalar> {
    objective.loss.exampleLosses(Variable(outputs(at: theta)), targets).value
  }
}

/// ½ λ Σ θ² over the weights of affine maps, or over all parameters. It enters the value, the gradient, H v and G v alike.
public struct L2Penalty: Sendable, Hashable {
  /// λ.
  public let coefficient: Double
  /// Whether biases, gains and all else that is no weight of an affine map count too.
  public let includesBiases: Bool

  /// - Parameters:
  ///   - coefficient: λ, not negative.
  ///   - includesBiases: whether all parameters count; not by default.
  public init(_ coefficient: Double, includesBiases: Bool = false) {
    require(coefficient >= 0, "L2Penalty: the coefficient \(coefficient)")
    self.coefficient = coefficient
    self.includesBiases = includesBiases
  }

  /// Its value; nil if it is of no parameter.
  func callAsFunction<S>(_ parameters: Parameters<S>) -> Variable<S>? {
    let layout = parameters.layout
    let spans = layout.affineBlocks.flatMap(\.spans)
    let counted = layout.entries.indices.filter { index in
      let entry = layout.entries[index]
      let place = entry.offset..<entry.offset + entry.count
      return includesBiases || entry.shape.rank > 1 && spans.contains { $0.overlaps(place) }
    }
    let squares = counted.map { parameters[$0].squared().sum() }
    guard coefficient > 0, let first = squares.first else { return nil }
    return squares.dropFirst().reduce(first, +) * S(0.5 * coefficient)
  }
}
