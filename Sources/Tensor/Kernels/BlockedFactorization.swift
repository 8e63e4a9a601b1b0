import COpenBLAS

// Large single factorizations on our threads. As in LAPACK a narrow panel is factored at a time, here by LAPACK itself, and what it
// changes in the rest of the matrix, nearly all of the work, is cut into pieces for the threads.
extension Kernels {
  /// The width of a panel, and the order from which the threads pay.
  private static var panel: Int { 128 }
  private static var largeOrder: Int { 384 }

  /// As `LAPACK.cholesky`. What is left above the diagonal has no meaning.
  static func cholesky<S: TensorScalar>(_ a: UnsafeMutablePointer<S>, order n: Int) -> Int? {
    guard n >= largeOrder && Parallel.threads > 1 else { return LAPACK.cholesky(a, order: n, stride: n) }
    for start in stride(from: 0, to: n, by: panel) {
      let end = min(n, start + panel)
      let corner = a + start * n + start
      if let pivot = LAPACK.cholesky(corner, order: end - start, stride: n) { return start + pivot }
      Parallel.slices(n - end, grain: 32, alignment: 8) { rows in
        solveRows(corner, order: end - start, a + (end + rows.lowerBound) * n + start, rows: rows.count, stride: n)
      }
      // Strips of rows of the lower triangle that is left, the longest first; threads take them as they come.
      let strips = (n - end + panel - 1) / panel
      Parallel.forEach(strips) { index in
        let top = end + (strips - 1 - index) * panel
        let bottom = min(n, top + panel)
        threadProduct(
          bottom - top, bottom - end, end - start, alpha: -1, a + top * n + start, n, a + end * n + start, n, transposeB: true,
          beta: 1, a + top * n + end, n)
      }
    }
    return nil
  }

  /// As `LAPACK.lu` on a matrix without gaps.
  static func lu<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, exchanges: UnsafeMutablePointer<Int32>
  ) {
    let k = min(m, n)
    guard k >= largeOrder && Parallel.threads > 1 else {
      return LAPACK.lu(a, rows: m, columns: n, stride: m, exchanges: exchanges)
    }
    for start in stride(from: 0, to: k, by: panel) {
      let end = min(k, start + panel)
      let corner = a + start * m + start
      LAPACK.lu(corner, rows: m - start, columns: end - start, stride: m, exchanges: exchanges + start)
      for i in start..<end { exchanges[i] += Int32(start) }
      Parallel.slices(n - end, grain: 32, alignment: 8) { columns in
        let top = a + (end + columns.lowerBound) * m
        exchangeRows(top, columns: columns.count, stride: m, start..<end, exchanges)
        solveColumns(corner, order: end - start, top + start, columns: columns.count, stride: m)
        // Column-major C -= A B, which is Cᵀ -= Bᵀ Aᵀ in rows.
        guard m > end && !columns.isEmpty else { return }
        threadProduct(
          columns.count, m - end, end - start, alpha: -1, top + start, m, corner + (end - start), m, beta: 1, top + end, m)
      }
    }
    // Later exchanges concern the earlier panels too.
    Parallel.slices((k + panel - 1) / panel, grain: 1, alignment: 1) { panels in
      for index in panels {
        let end = min(k, (index + 1) * panel)
        exchangeRows(a + index * panel * m, columns: end - index * panel, stride: m, end..<k, exchanges)
      }
    }
  }

  /// X = X L⁻ᵀ for row-major lower L and X, in place.
  private static func solveRows<S: TensorScalar>(
    _ l: UnsafePointer<S>, order n: Int, _ x: UnsafeMutablePointer<S>, rows: Int, stride: Int
  ) {
    let (m, n, step) = (Int32(rows), Int32(n), Int32(stride))
    dispatch(S.self) {
      cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, l.asFloat, step, x.asFloat, step)
    } double: {
      cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, l.asDouble, step, x.asDouble, step)
    }
  }

  /// X = L⁻¹ X for column-major L, lower with ones on its diagonal, and X, in place.
  private static func solveColumns<S: TensorScalar>(
    _ l: UnsafePointer<S>, order n: Int, _ x: UnsafeMutablePointer<S>, columns: Int, stride: Int
  ) {
    let (m, n, step) = (Int32(n), Int32(columns), Int32(stride))
    dispatch(S.self) {
      cblas_strsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, m, n, 1, l.asFloat, step, x.asFloat, step)
    } double: {
      cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, m, n, 1, l.asDouble, step, x.asDouble, step)
    }
  }

  /// Applies exchanges number `range` to column-major rows.
  private static func exchangeRows<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, columns: Int, stride: Int, _ range: Range<Int>, _ exchanges: UnsafePointer<Int32>
  ) {
    guard columns > 0 && !range.isEmpty else { return }
    let (n, step, first, last) = (Int32(columns), Int32(stride), Int32(range.lowerBound + 1), Int32(range.upperBound))
    _ = dispatch(S.self) {
      LAPACKE_slaswp_work(LAPACK_COL_MAJOR, n, a.asFloat, step, first, last, exchanges, 1)
    } double: {
      LAPACKE_dlaswp_work(LAPACK_COL_MAJOR, n, a.asDouble, step, first, last, exchanges, 1)
    }
  }
}
