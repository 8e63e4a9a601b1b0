/// All products of an element of `a` and one of `b`: `[a.shape..., b.shape...]`, NumPy's `multiply.outer`.
public func outer<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  var column = a
  for _ in 0..<b.rank { column = column.expanded(axis: column.rank) }
  return column * b
}

/// The sum of products over the last `axes` axes of `a` and the first `axes` of `b`, whose lengths agree.
///
/// `axes: 1` is the matrix product of matrices, `axes: 0` the outer product. One matrix product, without copies where both lie in
/// row-major order.
public func tensorDot<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>, axes: Int) -> Tensor<S> {
  require(
    axes >= 0 && axes <= a.rank && axes <= b.rank, "tensorDot: \(axes) axes of shapes \(a.shape) and \(b.shape)")
  return tensorDot(a, b, axes: Array(a.rank - axes..<a.rank), Array(0..<axes))
}

/// The sum of products over axes `axesOfA` of `a` and, pair by pair, `axesOfB` of `b`: the other axes of `a`, then those of `b`,
/// are left. One matrix product.
public func tensorDot<S: TensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, axes axesOfA: [Int], _ axesOfB: [Int]
) -> Tensor<S> {
  let left = axesOfA.map { a.shape.normalized($0, in: "tensorDot") }
  let right = axesOfB.map { b.shape.normalized($0, in: "tensorDot") }
  require(
    left.count == right.count && Set(left).count == left.count && Set(right).count == right.count
      && left.map { a.shape[$0] } == right.map { b.shape[$0] },
    "tensorDot: axes \(axesOfA) of shape \(a.shape) and \(axesOfB) of \(b.shape) do not match")
  let keptA = (0..<a.rank).filter { !left.contains($0) }
  let keptB = (0..<b.rank).filter { !right.contains($0) }
  let result = Shape(keptA.map { a.shape[$0] } + keptB.map { b.shape[$0] })
  return BatchedProduct.multiply(
    BatchedProduct.Factor(a, batch: [], free: keptA, contracted: left),
    BatchedProduct.Factor(b, batch: [], free: keptB, contracted: right)
  ).reshaped(to: result)
}

/// Σ_k a[b, i, k] c[b, j, k] for operands whose axes are in any order: what `tensorDot` and `einsum` come down to.
enum BatchedProduct {
  /// An operand as [batch, rows, columns]; `rows` are its free axes unless `isTransposed`.
  struct Factor<S: TensorScalar> {
    var matrix: Tensor<S>
    var isTransposed: Bool

    /// Of the two orders in which free and contracted axes can stand, the one that needs no copy.
    init(_ x: Tensor<S>, batch: [Int], free: [Int], contracted: [Int]) {
      func length(_ axes: [Int]) -> Int { axes.reduce(1) { $0 * x.shape[$1] } }
      let (n, m, k) = (length(batch), length(free), length(contracted))
      if let view = x.merged([batch, free, contracted]) {
        (matrix, isTransposed) = (view, false)
      } else if let view = x.merged([batch, contracted, free]) {
        (matrix, isTransposed) = (view, true)
      } else {
        (matrix, isTransposed) = (x.permuted(batch + free + contracted).reshaped(to: Shape([n, m, k])), false)
      }
    }
  }

  /// [batch, free of a, free of b].
  static func multiply<S: TensorScalar>(_ a: Factor<S>, _ b: Factor<S>) -> Tensor<S> {
    // matmul wants [m, k] x [k, n]; the right factor is [n, k] unless it is transposed already.
    if a.matrix.shape[0] == 1 && b.matrix.shape[0] == 1 {
      return matmul(
        a.matrix.squeezed(axis: 0), b.matrix.squeezed(axis: 0), transposeA: a.isTransposed, transposeB: !b.isTransposed)
    }
    return matmul(a.matrix, b.matrix, transposeA: a.isTransposed, transposeB: !b.isTransposed)
  }
}

extension Tensor {
  /// A view whose axis `i` runs through the axes `groups[i]`, in that order, if strides allow.
  func merged(_ groups: [[Int]]) -> Tensor? {
    var newShape = Shape()
    var newStrides = Strides(rowMajor: [])
    for (position, group) in groups.enumerated() {
      var (length, step): (Int, Int?) = (1, nil)
      for axis in group.reversed() where shape[axis] != 1 {
        if let innermost = step {
          if strides[axis] != innermost * length { return nil }
        } else {
          step = strides[axis]
        }
        length *= shape[axis]
      }
      newShape.append(length)
      newStrides[position] = step ?? 0
    }
    return Tensor(storage: storage, offset: offset, shape: newShape, strides: newStrides)
  }
}
