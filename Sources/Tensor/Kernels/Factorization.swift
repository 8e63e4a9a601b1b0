import COpenBLAS
import CKernels

/// LAPACK on one matrix, column-major without gaps unless said otherwise, in place, on the calling thread. The `_work` interfaces
/// are called on layouts that LAPACK takes as they are, so that all memory comes from our pool and nothing is transposed behind our
/// back. Sizes are positive: callers handle empty matrices.
enum LAPACK {
  private static let lower = CChar(UInt8(ascii: "L"))
  private static let upper = CChar(UInt8(ascii: "U"))
  private static let vectors = CChar(UInt8(ascii: "V"))
  private static let none = CChar(UInt8(ascii: "N"))
  private static let reduced = CChar(UInt8(ascii: "S"))

  /// A = L Lᵀ for row-major A [n, n] of which the lower triangle is read and written. Returns the pivot that is not positive, if
  /// any.
  static func cholesky<S: TensorScalar>(_ a: UnsafeMutablePointer<S>, order n: Int, stride: Int) -> Int? {
    // Seen by columns the matrix is transposed, so its lower triangle is LAPACK's upper one.
    let info = dispatch(S.self) {
      LAPACKE_spotrf_work(LAPACK_COL_MAJOR, upper, Int32(n), a.asFloat, Int32(stride))
    } double: {
      LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, upper, Int32(n), a.asDouble, Int32(stride))
    }
    checked(info, "potrf")
    if info > 0 { return Int(info) - 1 }
    // A pivot that overflow made NaN is not noticed by every implementation.
    return (0..<n).first { !(a[$0 * stride + $0] > 0) }
  }

  /// A = P L U, A [m, n]; `exchanges` are LAPACK's, counted from 1.
  static func lu<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, stride: Int, exchanges: UnsafeMutablePointer<Int32>
  ) {
    // That a pivot is zero (info > 0) is for those to say who divide by it.
    let info = dispatch(S.self) {
      LAPACKE_sgetrf_work(LAPACK_COL_MAJOR, Int32(m), Int32(n), a.asFloat, Int32(stride), exchanges)
    } double: {
      LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, Int32(m), Int32(n), a.asDouble, Int32(stride), exchanges)
    }
    checked(info, "getrf")
  }

  /// A = Q R, A [m, n]: R on and above the diagonal, Q as reflectors below it and in `scales`, of which there are min(m, n).
  static func qr<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, scales: UnsafeMutablePointer<S>
  ) {
    let (rows, columns) = (Int32(m), Int32(n))
    withWorkspace("geqrf") { (work: UnsafeMutablePointer<S>, length) in
      dispatch(S.self) {
        LAPACKE_sgeqrf_work(LAPACK_COL_MAJOR, rows, columns, a.asFloat, rows, scales.asFloat, work.asFloat, length)
      } double: {
        LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, rows, columns, a.asDouble, rows, scales.asDouble, work.asDouble, length)
      }
    }
  }

  /// The first k columns of Q over the reflectors that `qr` left in A [m, k].
  static func orthogonalColumns<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns k: Int, scales: UnsafeMutablePointer<S>
  ) {
    let (rows, columns) = (Int32(m), Int32(k))
    withWorkspace("orgqr") { (work: UnsafeMutablePointer<S>, length) in
      dispatch(S.self) {
        LAPACKE_sorgqr_work(LAPACK_COL_MAJOR, rows, columns, columns, a.asFloat, rows, scales.asFloat, work.asFloat, length)
      } double: {
        LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, rows, columns, columns, a.asDouble, rows, scales.asDouble, work.asDouble, length)
      }
    }
  }

  /// The singular values of row-major A [m, n], which is destroyed, into `values` [k], k = min(m, n), and unless nil row-major
  /// `u` [m, k] and `vTransposed` [k, n]. Returns whether it converged.
  static func singularValues<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, values: UnsafeMutablePointer<S>, u: UnsafeMutablePointer<S>?,
    vTransposed: UnsafeMutablePointer<S>?
  ) -> Bool {
    // Seen by columns this is Aᵀ = V Σ Uᵀ, and LAPACK's outputs, column by column, are our factors row by row.
    let k = min(m, n)
    let (rows, columns, rank) = (Int32(n), Int32(m), Int32(k))
    let job = u == nil ? none : reduced
    let integers = Tensor<Int32>(uninitialized: [8 * k])
    defer { keepAlive(integers) }
    let info = withWorkspace("gesdd") { (work: UnsafeMutablePointer<S>, length) in
      dispatch(S.self) {
        LAPACKE_sgesdd_work(
          LAPACK_COL_MAJOR, job, rows, columns, a.asFloat, rows, values.asFloat, vTransposed?.asFloat, rows, u?.asFloat, rank,
          work.asFloat, length, integers.mutableBase)
      } double: {
        LAPACKE_dgesdd_work(
          LAPACK_COL_MAJOR, job, rows, columns, a.asDouble, rows, values.asDouble, vTransposed?.asDouble, rows, u?.asDouble, rank,
          work.asDouble, length, integers.mutableBase)
      }
    }
    return info == 0
  }

  /// The eigenvalues, ascending, of row-major symmetric A [n, n] of which the lower triangle is read; with `vectors`, an
  /// eigenvector in each row of A afterwards, else A is destroyed. Returns whether it converged.
  static func symmetricEigen<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, order n: Int, values: UnsafeMutablePointer<S>, wantsVectors: Bool
  ) -> Bool {
    let order = Int32(n)
    let job = wantsVectors ? vectors : none
    let integers = Tensor<Int32>(uninitialized: [wantsVectors ? 3 + 5 * n : 1])
    defer { keepAlive(integers) }
    let integerCount = Int32(integers.count)
    let info = withWorkspace("syevd") { (work: UnsafeMutablePointer<S>, length) in
      dispatch(S.self) {
        LAPACKE_ssyevd_work(
          LAPACK_COL_MAJOR, job, upper, order, a.asFloat, order, values.asFloat, work.asFloat, length, integers.mutableBase,
          integerCount)
      } double: {
        LAPACKE_dsyevd_work(
          LAPACK_COL_MAJOR, job, upper, order, a.asDouble, order, values.asDouble, work.asDouble, length, integers.mutableBase,
          integerCount)
      }
    }
    return info == 0
  }

  /// Minimises ‖A X - B‖, with the smallest X where that leaves a choice. A [m, n] is destroyed; `b` holds B [m, k] in columns of
  /// max(m, n) elements and afterwards X in their first n. Singular values up to `tolerance` times the largest count as zero.
  /// Returns the rank of A, nil if the singular values did not converge.
  static func leastSquares<S: TensorScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, _ b: UnsafeMutablePointer<S>, count k: Int,
    singularValues: UnsafeMutablePointer<S>, tolerance: S
  ) -> Int? {
    let (rows, columns, count, stride) = (Int32(m), Int32(n), Int32(k), Int32(max(m, n)))
    // (3 levels + 11) min(m, n), where there are fewer than 32 levels.
    let integers = Tensor<Int32>(uninitialized: [107 * min(m, n)])
    defer { keepAlive(integers) }
    var rank: Int32 = 0
    let info = withWorkspace("gelsd") { (work: UnsafeMutablePointer<S>, length) in
      dispatch(S.self) {
        LAPACKE_sgelsd_work(
          LAPACK_COL_MAJOR, rows, columns, count, a.asFloat, rows, b.asFloat, stride, singularValues.asFloat, Float(tolerance),
          &rank, work.asFloat, length, integers.mutableBase)
      } double: {
        LAPACKE_dgelsd_work(
          LAPACK_COL_MAJOR, rows, columns, count, a.asDouble, rows, b.asDouble, stride, singularValues.asDouble, Double(tolerance),
          &rank, work.asDouble, length, integers.mutableBase)
      }
    }
    return info == 0 ? Int(rank) : nil
  }

  /// Asks a routine for the workspace it likes best, then runs it with that. Returns its `info`, which is not negative.
  @discardableResult
  private static func withWorkspace<S: TensorScalar>(
    _ routine: StaticString, _ call: (UnsafeMutablePointer<S>, Int32) -> Int32
  ) -> Int32 {
    var best: S = 0
    checked(call(&best, -1), routine)
    // A large count is rounded in Float.
    let count = Int(best.nextUp.rounded(.up))
    require(count <= Int32.max, "LAPACK \(routine): a matrix so large that its workspace of \(count) elements cannot be counted")
    let work = Tensor<S>(uninitialized: [max(1, count)])
    defer { keepAlive(work) }
    return checked(call(work.mutableBase, Int32(work.count)), routine)
  }

  /// A negative `info` is an argument that we got wrong.
  @discardableResult
  private static func checked(_ info: Int32, _ routine: StaticString) -> Int32 {
    require(info >= 0, "LAPACK \(routine): argument \(-info) has an illegal value")
    return info
  }
}

