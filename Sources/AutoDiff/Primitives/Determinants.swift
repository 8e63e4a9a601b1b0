import Tensor

extension Variable {
  /// The lower triangular L with positive diagonal and `A = L·Lᵀ`, of symmetric positive definite matrices `[..., n, n]`.
  ///
  /// The function is that of (A + Aᵀ) / 2, so derivatives with respect to A are symmetric matrices that count each element off the
  /// diagonal in both places.
  /// - Throws: `notPositiveDefinite` with the pivot where the factorization ends; `notFinite`.
  public func cholesky() throws(LinearAlgebraError) -> Variable {
    require(
      shape.rank >= 2 && shape[-1] == shape[-2], "cholesky: the matrices of shape \(shape) are not square")
    return recording(Cholesky(), value: try value.symmetrized().cholesky())
  }

  /// log det A of symmetric positive definite matrices `[..., n, n]`, as `[...]`, by their Cholesky factors: it does not overflow
  /// where the determinant would. Derivatives are symmetric, as those of `cholesky()`.
  /// - Throws: `notPositiveDefinite`; `notFinite`.
  public func logDeterminant() throws(LinearAlgebraError) -> Variable {
    2 * (try cholesky().diagonal().log().sum(axes: [-1]))
  }

  /// The sign of det A, -1, 0 or 1, whose derivative is zero, and log |det A| of square matrices `[..., n, n]`: both `[...]`.
  ///
  /// A singular matrix has no derivative: NaN.
  /// - Throws: `notFinite`.
  public func signAndLogDeterminant() throws(LinearAlgebraError) -> (sign: Tensor<Scalar>, logMagnitude: Variable) {
    let matrices = value
    require(
      shape.rank >= 2 && shape[-1] == shape[-2], "signAndLogDeterminant: the matrices of shape \(shape) are not square")
    let factorization = try matrices.lu()
    let (sign, logMagnitude) = factorization.signAndLogDeterminant
    return (sign, recording(LogDeterminant(factorization: factorization), value: logMagnitude))
  }

  /// det A of square matrices `[..., n, n]`, as `[...]`. A singular matrix has no derivative here: NaN.
  /// - Throws: `notFinite`.
  public func determinant() throws(LinearAlgebraError) -> Variable {
    let (sign, logMagnitude) = try signAndLogDeterminant()
    return logMagnitude.exp() * sign
  }
}

/// y = L, A = L Lᵀ: dy = y Φ(y⁻¹ dA y⁻ᵀ), Φ the lower triangle with half the diagonal (Murray, arXiv:1602.07527, 2016).
struct Cholesky<Scalar: TensorScalar>: UnaryPrimitive {
  var reads: ValuesRead { .result }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    orNaN(x.shape) { () throws(LinearAlgebraError) in try x.symmetrized().cholesky() }
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let (y, solution) = (p.y, TriangularSolution<Scalar>(triangle: .lower))
    let half = solution.value(y, dx.symmetrized())
    return matmul(y, solution.value(y, half.transposed()).halvedTriangle())
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let (y, solution) = (p.y, TriangularSolution<Scalar>(triangle: .lower, isTransposed: true))
    let half = y.applying(solution, with: matmul(y, dy, transposeA: true).halvedTriangle())
    return y.applying(solution, with: half.transposed()).symmetrized()
  }
}

/// y = log |det A|, dy = tr(A⁻¹ dA).
struct LogDeterminant<Scalar: TensorScalar>: UnaryPrimitive {
  let factorization: LUFactorization<Scalar>

  var reads: ValuesRead { .first }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { factorization.signAndLogDeterminant.logMagnitude }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let change = dx
    return orNaN(change.shape) { () throws(LinearAlgebraError) in try factorization.solve(change) }.trace()
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let inverse = orNaN(p.shape(ofOperand: 0)) { () throws(LinearAlgebraError) in try factorization.inverse() }
    return dy.expanded(axis: -1).expanded(axis: -1) * p.x.recording(Inverse(), value: inverse).transposed()
  }
}
