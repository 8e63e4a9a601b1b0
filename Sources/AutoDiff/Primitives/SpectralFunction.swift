import Foundation
import Tensor

/// A function of a number that can be applied to symmetric matrices and differentiated there, to any order.
///
/// Its derivatives at a matrix are made of the divided differences of f at eigenvalues: of values where these lie apart, of its
/// Taylor series where they come close or are equal.
public protocol SpectralFunction<Scalar>: Sendable {
  associatedtype Scalar: TensorScalar

  /// f(x); NaN where f is not defined.
  func value(at x: Scalar) -> Scalar

  /// r: how far from `center` the terms of the Taylor series there do not grow, |f⁽ʲ⁺¹⁾(c) r| ≤ (j + 1) |f⁽ʲ⁾(c)|. Finite; 0 if
  /// nowhere.
  func taylorRadius(at center: Scalar) -> Scalar

  /// f⁽ʲ⁾(c) rʲ / j! at c = `center`, for j below `count`: with r = `taylorRadius` of moderate size, however large or small c is.
  func taylorTerms(at center: Scalar, radius r: Scalar, count: Int) -> [Scalar]
}

extension SpectralFunction {
  /// f[x₀, ..., xₖ], the coefficient of xᵏ in the polynomial through f at these points; f⁽ᵏ⁾(x) / k! if all are x.
  /// - Parameter points: at least one, in any order, where f is defined.
  /// - Complexity: up to 2ᵏ series of 15 (`Float`) or 30 (`Double`) terms.
  public func dividedDifference(_ points: [Scalar]) -> Scalar {
    require(!points.isEmpty, "dividedDifference: no points")
    return dividedDifference(sorted: points.sorted()[...])
  }

  private func dividedDifference(sorted points: ArraySlice<Scalar>) -> Scalar {
    guard let first = points.first, let last = points.last, points.count > 1 else { return value(at: points.first!) }
    // Half of each: the sum of two large points may be infinite.
    let center = first / 2 + last / 2
    let radius = taylorRadius(at: center)
    if last / 2 - first / 2 > radius / 4 {
      return (dividedDifference(sorted: points.dropFirst()) - dividedDifference(sorted: points.dropLast())) / (last - first)
    }
    // Σₘ aₖ₊ₘ hₘ / rᵏ, aⱼ the terms at the distance r, hₘ the sum of all products of m of the points' distances from the center, in
    // units of r. These shrink by 4 from term to term, but that there are more and more of them.
    let (order, unit) = (points.count - 1, radius == 0 ? 1 : radius)
    let termCount = Scalar.significandBitCount / 2 + 4 + 2 * order
    let terms = taylorTerms(at: center, radius: unit, count: order + termCount)
    var sums = [Scalar](repeating: 0, count: termCount)
    sums[0] = 1
    for point in points { for m in 1..<termCount { sums[m] += (point - center) / unit * sums[m - 1] } }
    // Where the points are equal, terms behind the first do not matter, and may be infinite.
    let sum = (0..<termCount).reversed().reduce(0) { sums[$1] == 0 ? $0 : $0 + terms[order + $1] * sums[$1] }
    return (0..<order).reduce(sum) { quotient, _ in quotient / unit }
  }
}

/// x ↦ xᵖ for x > 0; for whole p of any sign for x < 0 too, and for p > 0 at 0.
public struct SpectralPower<Scalar: TensorScalar>: SpectralFunction {
  /// p.
  public let exponent: Scalar
  /// The power `exponent`.
  public init(_ exponent: Scalar) { self.exponent = exponent }

  public func value(at x: Scalar) -> Scalar { Scalar(pow(Double(x), Double(exponent))) }

  private var isPolynomial: Bool { exponent >= 0 && exponent.rounded() == exponent }

  public func taylorRadius(at center: Scalar) -> Scalar {
    center == 0 ? (isPolynomial ? 1 : 0) : center.magnitude / max(1, exponent.magnitude)
  }

  public func taylorTerms(at center: Scalar, radius r: Scalar, count: Int) -> [Scalar] {
    if center == 0 {
      return (0..<count).map { j in
        if Scalar(j) == exponent { return Scalar(pow(Double(r), Double(j))) }
        return Scalar(j) < exponent || isPolynomial ? 0 : .infinity
      }
    }
    var term = value(at: center)
    return (0..<count).map { j in
      defer { term *= (exponent - Scalar(j)) / Scalar(j + 1) * (r / center) }
      return term
    }
  }
}

/// x ↦ log x for x > 0.
public struct SpectralLogarithm<Scalar: TensorScalar>: SpectralFunction {
  /// The natural logarithm.
  public init() {}

  public func value(at x: Scalar) -> Scalar { Scalar(log(Double(x))) }

  public func taylorRadius(at center: Scalar) -> Scalar { max(center, 0) }

  public func taylorTerms(at center: Scalar, radius r: Scalar, count: Int) -> [Scalar] {
    var power: Scalar = -1
    return (0..<count).map { j in
      if j == 0 { return value(at: center) }
      power *= -r / center
      return power / Scalar(j)
    }
  }
}

/// x ↦ eˣ.
public struct SpectralExponential<Scalar: TensorScalar>: SpectralFunction {
  /// The exponential.
  public init() {}

  public func value(at x: Scalar) -> Scalar { Scalar(exp(Double(x))) }

  public func taylorRadius(at center: Scalar) -> Scalar { 1 }

  public func taylorTerms(at center: Scalar, radius r: Scalar, count: Int) -> [Scalar] {
    var term = value(at: center)
    return (0..<count).map { j in
      defer { term *= r / Scalar(j + 1) }
      return term
    }
  }
}
