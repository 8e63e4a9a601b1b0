extension Tensor where Scalar: TensorScalar {
  /// The lower triangular L with positive diagonal and `A = L·Lᵀ`, of symmetric positive definite matrices `[..., n, n]`.
  ///
  /// Only the lower triangle of A is read; the result has zeros above its diagonal.
  /// - Throws: `notPositiveDefinite` with the pivot where the factorization ends; `notFinite`.
  /// - Complexity: n³/3 operations for each matrix. Batches, and the pieces of a large matrix, are shared among the threads.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func cholesky() throws(LinearAlgebraError) -> Tensor { try cholesky(for: "cholesky") }

  /// As above, in the name of another operation.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func cholesky(for operation: String) throws(LinearAlgebraError) -> Tensor {
    let batch = MatrixBatch(operation, shape, square: true)
    let n = batch.rows
    let result = Tensor(uninitialized: shape)
    let out = result.mutableBase
    try batch.forEach(cost: n * n * n / 3) { index throws(LinearAlgebraError.Reason) in
      let l = out + index * n * n
      matrix(index).copy(into: l)
      guard Kernels.isFinite(lowerTriangleOf: l, order: n) else { throw .notFinite }
      if n == 0 { return }
      if let pivot = Kernels.cholesky(l, order: n) { throw .notPositiveDefinite(pivot: pivot) }
      for i in 0..<n { (l + i * n + i + 1).update(repeating: 0, count: n - i - 1) }
    }
    return result
  }

  /// Solves `A·x = b` given the Cholesky factor `self` of A: `L·Lᵀ·x = b`.
  /// - Parameter b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes broadcast.
  /// - Returns: x in the form of b.
  /// - Throws: `singular` for a zero on the diagonal of L; `notFinite`.
  /// - Complexity: 2 n² k operations for each matrix.
  public func solveCholesky(_ b: Tensor) throws(LinearAlgebraError) -> Tensor {
    // The half-way result of a batch with one vector is no vector any more, so a vector is made a column first.
    let columns = b.rank == 1 ? b.expanded(axis: 1) : b
    let y = try solveTriangular(columns, .lower, transposed: false, unitDiagonal: false, for: "solveCholesky")
    let x = try solveTriangular(y, .lower, transposed: true, unitDiagonal: false, for: "solveCholesky")
    return b.rank == 1 ? x.squeezed(axis: -1) : x
  }

  /// log det A of symmetric positive definite matrices `[..., n, n]`, as `[...]`, by their Cholesky factors: it does not overflow
  /// where the determinant would. Only the lower triangle is read; 0 for empty matrices.
  /// - Throws: `notPositiveDefinite`; `notFinite`.
  public func logDeterminant() throws(LinearAlgebraError) -> Tensor {
    let factor = try cholesky(for: "logDeterminant")
    return 2 * factor.matrixDiagonal.log().sum(axes: [-1])
  }

  /// The diagonals of matrices `[..., m, n]` as `[..., min(m, n)]`. A view.
  var matrixDiagonal: Tensor {
    let batch = MatrixBatch("diagonal", shape)
    var result = self
    result.shape.remove(at: rank - 1)
    result.shape[rank - 2] = batch.smaller
    result.strides[rank - 2] = strides[rank - 2] + strides[rank - 1]
    return result
  }
}
