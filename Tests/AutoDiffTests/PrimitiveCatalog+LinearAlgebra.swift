import Kappa
import TestSupport

extension PrimitiveCase {
  /// Far from singular: the identity three times and elements of about 0.5; not symmetric.
  static func regular(_ shape: Shape, seed: UInt64) -> Tensor<Double> {
    0.4 * Tensor.normal(shape, seed: seed) + 3 * Tensor(identity: shape[-1], columns: shape[-1])
  }

  /// Not symmetric, with a symmetric part whose eigenvalues are about 2, 4, 6, ...: positive and well apart.
  static func positiveDefinite(_ shape: Shape, seed: UInt64) -> Tensor<Double> {
    0.3 * Tensor.normal(shape, seed: seed) + Tensor(diagonal: Tensor((1...shape[-1]).map { 2 * Double($0) }))
  }

  /// Singular values of about 2, 4, 6, ...
  static func wellSeparated(_ shape: Shape, seed: UInt64) -> Tensor<Double> {
    let k = min(shape[-1], shape[-2])
    let diagonal = Tensor(diagonal: Tensor((1...k).map { 2 * Double($0) }))
    return 0.3 * Tensor.normal(shape, seed: seed) + diagonal.padded([(0, shape[-2] - k), (0, shape[-1] - k)])
  }

  static let triangles: [PrimitiveCase] = [
    PrimitiveCase("Diagonal", "main", [spread([2, 3, 4])]) { $0[0].diagonal() },
    PrimitiveCase("Diagonal", "below", [spread([4, 3])]) { $0[0].diagonal(offset: -2) },
    PrimitiveCase("Diagonal", "of outer axes", [spread([2, 3, 4])]) { $0[0].diagonal(offset: 1, axes: (2, 0)) },
    PrimitiveCase("Diagonal", "trace", [spread([2, 3, 3])]) { $0[0].trace() },
    PrimitiveCase("DiagonalMatrix", "main", [spread([2, 3])]) { Variable(diagonal: $0[0]) },
    PrimitiveCase("DiagonalMatrix", "above", [spread([3])]) { Variable(diagonal: $0[0], offset: 1) },
    PrimitiveCase("TrianglePart", "lower", [spread([2, 3, 4])]) { $0[0].lowerTriangle() },
    PrimitiveCase("TrianglePart", "strictly upper", [spread([3, 3])]) { $0[0].upperTriangle(diagonal: 1) },
  ]

  static let systems: [PrimitiveCase] =
    [
      PrimitiveCase("LinearSolution", "columns", [regular([3, 3], seed: 1), spread([3, 2])]) { try! $0[0].solve($0[1]) },
      PrimitiveCase("LinearSolution", "vector", [regular([3, 3], seed: 2), spread([3])]) { try! $0[0].solve($0[1]) },
      PrimitiveCase("LinearSolution", "batch and vector", [regular([2, 3, 3], seed: 3), spread([3])]) { try! $0[0].solve($0[1]) },
      PrimitiveCase("LinearSolution", "matrix and batch", [regular([2, 2], seed: 4), spread([3, 2, 1])]) {
        try! $0[0].solve($0[1])
      },
      PrimitiveCase("LinearSolution", "stretched both ways", [regular([2, 1, 2, 2], seed: 5), spread([3, 2, 1])]) {
        try! $0[0].solve($0[1])
      },
      PrimitiveCase("TriangularSolution", "by a Cholesky factor", [regular([3, 3], seed: 6), spread([3, 2])]) {
        try! $0[0].solveCholesky($0[1])
      },
      PrimitiveCase("TriangularSolution", "batch and vector", [regular([2, 3, 3], seed: 7), spread([3])]) {
        try! $0[0].solveTriangular($0[1], .upper)
      },
      PrimitiveCase("TriangularSolution", "matrix and batch", [regular([2, 2], seed: 8), spread([3, 2, 1])]) {
        try! $0[0].solveTriangular($0[1], .lower)
      },
      PrimitiveCase("Inverse", "one", [regular([3, 3], seed: 9)]) { try! $0[0].inverse() },
      PrimitiveCase("Inverse", "batch", [regular([2, 2, 2], seed: 10)]) { try! $0[0].inverse() },
      PrimitiveCase("LogDeterminant", "one", [-regular([3, 3], seed: 11)]) { try! $0[0].signAndLogDeterminant().logMagnitude },
      PrimitiveCase("LogDeterminant", "determinant", [-0.4 * regular([3, 3], seed: 14)]) { try! $0[0].determinant() },
      PrimitiveCase("LogDeterminant", "batch", [regular([2, 2, 2], seed: 12)]) { try! $0[0].signAndLogDeterminant().logMagnitude },
    ]
    + [Triangle.lower, .upper].flatMap { triangle in
      [(false, false), (true, false), (false, true), (true, true)].map { transposed, unit in
        PrimitiveCase(
          "TriangularSolution", "\(triangle)\(transposed ? ", transposed" : "")\(unit ? ", unit diagonal" : "")",
          [regular([3, 3], seed: 13), spread([3, 2])]
        ) { try! $0[0].solveTriangular($0[1], triangle, transposed: transposed, unitDiagonal: unit) }
      }
    }

