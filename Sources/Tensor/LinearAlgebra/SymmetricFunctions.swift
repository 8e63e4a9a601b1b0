import Foundation

// Functions of symmetric matrices [..., n, n], f(A) = V·f(Λ)·Vᵀ, by their eigendecomposition. Only the lower triangle of A is read;
// results are symmetric to the last bit. About 11 n³ operations for each matrix.
extension Tensor where Scalar: TensorScalar {
  /// `V·f(Λ)·Vᵀ` of symmetric matrices.
  /// - Throws: `notFinite`; `notConverged`.
  public func symmetricFunction(_ f: (Scalar) -> Scalar) throws(LinearAlgebraError) -> Tensor {
    try symmetricEigen(for: "symmetricFunction").applying(f)
  }

  /// The symmetric positive semidefinite matrix whose square is A. Eigenvalues that only rounding made negative count as zero.
  /// - Throws: `notPositive` for an eigenvalue below -n ulp of the largest; `notFinite`; `notConverged`.
  public func matrixSquareRoot() throws(LinearAlgebraError) -> Tensor {
    try powered(0.5, for: "matrixSquareRoot")
  }

  /// The inverse of `matrixSquareRoot`.
  /// - Throws: `notPositive` for an eigenvalue that is not above zero; `notFinite`; `notConverged`.
  public func inverseMatrixSquareRoot() throws(LinearAlgebraError) -> Tensor {
    try powered(-0.5, for: "inverseMatrixSquareRoot")
  }

  /// The power `exponent` of symmetric positive definite matrices; for positive exponents semidefinite ones too, where eigenvalues
  /// that only rounding made negative count as zero.
  /// - Throws: `notPositive` for an eigenvalue that has no such power; `notFinite`; `notConverged`.
  public func matrixPower(_ exponent: Scalar) throws(LinearAlgebraError) -> Tensor {
    try powered(exponent, for: "matrixPower")
  }

  /// The symmetric matrix whose exponential is the positive definite A.
  /// - Throws: `notPositive` for an eigenvalue that is not above zero; `notFinite`; `notConverged`.
  public func matrixLogarithm() throws(LinearAlgebraError) -> Tensor {
    let eigen = try positiveEigen(for: "matrixLogarithm", acceptsZero: false)
    return eigen.applying { Scalar(Foundation.log(Double($0))) }
  }

  private func powered(_ exponent: Scalar, for operation: String) throws(LinearAlgebraError) -> Tensor {
    let eigen = try positiveEigen(for: operation, acceptsZero: exponent > 0)
    return eigen.applying { Scalar(Foundation.pow(Double($0), Double(exponent))) }
  }

  /// The eigendecomposition of symmetric matrices that have a power (a logarithm): definite ones, or semidefinite too, where
  /// eigenvalues that only rounding made negative become zero.
  package func positiveEigen(
    for operation: String, acceptsZero: Bool
  ) throws(LinearAlgebraError) -> SymmetricEigendecomposition<Scalar> {
    let batch = MatrixBatch(operation, shape, square: true)
    let n = batch.rows
    var eigen = try symmetricEigen(for: operation)
    if n == 0 { return eigen }
    let values = eigen.values.elements
    try batch.forEach(cost: 1) { index throws(LinearAlgebraError.Reason) in
      let (smallest, largest) = (values[index * n], values[index * n + n - 1])
      let isFit = acceptsZero ? smallest >= -Scalar(n) * Scalar.ulpOfOne * largest.magnitude : smallest > 0
      if !isFit { throw .notPositive(eigenvalue: Double(smallest)) }
    }
    if acceptsZero { eigen.values = eigen.values.clipped(to: 0...) }
    return eigen
  }
}
