import Kappa
import TestSupport
import Testing

@Suite("Small products")
struct SmallProductTests {
  /// Around the tiles' heights and widths in both types and all vector lengths, and none at all.
  private static let heights = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 25]
  private static let widths = [0, 1, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 24, 31, 32, 33, 40, 49, 50, 63, 64, 66, 97]

  /// Small whole numbers, so that sums are exact in whatever order.
  private func element(_ i: Int) -> Int { (i * 7 + i / 5) % 11 - 5 }

  private func check<S: TensorScalar>(_ type: S.Type, k: Int, down: (Int) -> Int, across: (Int) -> Int, gap: Int, adds: Bool) {
    for m in Self.heights {
      for n in Self.widths {
        let (down, across, ldb, ldc) = (down(k), across(m), n + gap, n + gap)
        let a = (0..<m * down + k * across + 1).map { S(element($0)) }
        // Not an element more than the last row has: whoever reads on leaves the array.
        let b = (0..<max(0, (k - 1) * ldb + n)).map { S(element($0 + 3)) }
        let start: S = adds ? 4 : .nan
        var c = [S](repeating: start, count: m * ldc)
        c.withUnsafeMutableBufferPointer { c in
          a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
              guard let c = c.baseAddress, let a = a.baseAddress, let b = b.baseAddress ?? Optional(a) else { return }
              Kernels.directProduct(m, n, k, a, down, across, b, ldb, adds: adds, c, ldc)
            }
          }
        }
        var wrong = 0
        for i in 0..<m {
          for j in 0..<ldc {
            var sum: S = adds ? 4 : 0
            for l in 0..<k where j < n { sum += a[i * down + l * across] * b[l * ldb + j] }
            let found = c[i * ldc + j]
            if j < n ? found != sum : !(found == start || (start.isNaN && found.isNaN)) { wrong += 1 }
          }
        }
        #expect(wrong == 0, "\(S.self) [\(m), \(k)] x [\(k), \(n)], distances \(down) \(across) \(ldb), adds \(adds)")
      }
    }
  }

  @Test("are those of a plain loop at every size, and nothing beside them changes", arguments: [0, 1, 2, 7, 50], [false, true])
  func values(_ k: Int, _ adds: Bool) {
    for gap in [0, 3] {
      // Rows of a in order, a transpose, and every other element of rows apart.
      check(Float.self, k: k, down: { $0 + gap }, across: { _ in 1 }, gap: gap, adds: adds)
      check(Float.self, k: k, down: { _ in 1 }, across: { $0 + gap }, gap: gap, adds: adds)
      check(Double.self, k: k, down: { $0 + gap }, across: { _ in 1 }, gap: gap, adds: adds)
      check(Double.self, k: k, down: { 2 * $0 + gap }, across: { _ in 2 }, gap: gap, adds: adds)
    }
  }

  @Test("give each element the same bits whatever the sizes around it")
  func bits() {
    let (m, n, k) = (23, 61, 19)
    let a: Tensor<Float> = RandomStream(seed: 1).normal([m, k])
    let b: Tensor<Float> = RandomStream(seed: 2).normal([k, n])
    func product(rows: Int, columns: Int) -> Tensor<Float> {
      var c = Tensor<Float>(zeros: [rows, columns])
      c.withUnsafeMutableElements { c in
        a.withUnsafeElements { a in
          b.withUnsafeElements { b in
            Kernels.directProduct(rows, columns, k, a.baseAddress!, k, 1, b.baseAddress!, n, adds: false, c.baseAddress!, columns)
          }
        }
      }
      return c
    }
    let whole = product(rows: m, columns: n)
    for (rows, columns) in [(1, 61), (4, 60), (7, 33), (8, 17), (23, 16)] {
      let part = whole.sliced(axis: 0, 0..<rows).sliced(axis: 1, 0..<columns)
      #expect(product(rows: rows, columns: columns).elements == part.elements, "\(rows) x \(columns)")
    }
  }
}