  static let decompositions: [PrimitiveCase] = [
    PrimitiveCase("Cholesky", "one", [positiveDefinite([3, 3], seed: 1)]) { try! $0[0].cholesky() },
    PrimitiveCase("Cholesky", "batch", [positiveDefinite([2, 2, 2], seed: 2)]) { try! $0[0].cholesky() },
    PrimitiveCase("Cholesky", "log determinant", [positiveDefinite([2, 3, 3], seed: 3)]) { try! $0[0].logDeterminant() },
    PrimitiveCase("Eigenvalues", "one", [positiveDefinite([3, 3], seed: 4)]) { try! $0[0].symmetricEigenvalues() },
    PrimitiveCase("Eigenvalues", "batch", [positiveDefinite([2, 2, 2], seed: 5)]) { try! $0[0].symmetricEigenvalues() },
    PrimitiveCase("Eigenvectors", "one", [positiveDefinite([3, 3], seed: 6)]) { try! $0[0].symmetricEigen().vectors },
    PrimitiveCase("Eigenvectors", "batch", [positiveDefinite([2, 2, 2], seed: 7)]) { try! $0[0].symmetricEigen().vectors },
    PrimitiveCase("Eigenvectors", "put together again", [positiveDefinite([3, 3], seed: 8)]) {
      let (values, vectors) = try! $0[0].symmetricEigen()
      return matmul(vectors * values.tanh().expanded(axis: -2), vectors, transposeB: true)
    },
    PrimitiveCase("SingularValues", "tall", [wellSeparated([4, 2], seed: 9)]) { try! $0[0].singularValues() },
    PrimitiveCase("SingularValues", "wide batch", [wellSeparated([2, 3], seed: 10).expanded(axis: 0)]) {
      try! $0[0].singularValues()
    },
    PrimitiveCase("SingularValues", "2-norm", [wellSeparated([2, 3], seed: 17)]) { try! $0[0].matrixNorm(.two) },
    PrimitiveCase("SingularVectors", "left, square", [wellSeparated([3, 3], seed: 11)]) { try! $0[0].svd().u },
    PrimitiveCase("SingularVectors", "left, tall", [wellSeparated([4, 2], seed: 12)]) { try! $0[0].svd().u },
    PrimitiveCase("SingularVectors", "left, wide", [wellSeparated([2, 4], seed: 13)]) { try! $0[0].svd().u },
    PrimitiveCase("SingularVectors", "right, tall", [wellSeparated([4, 2], seed: 14)]) { try! $0[0].svd().vTransposed },
    PrimitiveCase("SingularVectors", "right, wide", [wellSeparated([2, 4], seed: 15)]) { try! $0[0].svd().vTransposed },
    PrimitiveCase("SingularVectors", "put together again", [wellSeparated([3, 2], seed: 16)]) {
      let (u, values, v) = try! $0[0].svd()
      return matmul(u * values.log().expanded(axis: -2), v)
    },
  ]
}
