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
  private let penalizedParts: [PenalizedPart]

  /// - Parameters:
  ///   - loss: of examples; it says how those of a batch become one.
  ///   - penalty: what large parameters cost, whatever the batch; nothing by default.
  public init(_ model: Network, loss: Criterion, penalty: L2Penalty? = nil) {
    self.model = model
    self.loss = loss
    self.penalty = penalty
    penalizedParts = penalty?.parts(of: model.layout) ?? []
  }

  /// The penalty at θ; nil if it is of no parameter.
  fileprivate func penalty<S>(at parameters: Parameters<S>) -> Variable<S>? {
    guard let penalty, let first = penalizedParts.first else { return nil }
    let rest = penalizedParts.dropFirst()
    return rest.reduce(first.squares(parameters)) { $0 + $1.squares(parameters) } * S(0.5 * penalty.coefficient)
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
      loss: objective.loss.reduction(losses), outputs: outputs, exampleLosses: losses, penalty: objective.penalty(at: parameters))
  }

  /// The outputs of the model at θ.
  public func outputs(at theta: Tensor<Scalar>) -> Tensor<Scalar> { objective.model(inputs, at: theta) }

  /// The loss of each example at θ, [batch]; the penalty is no example's.
  public func exampleLosses(at theta: Tensor<Scalar>) -> Tensor<Scalar> {
    objective.loss.exampleLosses(Variable(outputs(at: theta)), targets).value
  }
}

/// ½ λ Σ θ² over the weights of affine maps, or over all parameters. It enters the value, the gradient, H v and G v alike.
///
/// Which numbers are weights is what the maps of the layout say (`ParameterLayout.affineBlocks`), whatever their parameters'
/// shapes: those of every column but the bias's, each once.
public struct L2Penalty: Sendable, Hashable {
  /// λ.
  public let coefficient: Double
  /// Whether biases, gains and all else that is no weight of an affine map count too.
  public let includesBiases: Bool

  /// - Parameters:
  ///   - coefficient: λ, finite and not negative; another one stops the program. 0 is no penalty.
  ///   - includesBiases: whether all parameters count; not by default.
  public init(_ coefficient: Double, includesBiases: Bool = false) {
    require(
      coefficient >= 0 && coefficient.isFinite, "L2Penalty: the coefficient is \(coefficient), neither 0 nor positive and finite")
    self.coefficient = coefficient
    self.includesBiases = includesBiases
  }

  /// What counts of the parameters of a layout.
  fileprivate func parts(of layout: ParameterLayout) -> [PenalizedPart] {
    guard coefficient > 0 else { return [] }
    let weights = includesBiases ? [] : layout.affineBlocks.compactMap { $0.hasBias ? $0.withoutBias : $0 }
    return layout.entries.enumerated().compactMap { index, entry in
      switch includesBiases ? .everything : entry.coverage(by: weights) {
      case .nothing: nil
      case .everything: PenalizedPart(parameter: index, covered: nil)
      case .part(let covered): PenalizedPart(parameter: index, covered: covered)
      }
    }
  }
}

/// A parameter whose squares a penalty counts: all, or those of marked elements, in row-major order.
private struct PenalizedPart: Sendable {
  let parameter: Int
  let covered: [Bool]?

  func squares<S>(_ parameters: Parameters<S>) -> Variable<S> {
    let x = parameters[parameter]
    guard let covered else { return x.squared().sum() }
    return (x * Variable(Tensor(covered.map { $0 ? 1 : 0 }, shape: x.shape))).squared().sum()
  }
}

/// Which of a parameter's elements lie in some maps.
private enum Coverage {
  case nothing, everything
  /// Those marked, in row-major order.
  case part([Bool])
}

extension ParameterLayout.Entry {
  /// Which elements lie in the given maps.
  fileprivate func coverage(by maps: [AffineBlock]) -> Coverage {
    var (isTouched, reached) = (false, range.lowerBound)
    // Mostly pieces without gaps follow one another from the first element to the last.
    for map in maps {
      for (piece, span) in zip(map.pieces, map.spans) where span.overlaps(range) {
        isTouched = true
        if piece.columns * map.outputs == span.count && span.lowerBound <= reached { reached = max(reached, span.upperBound) }
      }
    }
    if !isTouched { return .nothing }
    if reached >= range.upperBound { return .everything }
    var covered = [Bool](repeating: false, count: count)
    for map in maps {
      for (piece, span) in zip(map.pieces, map.spans) where span.overlaps(range) {
        for column in 0..<piece.columns {
          for output in 0..<map.outputs {
            let place = piece.offset + column * piece.columnStride + output * piece.outputStride
            if range.contains(place) { covered[place - offset] = true }
          }
        }
      }
    }
    if !covered.contains(true) { return .nothing }
    return covered.contains(false) ? .part(covered) : .everything
  }
}
