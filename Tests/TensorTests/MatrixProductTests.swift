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

  private static let large: [(m: Int, n: Int, k: Int)] = [
    (32, 32, 32), (33, 40, 50), (2, 300, 80), (300, 2, 80), (64, 512, 20), (512, 24, 64), (256, 10, 130), (300, 400, 1100),
  ]

  @Test("of either library are the same sums, with rows apart, transposes and factors", arguments: large, [false, true])
  func libraries(_ size: (m: Int, n: Int, k: Int), _ transposeA: Bool) {
    let (m, n, k) = size
    let ways: [(Bool, Int, Float, Float)] = [(false, 0, 1, 0), (true, 3, -1, 1), (false, 5, 2, 0), (true, 0, 0.5, -0.5)]
    for (transposeB, gap, alpha, beta) in ways {
      let (lda, ldb, ldc) = ((transposeA ? m : k) + gap, (transposeB ? k : n) + gap, n + gap)
      // Eighths below 7: sums of products are exact, in whatever order.
      let a: Tensor<Float> = Arrangement.contiguous.tensor([transposeA ? k : m, lda])
      let b: Tensor<Float> = Arrangement.contiguous.tensor([transposeB ? n : k, ldb])
      let start = Tensor<Float>(repeating: beta == 0 ? .nan : 4, shape: [m, ldc])
      let own = matmul(
        a.sliced(axis: 1, 0..<(transposeA ? m : k)), b.sliced(axis: 1, 0..<(transposeB ? k : n)), transposeA: transposeA,
        transposeB: transposeB)
      let results = [ProductLibrary.openBLAS, .automatic].map { library in
        var c = start
        c.withUnsafeMutableElements { c in
          a.withUnsafeElements { a in
            b.withUnsafeElements { b in
              Kernels.threadProduct(
                m, n, k, alpha: alpha, a.baseAddress!, lda, transposeA: transposeA, b.baseAddress!, ldb, transposeB: transposeB,
                beta: beta, c.baseAddress!, ldc, by: library)
            }
          }
        }
        return c
      }
      let label = "\(size), \(transposeA) \(transposeB), gap \(gap)"
      for c in results {
        let expected = beta == 0 ? alpha * own : alpha * own + 4 * beta
        expectClose(c.sliced(axis: 1, 0..<n), expected, .exact, label)
        expectClose(c.sliced(axis: 1, n..<ldc), start.sliced(axis: 1, n..<ldc), .exact, "\(label): between the rows")
      }
    }
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
