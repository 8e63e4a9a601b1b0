import Foundation
import Kappa
import TestSupport
import Testing

private let wrong = Tensor<Double>([[1, 2], [3, .nan]])

@Suite("Quantities of matrices")
struct LinearAlgebraValueTests {
  private let a = Tensor<Double>([[1, -2, 3], [4, 5, -6]])

  @Test func `norms are those of their definitions`() throws {
    expectClose(try a.matrixNorm(.one), Tensor(scalar: 9), "one")
    expectClose(try a.matrixNorm(.infinity), Tensor(scalar: 15), "infinity")
    expectClose(try a.matrixNorm(), Tensor(scalar: 91.0.squareRoot()), "Frobenius")
    // A Aᵀ = [[14, -24], [-24, 77]], with eigenvalues (91 ± √(63² + 48²)) / 2.
    let root = (63.0 * 63 + 48 * 48).squareRoot()
    let (s1, s2) = (((91 + root) / 2).squareRoot(), ((91 - root) / 2).squareRoot())
    expectClose(try a.matrixNorm(.two), Tensor(scalar: s1), "two")
    expectClose(try a.matrixNorm(.nuclear), Tensor(scalar: s1 + s2), "nuclear")
    expectClose(try a.conditionNumber(), Tensor(scalar: s1 / s2), "condition")
    let batch = Tensor<Double>([1, 2, -3, 4, 0, 0], shape: [3, 1, 2])
    expectClose(try batch.matrixNorm(.infinity), Tensor([3, 7, 0]), "batch")
    #expect(try Tensor<Float>(zeros: [4, 0, 3]).matrixNorm(.two) == Tensor(zeros: [4]))
  }

  @Test("Frobenius norms neither overflow nor vanish", arguments: [1e-200, 1e-5, 1, 1e200])
  func frobenius(_ scale: Double) throws {
    expectClose(try (scale * a).matrixNorm().scalar / scale, 91.0.squareRoot(), .golden(Double.self), "scaled by \(scale)")
  }

  @Test func `norms pass infinities and NaN on`() throws {
    #expect(try wrong.matrixNorm(.one).scalar.isNaN && wrong.matrixNorm().scalar.isNaN)
    #expect(try Tensor<Double>([[1, -.infinity]]).matrixNorm().scalar == .infinity)
    #expect(throws: LinearAlgebraError(operation: "matrixNorm", matrix: [], reason: .notFinite)) { try wrong.matrixNorm(.two) }
  }

  @Test func `condition numbers of singular matrices are infinite, those of their neighbours are not`() throws {
    let batch = Tensor<Double>([1, 2, 2, 4, 2, 0, 0, 1, 0, 0, 0, 0], shape: [3, 2, 2])
    for norm in [MatrixNorm.frobenius, .one, .two, .infinity, .nuclear] {
      let found = try batch.conditionNumber(norm).elements
      #expect(found[0] > 1e15 && found[2] == .infinity)
      expectClose(found[1], [.frobenius: 2.5, .nuclear: 4.5][norm] ?? 2, .golden(Double.self), "\(norm)")
    }
    #expect(throws: LinearAlgebraError.self) { try wrong.conditionNumber(.one) }
  }

  @Test func `determinants are products of pivots, with signs, without overflow on the way`() throws {
    let odd = Tensor<Double>([[0, 2], [3, 0]])
    expectClose(try odd.determinant().scalar, -6, .golden(Double.self), "exchange")
    let (sign, log) = try Tensor<Double>([0, 2, 3, 0, 1, 2, 2, 4, 2, 0, 0, 3], shape: [3, 2, 2]).signAndLogDeterminant()
    #expect(sign.elements == [-1, 0, 1])
    expectClose(log, Tensor([Foundation.log(6), -.infinity, Foundation.log(6)]), "logarithms")
    // 10²⁰⁰ · 10²⁰⁰ · 10⁻²⁰⁰ · 10⁻²⁰⁰ · 7
    let scales = [1e200, 1e200, 1e-200, 1e-200, 7]
    let diagonal = Tensor<Double>(identity: 5) * Tensor(scales)
    expectClose(try diagonal.determinant().scalar, 7, .golden(Double.self), "scales")
    #expect(try Tensor<Double>(identity: 2).determinant().scalar == 1)
    #expect(try (1e-200 * Tensor<Double>(identity: 2)).determinant().scalar == 0)
    #expect(try (1e200 * Tensor<Double>(identity: 2)).determinant().scalar == .infinity)
    #expect(try Tensor<Float>(zeros: [3, 0, 0]).determinant() == Tensor([1, 1, 1]))
    #expect(try Tensor<Float>(zeros: [2, 0, 0]).logDeterminant() == Tensor([0, 0]))
  }

