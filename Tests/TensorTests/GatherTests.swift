import Kappa
import TestSupport
import Testing

@Suite("Gathering and scattering")
struct GatherTests {
  static let shapes: [[Int]] = [[5], [4, 3], [3, 4, 2], [2, 70, 65]]

  private func check<S: TensorScalar, I: TensorIndexScalar>(_ arrangement: Arrangement, _ type: S.Type, _ index: I.Type) {
    for shape in Self.shapes {
      let x: Tensor<S> = arrangement.tensor(shape)
      let p = NaiveTensor(x)
      for axis in shape.indices {
        let length = shape[axis]
        // Two axes of indices, one of them counted from the end, some repeated.
        let chosen = [0, length - 1, 1, 1, -1, length / 2].map { I($0) }
        let indices = Tensor<I>(chosen, shape: [3, 2])
        let taken = NaiveTensor(Array(shape[..<axis]) + [3, 2] + Array(shape[(axis + 1)...])) { i in
          let k = Int(chosen[i[axis] * 2 + i[axis + 1]])
          return p[Array(i[..<axis]) + [k < 0 ? k + length : k] + Array(i[(axis + 2)...])]
        }
        let y = x.take(indices, axis: axis)
        expectClose(y, taken.tensor(), .exact, "take \(arrangement) \(shape) axis \(axis)")
        // <take(x), u> = <x, scatter(u)>; elements are eighths, so sums of a few thousand products are exact in Double.
        let u: Tensor<S> = RandomStream(seed: 3).rademacher(y.shape)
        let back = Tensor<S>(zeros: x.shape).scatteringAdd(u, at: indices, axis: axis)
        #expect(abs(y.dot(u) - x.dot(back)) <= 1e-6 * Double(y.count))
        #expect(x.scatteringAdd(u, at: indices, axis: axis) == x + back)

        var along = shape
        along[axis] = length + 1
        let n = along.reduce(1, *)
        let picks = (0..<n).map { I(($0 * 7 + 3) % length - ($0 % 2 == 0 ? 0 : length)) }
        let pick = Tensor<I>(picks, shape: Shape(along))
        let z = x.takeAlong(pick, axis: axis)
        let naive = NaiveTensor(along) { i in
          let k = Int(pick[flat: i])
          var at = i
          at[axis] = k < 0 ? k + length : k
          return p[at]
        }
        expectClose(z, naive.tensor(), .exact, "takeAlong \(arrangement) \(shape) axis \(axis)")
        let v: Tensor<S> = RandomStream(seed: 4).rademacher(z.shape)
        let added = Tensor<S>(zeros: x.shape).scatteringAddAlong(v, at: pick, axis: axis)
        #expect(abs(z.dot(v) - x.dot(added)) <= 1e-6 * Double(z.count))
      }
    }
  }

  @Test("agree with plain loops and are adjoint, however the tensor lies", arguments: Arrangement.allCases)
  func agree(_ arrangement: Arrangement) {
    check(arrangement, Double.self, Int32.self)
    check(arrangement, Float.self, Int64.self)
  }

  @Test func `of large tensors are the same on any number of threads`() {
    let x: Tensor<Float> = RandomStream(seed: 1).normal([3, 50_000])
    let rows: Tensor<Float> = RandomStream(seed: 1).normal([5000, 40])
    let indices = Tensor<Int32>((0..<60_000).map { Int32($0 * 7919 % 50_000) })
    let few = Tensor<Int32>((0..<60_000).map { Int32($0 * 7919 % 5000) })
    for operation in [{ x.take(indices, axis: 1) }, { rows.take(few) }, { rows.scatteringAdd(rows.take(few), at: few) }] {
      let results = onEachThreadCount(operation)
      for y in results { #expect(y == results[0]) }
    }
    #expect(x.take(indices, axis: 1)[2, 777] == x[2, Int(indices[777])])
    #expect(rows.take(few)[59_999, 39] == rows[Int(few[59_999]), 39])
  }

  @Test func `work for integers and masks, and for no indices`() {
    let x = Tensor<Int64>([[1, 2, 3], [4, 5, 6]])
    #expect(x.take(Tensor<Int32>([2, 0]), axis: 1) == Tensor<Int64>([[3, 1], [6, 4]]))
    let mask = Tensor<Bool>([true, false, true])
    #expect(mask.take(Tensor<Int64>([1, 2, -3])) == Tensor<Bool>([false, true, true]))
    #expect(x.take(Tensor<Int32>([]), axis: 0).shape == [0, 3])
    #expect(Tensor<Int32>([2, 0]).oneHot(classes: 3, of: Float.self) == Tensor<Float>([[0, 0, 1], [1, 0, 0]]))
    #expect(Tensor<Int64>([[1], [0]]).oneHot(classes: 2, of: Double.self).shape == [2, 1, 2])
  }

  @Test("stop the program at an index outside the axis", arguments: [3, -4])
  func stops(_ index: Int32) async {
    await #expect(processExitsWith: .failure) { [index] in _ = Tensor<Double>([1, 2, 3]).take(Tensor<Int32>([index])) }
    await #expect(processExitsWith: .failure) { [index] in _ = Tensor<Double>([1, 2, 3]).takeAlong(Tensor<Int32>([index]), axis: 0)
    }
    await #expect(processExitsWith: .failure) { [index] in _ = Tensor<Int32>([index]).oneHot(classes: 3, of: Double.self) }
    await #expect(processExitsWith: .failure) { [index] in
      _ = Tensor<Double>([1, 2, 3]).scatteringAdd(Tensor([1]), at: Tensor<Int32>([index]))
    }
  }
}

