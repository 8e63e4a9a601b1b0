import Tensor

extension Variable {
  /// The Moore-Penrose inverse A⁺ of matrices `[..., m, n]`: `[..., n, m]`.
  ///
  /// Its derivatives are those along matrices of the same rank (Golub & Pereyra, SIAM J. Numer. Anal. 10 (1973), 413-432): for a
  /// matrix of full rank, all of them; another has none along directions that change its rank, where A⁺ jumps. To apply the A⁺ of
  /// a matrix of full rank, `leastSquares` is faster and more accurate.
  /// - Parameter relativeTolerance: singular values up to this times the largest count as zero; by default max(m, n) ulp of one.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: the singular value decomposition; a tangent or cotangent takes about 12 m n min(m, n) operations more.
  public func pseudoInverse(relativeTolerance: Scalar? = nil) throws(LinearAlgebraError) -> Variable {
    require(shape.rank >= 2, "pseudoInverse: shape \(shape) is not that of a matrix")
    // The rules form products of the size of A⁺ A, which is the smaller one where A has no more columns than rows.
    if shape[-2] < shape[-1] { return try transposed().pseudoInverse(relativeTolerance: relativeTolerance).transposed() }
    let inverse = try value.pseudoInverse(relativeTolerance: relativeTolerance)
    return recording(PseudoInverse(relativeTolerance: relativeTolerance), value: inverse)
  }
}

/// y = A⁺ for matrices of constant rank:
///
///     dA⁺ = -A⁺ dA A⁺ + A⁺ A⁺ᵀ dAᵀ (I - A A⁺) + (I - A⁺ A) dAᵀ A⁺ᵀ A⁺
///
/// A has no more columns than rows, and no product is larger than A.
struct PseudoInverse<Scalar: TensorScalar>: UnaryPrimitive {
  let relativeTolerance: Scalar?

  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    orNaN(x.transposed().shape) { () throws(LinearAlgebraError) in try x.pseudoInverse(relativeTolerance: relativeTolerance) }
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let (a, y, da) = (p.x, p.y, dx)
    let change = matmul(y, da)
    let turned = change.transposed()
    let inside = matmul(turned - change - matmul(matmul(y, a), turned), y)
    let outside = da.transposed() - matmul(matmul(da, a, transposeA: true), y)
    return inside + matmul(matmul(y, y, transposeB: true), outside)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let (a, y) = (p.x, p.y)
    let change = matmul(y, dy, transposeB: true)
    let inside = matmul(y, change - change.transposed() - matmul(change, matmul(y, a)), transposeA: true)
    let outside = dy.transposed() - matmul(a, change)
    return inside + matmul(outside, matmul(y, y, transposeB: true))
  }
}