  @Test func `determinants of which a pivot overflows are infinite`() throws {
    #expect(try Tensor<Double>([[1e308, 1e308], [-1e308, 1e308]]).determinant().scalar == .infinity)
    #expect(try Tensor<Float>([[3e38, -3e38], [3e38, 3e38]]).determinant().scalar == .infinity)
    #expect(try Tensor<Double>([[1e308, 1e308], [1e308, -1e308]]).determinant().scalar == -.infinity)
    // Signs and exchanges behind the pivot that overflows count too.
    let after = Tensor<Double>([[1e308, 1e308, 0, 0], [-1e308, 1e308, 0, 0], [0, 0, 0, 3], [0, 0, 2, 0]])
    #expect(try after.determinant().scalar == -.infinity)
  }

  @Test("least squares without right-hand sides give the rank and the singular values", arguments: [[2, 3], [3, 2], [2, 3, 3]])
  func noRightHandSides(_ lengths: [Int]) throws {
    let a: Tensor<Double> = .normal(Shape(lengths), seed: 60)
    let found = try a.leastSquares(Tensor(zeros: [lengths[lengths.count - 2], 0]))
    #expect(found.solution.shape == Shape(lengths.dropLast(2) + [lengths[lengths.count - 1], 0]))
    #expect(found.squaredResiduals.shape == Shape(lengths.dropLast(2) + [0]))
    #expect(found.rank == (try a.matrixRank()))
    expectClose(found.singularValues, try a.singularValues(), .golden(Double.self), "\(lengths)")
  }

  @Test func `determinants are multiplicative`() throws {
    let (x, y) = (Tensor<Double>.normal([20, 6, 6], seed: 51), Tensor<Double>.normal([20, 6, 6], seed: 52))
    expectClose(try matmul(x, y).determinant(), try x.determinant() * y.determinant(), "det AB")
    let spd = matmul(x, x, transposeB: true)
    expectClose(try spd.logDeterminant(), 2 * (try x.signAndLogDeterminant().logMagnitude), "log det A Aᵀ")
  }

  @Test func `ranks count what is above the tolerance`() throws {
    let left: Tensor<Double> = .normal([3, 8, 3], seed: 53)
    #expect(try matmul(left, Tensor<Double>.normal([3, 5], seed: 54)).matrixRank() == Tensor<Int32>([3, 3, 3]))
    let diagonal = Tensor<Float>(identity: 4) * Tensor([1, 0.1, 0.01, 0])
    #expect(try diagonal.matrixRank().scalar == 3 && diagonal.matrixRank(relativeTolerance: 0.05).scalar == 2)
    #expect(try Tensor<Float>(zeros: [3, 3]).matrixRank().scalar == 0 && Tensor<Float>(zeros: [0, 3]).matrixRank().scalar == 0)
  }

  @Test func `traces sum diagonals, of views too`() {
    #expect(a.trace().scalar == 6 && a.transposed().trace().scalar == 6)
    let batch: Tensor<Double> = .normal([2, 3, 4, 4], seed: 55)
    expectClose(batch.trace(), (batch * Tensor(identity: 4)).sum(axes: [-2, -1]), "batch")
    #expect(Tensor<Double>(zeros: [0, 3]).trace().scalar == 0)
  }

