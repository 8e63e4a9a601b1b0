import Kappa
import TestSupport
import Testing

/// Shapes of matrices, with and without leading axes and elements.
private let matrixShapes: [[Int]] = [
  [1, 1], [4, 4], [7, 3], [3, 7], [40, 40], [60, 25], [2, 5, 3], [3, 2, 4, 4], [0, 3], [3, 0], [0, 0], [0, 4, 4], [2, 0, 0],
]
private let squareShapes = matrixShapes.filter { $0[$0.count - 1] == $0[$0.count - 2] } + [[5, 30, 30]]

/// A random tensor whose matrices are transposed views for odd seeds.
private func random<S: TensorScalar>(_ shape: [Int], seed: UInt64) -> Tensor<S> {
  guard !seed.isMultiple(of: 2) else { return RandomStream(seed: seed).normal(Shape(shape)) }
  var turned = shape
  turned.swapAt(shape.count - 1, shape.count - 2)
  let x: Tensor<S> = RandomStream(seed: seed).normal(Shape(turned))
  return x.transposed()
}

/// Symmetric positive definite with eigenvalues above 1/2, in the lower triangle; NaN above it, where nobody is to look.
private func positiveDefinite<S: TensorScalar>(_ shape: [Int], seed: UInt64) -> (full: Tensor<S>, lower: Tensor<S>) {
  let n = shape.last!
  let b: Tensor<S> = random(shape, seed: seed)
  let full = matmul(b, b, transposeB: true) / S(max(n, 1)) + 0.5 * Tensor(identity: n)
  return (full, poisoned(full, keeping: .lower))
}

/// With NaN outside one triangle.
private func poisoned<S: TensorScalar>(_ a: Tensor<S>, keeping triangle: Triangle, diagonal: Bool = true) -> Tensor<S> {
  let n = a.shape.last!
  var elements = a.elements
  for position in elements.indices {
    let (i, j) = (position / n % n, position % n)
    if triangle == .lower ? i < j : i > j { elements[position] = .nan }
    if i == j && !diagonal { elements[position] = .nan }
  }
  return Tensor(elements, shape: a.shape)
}

/// ‖a - b‖ ≤ `ulps` n ulp max(‖a‖, ‖b‖), shapes equal: what backward stable algorithms promise, up to the constant.
private func expectNear<S: TensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, ulps: Double = 20, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard a.shape == b.shape else {
    Issue.record("\(what): shape \(a.shape), expected \(b.shape)", sourceLocation: sourceLocation)
    return
  }
  let gap = relativeGap(a, b)
  let bound = ulps * Double(a.shape.max() ?? 1) * Double(S.ulpOfOne)
  #expect(gap <= bound, "\(what) (\(S.self)): relative difference", sourceLocation: sourceLocation)
}

private func identities<S: TensorScalar>(_ leading: [Int], _ n: Int) -> Tensor<S> {
  Tensor<S>(identity: n).broadcast(to: Shape(leading + [n, n])).contiguous()
}

