/// `A = U·Σ·Vᵀ` of matrices `[..., m, n]`, k = min(m, n): the reduced singular value decomposition.
public struct SingularValueDecomposition<Scalar: TensorScalar>: Sendable {
  /// Orthonormal columns: `[..., m, k]`. The element of largest magnitude of each column, the first of equals, is positive.
  public let u: Tensor<Scalar>
  /// The diagonal of Σ, descending, none negative: `[..., k]`.
  public let singularValues: Tensor<Scalar>
  /// Orthonormal rows: `[..., k, n]`.
  public let vTransposed: Tensor<Scalar>
}

extension Tensor where Scalar: TensorScalar {
  /// The reduced singular value decomposition of matrices `[..., m, n]`, by divide and conquer.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: about 6 m n min(m, n) + 20 min(m, n)³ operations for each matrix. Batches are shared among the threads.
  public func svd() throws(LinearAlgebraError) -> SingularValueDecomposition<Scalar> { try svd(for: "svd") }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func svd(for operation: String) throws(LinearAlgebraError) -> SingularValueDecomposition<Scalar> {
    let batch = MatrixBatch(operation, shape)
    let (m, n, k) = (batch.rows, batch.columns, batch.smaller)
    let u = Tensor(uninitialized: batch.shape(m, k))
    let values = Tensor(uninitialized: batch.shape(k))
    let vTransposed = Tensor(uninitialized: batch.shape(k, n))
    let (outU, outValues, outV) = (u.mutableBase, values.mutableBase, vTransposed.mutableBase)
    try forEachCopy(batch, cost: 6 * m * n * k + 20 * k * k * k) { index, a throws(LinearAlgebraError.Reason) in
      let (left, right) = (outU + index * m * k, outV + index * k * n)
      guard LAPACK.singularValues(a, rows: m, columns: n, values: outValues + index * k, u: left, vTransposed: right) else {
        throw .notConverged
      }
      for j in 0..<k where Self.largestIsNegative(left + j, count: m, step: k) {
        for i in 0..<m { left[i * k + j].negate() }
        for i in 0..<n { right[j * n + i].negate() }
      }
    }
    return SingularValueDecomposition(u: u, singularValues: values, vTransposed: vTransposed)
  }

  /// The singular values of matrices `[..., m, n]`, descending: `[..., min(m, n)]`.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: about 4 m n min(m, n) operations for each matrix.
  public func singularValues() throws(LinearAlgebraError) -> Tensor { try singularValues(for: "singularValues") }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func singularValues(for operation: String) throws(LinearAlgebraError) -> Tensor {
    let batch = MatrixBatch(operation, shape)
    let (m, n, k) = (batch.rows, batch.columns, batch.smaller)
    let values = Tensor(uninitialized: batch.shape(k))
    let out = values.mutableBase
    try forEachCopy(batch, cost: 4 * m * n * k) { index, a throws(LinearAlgebraError.Reason) in
      let target = out + index * k
      guard LAPACK.singularValues(a, rows: m, columns: n, values: target, u: nil, vTransposed: nil) else { throw .notConverged }
    }
    keepAlive(values.storage)
    return values
  }

  /// The Moore-Penrose inverse A⁺ of matrices `[..., m, n]`: `[..., n, m]`.
  /// - Parameter relativeTolerance: singular values up to this times the largest count as zero; by default max(m, n) ulp of one.
  /// - Throws: `notFinite`; `notConverged`.
  public func pseudoInverse(relativeTolerance: Scalar? = nil) throws(LinearAlgebraError) -> Tensor {
    let decomposition = try svd(for: "pseudoInverse")
    let tolerance = relativeTolerance ?? defaultTolerance
    let k = decomposition.singularValues.shape[rank - 2]
    var inverses = decomposition.singularValues.elements
    for start in stride(from: 0, to: inverses.count, by: Swift.max(k, 1)) {
      let cutoff = tolerance * inverses[start]
      for i in start..<start + k { inverses[i] = inverses[i] > cutoff ? 1 / inverses[i] : 0 }
    }
    let scales = Tensor(inverses, shape: decomposition.singularValues.shape).expanded(axis: -1)
    return matmul(scales * decomposition.vTransposed, decomposition.u, transposeA: true, transposeB: true)
  }

  /// How many singular values of matrices `[..., m, n]` are above `relativeTolerance` (by default max(m, n) ulp of one) times the
  /// largest: `[...]`.
  /// - Throws: `notFinite`; `notConverged`.
  public func matrixRank(relativeTolerance: Scalar? = nil) throws(LinearAlgebraError) -> Tensor<Int32> {
    let values = try singularValues(for: "matrixRank")
    let tolerance = relativeTolerance ?? defaultTolerance
    let (elements, k) = (values.elements, values.shape[rank - 2])
    let leading = Shape(shape.dropLast(2))
    let ranks = (0..<leading.elementCount).map { index in
      Int32(elements[index * k..<(index + 1) * k].count { $0 > tolerance * elements[index * k] })
    }
    return Tensor<Int32>(ranks, shape: leading)
  }

  /// max(m, n) ulp of one: what rounding makes of a singular value that is zero, relative to the largest.
  var defaultTolerance: Scalar { Scalar(Swift.max(shape[rank - 2], shape[rank - 1])) * Scalar.ulpOfOne }

  /// Calls `body` with the number of each matrix and a row-major copy of it that may be written over; throws if the matrix is not
  /// finite. Matrices without elements are left out.
  func forEachCopy(
    _ batch: MatrixBatch, cost: Int, _ body: (Int, UnsafeMutablePointer<Scalar>) throws(LinearAlgebraError.Reason) -> Void
  ) throws(LinearAlgebraError) {
    if batch.smaller == 0 { return }
    try batch.forEach(cost: cost) { index throws(LinearAlgebraError.Reason) in
      let copy = matrix(index).copied()
      defer { keepAlive(copy) }
      guard Kernels.isFinite(copy.base, copy.count) else { throw .notFinite }
      try body(index, copy.mutableBase)
    }
  }

  /// Whether the element of largest magnitude, the first of equals, of a strided vector is negative.
  static func largestIsNegative(_ x: UnsafePointer<Scalar>, count: Int, step: Int) -> Bool {
    var largest: Scalar = 0
    for i in 0..<count where x[i * step].magnitude > largest.magnitude { largest = x[i * step] }
    return largest < 0
  }
}
