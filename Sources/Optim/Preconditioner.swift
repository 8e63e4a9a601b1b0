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
/// A subclass overrides what it means to change: usually `update`, `apply` and `state`.
open class Preconditioner<Scalar: TensorScalar> {
  /// The steps at which `update` runs.
  public let schedule: UpdateSchedule

  /// Which of the states that owners keep is the present one; see `OwnedPreconditioner`.
  final var present: KeptState<Scalar>?

  /// - Parameter schedule: the steps at which `update` runs; every step by default.
  public init(schedule: UpdateSchedule = .every(1)) { self.schedule = schedule }

  /// When `update` runs within a step: before `apply` by default.
  open var timing: UpdateTiming { .beforeApply }

  /// Whether `update` asks for curvature products. Then value, gradient and curvature come from one recording at steps that
  /// update, if they rest on the same data.
  open var usesCurvature: Bool { false }

  /// Refreshes the approximation from products at `point`: the parameters and, for curvature, the data of the current step. It
  /// may throw halfway: what it has changed of `state` by then is undone.
  open func update(_ point: CurvatureProbe<Scalar>, step: Int) throws {}

  /// P g; `gradient` and the result share one shape.
  open func apply(to gradient: Tensor<Scalar>) -> Tensor<Scalar> { gradient }

  /// The diagonal of P, if that is all of P: optimizers then do in one pass what `apply` says. Nil by default.
  open var diagonal: Tensor<Scalar>? { nil }

  /// All that a checkpoint, a copy or a rejected step must restore, by name. Whatever `update` changes belongs in it.
  open var state: [String: Tensor<Scalar>] {
    get { [:] }
    set {}
  }

  /// A preconditioner of the same settings and state that shares nothing with this one; or this one itself, which is what a
  /// subclass returns that does not override it.
  ///
  /// Then optimizers that share this one take turns: each hands it its own `state` before it uses it, so each sees its own, but a
  /// reference of yours shows the state of the last. Override it to have an instance for each: make one of the same settings and
  /// set its state to this one's.
  open func copy() -> Preconditioner<Scalar> {
    type(of: self) == Preconditioner<Scalar>.self ? Preconditioner(schedule: schedule) : self
  }
}