@Suite("Factorizations hold what they promise:")
struct FactorizationLawTests {
  @Test("A = L Lᵀ, L lower with positive diagonal, whatever stands above A's diagonal", arguments: squareShapes)
  func cholesky(_ shape: [Int]) throws {
    func check<S: TensorScalar>(_ type: S.Type) throws {
      let (full, lower): (Tensor<S>, Tensor<S>) = positiveDefinite(shape, seed: 3)
      let l = try lower.cholesky()
      expectNear(matmul(l, l, transposeB: true), full, "L Lᵀ")
      #expect(l == triangle(of: l, .lower))
      #expect(
        l.elements.enumerated().allSatisfy { $0.offset / shape.last! % shape.last! != $0.offset % shape.last! || $0.element > 0 })
    }
    try check(Float.self)
    try check(Double.self)
  }

  @Test("A = P L U with multipliers of at most 1", arguments: matrixShapes)
  func lu(_ shape: [Int]) throws {
    func check<S: TensorScalar>(_ type: S.Type, seed: UInt64) throws {
      let a: Tensor<S> = random(shape, seed: seed)
      let f = try a.lu()
      expectNear(matmul(f.permutation, matmul(f.lower, f.upper)), a, "P L U")
      #expect(f.lower.elements.allSatisfy { $0.magnitude <= 1 })
      #expect(f.upper == triangle(of: f.upper, .upper) && f.lower == triangle(of: f.lower, .lower))
      // Row i of L U is row rowOrder[i] of A: the same statement as through P.
      expectNear(matmul(f.permutation, a, transposeA: true), rows(of: a, in: f.rowOrder), ulps: 0, "rowOrder")
    }
    for seed: UInt64 in [4, 5] {
      try check(Float.self, seed: seed)
      try check(Double.self, seed: seed)
    }
  }

  @Test("A = Q R, QᵀQ = I, R upper with no negative diagonal", arguments: matrixShapes)
  func qr(_ shape: [Int]) throws {
    func check<S: TensorScalar>(_ type: S.Type, seed: UInt64) throws {
      let a: Tensor<S> = random(shape, seed: seed)
      let (m, n) = (shape[shape.count - 2], shape[shape.count - 1])
      let f = try a.qr()
      #expect(Array(f.q.shape) == shape.dropLast(2) + [m, min(m, n)] && Array(f.r.shape) == shape.dropLast(2) + [min(m, n), n])
      expectNear(matmul(f.q, f.r), a, "Q R")
      expectNear(matmul(f.q, f.q, transposeA: true), identities(Array(shape.dropLast(2)), min(m, n)), "QᵀQ")
      #expect(f.r == triangle(of: f.r, .upper))
      for (position, value) in f.r.elements.enumerated() where position / n % min(m, n) == position % n { #expect(value >= 0) }
    }
    for seed: UInt64 in [6, 7] {
      try check(Float.self, seed: seed)
      try check(Double.self, seed: seed)
    }
  }

  @Test("A = U Σ Vᵀ, orthonormal, descending, largest element of each column of U positive", arguments: matrixShapes)
  func svd(_ shape: [Int]) throws {
    func check<S: TensorScalar>(_ type: S.Type, seed: UInt64) throws {
      let a: Tensor<S> = random(shape, seed: seed)
      let (leading, k) = (Array(shape.dropLast(2)), min(shape[shape.count - 1], shape[shape.count - 2]))
      let d = try a.svd()
      expectNear(matmul(d.u * d.singularValues.expanded(axis: -2), d.vTransposed), a, "U Σ Vᵀ")
      expectNear(matmul(d.u, d.u, transposeA: true), identities(leading, k), "UᵀU")
      expectNear(matmul(d.vTransposed, d.vTransposed, transposeB: true), identities(leading, k), "VᵀV")
      expectNear(try a.singularValues(), d.singularValues, "values alone")
      #expect(isSorted(d.singularValues, by: >=) && d.singularValues.elements.allSatisfy { $0 >= 0 })
      #expect(largestElementsArePositive(d.u))
    }
    for seed: UInt64 in [8, 9] {
      try check(Float.self, seed: seed)
      try check(Double.self, seed: seed)
    }
  }

  @Test(
    "A = V Λ Vᵀ, orthonormal, ascending, largest elements positive, whatever stands above A's diagonal", arguments: squareShapes)
  func symmetricEigen(_ shape: [Int]) throws {
    func check<S: TensorScalar>(_ type: S.Type, seed: UInt64) throws {
      let b: Tensor<S> = random(shape, seed: seed)
      let full = b + b.transposed()
      let lower = poisoned(full, keeping: .lower)
      let d = try lower.symmetricEigen()
      expectNear(matmul(d.vectors * d.values.expanded(axis: -2), d.vectors, transposeB: true), full, "V Λ Vᵀ")
      expectNear(matmul(d.vectors, d.vectors, transposeA: true), identities(Array(shape.dropLast(2)), shape.last!), "VᵀV")
      expectNear(try lower.symmetricEigenvalues(), d.values, "values alone")
      #expect(isSorted(d.values, by: <=) && largestElementsArePositive(d.vectors))
    }
    for seed: UInt64 in [10, 11] {
      try check(Float.self, seed: seed)
      try check(Double.self, seed: seed)
    }
  }

  @Test("of a batch are those of its matrices")
  func batches() throws {
    let a: Tensor<Double> = random([40, 6, 6], seed: 12)
    let (_, spd): (Tensor<Double>, Tensor<Double>) = positiveDefinite([40, 6, 6], seed: 13)
    let (l, lu, qr, svd, eigen) = (try spd.cholesky(), try a.lu(), try a.qr(), try a.svd(), try spd.symmetricEigen())
    for i in 0..<40 {
      let one = a[row: i]
      #expect(try spd[row: i].cholesky() == l[row: i])
      #expect(try one.lu().factors == lu.factors[row: i])
      #expect(try one.lu().pivots == lu.pivots[row: i])
      #expect(try one.qr().q == qr.q[row: i])
      #expect(try one.qr().r == qr.r[row: i])
      #expect(try one.svd().u == svd.u[row: i])
      #expect(try one.svd().vTransposed == svd.vTransposed[row: i])
      #expect(try spd[row: i].symmetricEigen().vectors == eigen.vectors[row: i])
    }
  }

  @Test("large ones are the same on any number of threads, to rounding, and their pieces fit", arguments: [383, 450])
  func large(_ n: Int) throws {
    func check<S: TensorScalar>(_ type: S.Type) throws {
      let (full, lower): (Tensor<S>, Tensor<S>) = positiveDefinite([n, n], seed: 14)
      let tall: Tensor<S> = random([n + 70, n], seed: 15)
      let wide: Tensor<S> = random([n, n + 70], seed: 16)
      let results = onEachThreadCount {
        Result { [try lower.cholesky(), try tall.lu().factors, try wide.lu().factors, try full.inverse()] }
      }
      for result in results {
        let r = try result.get()
        expectNear(matmul(r[0], r[0], transposeB: true), full, "L Lᵀ")
        expectNear(matmul(full, r[3]), Tensor(identity: n), ulps: 100, "A A⁻¹")
      }
      for count in 1...3 {
        for a in [tall, wide] {
          let f = try Parallel.cutting(for: count) { try a.lu() }
          expectNear(matmul(f.permutation, matmul(f.lower, f.upper)), a, "P L U on \(count) threads")
        }
      }
    }
    try check(Float.self)
    try check(Double.self)
  }

  // MARK: - Helpers

  private func triangle<S: TensorScalar>(of a: Tensor<S>, _ triangle: Triangle) -> Tensor<S> {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let kept = a.elements.enumerated().map { position, value -> S in
      let (i, j) = (position / n % m, position % n)
      return (triangle == .lower ? i >= j : i <= j) ? value : 0
    }
    return Tensor(kept, shape: a.shape)
  }

  private func rows<S: TensorScalar>(of a: Tensor<S>, in order: Tensor<Int32>) -> Tensor<S> {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let (all, rows) = (a.elements, order.elements)
    let moved = rows.indices.flatMap { position -> [S] in
      let start = (position / max(m, 1) * m + Int(rows[position])) * n
      return Array(all[start..<start + n])
    }
    return Tensor(moved, shape: a.shape)
  }

  private func isSorted<S: TensorScalar>(_ values: Tensor<S>, by inOrder: (S, S) -> Bool) -> Bool {
    let (k, all) = (values.shape.last!, values.elements)
    return all.indices.allSatisfy { $0 % k == 0 || inOrder(all[$0 - 1], all[$0]) }
  }

  private func largestElementsArePositive<S: TensorScalar>(_ columns: Tensor<S>) -> Bool {
    let (m, k) = (columns.shape[columns.rank - 2], columns.shape[columns.rank - 1])
    let all = columns.elements
    return (0..<(m == 0 ? 0 : all.count / m)).allSatisfy { column in
      let elements = (0..<m).map { all[(column / k * m + $0) * k + column % k] }
      let largest = elements.map(\.magnitude).max()!
      return elements.first { $0.magnitude == largest }! > 0
    }
  }
}

