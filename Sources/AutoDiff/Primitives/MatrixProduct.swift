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
    if p.blockWidth != nil && p.resultShape.rank == 3 {
      let (da, db) = (p.da, p.db)
      if da?.hasDirectionsLast != false && db?.hasDirectionsLast != false {
        if let total = tangentWithDirectionsLast(da, db, at: p) { sum.add(total.movingAxis(2, to: 0)) }
        return
      }
      if let da { sum.add(product(ofBlock: da, p.b)) }
      if let db { sum.add(product(p.a, ofBlock: db, directionsLast: da == nil && p.prefersDirectionsLast)) }
      return
    }
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

// One product for a whole block of directions takes less time than one for each where matrices are small. Some blocks have to be
// brought in a row for it.
extension MatrixProduct {
  /// op(aⱼ) op(b) for a block of matrices a.
  private func product(ofBlock a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    guard transposeA && (a.isSmallBlock || a.movingAxis(0, to: 1).isContiguous) else {
      return matmul(a, b, transposeA: transposeA, transposeB: transposeB)
    }
    let (width, inner, rows) = (a.shape[0], a.shape[1], a.shape[2])
    let wide = a.movingAxis(0, to: 1).reshaped(to: [inner, width * rows] as Shape)
    let product = matmul(wide, b, transposeA: true, transposeB: transposeB)
    return product.reshaped(to: [width, rows, product.shape[1]] as Shape)
  }

  /// op(a) op(bⱼ) for a block of matrices b: one wide product, in which the directions are in front of the columns, or last.
  private func product(_ a: Tensor<Scalar>, ofBlock b: Tensor<Scalar>, directionsLast: Bool) -> Tensor<Scalar> {
    guard b.isSmallBlock else { return matmul(a, b, transposeA: transposeA, transposeB: transposeB) }
    let (width, columns, inner) = (b.shape[0], b.shape[transposeB ? 1 : 2], b.shape[transposeB ? 2 : 1])
    let place = directionsLast && !transposeB ? 2 : 1
    let wide =
      transposeB
      ? b.reshaped(to: [width * columns, inner] as Shape)
      : b.movingAxis(0, to: place).reshaped(to: [inner, width * columns] as Shape)
    let product = matmul(a, wide, transposeA: transposeA, transposeB: transposeB)
    let shape: Shape = place == 2 ? [product.shape[0], columns, width] : [product.shape[0], width, columns]
    return product.reshaped(to: shape).movingAxis(place, to: 0)
  }

  /// op(daⱼ) op(b) + op(a) op(dbⱼ) for blocks whose directions are the last axis in memory, as they are in the result; nil is zero.
  private func tangentWithDirectionsLast(
    _ da: Tensor<Scalar>?, _ db: Tensor<Scalar>?, at p: TangentPoint<Scalar>
  ) -> Tensor<Scalar>? {
    var total: Tensor<Scalar>?
    if let da {
      total = Kernels.product(ofBlock: da.permuted(transposeA ? [2, 1, 0] : [1, 2, 0]), transposeB ? p.b.transposed() : p.b)
    }
    guard let db else { return total }
    let (left, rows) = (transposeA ? p.a.transposed() : p.a, db.permuted([1, 2, 0]))
    if !transposeB { return Kernels.product(left, ofBlock: rows, addedTo: total) }
    // A row of all dbⱼ makes a column of all results.
    let second = Kernels.product(ofBlock: rows, left.transposed()).permuted([1, 0, 2])
    return total.map { $0 + second } ?? second
  }
}

extension MatrixProduct: ExamplewiseSum {
  /// The axis that operand `index` shares with the other one and that the product sums over.
  private func innerAxis(ofOperand index: Int, rank: Int) -> Int { rank - ((index == 0 ? transposeA : !transposeB) ? 2 : 1) }

  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    let (operand, result) = (point.shape(ofOperand: index), point.resultShape)
    guard operand.rank == result.rank && point.shape(ofOperand: 1 - index).rank == result.rank else { return .unknown }
    if place.axis == innerAxis(ofOperand: index, rank: operand.rank) { return .summed }
    if place.axis < result.rank - 2 { return result[place.axis] == operand[place.axis] ? .kept(place) : .unknown }
    return .kept(place.moved(to: result.rank - (index == 0 ? 2 : 1)))
  }

  func terms(
    of range: Range<Int>, at place: ExampleAxis, ofOperand index: Int, at point: ExamplePoint<Scalar>
  ) -> ExampleTerms<Scalar> {
    let rank = point.resultShape.rank
    let a = point.examples(range, ofOperand: 0, at: place.moved(to: innerAxis(ofOperand: 0, rank: rank)))
    let b = point.examples(range, ofOperand: 1, at: place.moved(to: innerAxis(ofOperand: 1, rank: rank)))
    if rank == 2 { return .products(left: transposeA ? a : a.transposed(), right: transposeB ? b.transposed() : b) }
    return .tensor(matmul(a, b, transposeA: transposeA, transposeB: transposeB))
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
