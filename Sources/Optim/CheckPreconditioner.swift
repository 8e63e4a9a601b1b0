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

/// Checks what every `Preconditioner` promises, at its present state: `apply` is linear, symmetric and positive definite,
/// `diagonal` is what `apply` says, `state` and `copy()` carry everything over, and setting `state` undoes an update. For the tests
/// of a subclass; call it on a fresh one and again after some updates.
///
/// Up to `count` = 500 P is formed and its eigenvalues are taken; beyond, fifty steps of conjugate gradients look for a direction
/// of negative curvature.
///
/// - Parameters:
///   - preconditioner: not changed, if it keeps its promises.
///   - count: the length of the parameter vectors to try.
///   - seed: of the random vectors.
///   - tolerance: relative; by default 1e-10 in `Double` and 1e-4 in `Float`.
///   - point: where to try an update. By default on a quadratic of `count` unnamed parameters; give one of your own to a
///     preconditioner that needs `layout.affineBlocks`.
///   - fresh: makes a preconditioner of the same settings as yours. It is given `state` and nothing else, as from a checkpoint.
/// - Throws: the first `PreconditionerViolation` found; what `update` throws.
public func checkPreconditioner<S: TensorScalar>(
  _ preconditioner: Preconditioner<S>, count: Int, seed: UInt64 = 0, tolerance: Double? = nil, at point: CurvatureProbe<S>? = nil,
  fresh: (() -> Preconditioner<S>)? = nil
) throws {
  let source = RandomStream(seed: seed)
  let check = PreconditionerCheck<S>(
    bound: tolerance ?? (S.self == Double.self ? 1e-10 : 1e-4),
    u: source.split(0).normal([count]), v: source.split(1).normal([count]), point: point ?? .quadratic(count, source.split(2)))
  try check.matrix(preconditioner)
  try check.copy(preconditioner)
  try check.state(preconditioner, fresh: fresh)
}

private struct PreconditionerCheck<S: TensorScalar> {
  let bound: Double
  let u: Tensor<S>
  let v: Tensor<S>
  let point: CurvatureProbe<S>

  private func differ(_ a: Tensor<S>, _ b: Tensor<S>, _ property: String, _ detail: String) throws {
    let gap = (a - b).norm()
    let scale = Swift.max(a.norm(), b.norm())
    if !(gap <= bound * scale) {
      throw PreconditionerViolation(property: property, detail: "\(detail): they differ by \(gap) of \(scale)")
    }
  }

  // P.

  func matrix(_ preconditioner: Preconditioner<S>) throws {
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
    if let diagonal = preconditioner.diagonal { try differ(diagonal * u, pu, "consistent", "diagonal · u and apply(u)") }
    if u.count <= 500 { try eigenvalues(preconditioner) } else { try negativeCurvature(preconditioner) }
  }

  /// P is scaled to a diagonal of ones first, so that scales far apart are not mistaken for a loss of rank.
  private func eigenvalues(_ preconditioner: Preconditioner<S>) throws {
    let n = u.count
    var p: [[Double]] = []
    for i in 0..<n {
      var basis = [S](repeating: 0, count: n)
      basis[i] = 1
      p.append(preconditioner.apply(to: Tensor(basis)).elements.map(Double.init))
      if !(p[i][i] > 0) {
        throw PreconditionerViolation(property: "positive definite", detail: "element [\(i), \(i)] of P is \(p[i][i])")
      }
    }
    var scaled: [Double] = []
    for i in 0..<n {
      for j in 0..<n { scaled.append((p[i][j] + p[j][i]) / 2 / (p[i][i].squareRoot() * p[j][j].squareRoot())) }
    }
    let values = try Tensor<Double>(scaled, shape: [n, n]).symmetricEigenvalues()
    if !(values[0] > Double(n) * Double(S.ulpOfOne) * values[n - 1]) {
      throw PreconditionerViolation(
        property: "positive definite",
        detail: "scaled to a diagonal of ones, its eigenvalues lie between \(values[0]) and \(values[n - 1])")
    }
  }

  /// Conjugate gradients on P x = u meet a direction d with <d, Pd> <= 0 if the part of P that u reaches has one.
  private func negativeCurvature(_ preconditioner: Preconditioner<S>) throws {
    var (r, d) = (u, u)
    var square = r.dot(r)
    let end = bound * bound * square
    for _ in 0..<50 where square > end {
      let pd = preconditioner.apply(to: d)
      let curvature = d.dot(pd)
      if !(curvature > 0) {
        throw PreconditionerViolation(
          property: "positive definite", detail: "<d, Pd> = \(curvature) for a direction d of length \(d.norm())")
      }
      r.add(pd, scaledBy: S(-square / curvature))
      let next = r.dot(r)
      d.form(r, 1, plus: S(next / square))
      square = next
    }
  }

