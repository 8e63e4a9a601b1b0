import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Statistics, extremes and counts")
struct StatisticsTests {
  static let cases: [([Int], [[Int]])] = [
    ([7], [[0]]), ([3, 4], [[0], [1], [0, 1], []]), ([2, 3, 4], [[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]]),
    ([9, 70, 3], [[0], [1], [2], [0, 1], [0, 2]]), ([600, 5], [[0]]), ([150, 260], [[0], [1]]),
    ([3, 9, 8, 5], [[0, 2, 3]]),
  ]

  private func reduce(_ x: NaiveTensor, _ axes: [Int], _ f: ([Double]) -> Double) -> NaiveTensor {
    let kept = x.shape.indices.filter { !axes.contains($0) }
    let inner = axes.map { x.shape[$0] }
    return NaiveTensor(kept.map { x.shape[$0] }) { outer in
      f(
        NaiveTensor.indices(of: inner).map { index in
          var at = Array(repeating: 0, count: x.shape.count)
          for (k, axis) in kept.enumerated() { at[axis] = outer[k] }
          for (k, axis) in axes.enumerated() { at[axis] = index[k] }
          return x[at]
        })
    }
  }

  private func check<S: TensorScalar>(_ arrangement: Arrangement, of type: S.Type) {
    let rounding = Tolerance(relative: 20 * Double(S.ulpOfOne), absolute: 0)
    for (shape, lists) in Self.cases {
      let x: Tensor<S> = arrangement.tensor(shape)
      let p = NaiveTensor(x)
      for axes in lists {
        let what = "\(arrangement) \(shape) over \(axes)"
        func variance(_ v: [Double], _ ddof: Int) -> Double {
          let m = v.reduce(0, +) / Double(v.count)
          return v.map { ($0 - m) * ($0 - m) }.reduce(0, +) / Double(max(0, v.count - ddof))
        }
        let tight = Tolerance(relative: 1e-6, absolute: 1e-12)
        let exact = S.self == Float.self ? tight : Tolerance(relative: 1e-13, absolute: 1e-13)
        expectClose(x.variance(axes: axes), reduce(p, axes) { variance($0, 0) }.tensor(), exact, "variance of \(what)")
        expectClose(
          x.standardDeviation(axes: axes, degreesOfFreedom: 1), reduce(p, axes) { variance($0, 1).squareRoot() }.tensor(), exact,
          "deviation of \(what)")
        expectClose(x.min(axes: axes), reduce(p, axes) { $0.min()! }.tensor(), .exact, "min of \(what)")
        expectClose(x.norm(.one, axes: axes), reduce(p, axes) { $0.map(abs).reduce(0, +) }.tensor(), .exact, "1-norm of \(what)")
        expectClose(
          x.norm(.two, axes: axes), reduce(p, axes) { $0.map { $0 * $0 }.reduce(0, +).squareRoot() }.tensor(), rounding,
          "2-norm of \(what)")
        expectClose(x.norm(.infinity, axes: axes), reduce(p, axes) { $0.map(abs).max()! }.tensor(), .exact, "max norm of \(what)")
        // Powers of two near 1, so that products are exact and stay in range.
        let q = x.sign() * (1 + (x .> 2).asNumbers(S.self))
        expectClose(
          q.product(axes: axes), reduce(NaiveTensor(q), axes) { $0.reduce(1, *) }.tensor(), .exact, "product of \(what)")
        let positive = x .> 0
        let counts = reduce(p, axes) { Double($0.filter { $0 > 0 }.count) }
        #expect(positive.countNonzero(axes: axes).elements.map { Double($0) } == counts.elements, "count of \(what)")
        #expect(positive.any(axes: axes).elements == counts.elements.map { $0 > 0 }, "any of \(what)")
        let lengths = axes.map { shape[$0] }.reduce(1, *)
        #expect(positive.all(axes: axes).elements == counts.elements.map { $0 == Double(lengths) }, "all of \(what)")
        #expect(
          x.countNonzero(axes: axes).elements == reduce(p, axes) { Double($0.filter { $0 != 0 }.count) }.elements.map { Int32($0) })
        if axes.count == 1 {
          let largest = reduce(p, axes) { v in Double(v.firstIndex(of: v.max()!)!) }
          let smallest = reduce(p, axes) { v in Double(v.firstIndex(of: v.min()!)!) }
          #expect(x.argMax(axis: axes[0]).elements.map { Double($0) } == largest.elements, "argMax of \(what)")
          #expect(x.argMin(axis: axes[0]).elements.map { Double($0) } == smallest.elements, "argMin of \(what)")
          #expect(x.argMin(axis: axes[0], keepDimensions: true).rank == x.rank)
          var running = NaiveTensor(shape) { _ in 1 }
          let r = NaiveTensor(q)
          running = NaiveTensor(shape) { i in
            (0...i[axes[0]]).map { k in
              var at = i
              at[axes[0]] = k
              return r[at]
            }.reduce(1, *)
          }
          if shape.reduce(1, *) < 3000 {
            expectClose(q.cumulativeProduct(axis: axes[0]), running.tensor(), .exact, "running product of \(what)")
          }
        }
      }
      #expect(x.argMax() == p.elements.firstIndex(of: p.elements.max()!)!)
    }
  }

  @Test("agree with plain loops, however the tensor lies", arguments: Arrangement.allCases)
  func agree(_ arrangement: Arrangement) {
    check(arrangement, of: Double.self)
    check(arrangement, of: Float.self)
  }

  @Test func `of no elements, NaN and infinities are NumPy's`() {
    let empty = Tensor<Double>(zeros: [0, 3])
    let nans = Tensor<Double>(repeating: .nan, shape: [3])
    expectClose(empty.variance(axes: [0]), nans, .exact, "variance of nothing")
    #expect(empty.product(axes: [0]) == Tensor([1, 1, 1]) && empty.norm(.two, axes: [0]) == Tensor([0, 0, 0]))
    #expect(empty.max(axes: [1]).shape == [0] && empty.argMax(axis: 1).shape == [0])
    #expect(Tensor<Double>(zeros: [0, 9, 40]).sum(axes: [0, 2]) == Tensor(zeros: [9]))
    #expect(Tensor<Double>(zeros: [2, 9, 0]).norm(.one, axes: [0, 2]) == Tensor(zeros: [9]))
    #expect((empty .> 0).all().scalar && !(empty .> 0).any().scalar)
    expectClose(Tensor([3.0]).variance(degreesOfFreedom: 1), Tensor(scalar: .nan), .exact, "one element")
    expectClose(Tensor([3.0, 4.0]).variance(degreesOfFreedom: 2), Tensor(scalar: .infinity), .exact, "no freedom left")
    expectClose(Tensor([1, .infinity]).variance(), Tensor(scalar: .nan), .exact, "infinite")
    for n in [3, 64, 100, 5000] {
      for at in [0, n / 2, n - 1] {
        var x: Tensor<Float> = RandomStream(seed: 1).normal([n])
        x[at] = .nan
        if at > 0 { x[at - 1] = .infinity }
        #expect(x.max().scalar.isNaN && x.min().scalar.isNaN && x.argMax() == at && x.argMin() == at)
        #expect(x.norm(.two).scalar.isNaN && x.norm(.infinity).scalar.isNaN)
        let wide = Tensor(stacking: [x, x], axis: 1)
        #expect(wide.max(axes: [0]).nanMask().all().scalar && wide.argMin(axis: 0) == Tensor<Int32>([Int32(at), Int32(at)]))
      }
    }
    for piece in 0..<3 {
      var images: Tensor<Double> = RandomStream(seed: 2).normal([3, 8, 40])
      images[piece, 1, 7] = .nan
      let expected = (0..<8).map { $0 == 1 }
      #expect(images.max(axes: [0, 2]).nanMask().elements == expected && images.min(axes: [0, 2]).nanMask().elements == expected)
      #expect(images.sum(axes: [0, 2]).nanMask().elements == expected)
      #expect(images.norm(.infinity, axes: [0, 2]).nanMask().elements == expected)
    }
  }

  @Test func `of exponentials keep their digits beside large elements`() {
    func check<S: TensorScalar>(_ type: S.Type) {
      let small = Tensor<S>([[0, 0.5, -1], [0, 0, 0], [-2, 0, -0.25]])
      let exact = small.converted(to: Double.self)
      let expected = exact - exact.exp().sum(axes: [1], keepDimensions: true).log()
      // Offsets that leave the differences as they are.
      let tolerance = Tolerance(relative: 8 * Double(S.ulpOfOne), absolute: 0)
      for offset: S in [0, 1000, -5e5, 1_048_576] {
        let x = small + offset
        expectClose(x.logSoftmax().converted(to: Double.self), expected, tolerance, "\(S.self), rows beside \(offset)")
        expectClose(
          x.transposed().logSoftmax(axis: 0).converted(to: Double.self), expected.transposed(), tolerance, "\(S.self), columns")
        expectClose(Variable(x).logSoftmax().value.converted(to: Double.self), expected, tolerance, "\(S.self), variables")
        expectClose(
          -Variable(x).softmaxCrossEntropy([2, 0, 1]).value.converted(to: Double.self),
          expected.takeAlong([[2], [0], [1]] as Tensor<Int32>, axis: 1).squeezed(axis: 1), tolerance, "\(S.self), loss")
      }
      let infinite = Tensor<S>([[S.infinity, 1], [-S.infinity, 1], [S.nan, 1], [-S.infinity, -S.infinity]]).logSoftmax()
      expectClose(infinite, Tensor([[S.nan, -.infinity], [-.infinity, 0], [.nan, .nan], [.nan, .nan]]), .exact, "\(S.self)")
      #expect(Tensor<S>(zeros: [2, 0]).logSoftmax().shape == [2, 0] && Tensor<S>(zeros: [0, 2]).logSoftmax().shape == [0, 2])
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func `keep their digits: a variance beside a large mean, norms near the ends of the range`() {
    let noise: Tensor<Double> = RandomStream(seed: 1).normal([200_000])
    for (scale, offset) in [(1.0, 1e6), (1.0, -1e4), (1e-3, 100)] {
      let x = (noise * scale + offset).converted(to: Float.self)
      let exact = x.converted(to: Double.self)
      let mean = exact.elements.reduce(0, +) / Double(x.count)
      let variance = exact.elements.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count)
      // Lanes of 64 roundings of half a unit, 4e-6 at most.
      #expect(abs(Double(x.variance().scalar) / variance - 1) < 4e-6, "\(scale), \(offset)")
      let columns = x.reshaped(to: [50_000, 4]).variance(axes: [0]).mean().scalar
      #expect(abs(Double(columns) / variance - 1) < 1e-2)
    }
    for magnitude in [1e-300, 1e-160, 1e160, 1e300] {
      let x = Tensor<Double>([3 * magnitude, 4 * magnitude])
      #expect(abs(x.norm(.two).scalar / (5 * magnitude) - 1) < 1e-15 && abs(x.norm() / (5 * magnitude) - 1) < 1e-15)
      let rows = Tensor(stacking: [x, Tensor([0, 0]), Tensor([3, 4])])
      expectClose(
        rows.norm(.two, axes: [1]), Tensor([5 * magnitude, 0, 5]), Tolerance(relative: 1e-15, absolute: 0), "\(magnitude)")
    }
    #expect(Tensor<Float>([3e38, 0]).norm(.two).scalar == 3e38)
    #expect(Tensor<Double>([.infinity, 1e300]).norm(.two).scalar == .infinity)
  }

  @Test(
    "of ten million elements lose nothing that Float can hold, in any axis order",
    arguments: [[10_000_000], [5_000_000, 2], [2, 5_000_000], [1000, 10_000]])
  func longSums(_ shape: [Int]) {
    var x = Tensor<Float>(repeating: 1, shape: Shape(shape))
    // A term far below the rounding of the total, in every thousandth place, adds up to 1000.
    x.withUnsafeMutableElements { for i in stride(from: 0, to: $0.count, by: 1000) { $0[i] += 0.1 } }
    let small = Double(Float(1.1)) - 1
    let expected = 1e7 + 1e4 * small
    #expect(abs(Double(x.sum().scalar) / expected - 1) < 1e-6)
    for axis in shape.indices where shape.count > 1 {
      for y in [x.sum(axes: [axis]), x.transposed().sum(axes: [1 - axis])] {
        let total = y.elements.map { Double($0) }.reduce(0, +)
        #expect(abs(total / expected - 1) < 1e-6, "axis \(axis)")
      }
    }
  }

  @Test func `do not depend on the number of threads`() {
    let x: Tensor<Float> = RandomStream(seed: 1).normal([300_001])
    let a: Tensor<Float> = RandomStream(seed: 3).normal([1500, 170])
    let narrow: Tensor<Float> = RandomStream(seed: 4).normal([100_000, 3])
    let deep: Tensor<Float> = RandomStream(seed: 4).normal([20, 100, 30])
    let images: Tensor<Float> = RandomStream(seed: 5).normal([20, 16, 30, 30])
    let operations: [(String, () -> Tensor<Float>)] = [
      ("variance", { x.variance() }), ("column variances", { a.variance(axes: [0]) }), ("narrow sums", { narrow.sum(axes: [0]) }),
      ("narrow variances", { narrow.variance(axes: [0]) }), ("deep sums", { deep.sum(axes: [1]) }),
      ("sums of pieces", { images.sum(axes: [0, 2, 3]) }), ("norm", { x.norm(.two) }),
      ("max", { narrow.max(axes: [0]) }), ("long rows", { narrow.transposed().contiguous().sum(axes: [1]) }),
      ("running sums", { a.cumulativeSum(axis: 0) }), ("running sums of rows", { a.cumulativeSum(axis: 1, reversed: true) }),
      ("broadcast product", { a * a[row: 3] }), ("strided copy", { deep.permuted([1, 0, 2]).contiguous() }),
    ]
    for (name, operation) in operations {
      let results = onEachThreadCount(operation)
      #expect(results.allSatisfy { $0 == results[0] }, "\(name)")
    }
  }
}

extension Tensor where Scalar == Bool {
  /// 1 for true, 0 for false.
  fileprivate func asNumbers<S: TensorScalar>(_ type: S.Type) -> Tensor<S> { select(1, where: self, else: 0) }
}
