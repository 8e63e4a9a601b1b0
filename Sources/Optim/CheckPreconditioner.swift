import AutoDiff
import Tensor

/// A promise of `Preconditioner` that a subclass breaks.
public struct PreconditionerViolation: Error, CustomStringConvertible, Equatable {
  /// The property that fails, e.g. "symmetric".
  public var property: String
  /// What was compared, and how far apart it is.
  public var detail: String
  public var description: String { "the preconditioner is not \(property): \(detail)" }
}

/// Checks what every `Preconditioner` promises, at its present state: `apply` is linear, symmetric and positive definite, `descend` does
/// what `apply` says, and `state` and `copy()` carry everything over. For the tests of a subclass; call it on a fresh one and again
/// after some updates.
///
/// - Parameters:
///   - preconditioner: not changed.
///   - count: the length of the parameter vectors to try.
///   - seed: of the random vectors.
///   - tolerance: relative; by default 1e-10 in `Double` and 1e-4 in `Float`.
/// - Throws: the first `PreconditionerViolation` found.
public func checkPreconditioner<S: TensorScalar>(
  _ preconditioner: Preconditioner<S>, count: Int, seed: UInt64 = 0, tolerance: Double? = nil
) throws {
  let bound = tolerance ?? (S.self == Double.self ? 1e-10 : 1e-4)
  let source = RandomStream(seed: seed)
  let u: Tensor<S> = source.split(0).normal([count])
  let v: Tensor<S> = source.split(1).normal([count])
  func differ(_ a: Tensor<S>, _ b: Tensor<S>, _ property: String, _ detail: String) throws {
    let gap = (a - b).norm()
    let scale = Swift.max(a.norm(), b.norm())
    if !(gap <= bound * scale) {
      throw PreconditionerViolation(property: property, detail: "\(detail): they differ by \(gap) of \(scale)")
    }
  }
  let (pu, pv) = (preconditioner.apply(to: u), preconditioner.apply(to: v))
  guard pu.shape == u.shape else {
    throw PreconditionerViolation(property: "shape-preserving", detail: "P g has shape \(pu.shape), g \(u.shape)")
  }
  try differ(preconditioner.apply(to: 2 * u - 3 * v), 2 * pu - 3 * pv, "linear", "P(2u - 3v) and 2Pu - 3Pv")
  let (left, right) = (u.dot(pv), v.dot(pu))
  if !(abs(left - right) <= bound * pu.norm() * v.norm()) {
    throw PreconditionerViolation(property: "symmetric", detail: "<u, Pv> = \(left) and <v, Pu> = \(right)")
  }
  for (name, x, px) in [("u", u, pu), ("v", v, pv)] where !(x.dot(px) > 0) {
    throw PreconditionerViolation(property: "positive definite", detail: "<\(name), P\(name)> = \(x.dot(px))")
  }
  var theta = v
  preconditioner.descend(&theta, along: u, learningRate: 0.5)
  try differ(theta, v - 0.5 * pu, "consistent", "descend and θ - ε apply(g)")

  let twin = preconditioner.copy()
  guard type(of: twin) == type(of: preconditioner) else {
    throw PreconditionerViolation(
      property: "copied faithfully", detail: "copy() made a \(type(of: twin)) from a \(type(of: preconditioner))")
  }
  guard twin !== preconditioner else {
    throw PreconditionerViolation(property: "copied faithfully", detail: "copy() returned the preconditioner itself")
  }
  let saved = preconditioner.state
  for (name, value) in saved where twin.state[name]?.elements != value.elements {
    throw PreconditionerViolation(property: "copied faithfully", detail: "copy() lost \"\(name)\"")
  }
  guard twin.apply(to: u).elements == pu.elements else {
    throw PreconditionerViolation(property: "copied faithfully", detail: "the copy's P u differs")
  }
  let restored = preconditioner.copy()
  restored.state = [:]
  restored.state = saved
  guard restored.apply(to: u).elements == pu.elements else {
    throw PreconditionerViolation(property: "restored faithfully", detail: "P u differs after setting state to itself")
  }
}
