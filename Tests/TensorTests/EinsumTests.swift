import Foundation
import Kappa
import TestSupport
import Testing

/// What NumPy made of operands that follow one rule; Tests/Fixtures/numpy/make_einsum.py wrote them.
struct EinsumCase: Sendable, CustomTestStringConvertible {
  let subscripts: String
  let shapes: [[Int]]
  let expected: Tensor<Double>
  var testDescription: String { "\(subscripts) of \(shapes)" }

  static let all: [EinsumCase] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/numpy/einsum.json")
    let json = try! JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file))
    return json["items"]!.array!.map { item in
      EinsumCase(
        subscripts: item["subscripts"]!.string!, shapes: item["shapes"]!.array!.map { $0.ints! },
        expected: Tensor(item["elements"]!.array!.map { $0.double! }, shape: Shape(item["shape"]!.ints!)))
    }
  }()

  func operands<S: TensorScalar>(of type: S.Type = S.self) -> [Tensor<S>] {
    shapes.enumerated().map { k, shape in
      Tensor((0..<shape.reduce(1, *)).map { S(37 * ($0 + 11 * k) % 101 - 50) / 8 }, shape: Shape(shape))
    }
  }
}

@Suite("Einstein's summation")
struct EinsumTests {
  @Test("gives what NumPy gives", arguments: EinsumCase.all)
  func agrees(_ example: EinsumCase) {
    // Elements are eighths below 7: products and sums of up to four factors are exact in Double.
    let largest = example.expected.norm(.infinity).scalar
    let exact = Tolerance(relative: 1e-14, absolute: 1e-14 * largest)
    expectClose(einsum(example.subscripts, example.operands()), example.expected, exact, example.testDescription)
    let float: Tensor<Float> = einsum(example.subscripts, example.operands())
    expectClose(
      float, example.expected.converted(), Tolerance(relative: 1e-5, absolute: 1e-5 * max(1, largest)), example.testDescription)
  }

  @Test("does not care how its operands lie", arguments: EinsumCase.all)
  func strides(_ example: EinsumCase) {
    let operands: [Tensor<Double>] = example.operands(of: Double.self).map { x in
      // The same elements in reversed axis order, two apart.
      let axes = Array((0..<x.rank).reversed())
      let reversed = x.permuted(axes)
      let apart: Tensor<Double> = Tensor(stacking: [reversed, reversed + 1], axis: x.rank)[..., 0]
      return apart.permuted(axes)
    }
    let tolerance = Tolerance(relative: 1e-14, absolute: 1e-14 * example.expected.norm(.infinity).scalar)
    expectClose(einsum(example.subscripts, operands), example.expected, tolerance, example.testDescription)
  }

  @Test func `makes one matrix product of a contraction`() {
    let (a, b): (Tensor<Float>, Tensor<Float>) = (
      RandomStream(seed: 1).normal([4, 5, 6]), RandomStream(seed: 2).normal([6, 5, 7])
    )
    let before = ProductCount.soFar
    let y = einsum("ijk,kjl->il", a, b)
    let made = ProductCount.soFar - before
    #expect(made.products == 1 && made.flops == 2 * 4 * 7 * 30)
    expectClose(y, tensorDot(a, b, axes: [1, 2], [1, 0]), Tolerance(relative: 1e-5, absolute: 1e-5), "tensorDot")
  }

  @Test(
    "stops the program where the subscripts do not fit",
    arguments: ["ij,jk->il", "ij", "ij,jk->ii", "i1,jk->k", "ijk,jk->i", "ij,kj->ik"])
  func stops(_ subscripts: String) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [subscripts] in
      _ = einsum(subscripts, Tensor<Double>(zeros: [2, 3]), Tensor<Double>(zeros: [3, 4]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("einsum \"\(subscripts)\""), "\(text)")
  }
}

@Suite("Products of tensors")
struct TensorProductTests {
  @Test("contract any axes", arguments: Arrangement.allCases)
  func tensorDots(_ arrangement: Arrangement) {
    let a: Tensor<Double> = arrangement.tensor([2, 3, 4])
    let b: Tensor<Double> = arrangement.tensor([4, 3, 5])
    let (p, q) = (NaiveTensor(a), NaiveTensor(b))
    let one = NaiveTensor([2, 3, 3, 5]) { i in (0..<4).map { p[[i[0], i[1], $0]] * q[[$0, i[2], i[3]]] }.reduce(0, +) }
    expectClose(tensorDot(a, b, axes: 1), one.tensor(), .exact, "one axis")
    let two = NaiveTensor([2, 5]) { i in
      NaiveTensor.indices(of: [3, 4]).map { p[[i[0], $0[0], $0[1]]] * q[[$0[1], $0[0], i[1]]] }.reduce(0, +)
    }
    expectClose(tensorDot(a, b, axes: [1, -1], [1, 0]), two.tensor(), .exact, "two axes")
    let all = NaiveTensor([2, 3, 4, 4, 3, 5]) { p[Array($0[0..<3])] * q[Array($0[3...])] }
    expectClose(tensorDot(a, b, axes: 0), all.tensor(), .exact, "none")
    expectClose(outer(a, b), all.tensor(), .exact, "outer product")
  }

  @Test func `in batches are those of the single matrices, shared or not`() {
    for (left, right): (Shape, Shape) in [
      ([7, 3, 4], [7, 4, 5]), ([7, 3, 4], [4, 5]), ([3, 4], [7, 4, 5]), ([2, 1, 3, 4], [5, 4, 2]), ([0, 3, 4], [4, 5]),
    ] {
      let a: Tensor<Double> = RandomStream(seed: 1).normal(left)
      let b: Tensor<Double> = RandomStream(seed: 2).normal(right)
      let results = onEachThreadCount { matmul(a, b) }
      for y in results { #expect(y == results[0]) }
      let (p, q, y) = (NaiveTensor(a), NaiveTensor(b), results[0])
      let naive = NaiveTensor(Array(y.shape)) { i in
        let (row, column, batch) = (i[i.count - 2], i[i.count - 1], Array(i.dropLast(2)))
        func at(_ x: NaiveTensor, _ r: Int, _ c: Int) -> Double { x.stretched(Array((batch + [r, c]).suffix(x.shape.count))) }
        return (0..<4).map { at(p, row, $0) * at(q, $0, column) }.reduce(0, +)
      }
      expectClose(y, naive.tensor(), Tolerance(relative: 1e-13, absolute: 1e-13), "\(left) x \(right)")
    }
  }

  @Test func `with axes that do not match stop the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tensorDot(Tensor<Double>(zeros: [2, 3]), Tensor<Double>(zeros: [4, 5]), axes: 1)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("tensorDot: axes [1] of shape [2, 3]"), "\(text)")
  }
}
