/// `A = P·L·U` of matrices `[..., m, n]`: P a permutation, L unit lower triangular, U upper triangular.
///
/// Made once by `lu()`, it solves any number of systems at the cost of substitution.
public struct LUFactorization<Scalar: TensorScalar>: Sendable {
  /// U on and above the diagonal and L, whose ones are left out, below it: LAPACK's packed form, `[..., m, n]`. It lies column by
  /// column, a transposed view, which costs matrix products nothing.
  public let factors: Tensor<Scalar>
  /// LAPACK's row exchanges, counted from 1: `[..., min(m, n)]`.
  private let exchanges: Tensor<Int32>
  private let batch: MatrixBatch

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init(_ a: Tensor<Scalar>, for operation: String, square: Bool = false) throws(LinearAlgebraError) {
    batch = MatrixBatch(operation, a.shape, square: square)
    let (m, n, k) = (batch.rows, batch.columns, batch.smaller)
    let columns = Tensor<Scalar>(uninitialized: batch.shape(n, m))
    exchanges = Tensor<Int32>(uninitialized: batch.shape(k))
    factors = columns.transposed()
    let (out, pivots) = (columns.mutableBase, exchanges.mutableBase)
    let source = a.transposed()
    try batch.forEach(cost: m * n * k) { index throws(LinearAlgebraError.Reason) in
      let target = out + index * m * n
      source.matrix(index).copy(into: target)
      guard Kernels.isFinite(target, m * n) else { throw .notFinite }
      if k > 0 { Kernels.lu(target, rows: m, columns: n, exchanges: pivots + index * k) }
    }
    keepAlive(columns.storage)
    keepAlive(exchanges.storage)
  }

  /// Row `i` was exchanged with row `pivots[i]`, for i = 0, 1, ... in turn: `[..., min(m, n)]`, counted from 0.
  public var pivots: Tensor<Int32> { Tensor(exchanges.elements.map { $0 - 1 }, shape: exchanges.shape) }

  /// Where the rows of `L·U` stand in A: row `i` of `L·U` is row `rowOrder[i]` of A. `[..., m]`.
  public var rowOrder: Tensor<Int32> {
    let k = batch.smaller
    let pivots = exchanges.elements
    var orders: [Int32] = []
    orders.reserveCapacity(batch.count * batch.rows)
    for index in 0..<batch.count {
      var order = (0..<Int32(batch.rows)).map { $0 }
      for i in 0..<k { order.swapAt(i, Int(pivots[index * k + i]) - 1) }
      orders += order
    }
    return Tensor(orders, shape: batch.shape(batch.rows))
  }

  /// P: `[..., m, m]`, a one in each row and column.
  public var permutation: Tensor<Scalar> {
    let m = batch.rows
    let result = Tensor<Scalar>(zeros: batch.shape(m, m))
    let out = result.mutableBase
    for (position, row) in rowOrder.elements.enumerated() {
      out[position / m * m * m + Int(row) * m + position % m] = 1
    }
    return result
  }

  /// L: `[..., m, min(m, n)]`, with its ones.
  public var lower: Tensor<Scalar> {
    factors.sliced(axis: -1, 0..<batch.smaller).masked { i, j, value in i == j ? 1 : i > j ? value : 0 }
  }

  /// U: `[..., min(m, n), n]`.
  public var upper: Tensor<Scalar> {
    factors.sliced(axis: -2, 0..<batch.smaller).masked { i, j, value in i <= j ? value : 0 }
  }

  /// Solves `A·x = b`, or `Aᵀ·x = b` if `transposed`; A is square.
  /// - Parameter b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes broadcast.
  /// - Returns: x in the form of b.
  /// - Throws: `singular` with the first pivot that is zero; `notFinite`.
  /// - Complexity: 2 n² k operations for each matrix.
  public func solve(_ b: Tensor<Scalar>, transposed: Bool = false) throws(LinearAlgebraError) -> Tensor<Scalar> {
    try solve(b, transposed: transposed, for: "solve")
  }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func solve(_ b: Tensor<Scalar>, transposed: Bool = false, for operation: String) throws(LinearAlgebraError) -> Tensor<Scalar> {
    let n = batch.rows
    require(batch.columns == n, "\(operation): the matrices of shape \(factors.shape) are not square")
    try checkPivots(operation)
    let right = RightHandSides(operation, b, for: batch, length: n)
    let k = right.count
    let stretched = factors.broadcast(to: right.batch.shape(n, n))
    let order = rowOrder.broadcast(to: right.batch.shape(n)).contiguous()
    let x = Tensor<Scalar>(uninitialized: right.columns.shape)
    let (out, rows) = (x.mutableBase, order.base)
    try right.batch.forEach(cost: 2 * n * n * k) { index throws(LinearAlgebraError.Reason) in
      let (target, lu, b) = (out + index * n * k, stretched.matrix(index), right.columns.matrix(index))
      if transposed {
        // Uᵀ Lᵀ Pᵀ x = b
        let y = b.copied()
        guard Kernels.isFinite(y.base, n * k) else { throw .notFinite }
        Kernels.solveTriangular(lu, .upper, transposed: true, unitDiagonal: false, y.mutableBase, columns: k)
        Kernels.solveTriangular(lu, .lower, transposed: true, unitDiagonal: true, y.mutableBase, columns: k)
        for i in 0..<n { (target + Int(rows[index * n + i]) * k).update(from: y.base + i * k, count: k) }
        keepAlive(y)
      } else {
        let source = b.contiguous()
        for i in 0..<n { (target + i * k).update(from: source.base + Int(rows[index * n + i]) * k, count: k) }
        keepAlive(source)
        guard Kernels.isFinite(target, n * k) else { throw .notFinite }
        Kernels.solveTriangular(lu, .lower, transposed: false, unitDiagonal: true, target, columns: k)
        Kernels.solveTriangular(lu, .upper, transposed: false, unitDiagonal: false, target, columns: k)
      }
    }
    keepAlive(order.storage)
    return right.solutions(x)
  }