extension Tensor {
  /// The element at the given indices.
  fileprivate subscript(flat indices: [Int]) -> Scalar { elements[zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }] }
}

@Suite("Combining tensors")
struct CombiningTests {
  @Test("agrees with plain loops, however they lie", arguments: Arrangement.allCases)
  func agree(_ arrangement: Arrangement) {
    for shape in [[3], [2, 3], [2, 3, 4], [70, 260]] {
      let x: Tensor<Double> = arrangement.tensor(shape)
      let p = NaiveTensor(x)
      for axis in shape.indices {
        var long = shape
        long[axis] *= 2
        let doubled = NaiveTensor(long) { i in
          var at = i
          at[axis] %= shape[axis]
          return p[at] * (i[axis] < shape[axis] ? 1 : 2)
        }
        expectClose(
          Tensor(concatenating: [x, 2 * x], axis: axis), doubled.tensor(), .exact, "concatenating \(shape) along \(axis)")
        let repeated = NaiveTensor(long) { i in
          var at = i
          at[axis] /= 2
          return p[at]
        }
        expectClose(x.repeated(2, axis: axis), repeated.tensor(), .exact, "repeated \(shape) along \(axis)")
        let flipped = NaiveTensor(shape) { i in
          var at = i
          at[axis] = shape[axis] - 1 - at[axis]
          return p[at]
        }
        expectClose(x.flipped(axes: [axis]), flipped.tensor(), .exact, "flipped \(shape) along \(axis)")
        #expect(x.flipped(axes: [axis]) + 1 == flipped.tensor() + 1 && x.flipped(axes: [axis]).flipped(axes: [axis]) == x)
      }
      for axis in 0...shape.count {
        var stacked = shape
        stacked.insert(3, at: axis)
        let naive = NaiveTensor(stacked) { i in
          var at = i
          let k = at.remove(at: axis)
          return p[at] + Double(k)
        }
        expectClose(Tensor(stacking: [x, x + 1, x + 2], axis: axis), naive.tensor(), .exact, "stacking \(shape) at \(axis)")
      }
      let pads = shape.indices.map { (before: $0 + 1, after: 2 - min($0, 2)) }
      let padded = NaiveTensor(shape.indices.map { shape[$0] + pads[$0].before + pads[$0].after }) { i in
        let at = i.indices.map { i[$0] - pads[$0].before }
        return at.indices.allSatisfy { at[$0] >= 0 && at[$0] < shape[$0] } ? p[at] : -3
      }
      expectClose(x.padded(pads, with: -3), padded.tensor(), .exact, "padded \(shape)")
      let counts = [2] + shape.map { _ in 3 }
      let tiled = NaiveTensor([2] + shape.map { 3 * $0 }) { i in p[shape.indices.map { i[$0 + 1] % shape[$0] }] }
      expectClose(x.tiled(counts), tiled.tensor(), .exact, "tiled \(shape)")
      guard shape.count >= 2 else { continue }
      for diagonal in -3...4 {
        let r = shape.count - 2
        let lower = NaiveTensor(shape) { $0[r + 1] <= $0[r] + diagonal ? p[$0] : 0 }
        let upper = NaiveTensor(shape) { $0[r + 1] >= $0[r] + diagonal ? p[$0] : 0 }
        expectClose(x.lowerTriangle(diagonal: diagonal), lower.tensor(), .exact, "lower triangle \(diagonal) of \(shape)")
        expectClose(x.upperTriangle(diagonal: diagonal), upper.tensor(), .exact, "upper triangle \(diagonal) of \(shape)")
      }
    }
  }

