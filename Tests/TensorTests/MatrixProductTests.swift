import Kappa
import TestSupport
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
  private static let sizes: [(m: Int, k: Int, n: Int)] = [
    (1, 1, 1), (2, 3, 4), (1, 5, 7), (6, 1, 3), (4, 3, 1), (1, 6, 1), (17, 9, 23), (40, 70, 33), (3, 0, 2), (0, 3, 2), (2, 3, 0),
  ]

  private func naive(_ a: NaiveTensor, _ b: NaiveTensor) -> NaiveTensor {
    NaiveTensor([a.shape[0], b.shape[1]]) { ij in (0..<a.shape[1]).map { a[[ij[0], $0]] * b[[$0, ij[1]]] }.reduce(0, +) }
  }

  private func check<S: TensorScalar>(_ left: Arrangement, _ right: Arrangement, of type: S.Type) {
    // Elements are eighths below 7: sums of 70 products are exact in Float too.
    for (m, k, n) in Self.sizes {
      let a: Tensor<S> = left.tensor([m, k])
      let b: Tensor<S> = right.tensor([k, n])
      let expected: Tensor<S> = naive(NaiveTensor(a), NaiveTensor(b)).tensor()
      let label = "\(left) [\(m), \(k)] x \(right) [\(k), \(n)]"
      expectClose(matmul(a, b), expected, .exact, label)
      expectClose(matmul(a.transposed(), b, transposeA: true), expected, .exact, "\(label), left transposed")
      expectClose(matmul(a, b.transposed(), transposeB: true), expected, .exact, "\(label), right transposed")
      expectClose(
        matmul(a.transposed().contiguous(), b.transposed().contiguous(), transposeA: true, transposeB: true), expected, .exact,
        "\(label), both transposed")
    }
  }

  @Test("agree with plain loops, however the operands lie", arguments: Arrangement.allCases, Arrangement.allCases)
  func agree(_ left: Arrangement, _ right: Arrangement) {
    check(left, right, of: Double.self)
    check(left, right, of: Float.self)
  }

  @Test("of batches are those of their matrices", arguments: Arrangement.allCases)
  func batches(_ arrangement: Arrangement) {
    let shapes: [([Int], [Int])] = [
      ([2, 3, 4], [2, 4, 5]), ([3, 1, 2, 4], [2, 4, 3]), ([2, 3, 4], [4, 5]), ([3, 4], [2, 4, 2]),
    ]
    for (p, q) in shapes {
      let a: Tensor<Double> = arrangement.tensor(p)
      let b: Tensor<Double> = arrangement.tensor(q)
      let (x, y) = (NaiveTensor(a), NaiveTensor(b))
      let batch = Array(Shape(p.dropLast(2)).broadcast(with: Shape(q.dropLast(2)))!)
      let expected = NaiveTensor(batch + [p[p.count - 2], q[q.count - 1]]) { index in
        let (lead, i, j) = (Array(index.dropLast(2)), index[index.count - 2], index[index.count - 1])
        return (0..<p[p.count - 1]).map { x.stretched(lead + [i, $0]) * y.stretched(lead + [$0, j]) }.reduce(0, +)
      }
      expectClose(matmul(a, b), expected.tensor(), .exact, "\(arrangement) \(p) x \(q)")
    }
  }

  @Test("with vectors treat them as a row on the left and a column on the right", arguments: Arrangement.allCases)
  func vectors(_ arrangement: Arrangement) {
    let a: Tensor<Double> = arrangement.tensor([5, 4])
    let (x, y): (Tensor<Double>, Tensor<Double>) = (arrangement.tensor([5]), arrangement.tensor([4]))
    expectClose(matmul(x, a), (x.reshaped(to: [5, 1]) * a).sum(axes: [0]), .exact, "x A")
    expectClose(matmul(a, y), (a * y).sum(axes: [1]), .exact, "A y")
    #expect(matmul(y, y).shape == [] && matmul(y, y).scalar == y.dot(y))
    #expect(matmul(Tensor<Double>(zeros: [0]), Tensor<Double>(zeros: [0])).scalar == 0)
  }
}
