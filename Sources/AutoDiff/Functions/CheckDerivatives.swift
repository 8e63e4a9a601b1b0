import Foundation
import Tensor

/// A derivative that is not what differences of values say, or an identity between derivatives that does not hold.
public struct DerivativeMismatch: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was compared.
  public enum Check: String, Sendable, Hashable {
    /// The value of a function of variables on a tape, and of constants.
    case value = "the value on a tape, compared with that of constants"
    /// J t, forward mode.
    case tangent = "the tangent (forward mode), compared with central differences of values"
    /// Jᵀ u, reverse mode.
    case cotangent = "the cotangent (reverse mode), compared with central differences of values"
    /// ⟨u, J t⟩ = ⟨Jᵀ u, t⟩.
    case adjoint = "<u, J t>, compared with <J' u, t>"
    /// The derivative of Jᵀ u along t, forward over reverse.
    case second = "the second derivative (forward over reverse), compared with central differences of cotangents"
    /// ⟨s, H t⟩ = ⟨t, H s⟩ for the Hessian H of ⟨u, f⟩.
    case symmetry = "<s, H t>, compared with <t, H s>"
  }
  /// What was compared.
  public var check: Check
  /// The output (`value`, `tangent`) or input (`cotangent`, `second`) in which the worst element lies; nil for identities.
  public var tensor: Int?
  /// The index of the worst element.
  public var index: [Int]
  /// What the rules give there.
  public var found: Double
  /// What it was compared with.
  public var expected: Double
  /// How far apart the two may be.
  public var tolerance: Double

  public var description: String {
    let name = check == .value || check == .tangent ? "output" : "input"
    let place = tensor.map { "; worst in \(name) \($0) at \(index)" } ?? ""
    return "checkDerivatives: \(check.rawValue)\(place): \(found), expected \(expected) (difference \(abs(found - expected)), "
      + "allowed \(tolerance))"
  }
}

/// Checks the derivatives of functions y₁, ..., yₘ of x₁, ..., xₙ at a point, in random directions: values, tangents, cotangents
/// entry by entry, the adjoint identity, second derivatives and their symmetry. For new primitives, and whenever a gradient is in
/// doubt.
///
/// The functions have to be smooth within about a thousandth (`Double`) or a tenth (`Float`) of the point: not near a kink.
/// - Parameters:
///   - f: the functions.
///   - inputs: xᵢ.
///   - seed: of the directions.
///   - entries: how many entries of each cotangent are compared at most, picked at random.
///   - tolerance: of differences, beside the largest number compared and 1; nil: 1e-8 (`Double`), 2e-3 (`Float`).
/// - Throws: `DerivativeMismatch`, the first kind of comparison that fails, at its worst element.
/// - Complexity: four evaluations for each entry compared, and a few dozen.
public func checkDerivatives<S: TensorScalar>(
  of f: @escaping ([Variable<S>]) -> [Variable<S>], at inputs: [Tensor<S>], seed: UInt64 = 0, entries: Int = 200,
  tolerance: Double? = nil
) throws(DerivativeMismatch) {
  try DerivativeCheck(at: inputs, seed: seed, tolerance: tolerance, f).run(entries: entries)
}

/// As above, for a function of one tensor.
public func checkDerivatives<S: TensorScalar>(
  of f: @escaping (Variable<S>) -> Variable<S>, at x: Tensor<S>, seed: UInt64 = 0, entries: Int = 200, tolerance: Double? = nil
) throws(DerivativeMismatch) {
  try checkDerivatives(of: { [f($0[0])] }, at: [x], seed: seed, entries: entries, tolerance: tolerance)
}

private struct DerivativeCheck<S: TensorScalar> {
  private let inputs: [Tensor<S>]
  private let f: ([Variable<S>]) -> [Variable<S>]
  private let function: LinearizedFunction<S>
  private let stream: RandomStream
  /// t, s: directions of the inputs; u: one of the outputs.
  private let (t, s, u): ([Tensor<S>], [Tensor<S>], [Tensor<S>])
  private let tolerance: Double
  /// The step at which the error of the five-point formula meets that of rounding.
  private let step = pow(Double(S.ulpOfOne), 0.2)

  init(at inputs: [Tensor<S>], seed: UInt64, tolerance: Double?, _ f: @escaping ([Variable<S>]) -> [Variable<S>]) {
    self.inputs = inputs
    self.f = f
    function = LinearizedFunction(at: inputs, f)
    let stream = RandomStream(seed: seed)
    func directions(_ key: UInt64, _ like: [Tensor<S>]) -> [Tensor<S>] {
      like.enumerated().map { stream.split(key).split(UInt64($0)).normal($1.shape) }
    }
    (t, s, u) = (directions(0, inputs), directions(1, inputs), directions(2, function.values))
    self.stream = stream.split(3)
    self.tolerance = tolerance ?? (S.self == Double.self ? 1e-8 : 2e-3)
  }

