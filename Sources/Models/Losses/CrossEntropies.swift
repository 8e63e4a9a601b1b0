import AutoDiff
import Tensor

/// Σ softplus(z) - t z of logits z and targets t in [0, 1]: independent Bernoulli outputs.
public struct SigmoidCrossEntropyLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    let (outputs, values) = targets.compared(with: outputs, for: "sigmoid cross-entropy")
    return targets.perExample(outputs.sigmoidCrossEntropy(values), "sigmoid cross-entropy")
  }
}

/// w (log Σ e^z - z_label) of logits z, w the weight of the label's class: a categorical output.
public struct SoftmaxCrossEntropyLoss: Loss {
  /// The weight of each class; nil: 1. Losses are multiplied by it, and a mean over the batch divides by its size, whatever the
  /// weights.
  public let classWeights: [Double]?

  /// - Parameter classWeights: the weight of each class; 1 by default.
  public init(classWeights: [Double]? = nil) {
    for weight in classWeights ?? [] {
      require(weight >= 0 && weight.isFinite, "softmax cross-entropy: the class weight \(weight) is not a number from 0 on")
    }
    self.classWeights = classWeights
  }

  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    let labels = targets.labels(for: "softmax cross-entropy")
    let rows = targets.counted(outputs).softmaxCrossEntropy(labels)
    guard let classWeights else { return targets.perExample(rows, "softmax cross-entropy") }
    require(
      classWeights.count == outputs.shape.last,
      "softmax cross-entropy: \(classWeights.count) class weights for outputs of shape \(outputs.shape)")
    let weights = Tensor(classWeights.map { S($0) }).take(labels.flattened(), axis: 0).reshaped(to: rows.shape)
    return targets.perExample(rows * Variable(weights), "softmax cross-entropy")
  }
}

/// Σ log(1 + e^(-t z)) of numbers z and labels t of -1 and 1, as values: logistic regression in the PSGD paper's form.
public struct LogisticLoss: Loss {
  /// The loss; it has no settings.
  public init() {}
  public func exampleLosses<S: TensorScalar>(_ outputs: Variable<S>, _ targets: Targets<S>) -> Variable<S> {
    let (outputs, labels) = targets.compared(with: outputs, neutral: 1, for: "logistic loss")
    require(labels.withUnsafeElements { $0.allSatisfy { abs($0) == 1 } }, "logistic loss: labels are -1 and 1, as values")
    return targets.perExample((outputs * Variable(-labels)).softplus().summedOverLast(), "logistic loss")
  }
}

extension Loss where Self == SigmoidCrossEntropyLoss {
  /// Σ softplus(z) - t z of logits z and targets t in [0, 1].
  public static var sigmoidCrossEntropy: SigmoidCrossEntropyLoss { SigmoidCrossEntropyLoss() }
}
extension Loss where Self == SoftmaxCrossEntropyLoss {
  /// log Σ e^z - z_label of logits z.
  public static var softmaxCrossEntropy: SoftmaxCrossEntropyLoss { SoftmaxCrossEntropyLoss() }
}
extension Loss where Self == LogisticLoss {
  /// Σ log(1 + e^(-t z)) of labels t of -1 and 1.
  public static var logistic: LogisticLoss { LogisticLoss() }
}
