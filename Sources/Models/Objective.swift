import AutoDiff
import Tensor

/// A model and a loss: what is minimised, once it is given data.
public struct Objective<Network: Model, Criterion: Loss>: Sendable {
  /// What makes outputs of inputs.
  public let model: Network
  /// What outputs are judged by.
  public let loss: Criterion
  /// How the losses of a batch become one.
  public let reduction: Reduction

  /// - Parameter reduction: over the examples of a batch; their mean by default.
  public init(_ model: Network, loss: Criterion, reduction: Reduction = .mean) {
    self.model = model
    self.loss = loss
    self.reduction = reduction
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

/// An objective on given data: L(θ), the mean (or sum) over the batch of each example's loss.
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
    return Evaluation(loss: objective.reduction == .mean ? losses.mean() : losses.sum(), outputs: outputs, exampleLosses: losses)
  }

  /// The outputs of the model at θ.
  public func outputs(at theta: Tensor<Scalar>) -> Tensor<Scalar> { objective.model(inputs, at: theta) }

  /// The loss of each example at θ, [batch].
  public func exampleLosses(at theta: Tensor<Scalar>) -> Tensor<Scalar> {
    objective.loss.exampleLosses(Variable(outputs(at: theta)), targets).value
  }
}
