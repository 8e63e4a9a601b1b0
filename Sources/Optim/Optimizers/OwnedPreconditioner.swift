import Tensor

/// A preconditioner as a value: copies go their own ways, and an update that comes to nothing leaves no trace.
///
/// An update runs on a `copy()`, and the old instance is never touched again. Where the copy is the instance itself, because a
/// subclass does not say how to make another, all owners share that instance: each keeps the state it left, and puts it back before
/// use if the instance is in another. A failed update puts it back at once.
struct OwnedPreconditioner<Scalar: TensorScalar> {
  private var instance: Preconditioner<Scalar>
  /// The state we left the instance in; nil if the instance is ours, or nobody has updated it yet.
  private var kept: KeptState<Scalar>?

  init(_ instance: Preconditioner<Scalar>) {
    self.instance = instance
    if instance.copy() === instance { keepState() }
  }

  private init(ours: Preconditioner<Scalar>) { instance = ours }

  /// The instance, in our state.
  var current: Preconditioner<Scalar> {
    if let kept, instance.present !== kept {
      instance.state = kept.state
      instance.present = kept
    }
    return instance
  }

  /// What `change` makes of it. This value stays as it is, and if `change` throws so does the instance.
  mutating func changed<E: Error>(by change: (Preconditioner<Scalar>) throws(E) -> Void) throws(E) -> Self {
    let present = current
    let copy = present.copy()
    guard copy === present else {
      try change(copy)
      return Self(ours: copy)
    }
    // Anew, because others may have changed it by hand.
    keepState()
    instance.present = nil
    do { try change(instance) } catch {
      _ = current
      throw error
    }
    var next = self
    next.keepState()
    return next
  }

  private mutating func keepState() {
    let state = KeptState(state: instance.state)
    kept = state
    instance.present = state
  }
}

/// A state that an instance was left in.
final class KeptState<Scalar: TensorScalar> {
  let state: [String: Tensor<Scalar>]
  init(state: [String: Tensor<Scalar>]) { self.state = state }
}