  /// Throws for the first matrix with a zero on the diagonal of U.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func checkPivots(_ operation: String) throws(LinearAlgebraError) {
    var named = batch
    named.operation = operation
    try named.forEach(cost: 1) { index throws(LinearAlgebraError.Reason) in
      let diagonal = factors.matrix(index).matrixDiagonal
      let step = diagonal.strides[0]
      for i in 0..<batch.smaller where diagonal.base[i * step] == 0 { throw .singular(pivot: i) }
    }
    keepAlive(factors.storage)
  }

  /// A⁻¹: `[..., n, n]`.
  /// - Throws: `singular`.
  /// - Complexity: 2 n³ operations for each matrix. To apply an inverse, `solve` is faster and more accurate.
  public func inverse() throws(LinearAlgebraError) -> Tensor<Scalar> { try inverse(for: "inverse") }

  func inverse(for operation: String) throws(LinearAlgebraError) -> Tensor<Scalar> {
    try solve(Tensor(identity: batch.columns), for: operation)
  }

  /// The sign of det A, -1, 0 or 1, and log |det A|, minus infinity for a singular matrix: both `[...]`.
  public var signAndLogDeterminant: (sign: Tensor<Scalar>, logMagnitude: Tensor<Scalar>) {
    let diagonal = factors.matrixDiagonal
    let flips = exchanges.elements
    let n = batch.smaller
    let parity = (0..<batch.count).map { index in
      (0..<n).count { flips[index * n + $0] != Int32($0 + 1) }.isMultiple(of: 2) ? 1 : -1 as Scalar
    }
    let sign = diagonal.sign().elements
    let signs = (0..<batch.count).map { index in sign[index * n..<(index + 1) * n].reduce(parity[index], *) }
    return (Tensor(signs, shape: batch.leading), diagonal.abs().log().sum(axes: [-1]))
  }

  /// det A: `[...]`. Exponents are added apart, so that no product of pivots overflows or vanishes on the
  /// way to a determinant that does not; it is infinite or NaN where a pivot already is.
  public var determinant: Tensor<Scalar> {
    require(batch.rows == batch.columns, "determinant: the matrices of shape \(factors.shape) are not square")
    let (diagonal, flips, n) = (factors.matrixDiagonal.elements, exchanges.elements, batch.smaller)
    let values = (0..<batch.count).map { index -> Scalar in
      var (significand, exponent) = (1 as Scalar, 0)
      for i in index * n..<(index + 1) * n {
        significand *= diagonal[i]
        if significand == 0 { return 0 }
        // A pivot that overflowed has no exponent, only a sign.
        if significand.isFinite {
          exponent += Int(significand.exponent)
          significand = Scalar(sign: significand.sign, exponent: 0, significand: significand.significand)
        }
        if flips[i] != Int32(i - index * n + 1) { significand = -significand }
      }
      if !significand.isFinite { return significand }
      // Beyond these bounds the result is infinite or zero whatever the significand.
      return Scalar(sign: .plus, exponent: Scalar.Exponent(max(-5000, min(5000, exponent))), significand: 1) * significand
    }
    return Tensor(values, shape: batch.leading)
  }
}

extension Tensor where Scalar: TensorScalar {
  /// The factorization `A = P·L·U` with partial pivoting of matrices `[..., m, n]`; those of a singular matrix have a zero on the
  /// diagonal of U.
  /// - Throws: `notFinite`.
  /// - Complexity: 2/3 n³ operations for each square matrix. Batches, and the pieces of a large matrix, are shared among the
  ///   threads.
  public func lu() throws(LinearAlgebraError) -> LUFactorization<Scalar> { try LUFactorization(self, for: "lu") }

  /// A⁻¹ of square matrices `[..., n, n]`. To apply an inverse, `solve` is faster and more accurate.
  /// - Throws: `singular`; `notFinite`.
  /// - Complexity: 8/3 n³ operations for each matrix.
  public func inverse() throws(LinearAlgebraError) -> Tensor {
    try LUFactorization(self, for: "inverse", square: true).inverse()
  }

  /// det A of square matrices `[..., n, n]`, as `[...]`; 1 for empty matrices.
  /// - Throws: `notFinite`.
  public func determinant() throws(LinearAlgebraError) -> Tensor {
    try LUFactorization(self, for: "determinant", square: true).determinant
  }

  /// The sign of det A, -1, 0 or 1, and log |det A|, minus infinity for singular A, of square matrices `[..., n, n]`: both `[...]`.
  /// - Throws: `notFinite`.
  public func signAndLogDeterminant() throws(LinearAlgebraError) -> (sign: Tensor, logMagnitude: Tensor) {
    try LUFactorization(self, for: "signAndLogDeterminant", square: true).signAndLogDeterminant
  }

  /// Matrices `[..., m, n]` with each element replaced by a function of its row, its column and itself.
  func masked(_ f: (Int, Int, Scalar) -> Scalar) -> Tensor {
    let batch = MatrixBatch("masked", shape)
    let result = copied()
    let out = result.mutableBase
    for index in 0..<batch.count {
      for i in 0..<batch.rows {
        let row = out + (index * batch.rows + i) * batch.columns
        for j in 0..<batch.columns { row[j] = f(i, j, row[j]) }
      }
    }
    keepAlive(result.storage)
    return result
  }
}