  @Test func `knows empty tensors, scalars, other types and uneven counts`() {
    let empty = Tensor<Double>(zeros: [0, 3])
    #expect(Tensor(concatenating: [empty, Tensor([[1, 2, 3]]), empty]) == Tensor([[1, 2, 3]]))
    #expect(Tensor(stacking: [Tensor(scalar: 1.0), Tensor(scalar: 2.0)]) == Tensor([1, 2]))
    #expect(Tensor<Double>(scalar: 5).padded([]) == Tensor(scalar: 5))
    #expect(empty.padded([(1, 0), (0, 0)], with: 2) == Tensor([[2, 2, 2]]))
    #expect(Tensor<Int32>([1, 2]).tiled([2]) == Tensor<Int32>([1, 2, 1, 2]))
    #expect(
      Tensor<Int32>([1, 2]).tiled([0]).shape == [0] && Tensor<Int32>([[1], [2]]).tiled([2]) == Tensor<Int32>([[1, 1], [2, 2]]))
    #expect(Tensor<Bool>([true, false]).repeated([2, 1], axis: 0) == Tensor<Bool>([true, true, false]))
    #expect(Tensor<Double>([1, 2]).repeated(0, axis: 0).shape == [0])
    #expect(Tensor<Bool>(lowerTriangleOf: [2, 3]) == Tensor<Bool>([[true, false, false], [true, true, false]]))
    #expect(Tensor<Bool>(upperTriangleOf: [2, 3], diagonal: 1) == Tensor<Bool>([[false, true, true], [false, false, true]]))
    #expect(empty.flipped().shape == [0, 3])
  }

  @Test func `stops the program where shapes differ`() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor(concatenating: [Tensor<Double>(zeros: [2, 3]), Tensor<Double>(zeros: [2, 4])], axis: 0)
    }
    await #expect(processExitsWith: .failure) { _ = Tensor(stacking: [Tensor<Double>(zeros: [2]), Tensor<Double>(zeros: [3])]) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Double>(zeros: [2]).padded([(-1, 0)]) }
  }
}

@Suite("Sorting")
struct SortingTests {
  private func check<S: TensorScalar>(_ x: Tensor<S>, _ what: String) {
    for axis in 0..<x.rank {
      for descending in [false, true] {
        let order = x.argSort(axis: axis, descending: descending)
        let sorted = x.sorted(axis: axis, descending: descending)
        let (rows, orders, results) = (x.rows(along: axis), order.rows(along: axis), sorted.rows(along: axis))
        for (row, (indices, result)) in zip(rows, zip(orders, results)) {
          // NaN is the largest; ties are decided by position, which is what stable means.
          func key(_ v: S) -> S { v.isNaN ? .infinity : v }
          func precedes(_ i: Int, _ j: Int) -> Bool {
            let (a, b) = (row[i], row[j])
            if a == b || (a.isNaN && b.isNaN) { return i < j }
            let isLess = !a.isNaN && (b.isNaN || a < b)
            return isLess != descending
          }
          let expected = row.indices.sorted(by: precedes)
          #expect(indices.map { Int($0) } == expected, "\(what) axis \(axis) descending \(descending)")
          #expect(zip(result, expected).allSatisfy { $0 == row[$1] || ($0.isNaN && row[$1].isNaN) })
        }
      }
    }
  }

  @Test func `is right and stable for short and long rows, ties, NaN, infinities and zeros of either sign`() {
    for n in [0, 1, 2, 47, 48, 49, 300, 5000] {
      let x: Tensor<Double> = RandomStream(seed: UInt64(n)).normal([2, n])
      check(x, "normal \(n)")
      check((x * 3).rounded(), "ties \(n)")
      check((x * 2).rounded().converted(to: Float.self), "Float ties \(n)")
      check(x.converted(to: Float.self), "Float \(n)")
    }
    let odd: [Double] = [
      0, -0.0, .nan, 1, -.infinity, .infinity, -.nan, -1, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .nan, -0.0,
    ]
    check(Tensor(odd), "special")
    check(Tensor(Array(repeating: odd, count: 9).flatMap { $0 }), "many special")
    check(Tensor(odd).converted(to: Float.self), "special Float")
    let mixed: Tensor<Double> = RandomStream(seed: 5).normal([3, 60, 4])
    check(mixed, "any axis")
    check(mixed.transposed(), "transposed")
  }

  @Test func `knows integers at the ends of their range`() {
    let x = Tensor<Int64>([3, .min, .max, -1, 3, 0])
    #expect(x.argSort() == Tensor<Int32>([1, 3, 5, 0, 4, 2]))
    #expect(x.sorted(descending: true) == Tensor<Int64>([.max, 3, 3, 0, -1, .min]))
    let many = Tensor<Int32>((0..<1000).map { Int32(truncatingIfNeeded: $0 &* 2_654_435_761) })
    #expect(many.sorted().elements == many.elements.sorted())
  }
}

extension Tensor {
  /// The vectors along one axis.
  fileprivate func rows(along axis: Int) -> [[Scalar]] {
    var axes = Array(0..<rank)
    axes.remove(at: axis)
    let moved = permuted(axes + [axis])
    let length = shape[axis]
    let all = moved.elements
    return stride(from: 0, to: all.count, by: Swift.max(1, length)).map { Array(all[$0..<$0 + length]) }
  }
}
