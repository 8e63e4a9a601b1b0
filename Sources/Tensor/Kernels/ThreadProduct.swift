import CKernels
import COneDNN
import COpenBLAS

/// Who computes matrix products on the calling thread.
package enum ProductLibrary: Sendable {
  case openBLAS
  /// Our own kernel for small products, oneDNN where it is in use and the faster one, else OpenBLAS.
  case automatic

  /// oneDNN compiles its products for the processor, and is up to a tenth faster than OpenBLAS for large ones, up to twice as fast
  /// for narrow ones.
  private static let compiling: OneDNN? = String(cString: kappa_isa_name()) == "baseline" ? nil : OneDNN.installed

  /// Whether oneDNN is slow where rows lie a multiple of the cache's ways apart: its AVX2 code reads them from where they lie.
  private static let mindsDistances = String(cString: kappa_isa_name()) != "avx512"

  /// oneDNN, if a product of these sizes is its. Below 2¹⁶ multiplications OpenBLAS costs less, and a small program need not wait
  /// for oneDNN to open and to compile its code at the first product: 40 to 50 ms. And without AVX-512 it takes up to twice as
  /// long where it walks across rows that lie a multiple of the cache's ways apart (decision 0007).
  @inline(__always)
  func oneDNN(_ multiplications: Int, _ lda: Int, transposeA: Bool, _ ldb: Int) -> OneDNN? {
    guard self == .automatic && multiplications >= 1 << 16 else { return nil }
    return Self.mindsDistances && ((transposeA && lda % 256 == 0) || ldb % 512 == 0) ? nil : Self.compiling
  }
}

extension Kernels {
  /// Whether a product op(a) b of these sizes goes to our own kernel, which packs nothing: one whose b stays in the cache, and
  /// whose a too if it is walked through across its rows. Measured, Float on Zen 3 at one thread, over 1,600 sizes (decision 0010).
  /// Rows of b of fewer than 16 elements are the libraries', and long ones, which often lie a multiple of the cache's ways apart.
  @inline(__always)
  static func multipliesDirectly(_ m: Int, _ n: Int, _ k: Int, transposeA: Bool = false) -> Bool {
    guard m > 1 && n >= 16 && n < 512 else { return false }
    return m * n * k < 1 << 16 || (k <= 128 && (m <= 128 || (!transposeA && k >= 30 && n * k <= 1 << 12)))
  }

  /// c = alpha op(a) op(b) + beta c on the calling thread, op(a) [m, k], op(b) [k, n], c [m, n], all row-major with rows `ld`
  /// apart, `op` a transpose if asked for. With beta = 0 what c held does not matter. No size is 0.
  @inline(__always)
  package static func threadProduct<S: TensorScalar>(
    _ m: Int, _ n: Int, _ k: Int, alpha: S = 1, _ a: UnsafePointer<S>, _ lda: Int, transposeA: Bool = false,
    _ b: UnsafePointer<S>, _ ldb: Int, transposeB: Bool = false, beta: S, _ c: UnsafeMutablePointer<S>, _ ldc: Int,
    by library: ProductLibrary = .automatic
  ) {
    // One row is op(b)ᵀ times a's.
    if m == 1 { return vectorProduct(n, k, alpha, b, ldb, transposed: !transposeB, a, step: transposeA ? lda : 1, beta, c) }
    if n == 1 && ldc == 1 {
      return vectorProduct(m, k, alpha, a, lda, transposed: transposeA, b, step: transposeB ? 1 : ldb, beta, c)
    }
    if library == .automatic && !transposeB && alpha == 1 && (beta == 0 || beta == 1)
      && multipliesDirectly(m, n, k, transposeA: transposeA)
    {
      let (down, across) = transposeA ? (1, lda) : (lda, 1)
      return directProduct(m, n, k, a, down, across, b, ldb, adds: beta == 1, c, ldc)
    }
    if S.self == Float.self, let library = library.oneDNN(m * n * k, lda, transposeA: transposeA, ldb) {
      return library.product(
        m, n, k, Float(alpha), a.asFloat, lda, transposeA, b.asFloat, ldb, transposeB, Float(beta), c.asFloat, ldc)
    }
    let (flagA, flagB) = (transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans)
    // OpenBLAS adds to what is there: for beta = 0 it writes zeros first, with stores half as wide as these on AVX2.
    let kept = beta == 0 ? 1 : beta
    dispatch(S.self) {
      if beta == 0 { kappa_fill_f32(m, n, 0, c.asFloat, ldc) }
      cblas_sgemm(
        CblasRowMajor, flagA, flagB, Int32(m), Int32(n), Int32(k), Float(alpha), a.asFloat, Int32(lda), b.asFloat, Int32(ldb),
        Float(kept), c.asFloat, Int32(ldc))
    } double: {
      if beta == 0 { kappa_fill_f64(m, n, 0, c.asDouble, ldc) }
      cblas_dgemm(
        CblasRowMajor, flagA, flagB, Int32(m), Int32(n), Int32(k), Double(alpha), a.asDouble, Int32(lda), b.asDouble, Int32(ldb),
        Double(kept), c.asDouble, Int32(ldc))
    }
  }

  /// c = a b, or c += a b, by our own kernel on the calling thread: a [m, k] with any distances between its rows and columns, b [k,
  /// n] and c [m, n] row-major with rows `ld` apart. Sizes may be 0.
  @inline(__always)
  package static func directProduct<S: TensorScalar>(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<S>, _ down: Int, _ across: Int, _ b: UnsafePointer<S>, _ ldb: Int,
    adds: Bool, _ c: UnsafeMutablePointer<S>, _ ldc: Int
  ) {
    dispatch(S.self) {
      kappa_small_product_f32(m, n, k, a.asFloat, down, across, b.asFloat, ldb, adds ? 1 : 0, c.asFloat, ldc)
    } double: {
      kappa_small_product_f64(m, n, k, a.asDouble, down, across, b.asDouble, ldb, adds ? 1 : 0, c.asDouble, ldc)
    }
  }

  /// y = alpha op(a) x + beta y on the calling thread, op(a) [m, k], entries of x `step` apart, those of y next to each other.
  @inline(__always)
  private static func vectorProduct<S: TensorScalar>(
    _ m: Int, _ k: Int, _ alpha: S, _ a: UnsafePointer<S>, _ lda: Int, transposed: Bool, _ x: UnsafePointer<S>, step: Int,
    _ beta: S,
    _ y: UnsafeMutablePointer<S>
  ) {
    let (flag, rows, columns) = transposed ? (CblasTrans, k, m) : (CblasNoTrans, m, k)
    dispatch(S.self) {
      cblas_sgemv(
        CblasRowMajor, flag, Int32(rows), Int32(columns), Float(alpha), a.asFloat, Int32(lda), x.asFloat, Int32(step), Float(beta),
        y.asFloat, 1)
    } double: {
      cblas_dgemv(
        CblasRowMajor, flag, Int32(rows), Int32(columns), Double(alpha), a.asDouble, Int32(lda), x.asDouble, Int32(step),
        Double(beta),
        y.asDouble, 1)
    }
  }
}
