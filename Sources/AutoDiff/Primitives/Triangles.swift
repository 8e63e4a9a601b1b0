import Tensor

extension Variable {
  /// The diagonals of the matrices in two axes, as a new last axis: element i is at row i, column i + offset (row i - offset,
  /// column i if `offset` is negative). Empty if the matrices have no such diagonal.
  public func diagonal(offset: Int = 0, axes: (row: Int, column: Int) = (-2, -1)) -> Variable {
    require(shape.rank >= 2, "diagonal: shape \(shape) has no matrices")
    let (row, column) = (shape.position(ofAxis: axes.row, in: "diagonal"), shape.position(ofAxis: axes.column, in: "diagonal"))
    require(row != column, "diagonal: axes \(axes.row) and \(axes.column) of shape \(shape) are the same")
    let last = shape.rank - 1
    let isInPlace = row == last - 1 && column == last
    let matrices = isInPlace ? self : permuted((0...last).filter { $0 != row && $0 != column } + [row, column])
    return matrices.applying(Diagonal(offset: offset))
  }

  /// Square matrices with the vectors of the last axis on diagonal `offset` and zeros elsewhere.
  public init(diagonal vectors: Variable, offset: Int = 0) {
    require(vectors.shape.rank >= 1, "diagonal: a scalar is no vector")
    let n = vectors.shape[vectors.shape.rank - 1] + Swift.abs(offset)
    let shape = Shape(Array(vectors.shape.dropLast()) + [n, n])
    self = vectors.applying(DiagonalMatrix(shape: shape, offset: offset))
  }

  /// The sums of the diagonals of matrices `[..., m, n]`: `[...]`.
  public func trace() -> Variable { diagonal().sum(axes: [-1]) }

  /// The matrices of the last two axes with zeros above diagonal `diagonal` (0 is the main one, positive ones lie above it).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func lowerTriangle(diagonal: Int = 0) -> Variable { applying(TrianglePart(triangle: .lower, diagonal: diagonal)) }

  /// The matrices of the last two axes with zeros below diagonal `diagonal` (0 is the main one, positive ones lie above it).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func upperTriangle(diagonal: Int = 0) -> Variable { applying(TrianglePart(triangle: .upper, diagonal: diagonal)) }

  /// (A + Aᵀ) / 2.
  func symmetrized() -> Variable { (self + transposed()) * 0.5 }

  /// The lower triangle with half the diagonal: what is left of a symmetric matrix when L + Lᵀ is known.
  func halvedTriangle() -> Variable { (lowerTriangle() + lowerTriangle(diagonal: -1)) * 0.5 }
}

extension Tensor where Scalar: TensorScalar {
  /// (A + Aᵀ) / 2.
  func symmetrized() -> Tensor { (self + transposed()) * 0.5 }

  /// The lower triangle with half the diagonal.
  func halvedTriangle() -> Tensor { (lowerTriangle() + lowerTriangle(diagonal: -1)) * 0.5 }
}

/// Diagonal `offset` of matrices.
struct Diagonal<Scalar: TensorScalar>: UnaryPrimitive {
  let offset: Int
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.diagonal(offset: offset) }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.applying(DiagonalMatrix(shape: p.shape(ofOperand: 0), offset: offset))
  }
}

/// The adjoint of `Diagonal`: zeros of the given shape with u on the diagonals.
struct DiagonalMatrix<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  let offset: Int
  var reads: ValuesRead { .nothing }
  func value(_ u: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = Tensor<Scalar>(zeros: shape)
    result[diagonal: offset] = u
    return result
  }
  func tangent(_ du: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(du) }
  func cotangent(_ dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> { dx.applying(Diagonal(offset: offset)) }
}

/// Matrices with zeros on one side of a diagonal; its own adjoint.
struct TrianglePart<Scalar: TensorScalar>: UnaryPrimitive {
  let triangle: Triangle
  let diagonal: Int
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    triangle == .lower ? x.lowerTriangle(diagonal: diagonal) : x.upperTriangle(diagonal: diagonal)
  }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.applying(TrianglePart(triangle: triangle, diagonal: diagonal))
  }
}
