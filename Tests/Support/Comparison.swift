import Kappa
import Testing

/// |a - b| <= absolute + relative |b|.
package struct Tolerance: Sendable {
  package var relative: Double
  package var absolute: Double

  package init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// What the golden data suggest for derivatives and values.
  package static func golden<S: TensorScalar>(_ type: S.Type) -> Tolerance {
    S.self == Double.self ? Tolerance(relative: 1e-9, absolute: 1e-11) : Tolerance(relative: 1e-4, absolute: 1e-5)
  }
  /// What they suggest for trajectories, where rounding accumulates over steps.
  package static let trajectory = Tolerance(relative: 1e-7, absolute: 1e-11)
  /// Every bit.
  package static let exact = Tolerance(relative: 0, absolute: 0)

  /// NaN equals NaN, an infinity itself, and zeros of either sign each other.
  package func accepts(_ a: Double, _ b: Double) -> Bool {
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    if a.isInfinite || b.isInfinite { return a == b }
    return abs(a - b) <= absolute + relative * abs(b)
  }
}

/// Fails, naming `what`, the first index and both values, unless `actual` has the shape and elements of `expected`.
package func expectClose<S: TensorScalar>(
  _ actual: Tensor<S>, _ expected: Tensor<S>, _ tolerance: Tolerance, _ what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record("\(what()): shape \(actual.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  let (a, b) = (actual.elements, expected.elements)
  let wrong = a.indices.filter { !tolerance.accepts(Double(a[$0]), Double(b[$0])) }
  guard let first = wrong.first else { return }
  Issue.record(
    """
    \(what()): \(wrong.count) of \(a.count) elements differ, first at \(indices(of: first, in: actual.shape)): \
    \(a[first]), expected \(b[first]) (difference \(abs(Double(a[first]) - Double(b[first]))))
    """, sourceLocation: sourceLocation)
}

/// As above, with the tolerance that the golden data suggest.
package func expectClose<S: TensorScalar>(
  _ actual: Tensor<S>, _ expected: Tensor<S>, _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(actual, expected, .golden(S.self), what(), sourceLocation: sourceLocation)
}

/// As above, for all derivatives of a function; `what` stands behind their names.
package func expectClose<S: TensorScalar>(
  _ actual: DirectionalDerivatives<S>, _ expected: DirectionalDerivatives<S>, _ tolerance: Tolerance, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(actual.value, expected.value, tolerance, "value \(what)", sourceLocation: sourceLocation)
  expectClose(actual.tangent, expected.tangent, tolerance, "tangent \(what)", sourceLocation: sourceLocation)
  #expect(actual.cotangents.count == expected.cotangents.count, sourceLocation: sourceLocation)
  for (index, cotangent) in actual.cotangents.enumerated() {
    expectClose(cotangent, expected.cotangents[index], tolerance, "cotangent \(index) \(what)", sourceLocation: sourceLocation)
    expectClose(
      actual.cotangentTangents[index], expected.cotangentTangents[index], tolerance, "tangent of cotangent \(index) \(what)",
      sourceLocation: sourceLocation)
  }
}

/// As above, for numbers.
package func expectClose(
  _ actual: Double, _ expected: Double, _ tolerance: Tolerance, _ what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if !tolerance.accepts(actual, expected) {
    Issue.record("\(what()): \(actual), expected \(expected)", sourceLocation: sourceLocation)
  }
}

/// The indices of row-major element `position`.
private func indices(of position: Int, in shape: Shape) -> [Int] {
  var rest = position
  var result: [Int] = []
  for length in shape.reversed() {
    result.insert(rest % max(length, 1), at: 0)
    rest /= max(length, 1)
  }
  return result
}
