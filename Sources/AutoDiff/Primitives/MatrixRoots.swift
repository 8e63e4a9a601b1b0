import Tensor

extension Variable {
  /// The symmetric positive semidefinite matrix whose square is A, for symmetric matrices `[..., n, n]`. Eigenvalues that only
  /// rounding made negative count as zero.
  ///
  /// The function is that of (A + Aᵀ) / 2, so derivatives with respect to A are symmetric. All definite matrices have them, those
  /// with equal eigenvalues too; at a singular one they are infinite or NaN.
  /// - Throws: `notPositive` for an eigenvalue below -n ulp of the largest; `notFinite`; `notConverged`.
  /// - Complexity: about 11 n³ operations for each matrix; a tangent or cotangent 8 n³ more.
  public func matrixSquareRoot() throws(LinearAlgebraError) -> Variable {
    let eigen = try positiveEigen(for: "matrixSquareRoot", acceptsZero: true)
    return squareRoot(eigen)
  }

  /// The inverse of `matrixSquareRoot`.
  /// - Throws: `notPositive` for an eigenvalue that is not above zero; `notFinite`; `notConverged`.
  public func inverseMatrixSquareRoot() throws(LinearAlgebraError) -> Variable {
    let eigen = try positiveEigen(for: "inverseMatrixSquareRoot", acceptsZero: false)
    return squareRoot(eigen).recording(Inverse(), value: eigen.applying { 1 / $0.squareRoot() })
  }

  /// The decomposition of the symmetric part of matrices that have a power (a logarithm).
  func positiveEigen(
    for operation: String, acceptsZero: Bool
  ) throws(LinearAlgebraError) -> SymmetricEigendecomposition<Scalar> {
    require(shape.rank >= 2 && shape[-1] == shape[-2], "\(operation): the matrices of shape \(shape) are not square")
    return try value.symmetrized().positiveEigen(for: operation, acceptsZero: acceptsZero)
  }

  private func squareRoot(_ eigen: SymmetricEigendecomposition<Scalar>) -> Variable {
    let value = eigen.applying { $0.squareRoot() }
    let solution = SylvesterSolution(vectors: eigen.vectors, values: eigen.values.squareRoot())
    return recording(MatrixSquareRoot(solution: solution, root: value), value: value)
  }
}

/// y = A^(1/2), symmetric, so y dy + dy y = dA. The solution of such equations with y is at hand.
struct MatrixSquareRoot<Scalar: TensorScalar>: UnaryPrimitive {
  let solution: SylvesterSolution<Scalar>
  let root: Tensor<Scalar>

  var reads: ValuesRead { .result }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { root }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    solution.value(root, dx.symmetrized())
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    p.y.applying(solution, with: dy).symmetrized()
  }
}

/// The x with s x + x s = c, for s symmetric positive definite and staying symmetric. As s = V Λ Vᵀ is at hand, x is
/// V (Vᵀ c V / (λᵢ + λⱼ)) Vᵀ: a symmetric map of c.
struct SylvesterSolution<Scalar: TensorScalar>: BinaryPrimitive {
  let vectors: Tensor<Scalar>
  let values: Tensor<Scalar>

  var reads: ValuesRead { [.first, .result] }

  func value(_ s: Tensor<Scalar>, _ c: Tensor<Scalar>) -> Tensor<Scalar> {
    let inner = matmul(vectors, matmul(c, vectors), transposeA: true) / (values.expanded(axis: -1) + values.expanded(axis: -2))
    return matmul(matmul(vectors, inner), vectors, transposeB: true)
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let change = p.da.map { matmul($0, p.y) + matmul(p.y, $0) }
    switch (p.db, change) {
    case (let db?, let change?): sum.add(value(p.a, db - change))
    case (let db?, nil): sum.add(value(p.a, db))
    case (nil, let change?): sum.add(-value(p.a, change))
    case (nil, nil): break
    }
  }

  func addCotangents(of dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let dc = p.a.applying(self, with: dx)
    if p.wants(1) { p.add(dc, to: 1) }
    if p.wants(0) { p.add(-(matmul(dc, p.y, transposeB: true) + matmul(p.y, dc, transposeA: true)), to: 0) }
  }
}
