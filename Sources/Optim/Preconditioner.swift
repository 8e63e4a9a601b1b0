import AutoDiff
import Tensor

/// When a preconditioner is updated within a step.
public enum UpdateTiming: Sendable, Hashable {
  /// Before the gradient is preconditioned, which meets the fresh statistics (ESGD, RMSProp).
  case beforeApply
  /// After it, for the next step: the gradient meets the previous Q (PSGD, section V-A).
  case afterApply
}

/// Approximates the action of an inverse curvature matrix. This class is the identity.
///
/// Every subclass keeps `apply` linear, symmetric and positive definite; its tests say so with `checkPreconditioner(_:)`.
/// A subclass overrides what it means to change: usually `update`, `apply`, `state` and `copy`.
open class Preconditioner<Scalar: TensorScalar> {
  /// The steps at which `update` runs.
  public let schedule: UpdateSchedule

  /// - Parameter schedule: the steps at which `update` runs; every step by default.
  public init(schedule: UpdateSchedule = .every(1)) { self.schedule = schedule }

  /// When `update` runs within a step: before `apply` by default.
  open var timing: UpdateTiming { .beforeApply }

  /// Whether `update` asks for curvature products. Then value, gradient and curvature come from one recording at steps that
  /// update, if they rest on the same data.
  open var usesCurvature: Bool { false }

  /// Whether `update`, when it throws, has changed nothing. If so no copy has to be kept while it runs; false by default.
  open var updatesAtomically: Bool { false }

  /// Refreshes the approximation from products at `point`: the parameters and, for curvature, the data of the current step.
  open func update(_ point: CurvatureProbe<Scalar>, step: Int) throws {}

  /// P g; `gradient` and the result share one shape.
  open func apply(to gradient: Tensor<Scalar>) -> Tensor<Scalar> { gradient }

  /// θ -= learningRate · P g. Override it only to save memory traffic: it must do what `apply` says.
  open func descend(_ theta: inout Tensor<Scalar>, along gradient: Tensor<Scalar>, learningRate: Scalar) {
    theta.add(apply(to: gradient), scaledBy: -learningRate)
  }

  /// All that a checkpoint, a copy or a rejected step must restore, by name.
  open var state: [String: Tensor<Scalar>] {
    get { [:] }
    set {}
  }

  /// A preconditioner of the same settings and state that shares nothing with this one. Subclasses make one of their own type
  /// and hand it their `state`.
  open func copy() -> Preconditioner<Scalar> {
    require(
      type(of: self) == Preconditioner<Scalar>.self,
      "\(type(of: self)) must override copy(): make one with the same settings and set its state to this one's")
    return Preconditioner(schedule: schedule)
  }
}
