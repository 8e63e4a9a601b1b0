import Foundation
import Tensor

/// A function of a number that can be applied to symmetric matrices and differentiated there, to any order.
///
/// Its derivatives at a matrix are made of the divided differences of f at eigenvalues: of values where these lie apart, of its Taylor
/// series where they come close or are equal.
public protocol SpectralFunction<Scalar>: Sendable {
  associatedtype Scalar: TensorScalar

  /// f(x).
  func value(at x: Scalar) -> Scalar

  /// f⁽ʲ⁾(c) / j! at c = `center`, for j below `count`.
  func taylorCoefficients(at center: Scalar, count: Int) -> [Scalar]

  /// A distance from `center` at which the terms of the Taylor series there do not grow: the distance of the nearest singularity or less.
  func taylorRadius(at center: Scalar) -> Scalar
}

extension SpectralFunction {
  /// f[x₀, ..., xₖ], the coefficient of xᵏ in the polynomial through f at these points; f⁽ᵏ⁾(x) / k! if all are x.
  public func dividedDifference(_ points: [Scalar]) -> Scalar { dividedDifference(sorted: points.sorted()[...]) }

  private func dividedDifference(sorted points: ArraySlice<Scalar>) -> Scalar {
    guard let first = points.first, let last = points.last, points.count > 1 else { return value(at: points.first!) }
    let center = (first + last) / 2
    if (last - first) / 2 > taylorRadius(at: center) / 4 {
      return (dividedDifference(sorted: points.dropFirst()) - dividedDifference(sorted: points.dropLast())) / (last - first)
    }
    // Σₘ aₖ₊ₘ hₘ, hₘ the sum of all products of m of the points' distances from the center. These shrink by 4 from term to term, but that
    // there are more and more of them.
    let order = points.count - 1
    let termCount = Scalar.significandBitCount / 2 + 4 + 2 * order
    let coefficients = taylorCoefficients(at: center, count: order + termCount)
    var sums = [Scalar](repeating: 0, count: termCount)
    sums[0] = 1
    for point in points { for m in 1..<termCount { sums[m] += (point - center) * sums[m - 1] } }
    return (0..<termCount).reversed().reduce(0) { $0 + coefficients[order + $1] * sums[$1] }
  }
}

/// x ↦ xᵖ for x > 0.
public struct SpectralPower<Scalar: TensorScalar>: SpectralFunction {
  /// p.
  public let exponent: Scalar
  /// The power `exponent`.
  public init(_ exponent: Scalar) { self.exponent = exponent }

  public func value(at x: Scalar) -> Scalar { Scalar(pow(Double(max(x, 0)), Double(exponent))) }

  public func taylorCoefficients(at center: Scalar, count: Int) -> [Scalar] {
    var coefficient = value(at: center)
    return (0..<count).map { j in
      defer { coefficient *= (exponent - Scalar(j)) / (Scalar(j + 1) * center) }
      return coefficient
    }
  }

  public func taylorRadius(at center: Scalar) -> Scalar { center }
}

/// x ↦ log x for x > 0.
public struct SpectralLogarithm<Scalar: TensorScalar>: SpectralFunction {
  /// The natural logarithm.
  public init() {}

  public func value(at x: Scalar) -> Scalar { Scalar(log(Double(x))) }

  public func taylorCoefficients(at center: Scalar, count: Int) -> [Scalar] {
    var power: Scalar = -1
    return (0..<count).map { j in
      if j == 0 { return value(at: center) }
      power /= -center
      return power / Scalar(j)
    }
  }

  public func taylorRadius(at center: Scalar) -> Scalar { center }
}

/// x ↦ eˣ.
public struct SpectralExponential<Scalar: TensorScalar>: SpectralFunction {
  /// The exponential.
  public init() {}

  public func value(at x: Scalar) -> Scalar { Scalar(exp(Double(x))) }

  public func taylorCoefficients(at center: Scalar, count: Int) -> [Scalar] {
    var coefficient = value(at: center)
    return (0..<count).map { j in
      defer { coefficient /= Scalar(j + 1) }
      return coefficient
    }
  }

  public func taylorRadius(at center: Scalar) -> Scalar { 1 }
}