  func run(entries: Int) throws(DerivativeMismatch) {
    try compare(.value, function.values, values(at: inputs), within: 0)
    let tangents = function.jacobianVectorProduct(t)
    try compare(.tangent, tangents, difference { values(at: moved(t, $0)) }, within: tolerance)
    let cotangents = function.vectorJacobianProduct(u)
    try compareEntries(of: cotangents, atMost: entries)
    try compare(.adjoint, inner(u, tangents), inner(cotangents, t))
    let products = hessianProduct(at: inputs, t)
    try compare(.second, products, difference { pullback(at: moved(t, $0)) }, within: tolerance)
    try compare(.symmetry, inner(s, products), inner(hessianProduct(at: inputs, s), t))
  }

  private func values(at point: [Tensor<S>]) -> [Tensor<S>] {
    ConstantEvaluation.run {
      f(point.map { Variable($0) }).map(\.value)
    } onTape: {
      LinearizedFunction(at: point, f).values
    }
  }

  private func pullback(at point: [Tensor<S>]) -> [Tensor<S>] { LinearizedFunction(at: point, f).vectorJacobianProduct(u) }

  /// The Hessian of ⟨u, f⟩ along `direction`.
  private func hessianProduct(at point: [Tensor<S>], _ direction: [Tensor<S>]) -> [Tensor<S>] {
    hessianVectorProduct(at: point, along: direction) { variables in
      zip(f(variables), u).map { ($0 * $1).sum() }.reduce(Variable(S(0)), +)
    }
  }

  private func moved(_ direction: [Tensor<S>], _ h: Double) -> [Tensor<S>] { zip(inputs, direction).map { $0 + $1 * S(h) } }

  private func inner(_ a: [Tensor<S>], _ b: [Tensor<S>]) -> (value: Double, scale: Double) {
    (zip(a, b).reduce(0) { $0 + $1.0.dot($1.1) }, zip(a, b).reduce(0) { $0 + $1.0.norm() * $1.1.norm() })
  }

  /// The derivative at 0 of a function of a number: five points, error O(h⁴).
  private func difference(_ g: (Double) -> [Tensor<S>]) -> [Tensor<S>] {
    let (far, near) = (zip(g(2 * step), g(-2 * step)), zip(g(step), g(-step)))
    return zip(far, near).map { far, near in ((near.0 - near.1) * 8 - (far.0 - far.1)) * S(1 / (12 * step)) }
  }

  private func compareEntries(of cotangents: [Tensor<S>], atMost limit: Int) throws(DerivativeMismatch) {
    for (i, cotangent) in cotangents.enumerated() {
      let picked = stream.split(UInt64(i)).sample(min(limit, cotangent.count), of: cotangent.count)
      let flat = inputs[i].flattened()
      let expected = picked.map { entry in
        let slope = difference { h in
          var (point, moved) = (inputs, flat)
          moved[entry] += S(h)
          point[i] = moved.reshaped(to: inputs[i].shape)
          return [Tensor(scalar: S(inner(values(at: point), u).value))]
        }
        return slope[0].scalar
      }
      let found = picked.map { cotangent.flattened()[$0] }
      try compare(.cotangent, tensor: i, found, expected, cotangent.shape, { picked[$0] }, within: tolerance)
    }
  }

  private func compare(
    _ check: DerivativeMismatch.Check, _ found: [Tensor<S>], _ expected: [Tensor<S>], within tolerance: Double
  ) throws(DerivativeMismatch) {
    for (index, (a, b)) in zip(found, expected).enumerated() {
      try compare(check, tensor: index, a.elements, b.elements, a.shape, { $0 }, within: tolerance)
    }
  }

  /// Compares two lists of elements of a tensor of the given shape; `position` says where in it they stand.
  private func compare(
    _ check: DerivativeMismatch.Check, tensor: Int, _ found: [S], _ expected: [S], _ shape: Shape, _ position: (Int) -> Int,
    within tolerance: Double
  ) throws(DerivativeMismatch) {
    let scale = expected.reduce(1) { max($0, abs(Double($1))) }
    let differences = zip(found, expected).map { a, b in a == b ? 0 : abs(Double(a) - Double(b)) }
    // NaN is worse than anything.
    guard let worst = differences.indices.max(by: { rank(differences[$0]) < rank(differences[$1]) }),
      !(differences[worst] <= tolerance * scale)
    else { return }
    var (index, rest) = ([Int](), position(worst))
    for length in shape.reversed() {
      index.insert(rest % length, at: 0)
      rest /= length
    }
    throw DerivativeMismatch(
      check: check, tensor: tensor, index: index, found: Double(found[worst]), expected: Double(expected[worst]),
      tolerance: tolerance * scale)
  }

  private func rank(_ difference: Double) -> Double { difference.isNaN ? .infinity : difference }

  /// Two inner products that are equal but for rounding.
  private func compare(
    _ check: DerivativeMismatch.Check, _ a: (value: Double, scale: Double), _ b: (value: Double, scale: Double)
  ) throws(DerivativeMismatch) {
    let allowed = 1000 * Double(S.ulpOfOne) * max(1, a.scale, b.scale)
    if !(abs(a.value - b.value) <= allowed) {
      throw DerivativeMismatch(check: check, tensor: nil, index: [], found: a.value, expected: b.value, tolerance: allowed)
    }
  }
}
