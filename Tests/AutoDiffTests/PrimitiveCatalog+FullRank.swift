import Kappa
import TestSupport

extension PrimitiveCase {
  /// QR, least squares, pseudoinverses and roots.
  static let fullRank: [PrimitiveCase] = [
    PrimitiveCase("UpperFactor", "tall", [wellSeparated([4, 2], seed: 21)]) { try! $0[0].qr().r },
    PrimitiveCase("UpperFactor", "square batch", [wellSeparated([2, 3, 3], seed: 22)]) { try! $0[0].qr().r },
    PrimitiveCase("UpperFactor", "wide", [wellSeparated([2, 4], seed: 23)]) { try! $0[0].qr().r },
    PrimitiveCase("UpperFactor", "Q of a tall batch", [wellSeparated([2, 3, 2], seed: 24)]) { try! $0[0].qr().q },
    PrimitiveCase("UpperFactor", "Q of a square matrix", [-wellSeparated([3, 3], seed: 25)]) { try! $0[0].qr().q },
    PrimitiveCase("UpperFactor", "Q of a wide matrix", [wellSeparated([2, 3], seed: 26)]) { try! $0[0].qr().q },
    PrimitiveCase("UpperFactor", "Q and R", [wellSeparated([4, 2], seed: 27)]) {
      let (q, r) = try! $0[0].qr()
      return matmul(q.tanh(), r.squared())
    },
    PrimitiveCase("FullRankSolution", "tall, columns", [wellSeparated([4, 2], seed: 28), spread([4, 3])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("FullRankSolution", "tall, vector", [wellSeparated([4, 2], seed: 29), spread([4])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("FullRankSolution", "square", [wellSeparated([3, 3], seed: 30), spread([3, 2])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("FullRankSolution", "wide, columns", [wellSeparated([2, 4], seed: 31), spread([2, 2])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("FullRankSolution", "batch and vector", [wellSeparated([2, 3, 2], seed: 32), spread([3])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("FullRankSolution", "matrix and batch", [wellSeparated([3, 2], seed: 33), spread([2, 3, 1])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("FullRankSolution", "wide, stretched both ways", [wellSeparated([2, 1, 1, 2], seed: 34), spread([3, 1, 2])]) {
      try! $0[0].leastSquares($0[1])
    },
    PrimitiveCase("PseudoInverse", "tall", [wellSeparated([4, 2], seed: 35)]) { try! $0[0].pseudoInverse() },
    PrimitiveCase("PseudoInverse", "square", [wellSeparated([3, 3], seed: 36)]) { try! $0[0].pseudoInverse() },
    PrimitiveCase("PseudoInverse", "wide batch", [wellSeparated([2, 2, 3], seed: 37)]) { try! $0[0].pseudoInverse() },
    PrimitiveCase("PseudoInverse", "of constant rank", [wellSeparated([4, 2], seed: 38), wellSeparated([2, 3], seed: 39)]) {
      try! matmul($0[0], $0[1]).pseudoInverse(relativeTolerance: 1e-8)
    },
    PrimitiveCase("PseudoInverse", "wide, of constant rank", [wellSeparated([3, 2], seed: 40), wellSeparated([2, 4], seed: 41)]) {
      try! matmul($0[0], $0[1]).pseudoInverse(relativeTolerance: 1e-8)
    },
    PrimitiveCase("MatrixSquareRoot", "one", [positiveDefinite([3, 3], seed: 42)]) { try! $0[0].matrixSquareRoot() },
    PrimitiveCase("MatrixSquareRoot", "batch", [positiveDefinite([2, 2, 2], seed: 43)]) { try! $0[0].matrixSquareRoot() },
    PrimitiveCase("MatrixSquareRoot", "with equal eigenvalues", [3 * Tensor(identity: 3)]) { try! $0[0].matrixSquareRoot() },
    PrimitiveCase("MatrixSquareRoot", "inverse", [positiveDefinite([3, 3], seed: 44)]) { try! $0[0].inverseMatrixSquareRoot() },
    PrimitiveCase("SylvesterSolution", pullbackTo: 0, [.normal([3, 3], seed: 45), positiveDefinite([3, 3], seed: 46)]) {
      try! $0[0].matrixSquareRoot()
    },
    PrimitiveCase("SpectralDerivative", "power", [positiveDefinite([3, 3], seed: 49)]) { try! $0[0].matrixPower(-1.5) },
    PrimitiveCase("SpectralDerivative", "logarithms", [positiveDefinite([2, 2, 2], seed: 50)]) { try! $0[0].matrixLogarithm() },
    PrimitiveCase("SpectralDerivative", "exponential", [0.3 * spread([3, 3])]) {
      try! $0[0].symmetricFunction(SpectralExponential())
    },
    PrimitiveCase("SpectralDerivative", "with equal eigenvalues", [3 * Tensor(identity: 3)]) { try! $0[0].matrixPower(2.5) },
    PrimitiveCase("SpectralDerivative", pullbackTo: 0, [.normal([3, 3], seed: 51), positiveDefinite([3, 3], seed: 52)]) {
      try! $0[0].matrixLogarithm()
    },
    PrimitiveCase("SpectralDerivative", pullbackTo: 0, [.normal([2, 2], seed: 53), 3 * Tensor(identity: 2)]) {
      try! $0[0].matrixPower(0.3)
    },
    PrimitiveCase("SingularValues", "condition number", [wellSeparated([4, 2], seed: 47)]) { try! $0[0].conditionNumber() },
    PrimitiveCase("Inverse", "condition number", [regular([2, 2, 2], seed: 48)]) { try! $0[0].conditionNumber(.frobenius) },
  ]

  static let parts: [PrimitiveCase] = [
    PrimitiveCase("Slice", "of every axis", [spread([3, 4, 5])]) { $0[0][-1, 1..<3, .every(2)] },
    PrimitiveCase("Slice", "an element", [spread([3, 4])]) { $0[0][1, -2] },
    PrimitiveCase("Slice", "with new axes", [spread([2, 6])]) { $0[0][.newAxis, 1, .from(1, step: 3), .newAxis] },
    PrimitiveCase("Flip", "of steps down", [spread([5, 3])]) { $0[0][.range(-1, 0, step: -2), .reversed] },
    PrimitiveCase("Slice", "of the last axes", [spread([2, 3, 4])]) { $0[0][..., 1..., 2] },
    PrimitiveCase("Placement", "pullback of a part", pullbackTo: 0, [.normal([3, 2], seed: 61), spread([3, 5])]) {
      $0[0][.all, .range(-2, 0, step: -2)].exp()
    },
    PrimitiveCase("Diagonal", "as a subscript", [spread([2, 3, 3])]) { $0[0][diagonal: 1] },
    PrimitiveCase("Slice", "chunks", [spread([5, 2])]) { x in
      let chunks = x[0].chunks(ofLength: 2)
      return chunks[0] * chunks[1] + chunks[2]
    },
    PrimitiveCase("Take", "repeated as counts say", [spread([3, 2])]) { $0[0].repeated([2, 0, 3], axis: 0) },
    PrimitiveCase("Take", "chosen by a mask", [spread([2, 3])]) {
      $0[0].elements(where: Tensor<Bool>([true, false, true, true, false, true], shape: [2, 3]))
    },
    PrimitiveCase("Choice", "replaced", [spread([2, 3]), spread([3], from: 0.1)]) {
      $0[0].replacing(with: $0[1], where: Tensor<Bool>([true, false, true]))
    },
    PrimitiveCase("Permute", "two axes exchanged", [spread([2, 3, 4])]) { $0[0].transposed(0, -1) },
    PrimitiveCase("Reshape", "axes added and dropped", [spread([2, 1, 3])]) {
      $0[0].expanded(axes: [0, -1]).squeezed(axes: [2, 0])
    },
  ]

  static let runningProducts: [PrimitiveCase] = [
    PrimitiveCase("Product", "running, inner axis", [spread([2, 5])]) { $0[0].cumulativeProduct(axis: -1) },
    PrimitiveCase("Product", "running, outer axis", [spread([4, 2])]) { $0[0].cumulativeProduct(axis: 0) },
    PrimitiveCase("Product", "running, reversed", [spread([2, 3, 2])]) { $0[0].cumulativeProduct(axis: 1, reversed: true) },
    PrimitiveCase("Product", "running, with zeros", [Tensor([0.7, 0, -1.2, 0.4, 0, 1.5, 0])]) { $0[0].cumulativeProduct(axis: 0) },
    PrimitiveCase("Product", "inner product", [spread([2, 3]), spread([2, 3], from: 0.1)]) { $0[0].dot($0[1]) },
    PrimitiveCase("Product", "a b + c in place", [spread([2, 3]), spread([3], from: 0.1), spread([2, 1], from: 0.4)]) {
      var y = multiplyAdd($0[0], $0[1], $0[2])
      y *= $0[2]
      y -= $0[1]
      y += 2
      return y
    },
  ]
}