  @Test func `Kronecker products stand in blocks`() {
    let b = Tensor<Double>([[0, 1], [2, 3]])
    #expect(
      kronecker(a, b) == Tensor([[0, 1, 0, -2, 0, 3], [2, 3, -4, -6, 6, 9], [0, 4, 0, 5, 0, -6], [8, 12, 10, 15, -12, -18]]))
    // (A ⊗ B)(C ⊗ D) = AC ⊗ BD, with leading axes that broadcast.
    let (p, q) = (Tensor<Double>.normal([3, 1, 2, 4], seed: 56), Tensor<Double>.normal([2, 3, 2], seed: 57))
    let (r, s) = (Tensor<Double>.normal([4, 3], seed: 58), Tensor<Double>.normal([2, 2, 5], seed: 59))
    expectClose(matmul(kronecker(p, q), kronecker(r, s)), kronecker(matmul(p, r), matmul(q, s)), "mixed product")
  }

  private func positiveDefinite<S: TensorScalar>(_ type: S.Type) throws -> Tensor<S> {
    let q: Tensor<S> = RandomStream(seed: 61).orthogonal([4, 7, 7])
    return matmul(q * (0.5 + RandomStream(seed: 62).uniform([7])), q, transposeB: true)
  }

  @Test func `functions of symmetric matrices obey the laws of the functions`() throws {
    func check<S: TensorScalar>(_ type: S.Type) throws {
      let a = try positiveDefinite(S.self)
      let tolerance = Tolerance(relative: 0, absolute: 100 * Double(S.ulpOfOne))
      let root = try a.matrixSquareRoot()
      expectClose(matmul(root, root), a, tolerance, "square root")
      #expect(root == root.transposed())
      let inverse = try a.inverseMatrixSquareRoot()
      expectClose(matmul(matmul(inverse, a), inverse), Tensor(identity: 7).broadcast(to: a.shape), tolerance, "inverse root")
      expectClose(try a.matrixPower(3), matmul(matmul(a, a), a), tolerance, "cube")
      expectClose(try a.matrixPower(-1), try a.inverse(), tolerance, "power -1")
      expectClose(
        try a.matrixLogarithm().symmetricFunction { S(Foundation.exp(Double($0))) }, a, tolerance, "exponential of the logarithm")
      expectClose(try a.matrixLogarithm().trace(), try a.logDeterminant(), tolerance, "trace of the logarithm")
    }
    try check(Float.self)
    try check(Double.self)
    // Rank one: the zero eigenvalue comes out as some ulp of either sign.
    let semidefinite = Tensor<Double>([[1, 2, 3], [2, 4, 6], [3, 6, 9]])
    let root = try semidefinite.matrixSquareRoot()
    expectClose(matmul(root, root), semidefinite, "semidefinite")
    #expect(try Tensor<Double>(zeros: [2, 0, 0]).matrixSquareRoot().shape == [2, 0, 0])
  }
}

