/// `A = V·Λ·Vᵀ` of symmetric matrices `[..., n, n]`.
public struct SymmetricEigendecomposition<Scalar: TensorScalar>: Sendable {
  /// The eigenvalues, ascending: `[..., n]`.
  public internal(set) var values: Tensor<Scalar>
  /// The eigenvectors, orthonormal, in the columns of `[..., n, n]`. The element of largest magnitude of each, the first of equals,
  /// is positive. They lie column by column, a transposed view, which costs matrix products nothing.
  public let vectors: Tensor<Scalar>

  /// `V·f(Λ)·Vᵀ`: the function `f` of the matrices, symmetric to the last bit.
  /// - Complexity: 2 n³ operations for each matrix.
  public func applying(_ f: (Scalar) -> Scalar) -> Tensor<Scalar> {
    let scaled = vectors * Tensor(values.elements.map(f), shape: values.shape).expanded(axis: -2)
    let product = matmul(scaled, vectors, transposeB: true)
    return 0.5 * (product + product.transposed())
  }
}

extension Tensor where Scalar: TensorScalar {
  /// The eigenvalues and eigenvectors of symmetric matrices `[..., n, n]`, by divide and conquer. Only the lower triangle is read.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: about 9 n³ operations for each matrix. Batches are shared among the threads.
  public func symmetricEigen() throws(LinearAlgebraError) -> SymmetricEigendecomposition<Scalar> {
    try symmetricEigen(for: "symmetricEigen")
  }

  package func symmetricEigen(for operation: String) throws(LinearAlgebraError) -> SymmetricEigendecomposition<Scalar> {
    let vectors = Tensor(uninitialized: shape)
    let values = try symmetricEigenvalues(for: operation, vectors: vectors.mutableBase)
    keepAlive(vectors)
    return SymmetricEigendecomposition(values: values, vectors: vectors.transposed())
  }

  /// The eigenvalues, ascending, of symmetric matrices `[..., n, n]`: `[..., n]`. Only the lower triangle is read.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: 4/3 n³ operations for each matrix.
  public func symmetricEigenvalues() throws(LinearAlgebraError) -> Tensor {
    try symmetricEigenvalues(for: "symmetricEigenvalues", vectors: nil)
  }

  /// The eigenvalues; and unless nil the eigenvectors, each in a row of `vectors`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func symmetricEigenvalues(
    for operation: String, vectors: UnsafeMutablePointer<Scalar>?
  ) throws(LinearAlgebraError) -> Tensor {
    let batch = MatrixBatch(operation, shape, square: true)
    let n = batch.rows
    let values = Tensor(uninitialized: batch.shape(n))
    let out = values.mutableBase
    try batch.forEach(cost: (vectors == nil ? 2 : 9) * n * n * n) { index throws(LinearAlgebraError.Reason) in
      let scratch = Tensor(uninitialized: [vectors == nil ? n * n : 0])
      defer { keepAlive(scratch) }
      let work = vectors.map { $0 + index * n * n } ?? scratch.mutableBase
      matrix(index).copy(into: work)
      guard Kernels.isFinite(lowerTriangleOf: work, order: n) else { throw .notFinite }
      if n == 0 { return }
      guard LAPACK.symmetricEigen(work, order: n, values: out + index * n, wantsVectors: vectors != nil) else {
        throw .notConverged
      }
      if vectors == nil { return }
      for row in 0..<n where Self.largestIsNegative(work + row * n, count: n, step: 1) {
        for i in row * n..<(row + 1) * n { work[i].negate() }
      }
    }
    keepAlive(values.storage)
    return values
  }
}
