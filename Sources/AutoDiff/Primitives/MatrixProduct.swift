import Tensor

/// y = op(a) op(b), `op` a transpose if asked for; closed under its own derivatives.
struct MatrixProduct<Scalar: TensorScalar>: BinaryPrimitive {
  var transposeA = false
  var transposeB = false

  var reads: ValuesRead { [.first, .second] }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    matmul(a, b, transposeA: transposeA, transposeB: transposeB)
  }

  func addValue(to sum: inout Accumulator<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
    sum.addProduct(a, transposed: transposeA, b, transposed: transposeB)
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { p.operandsHaveRankOfResult }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    if let da = p.da { sum.addProduct(da, transposed: transposeA, p.b, transposed: transposeB) }
    if let db = p.db { sum.addProduct(p.a, transposed: transposeA, db, transposed: transposeB) }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) {
      // y = a b: da = dy bᵀ; transposed operands exchange the factors.
      if transposeA {
        p.add(MatrixProduct(transposeA: transposeB, transposeB: true), p.b, dy, to: 0)
      } else {
        p.add(MatrixProduct(transposeA: false, transposeB: !transposeB), dy, p.b, to: 0)
      }
    }
    if p.wants(1) {
      if transposeB {
        p.add(MatrixProduct(transposeA: true, transposeB: transposeA), dy, p.a, to: 1)
      } else {
        p.add(MatrixProduct(transposeA: !transposeA, transposeB: false), p.a, dy, to: 1)
      }
    }
  }
}

/// The product of matrices, batches of matrices or vectors, by the rules of `numpy.matmul`; see the function on tensors.
@specialized(where S == Float) @specialized(where S == Double)
public func matmul<S: TensorScalar>(
  _ a: Variable<S>, _ b: Variable<S>, transposeA: Bool = false, transposeB: Bool = false
) -> Variable<S> {
  if a.shape.rank == 2 && b.shape.rank == 2 {
    return a.applying(MatrixProduct(transposeA: transposeA, transposeB: transposeB), with: b)
  }
  let size = MatrixProductShape(a.shape, b.shape, transposeA: transposeA, transposeB: transposeB)
  let (ta, tb) = (transposeA && a.shape.rank > 1, transposeB && b.shape.rank > 1)
  let left = a.shape.rank == 1 ? a.reshaped(to: [1, a.shape[0]]) : a
  let right = b.shape.rank == 1 ? b.reshaped(to: [b.shape[0], 1]) : b
  if right.shape.rank == 2 && !ta {
    // Rows of all batches in one product.
    return left.reshaped(to: [size.batch.elementCount * size.rows, size.inner])
      .applying(MatrixProduct(transposeB: tb), with: right).reshaped(to: size.result)
  }
  let leftShape = Shape(size.batch + left.shape.suffix(2))
  let rightShape = Shape(size.batch + right.shape.suffix(2))
  return left.broadcast(to: leftShape)
    .applying(MatrixProduct(transposeA: ta, transposeB: tb), with: right.broadcast(to: rightShape)).reshaped(to: size.result)
}
