import Tensor

extension Variable {
  /// Solves `A·x = b` for square A `[..., n, n]`; `self` is A.
  ///
  /// A is factored once: products with the solution's derivatives, of any order, take substitutions.
  /// - Parameter b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes of A and b broadcast.
  /// - Returns: x in the form of b.
  /// - Throws: `singular` with the first pivot that is zero; `notFinite`.
  public func solve(_ b: Variable) throws(LinearAlgebraError) -> Variable {
    try solving(b) { columns throws(LinearAlgebraError) in
      let matrices = value
      let factorization = try matrices.lu()
      let solution = try factorization.solve(columns.value)
      return recording(LinearSolution(factorization: factorization, isTransposed: false), with: columns, value: solution)
    }
  }

  /// Solves `op(A)·x = b` for triangular A, `op` the transpose if asked for; `self` is A. The other triangle is not read, and its
  /// derivative is zero.
  /// - Parameters:
  ///   - b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes of A and b broadcast.
  ///   - triangle: which half of A `[..., n, n]`.
  ///   - transposed: whether to solve with Aᵀ instead.
  ///   - unitDiagonal: whether to take the diagonal as ones; it is not read then.
  /// - Returns: x in the form of b.
  /// - Throws: `singular` for a zero on the diagonal; `notFinite`.
  public func solveTriangular(
    _ b: Variable, _ triangle: Triangle, transposed: Bool = false, unitDiagonal: Bool = false
  ) throws(LinearAlgebraError) -> Variable {
    try solving(b) { columns throws(LinearAlgebraError) in
      let solution = try value.solveTriangular(columns.value, triangle, transposed: transposed, unitDiagonal: unitDiagonal)
      let primitive = TriangularSolution<Scalar>(triangle: triangle, isTransposed: transposed, hasUnitDiagonal: unitDiagonal)
      return recording(primitive, with: columns, value: solution)
    }
  }

  /// Solves `A·x = b` given the Cholesky factor `self` of A: `L·Lᵀ·x = b`.
  /// - Parameter b: `[n]`, or `[..., n, k]` for k systems at once. Leading axes broadcast.
  /// - Throws: `singular` for a zero on the diagonal of L; `notFinite`.
  public func solveCholesky(_ b: Variable) throws(LinearAlgebraError) -> Variable {
    try solving(b) { columns throws(LinearAlgebraError) in
      try solveTriangular(solveTriangular(columns, .lower), .lower, transposed: true)
    }
  }

  /// A⁻¹ of square matrices `[..., n, n]`. To apply an inverse, `solve` is faster and more accurate.
  /// - Throws: `singular`; `notFinite`.
  public func inverse() throws(LinearAlgebraError) -> Variable { recording(Inverse(), value: try value.inverse()) }

  /// Calls `body` with `b` as columns, and returns its result in the form of `b`.
  func solving(
    _ b: Variable, _ body: (Variable) throws(LinearAlgebraError) -> Variable
  ) throws(LinearAlgebraError) -> Variable {
    guard b.shape.rank == 1 else { return try body(b) }
    return try body(b.expanded(axis: 1)).squeezed(axis: -1)
  }
}

/// What rules compute once the operation itself has succeeded: if it fails with other numbers, those are not finite, and neither
/// is the result.
func orNaN<S: TensorScalar>(_ shape: Shape, _ compute: () throws(LinearAlgebraError) -> Tensor<S>) -> Tensor<S> {
  do throws(LinearAlgebraError) {
    return try compute()
  } catch {
    return Tensor(repeating: .nan, shape: shape)
  }
}

/// The shape of solutions of systems with matrices `a` and columns `b`.
private func solutionShape(_ a: Shape, _ b: Shape) -> Shape {
  let leading = Shape(a.dropLast(2)).broadcast(with: Shape(b.dropLast(2))) ?? []
  return Shape(Array(leading) + b.suffix(2))
}

/// x = op(A)⁻¹ b, `op` the transpose if asked for, with A's factors at hand: op(A) dx = db - op(dA) x.
struct LinearSolution<Scalar: TensorScalar>: BinaryPrimitive {
  let factorization: LUFactorization<Scalar>
  let isTransposed: Bool

  var reads: ValuesRead { [.first, .result] }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    orNaN(solutionShape(a.shape, b.shape)) { () throws(LinearAlgebraError) in
      try factorization.solve(b, transposed: isTransposed)
    }
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let change = p.da.map { matmul($0, p.y, transposeA: isTransposed) }
    switch (p.db, change) {
    case (let db?, let change?): sum.add(value(p.a, db - change).stretched(to: p.resultShape))
    case (let db?, nil): sum.add(value(p.a, db).stretched(to: p.resultShape))
    case (nil, let change?): sum.add(-value(p.a, change))
    case (nil, nil): break
    }
  }

  func addCotangents(of dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let db = p.a.applying(LinearSolution(factorization: factorization, isTransposed: !isTransposed), with: dx)
    if p.wants(1) { p.add(db.summed(to: p.shape(ofOperand: 1)), to: 1) }
    if p.wants(0) {
      let product = isTransposed ? matmul(p.y, db, transposeB: true) : matmul(db, p.y, transposeB: true)
      p.add((-product).summed(to: p.shape(ofOperand: 0)), to: 0)
    }
  }
}

/// x = op(A)⁻¹ b for one triangle of A, `op` the transpose if asked for; the other triangle is not read.
struct TriangularSolution<Scalar: TensorScalar>: BinaryPrimitive {
  let triangle: Triangle
  var isTransposed = false
  var hasUnitDiagonal = false

  var reads: ValuesRead { [.first, .result] }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    orNaN(solutionShape(a.shape, b.shape)) { () throws(LinearAlgebraError) in
      try a.solveTriangular(b, triangle, transposed: isTransposed, unitDiagonal: hasUnitDiagonal)
    }
  }

  /// What of A is read.
  private var part: TrianglePart<Scalar> {
    TrianglePart(triangle: triangle, diagonal: hasUnitDiagonal ? (triangle == .lower ? -1 : 1) : 0)
  }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let change = p.da.map { matmul(part.value($0), p.y, transposeA: isTransposed) }
    switch (p.db, change) {
    case (let db?, let change?): sum.add(value(p.a, db - change).stretched(to: p.resultShape))
    case (let db?, nil): sum.add(value(p.a, db).stretched(to: p.resultShape))
    case (nil, let change?): sum.add(-value(p.a, change))
    case (nil, nil): break
    }
  }

  func addCotangents(of dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    var adjoint = self
    adjoint.isTransposed.toggle()
    let db = p.a.applying(adjoint, with: dx)
    if p.wants(1) { p.add(db.summed(to: p.shape(ofOperand: 1)), to: 1) }
    if p.wants(0) {
      let product = isTransposed ? matmul(p.y, db, transposeB: true) : matmul(db, p.y, transposeB: true)
      p.add((-product).summed(to: p.shape(ofOperand: 0)).applying(part), to: 0)
    }
  }
}

/// y = A⁻¹, dy = -y dA y.
struct Inverse<Scalar: TensorScalar>: UnaryPrimitive {
  var reads: ValuesRead { .result }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    orNaN(x.shape) { () throws(LinearAlgebraError) in try x.inverse() }
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    -matmul(p.y, matmul(dx, p.y))
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    -matmul(matmul(p.y, dy, transposeA: true), p.y, transposeB: true)
  }
}
