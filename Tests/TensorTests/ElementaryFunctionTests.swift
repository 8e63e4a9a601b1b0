import Foundation
import Kappa
import TestSupport
import Testing

#if arch(x86_64)
  /// What references are computed in: 11 bits more than Double.
  typealias Extended = Float80
#else
  /// What references are computed in; for Double their own error of about half a unit is then part of what is measured.
  typealias Extended = Double
#endif

/// An elementary function with the arguments it is tried on and a reference in extended precision.
struct ElementaryCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Where its relative error is promised.
  let range: ClosedRange<Double>
  /// In units in the last place of the result.
  let floatBound: Double
  let doubleBound: Double
  let apply: @Sendable (any TensorBox) -> any TensorBox
  let reference: @Sendable (Extended) -> Extended

  var testDescription: String { name }

  static let all: [ElementaryCase] = [
    ElementaryCase(
      "exp", -87...88, 2, 2,
      {
        $0.mapped {
          $0.exp()
        } and: {
          $0.exp()
        }
      }
    ) { Foundation.exp($0) },
    ElementaryCase(
      "expMinusOne", -30...88, 2, 2,
      {
        $0.mapped {
          $0.expMinusOne()
        } and: {
          $0.expMinusOne()
        }
      }
    ) { Foundation.expm1($0) },
    ElementaryCase(
      "log", 1e-30...1e30, 2, 2,
      {
        $0.mapped {
          $0.log()
        } and: {
          $0.log()
        }
      }
    ) { Foundation.log($0) },
    ElementaryCase(
      "logOnePlus", -0.999...1e10, 2, 2,
      {
        $0.mapped {
          $0.logOnePlus()
        } and: {
          $0.logOnePlus()
        }
      }
    ) { Foundation.log1p($0) },
    ElementaryCase(
      "tanh", -15...15, 3, 3,
      {
        $0.mapped {
          $0.tanh()
        } and: {
          $0.tanh()
        }
      }
    ) { Foundation.tanh($0) },
    ElementaryCase(
      "power", 1e-10...1e10, 1, 1,
      {
        $0.mapped {
          $0.power(2.5)
        } and: {
          $0.power(2.5)
        }
      }
    ) { Foundation.pow($0, 2.5) },
    ElementaryCase(
      "sigmoid", -80...80, 3, 3,
      {
        $0.mapped {
          $0.sigmoid()
        } and: {
          $0.sigmoid()
        }
      }
    ) { 1 / (1 + Foundation.exp(-$0)) },
    ElementaryCase(
      "softplus", -80...80, 3, 3,
      {
        $0.mapped {
          $0.softplus()
        } and: {
          $0.softplus()
        }
      }
    ) {
      max($0, 0) + Foundation.log1p(Foundation.exp(-abs($0)))
    },
    ElementaryCase(
      "sin", -1e9...1e9, 2, 2,
      {
        $0.mapped {
          $0.sin()
        } and: {
          $0.sin()
        }
      }
    ) { Foundation.sin($0) },
    ElementaryCase(
      "cos", -1e9...1e9, 2, 2,
      {
        $0.mapped {
          $0.cos()
        } and: {
          $0.cos()
        }
      }
    ) { Foundation.cos($0) },
    ElementaryCase(
      "sin near 0", -100...100, 2, 2,
      {
        $0.mapped {
          $0.sin()
        } and: {
          $0.sin()
        }
      }
    ) { Foundation.sin($0) },
    ElementaryCase(
      "cos near 0", -100...100, 2, 2,
      {
        $0.mapped {
          $0.cos()
        } and: {
          $0.cos()
        }
      }
    ) { Foundation.cos($0) },
    ElementaryCase(
      "erf", -6...6, 3, 3,
      {
        $0.mapped {
          $0.erf()
        } and: {
          $0.erf()
        }
      }
    ) { Foundation.erf($0) },
    ElementaryCase(
      "gelu", -10...40, 6, 6,
      {
        $0.mapped {
          $0.gelu()
        } and: {
          $0.gelu()
        }
      }
    ) { 0.5 * $0 * Foundation.erfc(-$0 * Extended(0.5).squareRoot()) },
    ElementaryCase(
      "tanhGelu", -3...40, 20, 20,
      {
        $0.mapped {
          $0.tanhGelu()
        } and: {
          $0.tanhGelu()
        }
      }
    ) { $0 / (1 + Foundation.exp(-2 * (2 / Extended.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) },
  ]

  init(
    _ name: String, _ range: ClosedRange<Double>, _ floatBound: Double, _ doubleBound: Double,
    _ apply: @escaping @Sendable (any TensorBox) -> any TensorBox, _ reference: @escaping @Sendable (Extended) -> Extended
  ) {
    self.name = name
    self.range = range
    self.floatBound = floatBound
    self.doubleBound = doubleBound
    self.apply = apply
    self.reference = reference
  }

  func values<S: TensorScalar>(_ x: Tensor<S>) -> Tensor<S> { apply(x) as! Tensor<S> }
}

/// A tensor of `Float` or `Double`.
protocol TensorBox {}
extension Tensor: TensorBox {}
extension TensorBox {
  fileprivate func mapped(_ f: (Tensor<Float>) -> Tensor<Float>, and g: (Tensor<Double>) -> Tensor<Double>) -> any TensorBox {
    if let x = self as? Tensor<Float> { f(x) } else { g(self as! Tensor<Double>) }
  }
}

@Suite("Elementary functions")
struct ElementaryFunctionTests {
  /// Arguments: spread evenly over the range, and at all magnitudes within it.
  private func arguments<S: TensorScalar>(_ example: ElementaryCase, of type: S.Type) -> [S] {
    let even: Tensor<Double> = RandomStream(seed: 1).uniform([40_000])
    let exponents: Tensor<Double> = RandomStream(seed: 2).uniform([40_000])
    let (low, high) = (example.range.lowerBound, example.range.upperBound)
    let spread = even.elements.map { low + (high - low) * $0 }
    let magnitudes = exponents.elements.enumerated().map { index, u in
      (index % 2 == 0 ? 1 : -1) * pow(10, -20 + 40 * u)
    }
    let near = even.elements.prefix(2000).map { 1 + 0.2 * ($0 - 0.5) }
    return (spread + magnitudes + near).filter { example.range.contains($0) }.map { S($0) }
  }

  /// The largest error in units in the last place, and where.
  private func largestError<S: TensorScalar>(_ example: ElementaryCase, of type: S.Type) -> (error: Double, at: S) {
    let x = arguments(example, of: S.self)
    let y = example.values(Tensor(x)).elements
    return zip(x, y).map { x, y in
      let exact = example.reference(Extended(x))
      let rounded = S(exact)
      // Below the smallest normal number there are no relative promises.
      guard rounded.magnitude >= S.leastNormalMagnitude else { return (0, x) }
      return (Double(abs(Extended(y) - exact) / Extended(rounded.ulp)), x)
    }.max { $0.0 < $1.0 }!
  }

  @Test("are accurate in Float to a few units in the last place", arguments: ElementaryCase.all)
  func float(_ example: ElementaryCase) {
    let (error, x) = largestError(example, of: Float.self)
    #expect(error <= example.floatBound, "\(example.name)(\(x)) is off by \(error) ulp")
  }

  @Test("are accurate in Double to a few units in the last place", arguments: ElementaryCase.all)
  func double(_ example: ElementaryCase) {
    let (error, x) = largestError(example, of: Double.self)
    #expect(error <= example.doubleBound, "\(example.name)(\(x)) is off by \(error) ulp")
  }

  private func checkSpecialValues<S: TensorScalar>(of type: S.Type) {
    let (inf, nan, tiny) = (S.infinity, S.nan, S.leastNonzeroMagnitude)
    func expect(_ x: [S], _ y: [S], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let example = ElementaryCase.all.first { $0.name == name }!
      expectClose(example.values(Tensor(x)), Tensor(y), .exact, "\(S.self) \(name)", sourceLocation: sourceLocation)
    }
    expect([0, -0.0, inf, -inf, nan, tiny, 1000, -1000], [1, 1, inf, 0, nan, 1, inf, 0], "exp")
    expect([0, inf, -inf, nan, tiny, -tiny, 1000, -100], [0, inf, -1, nan, tiny, -tiny, inf, -1], "expMinusOne")
    expect([1, 0, -0.0, inf, -1, -inf, nan], [0, -inf, -inf, inf, nan, nan, nan], "log")
    expect([0, -1, -2, inf, -inf, nan, tiny, -tiny], [0, -inf, nan, inf, nan, nan, tiny, -tiny], "logOnePlus")
    expect([0, inf, -inf, nan, 1000, -1000, tiny, -tiny], [0, 1, -1, nan, 1, -1, tiny, -tiny], "tanh")
    expect([0, inf, -inf, nan, 1000, -1000], [0.5, 1, 0, nan, 1, 0], "sigmoid")
    expect([inf, -inf, nan, 1000, -1000], [inf, 0, nan, 1000, 0], "softplus")
    expect([0, -0.0, inf, -inf, nan, tiny, -tiny], [0, 0, nan, nan, nan, tiny, -tiny], "sin")
    expect([0, inf, -inf, nan, tiny], [1, nan, nan, nan, 1], "cos")
    expect([0, inf, -inf, nan, 7, -7], [0, 1, -1, nan, 1, -1], "erf")
    expect([0, inf, -inf, nan, 100, -100], [0, inf, 0, nan, 100, 0], "gelu")
    expect([0, inf, nan, 100, -100, -inf], [0, inf, nan, 100, 0, 0], "tanhGelu")
    // The logarithm of subnormal numbers, and the largest arguments whose exponential is finite.
    let subnormal = Tensor<S>([tiny, S.leastNormalMagnitude / 8])
    expectClose(
      subnormal.log(), Tensor(subnormal.elements.map { S(Foundation.log(Extended($0))) }),
      Tolerance(relative: 4 * Double(S.ulpOfOne), absolute: 0), "log of subnormals")
    let top = S(Foundation.log(Extended(S.greatestFiniteMagnitude))).nextDown
    for x in [top, top - 0.25, -top] {
      let (e, m) = (Tensor<S>([x]).exp()[0], Tensor<S>([x]).expMinusOne()[0])
      let bound = 4 * Double(S.ulpOfOne)
      expectClose(
        Double(e), Double(S(Foundation.exp(Extended(x)))), Tolerance(relative: bound, absolute: Double(S.leastNormalMagnitude)),
        "\(S.self) exp(\(x))")
      expectClose(
        Double(m), Double(S(Foundation.expm1(Extended(x)))), Tolerance(relative: bound, absolute: 0), "\(S.self) expMinusOne(\(x))")
    }
  }

  @Test func `know infinities, NaN, zero and subnormal numbers`() {
    checkSpecialValues(of: Float.self)
    checkSpecialValues(of: Double.self)
  }

  @Test("do not depend on where an element stands", arguments: ElementaryCase.all)
  func position(_ example: ElementaryCase) {
    // Vector lanes and the loop's tail take different instructions for the same function.
    let x = Tensor(arguments(example, of: Float.self).prefix(67).map { $0 })
    let whole = example.values(x)
    for index in 0..<x.count {
      #expect(example.values(x[rows: index..<index + 1])[0].bitPattern == whole[index].bitPattern, "\(example.name) at \(index)")
    }
  }

  @Test func `of powers and roots agree with Foundation`() {
    let x = Tensor<Double>(from: 0.1, by: 0.37, count: 200)
    let bound = Tolerance(relative: 4e-16, absolute: 0)
    expectClose(x.power(2.5), Tensor(x.elements.map { Foundation.pow($0, 2.5) }), bound, "x^2.5")
    expectClose(x.power(x), Tensor(x.elements.map { Foundation.pow($0, $0) }), bound, "x^x")
    expectClose(x.squareRoot(), Tensor(x.elements.map { $0.squareRoot() }), .exact, "square root")
    expectClose(x.reciprocal(), Tensor(x.elements.map { 1 / $0 }), .exact, "reciprocal")
  }
}