@Suite("Solutions solve:")
struct SolutionLawTests {
  /// Shapes of A and b.
  private static let systems: [([Int], [Int])] = [
    ([1, 1], [1]), ([5, 5], [5]), ([5, 5], [5, 1]), ([6, 6], [6, 4]), ([40, 40], [40, 7]), ([3, 4, 4], [4]), ([3, 4, 4], [4, 2]),
    ([4, 4], [3, 4, 2]), ([2, 1, 4, 4], [3, 4, 2]), ([0, 0], [0]), ([0, 0], [0, 3]), ([4, 4], [4, 0]), ([0, 3, 3], [3]),
    ([90, 90], [90, 300]),
  ]

  private func column<S: TensorScalar>(_ b: Tensor<S>) -> Tensor<S> { b.rank == 1 ? b.expanded(axis: 1) : b }

  /// Expects op(A) x = b, x in the form of b with the leading axes of both.
  private func expectSolves<S: TensorScalar>(_ a: Tensor<S>, _ x: Tensor<S>, _ b: Tensor<S>, _ what: String) {
    let wide = b.rank == 1 ? x.expanded(axis: -1) : x
    let product = matmul(a, wide)
    // Well-conditioned systems: the residual is that of a backward stable solution, times a condition number of some dozens.
    expectNear(product, column(b).broadcast(to: product.shape).contiguous(), ulps: 300, "\(what) \(a.shape) \(b.shape)")
    let leading = Shape(a.shape.dropLast(2)).broadcast(with: Shape(column(b).shape.dropLast(2)))!
    #expect(Array(x.shape) == Array(leading) + (b.rank == 1 ? [b.shape[0]] : Array(b.shape.suffix(2))))
  }

