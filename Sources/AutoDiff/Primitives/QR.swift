import Tensor

extension Variable {
  /// The reduced factorization `A = Q·R` of matrices `[..., m, n]`, k = min(m, n): Q `[..., m, k]` with orthonormal columns, R
  /// `[..., k, n]` upper triangular with no negative element on its diagonal.
  ///
  /// Both have derivatives where the first k columns of A are linearly independent: elsewhere they are infinite or NaN.
  /// - Throws: `notFinite`.
  /// - Complexity: that of tensors, 4 n² (m - n/3) operations for each matrix with m ≥ n; a tangent of both factors, or a
  ///   cotangent, about 8 m n² more.
  public func qr() throws(LinearAlgebraError) -> (q: Variable, r: Variable) {
    let factorization = try value.qr()
    let (q, r) = (factorization.q, factorization.r)
    let (k, n) = (r.shape[-2], r.shape[-1])
    if k == n { return factors(q, r) }
    // The first columns of a wide matrix make Q; the others of R are Qᵀ times the others of A.
    let square = sliced(axis: -1, 0..<k).factors(q, r.sliced(axis: -1, 0..<k))
    let rest = matmul(square.q, sliced(axis: -1, k..<n), transposeA: true)
    return (square.q, Variable(concatenating: [square.r, rest], axis: -1))
  }

  /// The factors of matrices with no more columns than rows, as functions of them; their values are at hand.
  private func factors(_ q: Tensor<Scalar>, _ r: Tensor<Scalar>) -> (q: Variable, r: Variable) {
    let upper = recording(UpperFactor(q: q, r: r), value: r)
    return (orthonormalFactor(upper, value: q), upper)
  }

  /// Q = A R⁻¹ as a function of A, which is `self`, and R, with its value at hand.
  fileprivate func orthonormalFactor(_ r: Variable, value q: Tensor<Scalar>) -> Variable {
    let solution = TriangularSolution<Scalar>(triangle: .upper, isTransposed: true)
    return r.recording(solution, with: transposed(), value: q.transposed()).transposed()
  }
}

/// y = R with A = Q R, A of full column rank. With M = Qᵀ dA R⁻¹, whose skew part turns Q,
///
///     dR = (upper(M) + strictlyLower(M)ᵀ) R
///
/// (Walter & Lehmann, arXiv:1001.1654, 2010). The factors are at hand.
struct UpperFactor<Scalar: TensorScalar>: UnaryPrimitive {
  let q: Tensor<Scalar>
  let r: Tensor<Scalar>

  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { r }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    // Mᵀ = R⁻ᵀ dAᵀ Q.
    let turned = TriangularSolution<Scalar>(triangle: .upper, isTransposed: true).value(r, matmul(dx, q, transposeA: true))
    return matmul(turned.lowerTriangle().transposed() + turned.upperTriangle(diagonal: 1), r)
  }

  /// Q S R⁻ᵀ, S the symmetric matrix whose upper triangle is that of dR Rᵀ.
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let upper = p.y
    let product = matmul(dy, upper, transposeB: true)
    let symmetric = product.upperTriangle() + product.upperTriangle(diagonal: 1).transposed()
    let half = upper.applying(TriangularSolution(triangle: .upper), with: symmetric)
    return matmul(p.x.orthonormalFactor(upper, value: q), half, transposeB: true)
  }
}
