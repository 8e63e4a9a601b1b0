import Tensor

extension Variable {
  /// The reduced singular value decomposition `A = U·Σ·Vᵀ` of matrices `[..., m, n]`, k = min(m, n): U `[..., m, k]`, the
  /// singular values, descending, `[..., k]`, and Vᵀ `[..., k, n]`.
  ///
  /// Singular vectors have derivatives, and singular values second ones, only where all singular values differ and, unless A is
  /// square, none is zero: elsewhere they are infinite or NaN. Singular values alone have first derivatives wherever they differ
  /// and are not zero.
  /// - Throws: `notFinite`; `notConverged`.
  public func svd() throws(LinearAlgebraError) -> (u: Variable, singularValues: Variable, vTransposed: Variable) {
    let decomposition = Decomposition(try value.svd())
    let flipped = decomposition.transposed
    return (
      recording(SingularVectors(decomposition: decomposition), value: decomposition.u),
      recording(SingularValues(decomposition: decomposition), value: decomposition.values),
      transposed().recording(SingularVectors(decomposition: flipped), value: flipped.u).transposed()
    )
  }

  /// The singular values of matrices `[..., m, n]`, descending: `[..., min(m, n)]`. As those of `svd()`.
  /// - Throws: `notFinite`; `notConverged`.
  public func singularValues() throws(LinearAlgebraError) -> Variable {
    let decomposition = Decomposition(try value.svd())
    return recording(SingularValues(decomposition: decomposition), value: decomposition.values)
  }

  /// The norms of matrices `[..., m, n]`: `[...]`.
  /// - Throws: for `two` and `nuclear`, which are computed from singular values, `notFinite` and `notConverged`.
  public func matrixNorm(_ norm: MatrixNorm = .frobenius) throws(LinearAlgebraError) -> Variable {
    require(shape.rank >= 2, "matrixNorm: shape \(shape) is not that of a matrix")
    switch norm {
    case .frobenius: return self.norm(axes: [-2, -1])
    case .nuclear: return try singularValues().sum(axes: [-1])
    case .one: return abs().sum(axes: [-2]).max(axes: [-1])
    case .two: return try singularValues().max(axes: [-1])
    case .infinity: return abs().sum(axes: [-1]).max(axes: [-1])
    }
  }

  /// ‖A‖·‖A⁻¹‖ of matrices `[..., m, n]`, square ones except in the norm `two`: `[...]`; 0 without elements. In the norm `two`
  /// singular matrices give infinity or NaN, as derivatives too.
  /// - Throws: `singular` in the other norms; `notFinite`; `notConverged`.
  public func conditionNumber(_ norm: MatrixNorm = .two) throws(LinearAlgebraError) -> Variable {
    require(shape.rank >= 2, "conditionNumber: shape \(shape) is not that of a matrix")
    require(norm == .two || shape[-1] == shape[-2], "conditionNumber: the matrices of shape \(shape) are not square")
    if shape[-1] == 0 || shape[-2] == 0 { return Variable(Tensor(zeros: Shape(shape.dropLast(2)))) }
    return try naming("conditionNumber") { () throws(LinearAlgebraError) in
      if norm != .two { return try matrixNorm(norm) * inverse().matrixNorm(norm) }
      let values = try singularValues()
      return values.max(axes: [-1]) / values.min(axes: [-1])
    }
  }
}

/// A = U Σ Vᵀ with the right vectors in columns too, so that the transposed matrix's is the same with U and V exchanged.
struct Decomposition<Scalar: TensorScalar> {
  let u: Tensor<Scalar>
  let values: Tensor<Scalar>
  let v: Tensor<Scalar>

  private init(u: Tensor<Scalar>, values: Tensor<Scalar>, v: Tensor<Scalar>) {
    self.u = u
    self.values = values
    self.v = v
  }

  init(_ svd: SingularValueDecomposition<Scalar>) {
    self.init(u: svd.u, values: svd.singularValues, v: svd.vTransposed.transposed())
  }

  /// That of Aᵀ.
  var transposed: Decomposition { Decomposition(u: v, values: values, v: u) }

  /// The left and right vectors of `x`, whose decomposition this is, as functions of it.
  func vectors(of x: Variable<Scalar>) -> (u: Variable<Scalar>, v: Variable<Scalar>) {
    (
      x.recording(SingularVectors(decomposition: self), value: u),
      x.transposed().recording(SingularVectors(decomposition: transposed), value: v)
    )
  }
}

/// y = σ with A = U Σ Vᵀ; dσ is the diagonal of Uᵀ dA V.
struct SingularValues<Scalar: TensorScalar>: UnaryPrimitive {
  let decomposition: Decomposition<Scalar>

  var reads: ValuesRead { .first }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { decomposition.values }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    (decomposition.u * matmul(dx, decomposition.v)).sum(axes: [-2])
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let (u, v) = decomposition.vectors(of: p.x)
    return matmul(u * dy.expanded(axis: -2), v, transposeB: true)
  }
}

/// y = U with A = U Σ Vᵀ (Townsend, Differentiating the singular value decomposition, 2016). With M = Uᵀ dA V and
/// Eᵢⱼ = 1 / (σⱼ² - σᵢ²), 0 on the diagonal,
///
///     dU = U (E ∘ (M Σ + Σ Mᵀ)) + (dA V - U M) Σ⁻¹
///
/// whose second term is there only if A has more rows than columns. The right vectors are the left ones of Aᵀ.
struct SingularVectors<Scalar: TensorScalar>: UnaryPrimitive {
  let decomposition: Decomposition<Scalar>

  var reads: ValuesRead { [.first, .result] }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { decomposition.u }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let (u, v, row) = (decomposition.u, decomposition.v, decomposition.values.expanded(axis: -2))
    let image = matmul(dx, v)
    let inner = matmul(u, image, transposeA: true)
    let scaled = inner * row
    let rotation = reciprocalGaps(Variable(decomposition.values.squared())).value * (scaled + scaled.transposed())
    let turned = matmul(u, rotation)
    return u.shape[-2] > u.shape[-1] ? turned + (image - matmul(u, inner)) / row : turned
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    let u = p.y
    let values = p.x.recording(SingularValues(decomposition: decomposition), value: decomposition.values)
    let row = values.expanded(axis: -2)
    let inner = matmul(u, dy, transposeA: true)
    let rotation = reciprocalGaps(values.squared()) * inner
    var left = matmul(u, (rotation + rotation.transposed()) * row)
    if u.shape[-2] > u.shape[-1] { left = left + (dy - matmul(u, inner)) / row }
    return matmul(left, decomposition.vectors(of: p.x).v, transposeB: true)
  }
}