  // Copies and states.

  func copy(_ preconditioner: Preconditioner<S>) throws {
    let twin = preconditioner.copy()
    guard type(of: twin) == type(of: preconditioner) else {
      throw PreconditionerViolation(
        property: "copied faithfully", detail: "copy() made a \(type(of: twin)) from a \(type(of: preconditioner))")
    }
    if twin === preconditioner { return }
    let (saved, pu) = (preconditioner.state, preconditioner.apply(to: u))
    for (name, value) in saved where twin.state[name]?.elements != value.elements {
      throw PreconditionerViolation(property: "copied faithfully", detail: "copy() lost \"\(name)\"")
    }
    guard twin.apply(to: u).elements == pu.elements else {
      throw PreconditionerViolation(property: "copied faithfully", detail: "the copy's P u differs")
    }
    // Whatever the copy does, the original must not notice.
    func expectUnchanged(_ what: String) throws {
      if !isSame(preconditioner.state, saved) || preconditioner.apply(to: u).elements != pu.elements {
        preconditioner.state = saved
        throw PreconditionerViolation(property: "copied faithfully", detail: "\(what) of the copy changed the original")
      }
    }
    twin.state = saved.mapValues { 2 * $0 }
    try expectUnchanged("setting the state")
    twin.state = [:]
    try expectUnchanged("emptying the state")
    twin.state = saved
    try twin.update(point.again(), step: point.step)
    try expectUnchanged("an update")
  }

  /// An update, undone by setting the state, and done again: what the state lacks shows in one of them.
  func state(_ preconditioner: Preconditioner<S>, fresh: (() -> Preconditioner<S>)?) throws {
    let (saved, pu) = (preconditioner.state, preconditioner.apply(to: u))
    func expect(_ x: Preconditioner<S>, _ expected: Tensor<S>, _ when: String) throws {
      guard x.apply(to: u).elements == expected.elements else {
        throw PreconditionerViolation(property: "restored faithfully", detail: "P u differs \(when)")
      }
    }
    // Two updates: what the first only writes down, the second may use.
    func updated(_ x: Preconditioner<S>) throws -> (pu: Tensor<S>, state: [String: Tensor<S>]) {
      for _ in 0..<2 { try x.update(point.again(), step: point.step) }
      return (x.apply(to: u), x.state)
    }
    let twin = preconditioner.copy()
    defer { if twin === preconditioner { preconditioner.state = saved } }
    let first = try updated(twin)
    twin.state = [:]
    twin.state = saved
    try expect(twin, pu, "after setting state to what it was before an update")
    func again(_ x: Preconditioner<S>, _ who: String) throws {
      let second = try updated(x)
      guard second.pu.elements == first.pu.elements, isSame(second.state, first.state) else {
        throw PreconditionerViolation(property: "restored faithfully", detail: "\(who) differs after the same updates")
      }
    }
    try again(twin, "a preconditioner set back")
    if let new = fresh?() {
      new.state = saved
      try expect(new, pu, "in a fresh one of the same state")
      guard isSame(new.state, saved) else {
        throw PreconditionerViolation(property: "restored faithfully", detail: "a fresh one's state is not what it was set to")
      }
      try again(new, "a fresh one of the same state")
    }
  }

  private func isSame(_ a: [String: Tensor<S>], _ b: [String: Tensor<S>]) -> Bool {
    a.count == b.count && a.allSatisfy { b[$0.key]?.shape == $0.value.shape && b[$0.key]!.elements == $0.value.elements }
  }
}

extension CurvatureProbe {
  /// A point of ½ Σ (aᵢ xᵢ)², which is its own Gauss-Newton model.
  fileprivate static func quadratic(_ count: Int, _ source: RandomStream) -> CurvatureProbe {
    var layout = ParameterLayout()
    layout.append("parameters", [count])
    let weights: Tensor<Scalar> = source.split(0).normal([count])
    let function = Function<Scalar>(layout) { parameters in
      let outputs = parameters[0] * weights
      return Evaluation(loss: (0.5 * outputs.squared()).sum(), outputs: outputs)
    }
    let theta: Tensor<Scalar> = source.split(1).normal([count])
    let (loss, gradient) = function.valueAndGradient(at: theta)
    return CurvatureProbe(
      problem: SharedProblem(function), parameters: theta, loss: loss, gradient: gradient, probes: SeededProbes(seed: 0), step: 1)
  }
}
