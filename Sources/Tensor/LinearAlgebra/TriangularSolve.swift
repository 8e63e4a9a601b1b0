/// One half of a square matrix, its diagonal included.
public enum Triangle: Sendable, Hashable {
  case lower, upper
}

extension Tensor where Scalar: TensorScalar {
  /// Solves `op(A)·x = b` for triangular A, `op` the transpose if asked for, by substitution.
  ///
  /// The other triangle is not read, whatever stands there.
  /// - Parameters:
  ///   - b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes of A and b broadcast.
  ///   - triangle: which half of A `[..., n, n]`.
  ///   - transposed: whether to solve with Aᵀ instead.
  ///   - unitDiagonal: whether to take the diagonal as ones; it is not read then.
  /// - Returns: x in the form of b.
  /// - Throws: `singular` for a zero on the diagonal; `notFinite`.
  /// - Complexity: n² k operations for each matrix; one copy of b.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func solveTriangular(
    _ b: Tensor, _ triangle: Triangle, transposed: Bool = false, unitDiagonal: Bool = false
  ) throws(LinearAlgebraError) -> Tensor {
    try solveTriangular(b, triangle, transposed: transposed, unitDiagonal: unitDiagonal, for: "solveTriangular")
  }

  /// As above, in the name of another operation.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func solveTriangular(
    _ b: Tensor, _ triangle: Triangle, transposed: Bool, unitDiagonal: Bool, for operation: String
  ) throws(LinearAlgebraError) -> Tensor {
    let own = MatrixBatch(operation, shape, square: true)
    let n = own.rows
    try own.forEach(cost: n * n) { index throws(LinearAlgebraError.Reason) in
      try matrix(index).checkTriangular(triangle, unitDiagonal: unitDiagonal)
    }
    let right = RightHandSides(operation, b, for: own, length: n)
    let stretched = broadcast(to: right.batch.shape(n, n))
    let x = Tensor(uninitialized: right.columns.shape)
    let out = x.mutableBase
    try right.batch.forEach(cost: n * n * right.count) { index throws(LinearAlgebraError.Reason) in
      let target = out + index * n * right.count
      right.columns.matrix(index).copy(into: target)
      guard Kernels.isFinite(target, n * right.count) else { throw .notFinite }
      Kernels.solveTriangular(
        stretched.matrix(index), triangle, transposed: transposed, unitDiagonal: unitDiagonal, target, columns: right.count)
    }
    return right.solutions(x)
  }

  /// Throws unless the triangle of this matrix is finite and, if it is read, its diagonal without zeros.
  private func checkTriangular(_ triangle: Triangle, unitDiagonal: Bool) throws(LinearAlgebraError.Reason) {
    let n = shape[0]
    let (a, down, across) = (base, strides[0], strides[1])
    defer { keepAlive(storage) }
    for i in 0..<n {
      let inside = unitDiagonal ? 0 : 1
      let columns = triangle == .lower ? 0..<i + inside : i + 1 - inside..<n
      if across == 1 {
        guard Kernels.isFinite(a + i * down + columns.lowerBound, columns.count) else { throw .notFinite }
      } else {
        for j in columns where !a[i * down + j * across].isFinite { throw .notFinite }
      }
    }
    if unitDiagonal { return }
    for i in 0..<n where a[i * (down + across)] == 0 { throw .singular(pivot: i) }
  }
}
