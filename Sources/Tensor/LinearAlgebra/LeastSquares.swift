/// What `leastSquares` found for matrices A `[..., m, n]` and right-hand sides b.
public struct LeastSquaresSolution<Scalar: TensorScalar>: Sendable {
  /// The x of least ‖A·x - b‖₂, and among those of least ‖x‖₂: `[..., n, k]`, or without the last axis if b was a vector.
  public let solution: Tensor<Scalar>
  /// ‖A·x - b‖₂² for each right-hand side: `[..., k]`, or `[...]` if b was a vector.
  public let squaredResiduals: Tensor<Scalar>
  /// The effective rank of each matrix: `[...]`.
  public let rank: Tensor<Int32>
  /// The singular values of each matrix, descending: `[..., min(m, n)]`.
  public let singularValues: Tensor<Scalar>
}

extension Tensor where Scalar: TensorScalar {
  /// Minimises ‖A·x - b‖₂ for matrices A `[..., m, n]` of any shape and rank; of several solutions, the smallest.
  /// - Parameters:
  ///   - b: `[m]`, or `[..., m, k]` for k problems at once. Leading axes of A and b broadcast.
  ///   - relativeTolerance: singular values of A up to this times the largest count as zero; by default max(m, n) ulp of one.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: of the order of m n min(m, n) operations for each matrix, by singular values (divide and conquer).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func leastSquares(
    _ b: Tensor, relativeTolerance: Scalar? = nil
  ) throws(LinearAlgebraError) -> LeastSquaresSolution<Scalar> {
    let own = MatrixBatch("leastSquares", shape)
    let (m, n, least) = (own.rows, own.columns, own.smaller)
    let right = RightHandSides("leastSquares", b, for: own, length: m)
    let (batch, k, longer) = (right.batch, right.count, Swift.max(m, n))
    let tolerance = relativeTolerance ?? defaultTolerance
    let stretched = broadcast(to: batch.shape(m, n))
    // Columns of max(m, n) elements: b on entry, x in the first n afterwards. LAPACK wants one at least.
    let width = Swift.max(k, 1)
    let columns = Tensor(zeros: batch.shape(width, longer))
    let values = Tensor(uninitialized: batch.shape(least))
    let ranks = Tensor<Int32>(zeros: batch.leading)
    let (outColumns, outValues, outRanks) = (columns.mutableBase, values.mutableBase, ranks.mutableBase)
    try batch.forEach(cost: 4 * m * n * least + 4 * m * n * k) { index throws(LinearAlgebraError.Reason) in
      let a = stretched.matrix(index).transposed().copied()
      let side = right.columns.matrix(index).transposed().contiguous()
      defer { keepAlive(a, side) }
      guard Kernels.isFinite(a.base, m * n), Kernels.isFinite(side.base, m * k) else { throw .notFinite }
      if least == 0 { return }
      let target = outColumns + index * width * longer
      for j in 0..<k { (target + j * longer).update(from: side.base + j * m, count: m) }
      let rank = LAPACK.leastSquares(
        a.mutableBase, rows: m, columns: n, target, count: width, singularValues: outValues + index * least, tolerance: tolerance)
      guard let rank else { throw .notConverged }
      outRanks[index] = Int32(rank)
    }
    keepAlive(ranks.storage)
    keepAlive(values.storage)
    let x = columns.sliced(axis: -2, 0..<k).sliced(axis: -1, 0..<n).transposed()
    let residuals = (matmul(stretched, x) - right.columns).squared().sum(axes: [-2])
    return LeastSquaresSolution(
      solution: right.solutions(x), squaredResiduals: right.solutions(residuals), rank: ranks, singularValues: values)
  }
}
