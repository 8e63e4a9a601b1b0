import Synchronization

/// The matrices in the last two axes of a tensor, counted over the leading axes in row-major order.
struct MatrixBatch {
  var operation: String
  /// The lengths of the leading axes.
  var leading: Shape
  var rows: Int
  var columns: Int
  var count: Int { leading.elementCount }
  /// min(rows, columns).
  var smaller: Int { min(rows, columns) }

  /// Stops the program if `shape` is not that of matrices, square ones if asked for.
  init(_ operation: String, _ shape: Shape, square: Bool = false) {
    require(shape.rank >= 2, "\(operation): shape \(shape) is not that of a matrix")
    self.operation = operation
    leading = Shape(shape.dropLast(2))
    (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    require(!square || rows == columns, "\(operation): the matrices of shape \(shape) are not square")
  }

  /// The leading axes followed by others.
  func shape(_ lengths: Int...) -> Shape { leading.appending(lengths) }

  /// Calls `body` with the number of each matrix, on the threads where that pays, and throws what it throws for the first that
  /// fails.
  /// - Parameter cost: floating-point operations a matrix, roughly.
  func forEach(
    cost: Int, _ body: (Int) throws(LinearAlgebraError.Reason) -> Void
  ) throws(LinearAlgebraError) {
    // A product too small to be cut does not ask for our threads, and must not wake OpenBLAS's own.
    Parallel.prepare()
    let failure = Mutex<(index: Int, reason: LinearAlgebraError.Reason)?>(nil)
    Parallel.slices(count, grain: max(1, 100_000 / max(cost, 1)), alignment: 1) { part in
      for index in part {
        do throws(LinearAlgebraError.Reason) {
          try body(index)
        } catch {
          failure.withLock { first in
            if first == nil || index < first!.index { first = (index, error) }
          }
          return
        }
      }
    }
    guard let (index, reason) = failure.withLock({ $0 }) else { return }
    throw LinearAlgebraError(operation: operation, matrix: indices(of: index), reason: reason)
  }

  /// The indices on the leading axes of matrix number `index`.
  private func indices(of index: Int) -> [Int] {
    var rest = index
    let reversed = leading.reversed().map { length in
      defer { rest /= length }
      return rest % length
    }
    return reversed.reversed()
  }
}

/// The right-hand sides of linear systems with a batch of matrices: `[m]`, or `[..., m, k]` whose leading axes broadcast with the
/// batch.
struct RightHandSides<S: TensorScalar> {
  /// `[..., m, k]`, stretched to the leading axes of `batch`.
  var columns: Tensor<S>
  /// How many there are to a matrix.
  var count: Int
  /// The matrices, repeated where the right-hand sides' leading axes are longer.
  var batch: MatrixBatch
  private var isVector: Bool

  /// Stops the program if `b` does not fit matrices of shape `a`, which have `length` rows (columns, for a transposed system).
  init(_ operation: String, _ b: Tensor<S>, for a: MatrixBatch, length: Int) {
    func description() -> String { "\(operation): \(a.shape(a.rows, a.columns)) and the right-hand side \(b.shape)" }
    require(b.rank >= 1, "\(description()), which is a scalar")
    isVector = b.rank == 1
    let matrix = isVector ? b.expanded(axis: 1) : b
    require(
      matrix.shape[matrix.rank - 2] == length,
      "\(description()): lengths \(length) and \(matrix.shape[matrix.rank - 2]) differ")
    guard let leading = a.leading.broadcast(with: Shape(matrix.shape.dropLast(2))) else {
      fatalError("\(description()): leading axes do not broadcast")
    }
    batch = a
    batch.operation = operation
    batch.leading = leading
    count = matrix.shape[matrix.rank - 1]
    columns = matrix.broadcast(to: leading.appending([length, count]))
  }

  /// The solutions `[..., n, k]` in the form of the right-hand sides: without the last axis if those were a vector.
  func solutions(_ x: Tensor<S>) -> Tensor<S> { isVector ? x.squeezed(axis: -1) : x }
}