  @Test("A x = b by LU, by Cholesky, transposed, and through the inverse", arguments: systems)
  func general(_ shapes: ([Int], [Int])) throws {
    func check<S: TensorScalar>(_ type: S.Type) throws {
      let n = shapes.0.last!
      let a = random(shapes.0, seed: 21) + S(3) * S(n).squareRoot() * Tensor<S>(identity: n)
      let b: Tensor<S> = RandomStream(seed: 22).normal(Shape(shapes.1))
      expectSolves(a, try a.solve(b), b, "solve")
      expectSolves(a.transposed(), try a.lu().solve(b, transposed: true), b, "transposed solve")
      expectNear(matmul(a, try a.inverse()), identities(Array(shapes.0.dropLast(2)), n), ulps: 300, "inverse")
      let (full, lower): (Tensor<S>, Tensor<S>) = positiveDefinite(shapes.0, seed: 23)
      expectSolves(full, try lower.cholesky().solveCholesky(b), b, "solveCholesky")
    }
    try check(Float.self)
    try check(Double.self)
  }

  @Test("op(T) x = b for each triangle, transposed or not, diagonal of ones or not, T in any layout", arguments: systems)
  func triangular(_ shapes: ([Int], [Int])) throws {
    func check<S: TensorScalar>(_ type: S.Type, seed: UInt64) throws {
      let n = shapes.0.last!
      let b: Tensor<S> = RandomStream(seed: 24).normal(Shape(shapes.1))
      for triangle in [Triangle.lower, .upper] {
        for unit in [false, true] {
          // Small off the diagonal, or the inverse of the unit form grows exponentially.
          let base = random(shapes.0, seed: seed) / S(max(n, 1)) + 2 * Tensor<S>(identity: n)
          let stored = poisoned(base, keeping: triangle, diagonal: !unit)
          let meant = Tensor(
            stored.elements.enumerated().map { position, value -> S in
              let (i, j) = (position / n % n, position % n)
              if unit && i == j { return 1 }
              return (triangle == .lower ? i >= j : i <= j) ? value : 0
            }, shape: stored.shape)
          let layouts = [stored, stored.transposed().contiguous().transposed()]
          for layout in layouts {
            expectSolves(meant, try layout.solveTriangular(b, triangle, unitDiagonal: unit), b, "\(triangle) \(unit)")
            expectSolves(
              meant.transposed(), try layout.solveTriangular(b, triangle, transposed: true, unitDiagonal: unit), b,
              "\(triangle) transposed \(unit)")
          }
        }
      }
    }
    try check(Float.self, seed: 26)
    try check(Double.self, seed: 25)
  }

