import Tensor

extension Variable {
  /// The x of least ‖A·x - b‖₂, and where A has fewer rows than columns the one of least ‖x‖₂ among them; `self` is A,
  /// `[..., m, n]`, of full rank.
  ///
  /// The residuals are `b - matmul(a, x)`. A is factored once (QR): products with the solution's derivatives, of any order, take
  /// substitutions. The tangent is that of Golub & Pereyra, SIAM J. Numer. Anal. 10 (1973), 413-432.
  /// - Parameters:
  ///   - b: `[m]`, or `[..., m, k]` for k problems at once. Leading axes of A and b broadcast.
  ///   - relativeTolerance: singular values of A up to this times the largest count as zero; by default max(m, n) ulp of one.
  /// - Returns: x, `[..., n, k]`, or without the last axis if b was a vector.
  /// - Throws: `rankDeficient` if the rank is below min(m, n), where the solution jumps; `notFinite`; `notConverged`.
  /// - Complexity: about 4 m n min(m, n) operations for each matrix, and 4 m n k; a tangent or cotangent about four times 4 m n k.
  public func leastSquares(_ b: Variable, relativeTolerance: Scalar? = nil) throws(LinearAlgebraError) -> Variable {
    checkRightHandSide(b, "leastSquares")
    return try solving(b) { columns throws(LinearAlgebraError) in
      // What is factored has no more columns than rows; of a wide A the solution is (Aᵀ)⁺ᵀ b.
      let isWide = shape[-2] < shape[-1]
      let tall = isWide ? transposed() : self
      let right = columns.value
      let (primitive, x) = try naming("leastSquares") { () throws(LinearAlgebraError) in
        let factors = try FullRankFactors(tall.value, relativeTolerance: relativeTolerance)
        return (FullRankSolution(factors: factors, isTransposed: isWide), try factors.solution(right, transposed: isWide))
      }
      return tall.recording(primitive, with: columns, value: x)
    }
  }

  /// Stops the program unless `b` has a row for each of the matrices' and leading axes that broadcast with theirs.
  private func checkRightHandSide(_ b: Variable, _ operation: String) {
    require(shape.rank >= 2, "\(operation): shape \(shape) is not that of a matrix")
    func description() -> String { "\(operation): \(shape) and the right-hand side \(b.shape)" }
    require(b.shape.rank >= 1, "\(description()), which is a scalar")
    let (rows, length) = (shape[-2], b.shape.rank == 1 ? b.shape[0] : b.shape[-2])
    require(rows == length, "\(description()): lengths \(rows) and \(length) differ")
    let leading = Shape(shape.dropLast(2)).broadcast(with: Shape(b.shape.dropLast(2)))
    require(leading != nil, "\(description()): leading axes do not broadcast")
  }
}

/// Calls `body`; what it throws bears the name of the operation that the caller asked for.
func naming<R>(_ operation: String, _ body: () throws(LinearAlgebraError) -> R) throws(LinearAlgebraError) -> R {
  do throws(LinearAlgebraError) {
    return try body()
  } catch {
    var error = error
    error.operation = operation
    throw error
  }
}

/// A = Q R of matrices of full column rank, `[..., m, n]` with m ≥ n.
struct FullRankFactors<Scalar: TensorScalar> {
  let q: Tensor<Scalar>
  let r: Tensor<Scalar>

  /// Throws `rankDeficient` for the first matrix that has not full rank; the singular values of R are those of A.
  init(_ a: Tensor<Scalar>, relativeTolerance: Scalar?) throws(LinearAlgebraError) {
    let (m, n) = (a.shape[-2], a.shape[-1])
    let factorization = try a.qr()
    (q, r) = (factorization.q, factorization.r)
    let ranks = try r.matrixRank(relativeTolerance: relativeTolerance ?? Scalar(m) * Scalar.ulpOfOne)
    guard let index = ranks.elements.firstIndex(where: { $0 < n }) else { return }
    var rest = index
    let reversed = ranks.shape.reversed().map { length in
      defer { rest /= length }
      return rest % length
    }
    throw LinearAlgebraError(
      operation: "leastSquares", matrix: reversed.reversed(), reason: .rankDeficient(rank: Int(ranks.elements[index])))
  }

  /// A⁺ b = R⁻¹ Qᵀ b; or A⁺ᵀ b = Q R⁻ᵀ b.
  func solution(_ b: Tensor<Scalar>, transposed: Bool) throws(LinearAlgebraError) -> Tensor<Scalar> {
    if transposed { return matmul(q, try r.solveTriangular(b, .upper, transposed: true)) }
    return try r.solveTriangular(matmul(q, b, transposeA: true), .upper)
  }
}

/// x = A⁺ b, or A⁺ᵀ b, for A of full column rank, its factors at hand. With P = I - A A⁺,
///
///     d(A⁺ b)  = A⁺ (db - dA x + A⁺ᵀ dAᵀ P b)
///     d(A⁺ᵀ b) = A⁺ᵀ (db - dAᵀ x) + P dA A⁺ x
///
/// so the two are closed under derivatives, and adjoint to each other.
struct FullRankSolution<Scalar: TensorScalar>: BinaryPrimitive {
  let factors: FullRankFactors<Scalar>
  let isTransposed: Bool

  var reads: ValuesRead { isTransposed ? [.first, .result] : [.first, .second, .result] }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { apply(b, transposed: isTransposed) }

  private func apply(_ b: Tensor<Scalar>, transposed: Bool) -> Tensor<Scalar> {
    let (m, n) = (factors.q.shape[-2], factors.q.shape[-1])
    let leading = Shape(factors.q.shape.dropLast(2)).broadcast(with: Shape(b.shape.dropLast(2))) ?? []
    return orNaN(Shape(Array(leading) + [transposed ? m : n, b.shape[-1]])) { () throws(LinearAlgebraError) in
      try factors.solution(b, transposed: transposed)
    }
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    guard let da = p.da else {
      if let db = p.db { sum.add(value(p.a, db).stretched(to: p.resultShape)) }
      return
    }
    let x = p.y
    let change = matmul(da, x, transposeA: isTransposed)
    let right = p.db.map { $0 - change } ?? -change
    if isTransposed {
      let moved = matmul(da, apply(x, transposed: false))
      let normal = moved - matmul(factors.q, matmul(factors.q, moved, transposeA: true))
      sum.add((apply(right, transposed: true) + normal).stretched(to: p.resultShape))
    } else {
      let turned = apply(matmul(da, p.b - matmul(p.a, x), transposeA: true), transposed: true)
      sum.add(apply(right + turned, transposed: false).stretched(to: p.resultShape))
    }
  }

  func addCotangents(of dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let (a, x) = (p.a, p.y)
    func applied(to b: Variable<Scalar>, transposed: Bool) -> Variable<Scalar> {
      a.applying(FullRankSolution(factors: factors, isTransposed: transposed), with: b)
    }
    let db = applied(to: dx, transposed: !isTransposed)
    if p.wants(1) { p.add(db.summed(to: p.shape(ofOperand: 1)), to: 1) }
    guard p.wants(0) else { return }
    let da =
      isTransposed
      ? matmul(dx - matmul(a, db), applied(to: x, transposed: false), transposeB: true) - matmul(x, db, transposeB: true)
      : matmul(p.b - matmul(a, x), applied(to: db, transposed: false), transposeB: true) - matmul(db, x, transposeB: true)
    p.add(da.summed(to: p.shape(ofOperand: 0)), to: 0)
  }
}
