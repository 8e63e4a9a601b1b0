import CKernels

/// The matrix products and floating-point operations that the calling thread has asked for, for cost reports and tests.
public struct ProductCount: Sendable, Equatable {
  /// How many products.
  public var products: Int
  /// 2 m n k for an [m, k] x [k, n] product.
  public var flops: Int

  /// All since the thread started.
  public static var soFar: ProductCount {
    let now = kappa_products_so_far()
    return ProductCount(products: Int(now.products), flops: Int(now.flops))
  }

  /// What was asked for between two counts.
  public static func - (a: ProductCount, b: ProductCount) -> ProductCount {
    ProductCount(products: a.products - b.products, flops: a.flops - b.flops)
  }
}

/// A matrix as BLAS sees it: row-major with a leading dimension, or the transpose of one.
struct Operand<S: TensorScalar> {
  var pointer: UnsafePointer<S>
  var leading: Int
  var isTransposed: Bool
  var rowStep: Int
  var columnStep: Int
  var owner: Storage

  init(_ matrix: Tensor<S>, transposed: Bool) {
    let axis = matrix.rank - 2
    var (rows, columns) = (matrix.shape.lengths[axis], matrix.shape.lengths[axis + 1])
    var (down, across) = (matrix.strides[axis], matrix.strides[axis + 1])
    if transposed {
      (rows, columns) = (columns, rows)
      (down, across) = (across, down)
    }
    // A stride along an axis of length 1 says nothing: choose one that BLAS takes.
    if columns == 1 { across = 1 }
    if rows == 1 { down = across == 1 ? columns : 1 }
    (pointer, owner) = (matrix.base, matrix.storage)
    (rowStep, columnStep) = (down, across)
    (leading, isTransposed) = (down, false)
    if across == 1 && down >= max(1, columns) { return }
    (leading, isTransposed) = (across, true)
    if down == 1 && across >= max(1, rows) { return }
    // Other strides need a copy.
    let packed = (transposed ? matrix.transposed() : matrix).copied()
    (pointer, owner) = (packed.base, packed.storage)
    (leading, isTransposed) = (max(1, columns), false)
    (rowStep, columnStep) = (leading, 1)
  }
}

extension Kernels {
  /// out = alpha op(a) op(b) + beta out for matrices [m, k] and [k, n], `op` a transpose if asked for; `out` is contiguous
  /// [m, n] and writing there is the caller's right. With beta = 0 `out` is not read.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func matrixProduct<S: TensorScalar>(
    _ a: Tensor<S>, transposed transposeA: Bool = false, _ b: Tensor<S>, transposed transposeB: Bool = false,
    into out: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, inner k: Int, alpha: S = 1, beta: S = 0,
    isCounted: Bool = true
  ) {
    guard m > 0 && n > 0 else { return }
    // A product too small to be cut does not ask for our threads, and must not wake OpenBLAS's own.
    Parallel.prepare()
    if isCounted { kappa_count_product(UInt64(2 * m * n * k)) }
    if k == 0 {
      for i in 0..<m * n { out[i] = beta == 0 ? 0 : beta * out[i] }
      return
    }
    let left = Operand(a, transposed: transposeA)
    let right = Operand(b, transposed: transposeB)
    // Rows of the result are shared among the threads if there are enough of them, else columns.
    let grain = max(1, 15_000 / max(1, k))
    if m >= 16 {
      Parallel.slices(m, grain: max(8, grain / n), alignment: 4) { rows in
        product(left, right, out, ldc: n, rows: rows, columns: 0..<n, k, alpha, beta)
      }
    } else {
      Parallel.slices(n, grain: max(32, grain / m), alignment: 16) { columns in
        product(left, right, out, ldc: n, rows: 0..<m, columns: columns, k, alpha, beta)
      }
    }
    keepAlive(left.owner)
    keepAlive(right.owner)
  }

  private static func product<S: TensorScalar>(
    _ a: Operand<S>, _ b: Operand<S>, _ out: UnsafeMutablePointer<S>, ldc: Int, rows: Range<Int>, columns: Range<Int>,
    _ k: Int, _ alpha: S, _ beta: S
  ) {
    threadProduct(
      rows.count, columns.count, k, alpha: alpha, a.pointer + rows.lowerBound * a.rowStep, a.leading, transposeA: a.isTransposed,
      b.pointer + columns.lowerBound * b.columnStep, b.leading, transposeB: b.isTransposed, beta: beta,
      out + rows.lowerBound * ldc + columns.lowerBound, ldc)
  }
}

