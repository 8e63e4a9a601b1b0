/// Why a factorization or a solution does not exist, or was not found: which operation, on which matrix, and what stands in its
/// way.
///
/// Wrong shapes are not among the reasons: they stop the program.
public struct LinearAlgebraError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What a matrix lacks. Pivots are counted from 0.
  public enum Reason: Error, Sendable, Hashable {
    /// The leading minor of order `pivot + 1` of a symmetric matrix is not positive, so it has no Cholesky factor.
    case notPositiveDefinite(pivot: Int)
    /// A symmetric matrix has an eigenvalue that the function of it does not take.
    case notPositive(eigenvalue: Double)
    /// Element `pivot` of the diagonal of a triangular factor is exactly zero, so it cannot be divided by.
    case singular(pivot: Int)
    /// The columns of a matrix (the rows, if those are fewer) depend on each other: only `rank` of them do not.
    case rankDeficient(rank: Int)
    /// The iteration for eigenvalues or singular values did not converge.
    case notConverged
    /// An element that the operation reads, of the matrix or the right-hand side, is infinite or NaN.
    case notFinite
  }

  /// The operation, as it is called.
  public var operation: String
  /// The indices of the matrix on the leading axes; empty if there are none.
  public var matrix: [Int]
  /// What it lacks.
  public var reason: Reason

  /// The error of `operation` on matrix `matrix` of a batch.
  public init(operation: String, matrix: [Int], reason: Reason) {
    self.operation = operation
    self.matrix = matrix
    self.reason = reason
  }

  public var description: String {
    "\(operation)\(matrix.isEmpty ? "" : " of matrix \(matrix) of the batch"): \(reason.text)"
  }
}

extension LinearAlgebraError.Reason {
  fileprivate var text: String {
    switch self {
    case .notPositiveDefinite(let pivot):
      "the matrix is not positive definite: its leading minor of order \(pivot + 1) is not positive (pivot \(pivot)); "
        + "add a multiple of the identity, or use symmetricEigen"
    case .notPositive(let eigenvalue):
      "the eigenvalue \(eigenvalue) is outside the function's domain; add a multiple of the identity"
    case .singular(let pivot):
      "the matrix is singular: pivot \(pivot) is exactly zero; use leastSquares or pseudoInverse"
    case .rankDeficient(let rank):
      "the matrix has rank \(rank), less than its rows and columns: the smallest solution is no differentiable function of it; "
        + "use pseudoInverse if the rank is constant, or add a multiple of the identity to AᵀA"
    case .notConverged:
      "the iteration did not converge; scale the matrix so that its elements are near 1, or perturb it slightly"
    case .notFinite:
      "an element that is read is infinite or NaN; look for where it comes from"
    }
  }
}