  @Test("least squares: the residual is orthogonal to A, the solution to A's null space, residual and rank are told")
  func leastSquares() throws {
    func check<S: TensorScalar>(_ type: S.Type, _ m: Int, _ n: Int, rank: Int, _ leading: [Int] = []) throws {
      // Singular values from 1 to 2, the others 0.
      let (left, right): (Tensor<S>, Tensor<S>) = (random(leading + [m, rank], seed: 31), random([n, rank], seed: 32))
      let scales = 1 + RandomStream(seed: 34).uniform([rank], of: S.self)
      let a = matmul(try left.qr().q * scales, try right.qr().q, transposeB: true)
      let b: Tensor<S> = RandomStream(seed: 33).normal(Shape(leading + [m, 2]))
      // Products are exact to some ulp only, so their zero singular values need a little room.
      let found = try a.leastSquares(b, relativeTolerance: S.ulpOfOne * 100)
      #expect(found.rank.elements.allSatisfy { $0 == Int32(rank) }, "\(m) x \(n)")
      let residual = matmul(a, found.solution) - b
      let scale = a.norm() * b.norm()
      #expect(
        matmul(a, residual, transposeA: true).norm() <= 200 * Double(S.ulpOfOne) * max(scale, 1), "\(m) x \(n) of rank \(rank)")
      let projection = matmul(try a.pseudoInverse(relativeTolerance: S.ulpOfOne * 100), matmul(a, found.solution))
      #expect((projection - found.solution).norm() <= 2000 * Double(S.ulpOfOne) * max(found.solution.norm(), 1))
      expectNear(found.squaredResiduals, residual.squared().sum(axes: [-2]), ulps: 100, "squared residuals")
      expectNear(found.singularValues, try a.singularValues(), "singular values")
    }
    for (m, n, rank) in [(9, 4, 4), (4, 9, 4), (6, 6, 6), (8, 5, 3), (5, 8, 2), (60, 40, 40), (3, 2, 0)] {
      try check(Float.self, m, n, rank: rank)
      try check(Double.self, m, n, rank: rank)
    }
    try check(Double.self, 6, 4, rank: 3, [2, 3])
    let vector = try Tensor<Double>([[1, 0], [0, 2], [0, 0]]).leastSquares(Tensor([3, 4, 5]))
    #expect(vector.solution.shape == [2] && vector.squaredResiduals.shape == [] && vector.rank.shape == [])
    expectClose(vector.solution, Tensor([3, 2]), "by hand")
    expectClose(vector.squaredResiduals.scalar, 25, .golden(Double.self), "by hand")
    let empty = try Tensor<Double>(zeros: [3, 0]).leastSquares(Tensor([1, 2, 2]))
    #expect(empty.solution.shape == [0] && empty.squaredResiduals.scalar == 9)
    #expect(try Tensor<Double>(zeros: [0, 3]).leastSquares(Tensor(zeros: [0])).solution == Tensor(zeros: [3]))
  }

  @Test("the pseudo-inverse obeys Penrose's four equations", arguments: matrixShapes)
  func pseudoInverse(_ shape: [Int]) throws {
    func check<S: TensorScalar>(_ type: S.Type, deficient: Bool) throws {
      var a: Tensor<S> = random(shape, seed: 41)
      if deficient && shape.last! > 1 && shape[shape.count - 2] > 1 {
        let left = a.sliced(axis: -1, 0..<1)
        a = matmul(left, a.sliced(axis: -2, 0..<1))
      }
      let p = try a.pseudoInverse(relativeTolerance: deficient ? S.ulpOfOne * 1000 : nil)
      #expect(Array(p.shape) == shape.dropLast(2) + [shape[shape.count - 1], shape[shape.count - 2]])
      let (ap, pa) = (matmul(a, p), matmul(p, a))
      // A square random matrix of order 40 has a condition number of some hundreds.
      expectNear(matmul(ap, a), a, ulps: 2000, "A P A = A")
      expectNear(matmul(pa, p), p, ulps: 2000, "P A P = P")
      expectNear(ap, ap.transposed().contiguous(), ulps: 2000, "A P symmetric")
      expectNear(pa, pa.transposed().contiguous(), ulps: 2000, "P A symmetric")
    }
    for deficient in [false, true] {
      try check(Float.self, deficient: deficient)
      try check(Double.self, deficient: deficient)
    }
  }
}