/// The product of matrices, batches of matrices or vectors, by the rules of `numpy.matmul`.
///
/// The last two axes are the matrices, leading axes broadcast. A vector on the left is a row, on the right a column, and
/// that axis is dropped from the result. Transposes and other strides that BLAS takes as flags cost no copy.
/// - Parameters:
///   - a: `[..., m, k]`, or `[..., k, m]` with `transposeA`, or `[k]`.
///   - b: `[..., k, n]`, or `[..., n, k]` with `transposeB`, or `[k]`.
/// - Complexity: 2 m n k floating-point operations for each pair of matrices.
@specialized(where S == Float) @specialized(where S == Double)
public func matmul<S: TensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, transposeA: Bool = false, transposeB: Bool = false
) -> Tensor<S> {
  let plan = MatrixProductShape(a.shape, b.shape, transposeA: transposeA, transposeB: transposeB)
  let result = Tensor<S>(uninitialized: plan.result)
  let left = a.rank == 1 ? a.expanded(axis: 0) : a
  let right = b.rank == 1 ? b.expanded(axis: 1) : b
  let (ta, tb) = (transposeA && a.rank > 1, transposeB && b.rank > 1)
  if left.rank == 2 && right.rank == 2 {
    Kernels.matrixProduct(
      left, transposed: ta, right, transposed: tb, into: result.mutableBase, rows: plan.rows, columns: plan.columns,
      inner: plan.inner)
    return result
  }
  let batch = plan.batch.elementCount
  let leftBatch = left.broadcast(to: plan.batch.appending(left.shape.suffix(2)))
  let rightBatch = right.broadcast(to: plan.batch.appending(right.shape.suffix(2)))
  if !ta, right.rank == 2, let rows = leftBatch.merged([Array(0..<leftBatch.rank - 1), [leftBatch.rank - 1]]) {
    // One matrix on the right: all rows of all matrices on the left in one product.
    Kernels.matrixProduct(
      rows, transposed: false, right, transposed: tb, into: result.mutableBase, rows: batch * plan.rows, columns: plan.columns,
      inner: plan.inner)
    return result
  }
  // Small products are shared among the threads whole, large ones each cut by itself. The pieces are the same on any thread.
  let work = Swift.max(1, plan.rows * plan.columns * plan.inner)
  let (output, size) = (result.mutableBase, plan.rows * plan.columns)
  let one = { (index: Int) in
    Kernels.matrixProduct(
      leftBatch.matrix(index), transposed: ta, rightBatch.matrix(index), transposed: tb, into: output + index * size,
      rows: plan.rows, columns: plan.columns, inner: plan.inner, isCounted: false)
  }
  // Counts belong to the calling thread.
  if size > 0 { for _ in 0..<batch { kappa_count_product(UInt64(2 * size * plan.inner)) } }
  if work < 1 << 22 {
    Parallel.slices(batch, grain: Swift.max(1, (1 << 17) / work), alignment: 1) { part in
      for index in part { one(index) }
    }
  } else {
    for index in 0..<batch { one(index) }
  }
  return result
}

/// The sizes in a `matmul`; making one checks them.
package struct MatrixProductShape {
  package var rows: Int
  package var columns: Int
  package var inner: Int
  /// The broadcast leading axes.
  package var batch: Shape
  package var result: Shape

  package init(_ a: Shape, _ b: Shape, transposeA: Bool, transposeB: Bool) {
    // A function, so that the text is made only when a check fails.
    func description() -> String { "matmul: \(a)\(transposeA ? "ᵀ" : "") × \(b)\(transposeB ? "ᵀ" : "")" }
    require(a.rank > 0 && b.rank > 0, "\(description()): a scalar is not a matrix")
    (rows, inner) = a.rank == 1 ? (1, a[0]) : (a[a.rank - 2], a[a.rank - 1])
    if transposeA && a.rank > 1 { (rows, inner) = (inner, rows) }
    var rightInner: Int
    (rightInner, columns) = b.rank == 1 ? (b[0], 1) : (b[b.rank - 2], b[b.rank - 1])
    if transposeB && b.rank > 1 { (rightInner, columns) = (columns, rightInner) }
    let innerLength = inner
    require(innerLength == rightInner, "\(description()): inner sizes \(innerLength) and \(rightInner) differ")
    guard let leading = Shape(a.dropLast(2)).broadcast(with: Shape(b.dropLast(2))) else {
      fatalError("\(description()): leading axes do not broadcast")
    }
    batch = leading
    result = leading
    if a.rank > 1 { result.append(rows) }
    if b.rank > 1 { result.append(columns) }
  }
}

extension Shape {
  /// With the given inner axes added.
  func appending(_ lengths: some Sequence<Int>) -> Shape {
    var result = self
    for length in lengths { result.append(length) }
    return result
  }
}

extension Tensor {
  /// Matrix number `index` of a batch of any rank, counted in row-major order. A view.
  func matrix(_ index: Int) -> Tensor {
    var result = self
    var rest = index
    for axis in stride(from: rank - 3, through: 0, by: -1) {
      result.offset += rest % shape.lengths[axis] * strides[axis]
      rest /= shape.lengths[axis]
    }
    for _ in 0..<rank - 2 {
      result.shape.remove(at: 0)
      for axis in 0..<result.rank { result.strides[axis] = result.strides[axis + 1] }
    }
    return result
  }
}
