extension Tensor where Scalar: TensorScalar {
  /// Solves `A·x = b` for square A `[..., n, n]` by LU factorization with partial pivoting.
  /// - Parameter b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes of A and b broadcast; a matrix is factored once.
  /// - Returns: x in the form of b.
  /// - Throws: `singular` with the first pivot that is zero; `notFinite`.
  /// - Complexity: 2/3 n³ + 2 n² k operations for each matrix.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func solve(_ b: Tensor) throws(LinearAlgebraError) -> Tensor {
    // What does not fit is for the general way to name.
    if rank == 2 && shape[0] == shape[1] && (1...2).contains(b.rank) && b.shape[0] == shape[0] { return try solvedAtOnce(b) }
    return try LUFactorization(self, for: "solve", square: true).solve(b)
  }

  /// The solution for one matrix: factors that nobody uses again need no `LUFactorization`, which for small systems would cost more
  /// than their arithmetic.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func solvedAtOnce(_ b: Tensor) throws(LinearAlgebraError) -> Tensor {
    func failure(_ reason: LinearAlgebraError.Reason) -> LinearAlgebraError {
      LinearAlgebraError(operation: "solve", matrix: [], reason: reason)
    }
    Parallel.prepare()
    let n = shape[0]
    // Column by column, as LAPACK reads it.
    let columns = transposed().copied()
    guard Kernels.isFinite(columns.base, n * n) else { throw failure(.notFinite) }
    let exchanges = Tensor<Int32>(uninitialized: Shape(ofVector: n))
    if n > 0 { Kernels.lu(columns.mutableBase, rows: n, columns: n, exchanges: exchanges.mutableBase) }
    for i in 0..<n where columns.base[i * n + i] == 0 { throw failure(.singular(pivot: i)) }
    let x = b.copied()
    let k = b.rank == 1 ? 1 : b.shape[1]
    guard Kernels.isFinite(x.base, n * k) else { throw failure(.notFinite) }
    let rows = x.mutableBase
    for i in 0..<n {
      let other = Int(exchanges.base[i]) - 1
      if other != i { for j in 0..<k { swap(&rows[i * k + j], &rows[other * k + j]) } }
    }
    let factors = columns.transposed()
    Kernels.solveTriangular(factors, .lower, transposed: false, unitDiagonal: true, rows, columns: k)
    Kernels.solveTriangular(factors, .upper, transposed: false, unitDiagonal: false, rows, columns: k)
    keepAlive(columns, x)
    keepAlive(exchanges.storage)
    return x
  }
}