extension Kernels {
  /// x = op(A)⁻¹ x for a triangular matrix A [n, n] however it lies and row-major x [n, columns], in place. The columns are shared
  /// among the threads. The other triangle is not read, with `unitDiagonal` neither is the diagonal; a zero there is the caller's
  /// business.
  static func solveTriangular<S: TensorScalar>(
    _ a: Tensor<S>, _ triangle: Triangle, transposed: Bool, unitDiagonal: Bool, _ x: UnsafeMutablePointer<S>, columns: Int
  ) {
    let n = a.shape[0]
    guard n > 0 && columns > 0 else { return }
    let matrix = Operand(a, transposed: false)
    let uplo = (triangle == .lower) != matrix.isTransposed ? CblasLower : CblasUpper
    let flag = transposed != matrix.isTransposed ? CblasTrans : CblasNoTrans
    let diagonal = unitDiagonal ? CblasUnit : CblasNonUnit
    let (order, leading, stride) = (Int32(n), Int32(matrix.leading), Int32(columns))
    Parallel.prepare()
    if columns == 1 {
      dispatch(S.self) {
        cblas_strsv(CblasRowMajor, uplo, flag, diagonal, order, matrix.pointer.asFloat, leading, x.asFloat, 1)
      } double: {
        cblas_dtrsv(CblasRowMajor, uplo, flag, diagonal, order, matrix.pointer.asDouble, leading, x.asDouble, 1)
      }
    } else {
      Parallel.slices(columns, grain: max(16, 200_000 / (n * n)), alignment: 8) { part in
        let (width, start) = (Int32(part.count), x + part.lowerBound)
        dispatch(S.self) {
          cblas_strsm(
            CblasRowMajor, CblasLeft, uplo, flag, diagonal, order, width, 1, matrix.pointer.asFloat, leading, start.asFloat, stride)
        } double: {
          cblas_dtrsm(
            CblasRowMajor, CblasLeft, uplo, flag, diagonal, order, width, 1, matrix.pointer.asDouble, leading, start.asDouble,
            stride)
        }
      }
    }
    keepAlive(matrix.owner)
  }

  /// Whether `count` elements from `x` on are all finite.
  static func isFinite<S: TensorScalar>(_ x: UnsafePointer<S>, _ count: Int) -> Bool {
    dispatch(S.self) {
      kappa_all_finite_f32(count, x.asFloat) == 1
    } double: {
      kappa_all_finite_f64(count, x.asDouble) == 1
    }
  }

  /// Whether the lower triangle of row-major A [n, n] is finite.
  static func isFinite<S: TensorScalar>(lowerTriangleOf a: UnsafePointer<S>, order n: Int) -> Bool {
    (0..<n).allSatisfy { isFinite(a + $0 * n, $0 + 1) }
  }
}
