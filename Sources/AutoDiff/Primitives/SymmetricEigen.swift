import Tensor

extension Variable {
  /// The eigenvalues, ascending `[..., n]`, and in the columns of `[..., n, n]` the eigenvectors of symmetric matrices `[..., n,
  /// n]`.
  ///
  /// The function is that of (A + Aᵀ) / 2, so derivatives with respect to A are symmetric. Eigenvectors have derivatives, and
  /// eigenvalues second ones, only where all eigenvalues differ: elsewhere they are infinite or NaN.
  /// - Throws: `notFinite`; `notConverged`.
  public func symmetricEigen() throws(LinearAlgebraError) -> (values: Variable, vectors: Variable) {
    require(
      shape.rank >= 2 && shape[-1] == shape[-2], "symmetricEigen: the matrices of shape \(shape) are not square")
    let decomposition = try value.symmetrized().symmetricEigen()
    return (
      recording(Eigenvalues(decomposition: decomposition), value: decomposition.values),
      recording(Eigenvectors(decomposition: decomposition), value: decomposition.vectors)
    )
  }

  /// The eigenvalues, ascending, of symmetric matrices `[..., n, n]`: `[..., n]`. As those of `symmetricEigen()`.
  /// - Throws: `notFinite`; `notConverged`.
  public func symmetricEigenvalues() throws(LinearAlgebraError) -> Variable { try symmetricEigen().values }
}

/// 1 / (bⱼ - bᵢ) at row i and column j, 0 on the diagonal: how fast eigenvectors turn.
func reciprocalGaps<S: TensorScalar>(_ b: Variable<S>) -> Variable<S> {
  let identity = Tensor<S>(identity: b.shape[-1])
  return (b.expanded(axis: -2) - b.expanded(axis: -1) + identity).reciprocal() - identity
}

/// y = λ with A = V Λ Vᵀ; dλ is the diagonal of Vᵀ dA V. The decomposition is at hand.
struct Eigenvalues<Scalar: TensorScalar>: UnaryPrimitive {
  let decomposition: SymmetricEigendecomposition<Scalar>

  var reads: ValuesRead { .first }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { decomposition.values }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let v = decomposition.vectors
    return (v * matmul(dx.symmetrized(), v)).sum(axes: [-2])
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let v = p.x.recording(Eigenvectors(decomposition: decomposition), value: decomposition.vectors)
    return matmul(v * dy.expanded(axis: -2), v, transposeB: true)
  }
}

/// y = V with A = V Λ Vᵀ; dV = V (F ∘ Vᵀ dA V), F the reciprocal gaps between eigenvalues.
struct Eigenvectors<Scalar: TensorScalar>: UnaryPrimitive {
  let decomposition: SymmetricEigendecomposition<Scalar>

  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { decomposition.vectors }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let v = decomposition.vectors
    let change = matmul(v, matmul(dx.symmetrized(), v), transposeA: true)
    return matmul(v, reciprocalGaps(Variable(decomposition.values)).value * change)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let v = p.y
    let values = p.x.recording(Eigenvalues(decomposition: decomposition), value: decomposition.values)
    let inner = reciprocalGaps(values) * matmul(v, dy, transposeA: true)
    return matmul(matmul(v, inner), v, transposeB: true).symmetrized()
  }
}
