import AutoDiff
import Datasets
import Models
import Tensor

/// What the outputs of a model are compared with, taken from a batch.
public enum BatchTarget: Sendable, Hashable {
  /// The inputs themselves: an autoencoder.
  case inputs
  /// The classes.
  case labels
}

extension Objective {
  /// The problem whose value, gradient and curvature all rest on one batch.
  public func at(_ batch: Batch, target: BatchTarget) -> SharedProblem<BatchObjective<Network, Criterion, Float>> {
    switch target {
    case .inputs: return at(inputs: batch.inputs, targets: .values(batch.inputs))
    case .labels:
      guard let labels = batch.labels else { fatalError("Objective: the batch has no labels to compare with") }
      return at(inputs: batch.inputs, targets: .labels(labels))
    }
  }
}

extension Objective where Criterion == SoftmaxCrossEntropyLoss {
  /// The problem of telling the classes of a batch.
  public func at(_ batch: Batch) -> SharedProblem<BatchObjective<Network, Criterion, Float>> { at(batch, target: .labels) }
}

extension Objective where Criterion == HalfSquaredErrorLoss {
  /// The problem of reproducing the inputs of a batch.
  public func at(_ batch: Batch) -> SharedProblem<BatchObjective<Network, Criterion, Float>> { at(batch, target: .inputs) }

  /// What the model makes of `inputs`, [count, features].
  public func reconstructions(of inputs: Tensor<Float>, at theta: Tensor<Float>) -> Tensor<Float> { model(inputs, at: theta) }

  /// The squared error of the reconstruction, summed over the pixels of an image and averaged over the images.
  public func reconstructionError(on images: ImageSet, at theta: Tensor<Float>) -> Double {
    squaredError(on: images) { reconstructions(of: $0, at: theta) }
  }
}

extension Objective where Criterion == SigmoidCrossEntropyLoss {
  /// The problem of reproducing the inputs of a batch.
  public func at(_ batch: Batch) -> SharedProblem<BatchObjective<Network, Criterion, Float>> { at(batch, target: .inputs) }

  /// What the model makes of `inputs`, [count, features]: the sigmoid of its outputs, in (0, 1).
  public func reconstructions(of inputs: Tensor<Float>, at theta: Tensor<Float>) -> Tensor<Float> {
    model(inputs, at: theta).sigmoid()
  }

  /// The squared error of the reconstruction, summed over the pixels of an image and averaged over the images: the unit of table 2
  /// of Martens, Deep learning via Hessian-free optimization, ICML 2010.
  public func reconstructionError(on images: ImageSet, at theta: Tensor<Float>) -> Double {
    squaredError(on: images) { reconstructions(of: $0, at: theta) }
  }
}

/// ‖f(x) - x‖² averaged over the images, in slices that keep products large and memory small.
private func squaredError(on images: ImageSet, of reconstruct: (Tensor<Float>) -> Tensor<Float>) -> Double {
  require(images.count > 0, "reconstructionError: no images")
  let slice = 2000
  var sum = 0.0
  for start in stride(from: 0, to: images.count, by: slice) {
    let inputs = images.images[rows: start..<min(start + slice, images.count)]
    let difference = reconstruct(inputs) - inputs
    sum += difference.dot(difference)
  }
  return sum / Double(images.count)
}
