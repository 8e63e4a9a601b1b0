import CKernels

/// Reductions to one number; the raw values are those of `kappa_fold`.
enum Fold: Int32 {
  case sum, sumAbsolute, sumSquares, product, largest, smallest, largestAbsolute

  /// The fold of no elements.
  var identity: Double {
    switch self {
    case .product: 1
    case .largest: -.infinity
    case .smallest: .infinity
    default: 0
    }
  }

  /// The fold of two folds.
  func combine(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .sum, .sumAbsolute, .sumSquares: a + b
    case .product: a * b
    case .smallest: a.isNaN || a < b ? a : b
    default: a.isNaN || a > b ? a : b
    }
  }
}

/// A tensor laid out for a reduction: elements [outer, length, inner], of which the middle axis vanishes; or, with more than one `piece`,
/// [pieces, outer, length / pieces], of which the middle one stays.
struct ReductionPlan<E: TensorElement> {
  var source: Tensor<E>
  var outer: Int
  var length: Int
  var inner: Int
  var pieces = 1
  var result: Shape

  /// `axes` may be negative; nil means all. With `inPieces` the first and the last axes of a tensor, as of images all but the channels, are
  /// reduced where they stand; otherwise elements that are reduced to one are brought together.
  init(_ x: Tensor<E>, _ axes: [Int]?, keepDimensions: Bool, inPieces: Bool = false, _ operation: String) {
    let positions = x.resolved(axes, operation)
    let (shape, rank) = (x.shape, x.rank)
    result = x.reduced(positions, keepDimensions: keepDimensions)
    length = positions.reduce(1) { $0 * shape[$1] }
    if let first = positions.first, let last = positions.last, last - first == positions.count - 1 {
      // The axes stand together: a view.
      outer = shape.prefix(first).reduce(1, *)
      inner = shape.suffix(rank - last - 1).reduce(1, *)
      source = x.contiguous()
      return
    }
    let kept = (0..<rank).filter { !positions.contains($0) }
    outer = kept.reduce(1) { $0 * shape[$1] }
    inner = 1
    if inPieces, let first = kept.first, let last = kept.last, last - first == kept.count - 1 {
      let repeats = shape.prefix(first).reduce(1, *)
      // Chosen, not measured: rows that are short are not worth it, nor so few that threads have no work; by the shape alone, as results must.
      if outer >= 8 && length >= 32 * repeats {
        (pieces, source) = (repeats, x.contiguous())
        return
      }
    }
    source = positions.isEmpty ? x.contiguous() : x.permuted(kept + positions).contiguous()
  }

  /// Rows (inner = 1) so few and long that each is shared among the threads. Depends on the shape alone, as results must.
  var hasFewLongRows: Bool { outer < 8 && length >= 1 << 17 }

  /// Calls `body` for slices of the outer axis.
  func forEachOuter(_ body: (Range<Int>) -> Void) {
    Parallel.slices(outer, grain: max(1, Parallel.cheapGrain / max(1, length * inner)), alignment: 1, body)
  }
}

extension Tensor {
  /// The axes to reduce as positions; nil means all of them.
  func resolved(_ axes: [Int]?, _ operation: String) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let positions = axes.map { shape.normalized($0, in: operation) }.sorted()
    require(Set(positions).count == positions.count, "\(operation): axes \(axes) of shape \(shape) repeat")
    return positions
  }

  /// The shape after reducing `axes`.
  func reduced(_ axes: [Int], keepDimensions: Bool) -> Shape {
    var result = shape
    for axis in axes.reversed() { if keepDimensions { result[axis] = 1 } else { result.remove(at: axis) } }
    return result
  }
}

