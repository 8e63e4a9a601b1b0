/// `A = Q·R` of matrices `[..., m, n]`, k = min(m, n): the columns of Q are orthonormal, R is upper triangular.
public struct QRFactorization<Scalar: TensorScalar>: Sendable {
  /// `[..., m, k]`. It lies column by column, a transposed view, which costs matrix products nothing.
  public let q: Tensor<Scalar>
  /// `[..., k, n]`, with no negative element on its diagonal: for A of full column rank that makes Q and R unique.
  public let r: Tensor<Scalar>
}

extension Tensor where Scalar: TensorScalar {
  /// The reduced factorization `A = Q·R` of matrices `[..., m, n]`, by Householder reflections.
  /// - Throws: `notFinite`.
  /// - Complexity: 4 n² (m - n/3) operations for each matrix with m ≥ n. Batches are shared among the threads.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func qr() throws(LinearAlgebraError) -> QRFactorization<Scalar> {
    let batch = MatrixBatch("qr", shape)
    let (m, n, k) = (batch.rows, batch.columns, batch.smaller)
    let q = Tensor(uninitialized: batch.shape(k, m))
    let r = Tensor(zeros: batch.shape(k, n))
    let (outQ, outR) = (q.mutableBase, r.mutableBase)
    let source = transposed()
    try batch.forEach(cost: 4 * m * n * k) { index throws(LinearAlgebraError.Reason) in
      let (reflectors, upper) = (outQ + index * k * m, outR + index * k * n)
      // A wide matrix has columns that R takes and Q does not.
      let wide = Tensor(uninitialized: [n > m ? n * m : 0])
      let work = n > m ? wide.mutableBase : reflectors
      source.matrix(index).copy(into: work)
      guard Kernels.isFinite(work, m * n) else { throw .notFinite }
      if k == 0 { return }
      let scales = Tensor(uninitialized: [k])
      LAPACK.qr(work, rows: m, columns: n, scales: scales.mutableBase)
      for j in 0..<n { for i in 0...Swift.min(j, k - 1) { upper[i * n + j] = work[j * m + i] } }
      if n > m { reflectors.update(from: work, count: k * m) }
      LAPACK.orthogonalColumns(reflectors, rows: m, columns: k, scales: scales.mutableBase)
      keepAlive(wide, scales)
      for i in 0..<k where upper[i * n + i] < 0 {
        for j in i..<n { upper[i * n + j].negate() }
        for j in 0..<m { reflectors[i * m + j].negate() }
      }
    }
    return QRFactorization(q: q.transposed(), r: r)
  }
}