@Suite("What a matrix lacks is said:")
struct LinearAlgebraErrorTests {
  private func expect(
    _ reason: LinearAlgebraError.Reason, _ operation: String, of matrix: [Int] = [],
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    #expect(throws: LinearAlgebraError(operation: operation, matrix: matrix, reason: reason), sourceLocation: sourceLocation) {
      try body()
    }
  }

  /// Identities, with one replaced: number 4 of a [2, 3] batch, indices [1, 1].
  private func batch(with odd: Tensor<Double>) -> Tensor<Double> {
    let n = odd.shape[0]
    let elements = (0..<6).flatMap { $0 == 4 ? odd.elements : Tensor<Double>(identity: n).elements }
    return Tensor(elements, shape: [2, 3, n, n])
  }

  @Test func `the pivot that is not positive, and which matrix`() {
    let indefinite = Tensor<Double>([[4, 2, 0], [2, 1, 0], [0, 0, 1]])
    expect(.notPositiveDefinite(pivot: 1), "cholesky") { _ = try indefinite.cholesky() }
    expect(.notPositiveDefinite(pivot: 1), "cholesky", of: [1, 1]) { _ = try batch(with: indefinite).cholesky() }
    expect(.notPositiveDefinite(pivot: 0), "logDeterminant") { _ = try Tensor<Float>([[-1]]).logDeterminant() }
    let message = "\(LinearAlgebraError(operation: "cholesky", matrix: [1, 1], reason: .notPositiveDefinite(pivot: 1)))"
    #expect(message.contains("cholesky of matrix [1, 1]") && message.contains("order 2") && message.contains("pivot 1"))
  }

  @Test("the pivot that is not positive in a large matrix", arguments: [0, 127, 128, 300, 449])
  func largePivot(_ pivot: Int) {
    var a = Tensor<Double>(identity: 450)
    a[pivot, pivot] = -1
    for threads in 1...3 {
      Parallel.cutting(for: threads) { expect(.notPositiveDefinite(pivot: pivot), "cholesky") { _ = try a.cholesky() } }
    }
  }

  @Test func `the pivot that is zero`() {
    let singular = Tensor<Double>([[1, 2, 0], [2, 4, 0], [0, 0, 1]])
    // Rows 0 and 1 are exchanged with the largest first; the rest of column 1 vanishes.
    expect(.singular(pivot: 2), "solve") { _ = try Tensor<Double>([[1, 0, 0], [0, 1, 0], [0, 0, 0]]).solve(Tensor([1, 1, 1])) }
    expect(.singular(pivot: 1), "inverse") { _ = try singular.inverse() }
    expect(.singular(pivot: 1), "inverse", of: [1, 1]) { _ = try batch(with: singular).inverse() }
    expect(.singular(pivot: 0), "solve") { _ = try Tensor<Float>(zeros: [2, 2]).lu().solve(Tensor([1, 1])) }
    let triangle = Tensor<Double>([[1, 0], [5, 0]])
    expect(.singular(pivot: 1), "solveTriangular") { _ = try triangle.solveTriangular(Tensor([1, 1]), .lower) }
    expect(.singular(pivot: 1), "solveCholesky") { _ = try triangle.solveCholesky(Tensor([1, 1])) }
  }

  @Test func `the eigenvalue that has no such function`() {
    let a = Tensor<Double>(identity: 2) * Tensor([1, -4])
    expect(.notPositive(eigenvalue: -4), "matrixSquareRoot") { _ = try a.matrixSquareRoot() }
    expect(.notPositive(eigenvalue: -4), "matrixLogarithm", of: [1, 1]) { _ = try batch(with: a).matrixLogarithm() }
    expect(.notPositive(eigenvalue: 0), "inverseMatrixSquareRoot") {
      _ = try Tensor<Float>(zeros: [2, 2]).inverseMatrixSquareRoot()
    }
    expect(.notPositive(eigenvalue: 0), "matrixPower") { _ = try Tensor<Float>(zeros: [2, 2]).matrixPower(-2) }
  }

  @Test("elements that are not finite, in no endless loop", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(_ bad: Double) {
    let a = Tensor<Double>([[1, 0], [bad, 1]])
    let b = Tensor<Double>([1, 1])
    expect(.notFinite, "cholesky") { _ = try a.cholesky() }
    expect(.notFinite, "lu") { _ = try a.lu() }
    expect(.notFinite, "qr") { _ = try a.qr() }
    expect(.notFinite, "svd") { _ = try a.svd() }
    expect(.notFinite, "svd", of: [1, 1]) { _ = try batch(with: a).svd() }
    expect(.notFinite, "singularValues") { _ = try a.singularValues() }
    expect(.notFinite, "symmetricEigen") { _ = try a.symmetricEigen() }
    expect(.notFinite, "symmetricEigenvalues") { _ = try a.symmetricEigenvalues() }
    expect(.notFinite, "leastSquares") { _ = try a.leastSquares(b) }
    expect(.notFinite, "pseudoInverse") { _ = try a.pseudoInverse() }
    expect(.notFinite, "matrixRank") { _ = try a.matrixRank() }
    expect(.notFinite, "inverse") { _ = try a.inverse() }
    expect(.notFinite, "determinant") { _ = try a.determinant() }
    expect(.notFinite, "solve") { _ = try a.solve(b) }
    expect(.notFinite, "solveTriangular") { _ = try a.solveTriangular(b, .lower) }
    expect(.notFinite, "solveTriangular") { _ = try a.transposed().solveTriangular(b, .upper) }
    let right = Tensor<Double>([1, bad])
    let identity = Tensor<Double>(identity: 2)
    expect(.notFinite, "solve") { _ = try identity.solve(right) }
    expect(.notFinite, "solve") { _ = try identity.lu().solve(right, transposed: true) }
    expect(.notFinite, "solveTriangular") { _ = try identity.solveTriangular(right, .upper) }
    expect(.notFinite, "leastSquares") { _ = try identity.leastSquares(right) }
  }

  /// Expects the message of a stopped program to contain all of `parts`.
  private func expect(_ result: ExitTest.Result?, says parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    for part in parts {
      #expect(message.contains(part), "\(part) is not in: \(message.prefix(400))", sourceLocation: sourceLocation)
    }
  }

  @Test func `a Cholesky factor of a matrix that is not square stops the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Tensor<Double>(zeros: [2, 3]).cholesky()
    }
    expect(result, says: "cholesky", "[2, 3]", "not square")
  }

  @Test func `the singular values of a vector stop the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Tensor<Double>(zeros: [3]).singularValues()
    }
    expect(result, says: "singularValues", "[3]", "not that of a matrix")
  }

  @Test func `a right-hand side of another length stops the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Tensor<Double>(identity: 3).solve(Tensor([1, 2]))
    }
    expect(result, says: "solve", "[3, 3]", "[2]", "3 and 2")
  }

  @Test func `batches of 2 and 3 systems stop the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Tensor<Double>(zeros: [2, 4, 4]).leastSquares(Tensor(zeros: [3, 4, 1]))
    }
    expect(result, says: "leastSquares", "do not broadcast")
  }

  @Test func `an empty range of integers stops the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RandomStream(seed: 0).integers([3], in: 4..<4, of: Int32.self)
    }
    expect(result, says: "integers", "4..<4")
  }

  @Test func `more different numbers than there are stop the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RandomStream(seed: 0).sample(5, of: 4)
    }
    expect(result, says: "sample", "5", "4")
  }
}
