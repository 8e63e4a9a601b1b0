/// The Kronecker product A ⊗ B of matrices: blocks `a[i, j]·B`.
/// - Parameters:
///   - a: `[..., m, n]`.
///   - b: `[..., p, q]`; leading axes of both broadcast.
/// - Returns: `[..., m p, n q]`.
public func kronecker<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  let (left, right) = (MatrixBatch("kronecker", a.shape), MatrixBatch("kronecker", b.shape))
  guard let leading = left.leading.broadcast(with: right.leading) else {
    fatalError("kronecker: leading axes of \(a.shape) and \(b.shape) do not broadcast")
  }
  require(leading.rank + 4 <= Shape.maximumRank, "kronecker: shapes \(a.shape) and \(b.shape) have more than four leading axes")
  // [..., m, 1, n, 1] times [..., 1, p, 1, q].
  let product = a.expanded(axis: -2).expanded(axis: -1) * b.expanded(axis: -2).expanded(axis: -4)
  return product.reshaped(to: leading.appending([left.rows * right.rows, left.columns * right.columns]))
}
