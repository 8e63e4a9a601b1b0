import CKernels

// Products of blocks of directions by our own kernel. The directions are the last axis in memory: they fill its vectors, which the
// units of a layer seldom do.
extension Kernels {
  /// So many rows of b are multiplied at a time that two vectors of each stay in the nearest cache beside those of a.
  private static var mostRows: Int { 128 }

  /// c = a b, or c += a b, as `directProduct`, the threads sharing the columns.
  package static func sharedDirectProduct<S: TensorScalar>(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<S>, _ down: Int, _ across: Int, _ b: UnsafePointer<S>,
    _ ldb: Int, adds: Bool, _ c: UnsafeMutablePointer<S>, _ ldc: Int
  ) {
    guard m > 0 else { return }
    kappa_count_product(UInt64(2 * m * n * k))
    Parallel.prepare()
    Parallel.slices(n, grain: max(16, 15_000 / max(1, m * k)), alignment: 16) { part in
      let (from, to) = (b + part.lowerBound, c + part.lowerBound)
      directProductByParts(m, part.count, k, a, down, across, from, ldb, adds: adds, to, ldc)
    }
  }

  /// `count` products cᵢ = a bᵢ, or cᵢ += a bᵢ, as `directProduct`, the threads sharing them; bᵢ and cᵢ lie as far apart as
  /// `bApart` and `cApart`.
  package static func directProducts<S: TensorScalar>(
    _ count: Int, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<S>, _ down: Int, _ across: Int, _ b: UnsafePointer<S>,
    bApart: Int, _ ldb: Int, adds: Bool, _ c: UnsafeMutablePointer<S>, cApart: Int, _ ldc: Int
  ) {
    guard m > 0 && count > 0 else { return }
    kappa_count_product(UInt64(2 * count * m * n * k))
    Parallel.prepare()
    Parallel.slices(count, grain: max(1, 15_000 / max(1, m * n * k)), alignment: 1) { part in
      for i in part {
        directProductByParts(m, n, k, a, down, across, b + i * bApart, ldb, adds: adds, c + i * cApart, ldc)
      }
    }
  }

  @inline(__always)
  private static func directProductByParts<S: TensorScalar>(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<S>, _ down: Int, _ across: Int, _ b: UnsafePointer<S>, _ ldb: Int,
    adds: Bool, _ c: UnsafeMutablePointer<S>, _ ldc: Int
  ) {
    var first = 0
    repeat {
      let rows = min(mostRows, k - first)
      directProduct(
        m, n, rows, a + first * across, down, across, b + first * ldb, ldb, adds: adds || first > 0, c, ldc)
      first += rows
    } while first < k
  }
}

extension Kernels {
  /// yᵢ = aᵢ b for each direction i, the last axis of a, [m, k, directions], and of y, [m, n, directions]: a row of all aᵢ is a
  /// matrix with a column for each direction. The innermost axis of `a` is contiguous.
  package static func product<S: TensorScalar>(ofBlock a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
    let (m, n, k, directions) = (a.shape[0], b.shape[1], b.shape[0], a.shape[2])
    require(a.shape[1] == k, "product of a block: \(a.shape) and \(b.shape) do not fit")
    let result = Tensor<S>(uninitialized: [m, n, directions])
    directProducts(
      m, n, directions, k, b.base, b.strides[1], b.strides[0], a.base, bApart: a.strides[0], a.strides[1], adds: false,
      result.mutableBase, cApart: n * directions, directions)
    keepAlive(a, b)
    return result
  }

  /// yᵢ = a bᵢ for each direction i, the last axis of b, [k, n, directions], and of y, [m, n, directions]; added to `sum`, which the
  /// caller alone may write, if that is given. The rows of `b` are contiguous.
  package static func product<S: TensorScalar>(
    _ a: Tensor<S>, ofBlock b: Tensor<S>, addedTo sum: Tensor<S>? = nil
  ) -> Tensor<S> {
    let (m, k, directions) = (a.shape[0], a.shape[1], b.shape[2])
    let shape: Shape = [m, b.shape[1], directions]
    require(
      b.shape[0] == k && b.strides[2] == 1 && (b.shape[1] == 1 || b.strides[1] == directions),
      "product with a block: \(a.shape) and \(b.shape) do not fit")
    let result = sum ?? Tensor(uninitialized: shape)
    require(result.shape == shape, "product with a block: a sum of shape \(result.shape), not \(shape)")
    let columns = b.shape[1] * directions
    sharedDirectProduct(
      m, columns, k, a.base, a.strides[0], a.strides[1], b.base, b.strides[0], adds: sum != nil,
      result.mutableBase, columns)
    keepAlive(a, b)
    return result
  }
}
