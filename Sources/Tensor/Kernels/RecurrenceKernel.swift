import CKernels

/// The lengths of a recurrence, and its operands as contiguous tensors.
package struct RecurrenceKernel<S: TensorScalar> {
  package let cell: RecurrentCell
  package let steps: Int
  package let batch: Int
  package let width: Int
  /// Rows of W: `width`, or none for a cell whose pre-activations are its inputs alone.
  let inner: Int
  /// Columns of the inputs, and of W.
  let inputs: Int
  let products: Int
  let w: Tensor<S>
  let state: Tensor<S>

  /// - Parameters:
  ///   - shape: of the inputs, [steps, batch, groups width].
  ///   - w: [width, groups width] or [0, groups width].
  ///   - state: [parts, batch, width].
  package init(_ cell: RecurrentCell, inputs shape: Shape, weight w: Tensor<S>, state: Tensor<S>) {
    require(
      shape.rank == 3 && shape[0] > 0 && state.rank == 3 && w.rank == 2 && state.shape[0] == cell.stateParts
        && state.shape[1] == shape[1] && shape[2] == cell.inputGroups * state.shape[2]
        && (w.shape[0] == state.shape[2] || w.shape[0] == 0) && w.shape[1] == cell.productGroups * state.shape[2],
      "recurrence(\(cell)): inputs \(shape), weight \(w.shape) and state \(state.shape) do not fit")
    self.cell = cell
    (steps, batch, inputs) = (shape[0], shape[1], shape[2])
    width = state.shape[2]
    (inner, products) = (w.shape[0], w.shape[1])
    self.w = w.contiguous()
    self.state = state.contiguous()
  }

  /// Of the states behind each step; the LSTM's last cell follows.
  package var resultShape: Shape { [steps + cell.stateParts - 1, batch, width] }
  /// Whether h is zero before the first step.
  package var startsAtZero: Bool {
    defer { keepAlive(state) }
    return UnsafeBufferPointer(start: state.base, count: area).allSatisfy { $0 == 0 }
  }
  /// The number of pre-activations.
  package var inputCount: Int { steps * batch * inputs }
  var area: Int { batch * width }

  /// Calls `body` with parts of a step's rows, the examples of the batch or of all directions' batches, each of which runs all
  /// steps on one thread: steps are too short to be shared.
  func parts(of directions: Int = 1, alignment: Int = 4, _ body: (Range<Int>) -> Void) {
    let grain = Swift.max(4, 200_000 / Swift.max(1, steps * width * inputs))
    Parallel.prepare()
    Parallel.slices(directions * batch, grain: grain, alignment: alignment, body)
  }

  /// Products of all steps are counted where they are asked for, on the calling thread.
  func countProducts(_ count: Int, directions: Int = 1) {
    guard inner > 0 else { return }
    for _ in 0..<count { kappa_count_product(UInt64(2 * directions * batch * products * inner)) }
  }

  /// As `addProduct` for the rows of all steps, which the threads share.
  func addStackedProduct(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<S>, _ lda: Int, _ b: UnsafePointer<S>, _ ldb: Int, transposed: Bool,
    to c: UnsafeMutablePointer<S>, _ ldc: Int
  ) {
    guard m > 0 else { return }
    kappa_count_product(UInt64(2 * m * n * k))
    Parallel.prepare()
    Parallel.slices(m, grain: Swift.max(8, 15_000 / Swift.max(1, k * n)), alignment: 4) { rows in
      addProduct(
        rows.count, n, k, a + rows.lowerBound * lda, lda, b, ldb, transposed: transposed, to: c + rows.lowerBound * ldc, ldc)
    }
  }

  /// c += a op(b), a [m, k], op(b) [k, n], rows `ld` apart.
  @inline(__always)
  func addProduct(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<S>, _ lda: Int, _ b: UnsafePointer<S>, _ ldb: Int, transposed: Bool,
    to c: UnsafeMutablePointer<S>, _ ldc: Int
  ) {
    guard m > 0 && n > 0 && k > 0 else { return }
    Kernels.threadProduct(m, n, k, a, lda, b, ldb, transposeB: transposed, beta: 1, c, ldc)
  }

  /// The transpose of W, if steps of some of `rows` rows multiply with it directly.
  func transposedWeight(rows: Int) -> Tensor<S>? {
    guard steps > 1 && rows > 1 && Kernels.multipliesDirectly(Swift.min(rows, 4), inner, products) else { return nil }
    return w.transposed().contiguous()
  }

  /// c += a Wᵀ, rows of a `lda` apart, those of c next to each other; `turned` is the transpose of W where that was worth making.
  @inline(__always)
  func addTransposedProduct(
    _ m: Int, _ a: UnsafePointer<S>, _ lda: Int, _ weight: UnsafePointer<S>, turned: UnsafePointer<S>?,
    to c: UnsafeMutablePointer<S>
  ) {
    if let turned, Kernels.multipliesDirectly(m, inner, products) {
      addProduct(m, inner, products, a, lda, turned, inner, transposed: false, to: c, width)
    } else {
      addProduct(m, inner, products, a, lda, weight, products, transposed: true, to: c, width)
    }
  }

  func keepRecord(_ record: RecurrenceRecord<S>) {
    if let gates = record.gates { keepAlive(gates) }
    if let cells = record.cells { keepAlive(cells) }
    if let squashed = record.squashed { keepAlive(squashed) }
  }
}