extension Kernels {
  /// `fold` over the middle axis of a plan, each total passed through `finish`.
  @specialized(where S == Float) @specialized(where S == Double)
  static func fold<S: TensorScalar>(_ fold: Fold, _ plan: ReductionPlan<S>, finish: (Double) -> Double = { $0 }) -> Tensor<S> {
    let result = Tensor<S>(uninitialized: plan.result)
    let (input, output) = (plan.source.base, result.mutableBase)
    let (length, inner) = (plan.length, plan.inner)
    if plan.pieces > 1 {
      let piece = length / plan.pieces
      plan.forEachOuter { rows in
        for i in rows {
          var total = foldRow(fold, input + i * piece, piece)
          for k in 1..<plan.pieces { total = fold.combine(total, foldRow(fold, input + (k * plan.outer + i) * piece, piece)) }
          output[i] = S(finish(total))
        }
      }
    } else if inner == 1 {
      if plan.hasFewLongRows {
        for i in 0..<plan.outer { output[i] = S(finish(self.fold(fold, input + i * length, length))) }
      } else {
        plan.forEachOuter { rows in
          for i in rows { output[i] = S(finish(foldRow(fold, input + i * length, length))) }
        }
      }
    } else if plan.outer < 8 {
      for i in 0..<plan.outer {
        foldColumns(fold, input + i * length * inner, rows: length, columns: inner) { part, totals in
          for j in part { output[i * inner + j] = S(finish(totals[j - part.lowerBound])) }
        }
      }
    } else {
      plan.forEachOuter { blocks in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: inner) { totals in
          for i in blocks where inner > 0 {
            foldPiece(fold, input + i * length * inner, length, inner, step: inner, totals.baseAddress!)
            for j in 0..<inner { output[i * inner + j] = S(finish(totals[j])) }
          }
        }
      }
    }
    keepAlive(plan.source)
    return result
  }

  /// The fold of one row on this thread.
  @inline(__always)
  static func foldRow<S: TensorScalar>(_ fold: Fold, _ x: UnsafePointer<S>, _ count: Int) -> Double {
    dispatch(S.self) {
      kappa_fold_f32(fold.rawValue, count, x.asFloat)
    } double: {
      kappa_fold_f64(fold.rawValue, count, x.asDouble)
    }
  }

  /// The fold of one row, shared among the threads.
  static func fold<S: TensorScalar>(_ fold: Fold, _ x: UnsafePointer<S>, _ count: Int) -> Double {
    inBlocks(count, fold.combine) { foldRow(fold, x + $0.lowerBound, $0.count) }
  }

  private static func foldPiece<S: TensorScalar>(
    _ fold: Fold, _ x: UnsafePointer<S>, _ rows: Int, _ columns: Int, step: Int, _ out: UnsafeMutablePointer<Double>
  ) {
    dispatch(S.self) {
      kappa_fold_columns_f32(fold.rawValue, rows, columns, x.asFloat, step, out)
    } double: {
      kappa_fold_columns_f64(fold.rawValue, rows, columns, x.asDouble, step, out)
    }
  }

  /// The folds of the columns of one matrix, shared among the threads by columns, or by blocks of rows if those are few and long.
  /// Calls `finish` with the totals of a range of columns.
  private static func foldColumns<S: TensorScalar>(
    _ fold: Fold, _ x: UnsafePointer<S>, rows: Int, columns: Int, _ finish: (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) {
    guard columns > 0 else { return }
    let blockRows = max(512, (1 << 16) / columns)
    if columns < 512 && rows >= 2 * blockRows {
      let blocks = (rows + blockRows - 1) / blockRows
      withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks * columns) { partial in
        Parallel.slices(blocks, grain: 1, alignment: 1) { part in
          for block in part {
            let first = block * blockRows
            foldPiece(
              fold, x + first * columns, min(blockRows, rows - first), columns, step: columns,
              partial.baseAddress! + block * columns)
          }
        }
        for block in 1..<blocks {
          for j in 0..<columns { partial[j] = fold.combine(partial[j], partial[block * columns + j]) }
        }
        finish(0..<columns, partial.baseAddress!)
      }
      return
    }
    Parallel.slices(columns, grain: max(64, cheapColumns(rows))) { part in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: part.count) { totals in
        foldPiece(fold, x + part.lowerBound, rows, part.count, step: columns, totals.baseAddress!)
        finish(part, totals.baseAddress!)
      }
    }
  }

  /// What `combine` makes of the values that `block` returns for pieces of 0 ..< count whose bounds do not depend on the number of
  /// threads.
  static func inBlocks(
    _ count: Int, _ combine: (Double, Double) -> Double = { $0 + $1 }, _ block: (Range<Int>) -> Double
  ) -> Double {
    let width = 1 << 16
    if count <= width { return block(0..<count) }
    let blocks = (count + width - 1) / width
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks) { partial in
      Parallel.slices(blocks, grain: 1, alignment: 1) { part in
        for i in part { partial[i] = block(i * width..<min(count, (i + 1) * width)) }
      }
      return partial.dropFirst().reduce(partial[0], combine)
    }
  }

  /// Whether `block` says so for every block of 0..<count; all are visited.
  static func holdsInBlocks(_ count: Int, _ block: (Range<Int>) -> Bool) -> Bool {
    inBlocks(count) { block($0) ? 0 : 1 } == 0
  }

  /// out[j] = scale Σᵢ x[i, j], plus what is there if `accumulate`; the columns are shared among the threads.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func sumColumns<S: TensorScalar>(
    _ x: UnsafePointer<S>, rows: Int, columns: Int, into out: UnsafeMutablePointer<S>, scale: S = 1, accumulate: Bool = false
  ) {
    Parallel.slices(columns, grain: max(64, cheapColumns(rows))) { part in
      let (from, to) = (x + part.lowerBound, out + part.lowerBound)
      dispatch(S.self) {
        kappa_sum_columns_f32(rows, part.count, from.asFloat, columns, Float(scale), accumulate ? 1 : 0, to.asFloat)
      } double: {
        kappa_sum_columns_f64(rows, part.count, from.asDouble, columns, Double(scale), accumulate ? 1 : 0, to.asDouble)
      }
    }
  }

  private static func cheapColumns(_ rows: Int) -> Int { Parallel.cheapGrain / max(rows, 1) }
}
