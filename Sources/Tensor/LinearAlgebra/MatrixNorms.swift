/// A norm of matrices.
public enum MatrixNorm: Sendable, Hashable {
  /// The square root of the sum of squares, safe from overflow.
  case frobenius
  /// The sum of the singular values.
  case nuclear
  /// The largest sum of magnitudes of a column.
  case one
  /// The largest singular value.
  case two
  /// The largest sum of magnitudes of a row.
  case infinity
}

extension Tensor where Scalar: TensorScalar {
  /// The norms of matrices `[..., m, n]`: `[...]`; 0 for matrices without elements.
  /// - Throws: for `two` and `nuclear`, which are computed from singular values, `notFinite` and `notConverged`; the others give an
  ///   infinite or NaN norm.
  public func matrixNorm(_ norm: MatrixNorm = .frobenius) throws(LinearAlgebraError) -> Tensor {
    let batch = MatrixBatch("matrixNorm", shape)
    if batch.smaller == 0 { return Tensor(zeros: batch.leading) }
    switch norm {
    case .frobenius:
      let largest = abs().max(axes: [-2, -1], keepDimensions: true)
      // A zero, infinite or NaN scale would make NaN of the quotient: it is the answer itself, or as good as.
      let scale = Tensor(largest.elements.map { $0 > 0 && $0.isFinite ? $0 : 1 }, shape: largest.shape)
      let sums = (self / scale).squared().sum(axes: [-2, -1])
      return scale.reshaped(to: batch.leading) * sums.squareRoot()
    case .nuclear: return try singularValues(for: "matrixNorm").sum(axes: [-1])
    case .one: return abs().sum(axes: [-2]).max(axes: [-1])
    case .two: return try singularValues(for: "matrixNorm").max(axes: [-1])
    case .infinity: return abs().sum(axes: [-1]).max(axes: [-1])
    }
  }

  /// ‖A‖·‖A⁻¹‖ of matrices `[..., m, n]`, square ones except in the norm `two`: `[...]`. Infinite for singular matrices; 0 without
  /// elements.
  /// - Throws: `notFinite`; `notConverged`.
  public func conditionNumber(_ norm: MatrixNorm = .two) throws(LinearAlgebraError) -> Tensor {
    let batch = MatrixBatch("conditionNumber", shape, square: norm != .two)
    if batch.smaller == 0 { return Tensor(zeros: batch.leading) }
    if norm == .two {
      let values = try singularValues(for: "conditionNumber")
      let k = batch.smaller
      let ratio = values.sliced(axis: -1, 0..<1) / values.sliced(axis: -1, k - 1..<k)
      // 0 / 0 of a zero matrix.
      return Tensor(ratio.elements.map { $0.isNaN ? .infinity : $0 }, shape: batch.leading)
    }
    let own = try matrixNorm(norm).contiguous()
    let result = Tensor(uninitialized: batch.leading)
    let (norms, out) = (own.base, result.mutableBase)
    try batch.forEach(cost: 3 * batch.rows * batch.rows * batch.rows) { index throws(LinearAlgebraError.Reason) in
      do throws(LinearAlgebraError) {
        let product = norms[index] * (try matrix(index).inverse().matrixNorm(norm)).scalar
        out[index] = product.isNaN ? .infinity : product
      } catch {
        // A singular matrix must not cost the others of the batch their answer.
        guard case .singular = error.reason else { throw error.reason }
        out[index] = .infinity
      }
    }
    keepAlive(own)
    return result
  }

  /// The sums of the diagonals of matrices `[..., m, n]`: `[...]`.
  public func trace() -> Tensor {
    let _ = MatrixBatch("trace", shape)
    return matrixDiagonal.sum(axes: [-1])
  }
}
