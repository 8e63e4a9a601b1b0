import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Reductions")
struct ReductionTests {
  private static let cases: [([Int], [[Int]])] = [
    ([3, 4, 5], [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2], [-1], []]), ([70, 65], [[0], [1], [0, 1]]),
    ([2, 3, 2, 4], [[1, 3], [0, 2], [2, 1]]), ([300], [[0]]),
    // As of images over all axes but the channels: rows that are added where they stand, or are too short or too few for that.
    ([3, 9, 8, 5], [[0, 2, 3], [3, 0]]), ([2, 2, 8, 40], [[0, 3], [0, 1, 3]]), ([1, 9, 40], [[0, 2]]),
  ]

  /// Applies `f` to the elements that each result is made of.
  private func reduce(_ p: NaiveTensor, _ axes: [Int], _ f: ([Double]) -> Double) -> NaiveTensor {
    let reduced = Set(axes.map { $0 < 0 ? $0 + p.shape.count : $0 })
    let kept = p.shape.indices.filter { !reduced.contains($0) }
    var groups: [[Int]: [Double]] = [:]
    for index in NaiveTensor.indices(of: p.shape) { groups[kept.map { index[$0] }, default: []].append(p[index]) }
    return NaiveTensor(kept.map { p.shape[$0] }) { f(groups[$0]!) }
  }

  private func check<S: TensorScalar>(_ arrangement: Arrangement, of type: S.Type) {
    // Elements are eighths below 7: sums are exact, means and logarithms are not.
    let rounding = S.self == Double.self ? Tolerance(relative: 1e-14, absolute: 1e-14) : Tolerance(relative: 1e-6, absolute: 1e-6)
    for (shape, lists) in Self.cases {
      let x: Tensor<S> = arrangement.tensor(shape)
      let p = NaiveTensor(x)
      for axes in lists {
        let label = "\(arrangement) \(x.shape) over \(axes)"
        expectClose(x.sum(axes: axes), reduce(p, axes) { $0.reduce(0, +) }.tensor(), .exact, "sum of \(label)")
        expectClose(x.max(axes: axes), reduce(p, axes) { $0.max()! }.tensor(), .exact, "max of \(label)")
        expectClose(
          x.mean(axes: axes), reduce(p, axes) { $0.reduce(0, +) / Double($0.count) }.tensor(), rounding, "mean of \(label)")
        let logSumExp = reduce(p, axes) { values in log(values.map { exp($0) }.reduce(0, +)) }
        expectClose(x.logSumExp(axes: axes), logSumExp.tensor(), rounding, "log-sum-exp of \(label)")
        let kept = x.sum(axes: axes, keepDimensions: true)
        #expect(kept.rank == x.rank && kept.elements == x.sum(axes: axes).elements, "\(label), kept")
      }
      #expect(x.sum().scalar == S(p.elements.reduce(0, +)))
      for axis in shape.indices {
        let total = x.sum(axes: [axis], keepDimensions: true)
        let running = x.cumulativeSum(axis: axis)
        let backward = x.cumulativeSum(axis: axis, reversed: true)
        // Forward and backward sums overlap in the element itself.
        expectClose(running + backward - x, total.broadcast(to: x.shape), .exact, "cumulative sums of \(x.shape) along \(axis)")
        expectClose(
          x.softmax(axis: axis), (x - x.logSumExp(axes: [axis], keepDimensions: true)).exp(),
          Tolerance(relative: 1e-5, absolute: 1e-7), "softmax of \(x.shape) along \(axis)")
        expectClose(
          x.softmax(axis: axis).sum(axes: [axis]), Tensor(repeating: 1, shape: x.sum(axes: [axis]).shape), rounding,
          "sum of softmax")
      }
    }
  }

  @Test("agree with plain loops, however the tensor lies", arguments: Arrangement.allCases)
  func agree(_ arrangement: Arrangement) {
    check(arrangement, of: Double.self)
    check(arrangement, of: Float.self)
  }

  @Test func `of ten million ones and small terms lose nothing that Float can hold`() {
    let n = 10_000_000
    #expect(Tensor<Float>(repeating: 1, shape: [n]).sum().scalar == Float(n))
    // A lane adds 64 terms before its total goes on in double precision, so the relative error stays near 64 roundings of half a
    // unit at most, 4e-6, whatever the length; summed one by one it would be 0.09 here.
    let tenths = Double(Tensor<Float>(repeating: 0.1, shape: [n]).sum().scalar)
    #expect(abs(tenths / (Double(n) * Double(Float(0.1))) - 1) < 4e-6)
    var mixed = Tensor<Float>(repeating: 1e-3, shape: [n])
    mixed[0] = 1e7
    mixed[n / 2] = -1e7
    #expect(abs(Double(mixed.sum().scalar) - Double(n - 2) * Double(Float(1e-3))) < 2)
    let columns = Tensor<Float>(repeating: 0.1, shape: [1_000_000, 3]).sum(axes: [0])
    #expect(columns.elements.allSatisfy { abs(Double($0) / (1e6 * Double(Float(0.1))) - 1) < 4e-6 })
  }

  @Test func `of products are accurate: a dot product of long Float vectors`() {
    let x: Tensor<Float> = RandomStream(seed: 1).normal([1_000_000])
    let y: Tensor<Float> = RandomStream(seed: 2).normal([1_000_000])
    let exact = zip(x.elements, y.elements).map { Double($0) * Double($1) }.reduce(0, +)
    // Rounding of the products' sums in lanes of 64: about 1e-7 of the norms.
    #expect(abs(x.dot(y) - exact) < 1e-7 * x.norm() * y.norm())
    let squares = x.elements.map { Double($0) * Double($0) }.reduce(0, +)
    #expect(abs(x.norm() - squares.squareRoot()) < 1e-6 * x.norm())
  }

  @Test func `tell whether all elements are finite`() {
    for bad in [Double.nan, .infinity, -.infinity] {
      for position in [0, 17, 131_072, 200_000] {
        var x = Tensor<Double>(repeating: 1, shape: [200_001])
        #expect(x.isFinite)
        x[position] = bad
        #expect(!x.isFinite)
        #expect(!x.converted(to: Float.self).isFinite)
      }
    }
    #expect(Tensor<Double>(zeros: [0]).isFinite)
    #expect(Tensor<Double>([1.7e308, -1.7e308]).isFinite)
  }
}
