import Tensor

/// A sum under construction: of cotangents that reach one variable, or of the terms of a tangent.
///
/// It knows where the sum belongs, if that is fixed: a piece of the flat gradient, say. So a matrix product can write or add
/// there itself (`beta` of GEMM) and no copy is made.
///
/// A weight that is used in every step of a loop gathers a product xᵀ d of few rows from each. From the second one on their factors
/// wait, and are multiplied together, one above the other: [all rows, inputs]ᵀ [all rows, outputs].
public struct Accumulator<Scalar: TensorScalar> {
  /// The sum so far; nil while nothing was added.
  public var sum: Tensor<Scalar>? {
    mutating get {
      guard hasTerms else { return nil }
      multiplyWaiting()
      return total
    }
  }
  /// The shape of the sum so far; nil while nothing was added.
  var shape: Shape? { hasTerms ? total.shape : nil }
  /// Whether anything was added.
  private(set) var hasTerms = false
  /// The sum but for what waits, if there are terms. Not an optional, for the reason in `TensorTable`.
  private var total = Tensor<Scalar>.placeholder
  /// Factors of products aᵀ b that are not in the total yet. None while there is no total.
  private var waiting: [Waiting] = []

  private struct Waiting {
    var a: Tensor<Scalar>
    var b: Tensor<Scalar>
    /// Of all up to this one.
    var rows: Int
  }
  /// The memory where the sum belongs. Writing there is this accumulator's right alone.
  private let fixed: Place?

  /// Boxed, because few sums have a fixed place and sweeps hold one accumulator a node.
  private final class Place {
    let tensor: Tensor<Scalar>
    init(_ tensor: Tensor<Scalar>) { self.tensor = tensor }
  }

  init(place: Tensor<Scalar>? = nil) { fixed = place.map(Place.init) }

  /// A sum whose place, if `isBegun`, has terms already.
  init(place: Tensor<Scalar>, isBegun: Bool) {
    self.init(place: place)
    if isBegun { hold(place) }
  }

  /// Multiplies what waits, so that a fixed place has the sum, and says whether there are terms.
  mutating func finish() -> Bool {
    multiplyWaiting()
    return hasTerms
  }

  /// The sum, which has terms, for a caller that needs the accumulator no more.
  mutating func takeSum() -> Tensor<Scalar> {
    multiplyWaiting()
    hasTerms = false
    return exchange(&total, with: .placeholder)
  }

  /// Adds a tensor.
  public mutating func add(_ term: consuming Tensor<Scalar>) {
    if let fixed {
      let place = fixed.tensor
      require(term.shape == place.shape, "a term of shape \(term.shape) for a sum of shape \(place.shape)")
      // `writeAxpby` would copy what is not contiguous first.
      if hasTerms || term.isContiguous { place.writeAxpby(1, term, hasTerms ? 1 : 0) } else { place.writeElements(of: term) }
      if !hasTerms { total = place }
    } else if hasTerms {
      require(term.shape == total.shape, "a term of shape \(term.shape) for a sum of shape \(total.shape)")
      total += term
    } else {
      total = term
    }
    hasTerms = true
  }

  /// Adds the matrix product op(a) op(b), `op` a transpose if asked for.
  public mutating func addProduct(
    _ a: Tensor<Scalar>, transposed transposeA: Bool = false, _ b: Tensor<Scalar>, transposed transposeB: Bool = false
  ) {
    let size = MatrixProductShape(a.shape, b.shape, transposeA: transposeA, transposeB: transposeB)
    guard a.rank == 2 && b.rank == 2 else { return add(matmul(a, b, transposeA: transposeA, transposeB: transposeB)) }
    if hasTerms && transposeA && !transposeB && size.inner <= Self.fewRows { return wait(a, b, size) }
    multiplyNow(a, transposed: transposeA, b, transposed: transposeB, size)
  }

  /// Products of more rows are as fast alone. Measured for results of [30, 120] and [50, 50]: a row each takes four times as long
  /// alone as stacked, eight rows a third longer, sixteen about the same.
  private static var fewRows: Int { 16 }
  /// Rows of factors that wait together at most.
  private static var mostRows: Int { 1024 }
  /// Their elements at most.
  private static var mostElements: Int { 1 << 18 }

  private mutating func wait(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ size: MatrixProductShape) {
    require(size.result == total.shape, "a term of shape \(size.result) for a sum of shape \(total.shape)")
    let rows = (waiting.last?.rows ?? 0) + a.shape[0]
    waiting.append(Waiting(a: a, b: b, rows: rows))
    if rows >= Self.mostRows || rows * (a.shape[1] + b.shape[1]) >= Self.mostElements { multiplyWaiting() }
  }

  private mutating func multiplyWaiting() {
    guard !waiting.isEmpty else { return }
    let (a, b) = (stacked { $0.a }, stacked { $0.b })
    waiting.removeAll(keepingCapacity: true)
    multiplyNow(
      a, transposed: true, b, transposed: false, MatrixProductShape(a.shape, b.shape, transposeA: true, transposeB: false))
  }

  /// One factor of all that wait, one above the other: a plain copy, as their shapes are known to fit.
  @inline(__always)
  private func stacked(_ factor: (Waiting) -> Tensor<Scalar>) -> Tensor<Scalar> {
    if waiting.count == 1 { return factor(waiting[0]) }
    let result = Tensor<Scalar>(uninitialized: [waiting[waiting.count - 1].rows, factor(waiting[0]).shape[1]])
    var place = result.mutableBase
    for one in waiting {
      let rows = factor(one).contiguous()
      place.update(from: rows.base, count: rows.count)
      place += rows.count
      keepAlive(rows)
    }
    keepAlive(result)
    return result
  }

  private mutating func multiplyNow(
    _ a: Tensor<Scalar>, transposed transposeA: Bool, _ b: Tensor<Scalar>, transposed transposeB: Bool, _ size: MatrixProductShape
  ) {
    let beta: Scalar = hasTerms ? 1 : 0
    let target = writable(size.result)
    Kernels.matrixProduct(
      a, transposed: transposeA, b, transposed: transposeB, into: target.mutableBase, rows: size.rows, columns: size.columns,
      inner: size.inner, beta: beta)
    hold(target)
  }

  /// Adds the sums of `x` over all axes but the last.
  public mutating func addColumnSums(_ x: Tensor<Scalar>) {
    let source = x.contiguous()
    let columns = x.shape[x.rank - 1]
    let accumulate = hasTerms
    let target = writable([columns])
    Kernels.sumColumns(
      source.base, rows: columns == 0 ? 0 : source.count / columns, columns: columns, into: target.mutableBase,
      accumulate: accumulate)
    keepAlive(source)
    hold(target)
  }

  /// Adds `block` to positions `start` and following along `axis` of a sum of the given shape; the others are not touched.
  mutating func add(_ block: Tensor<Scalar>, along axis: Int, from start: Int, of shape: Shape) {
    // Not `contiguous()`, which would count one more reference.
    guard block.isContiguous else { return add(block.copied(), along: axis, from: start, of: shape) }
    let isFirst = !hasTerms
    let target = writable(shape)
    if isFirst { target.writeZeros() }
    var (rows, inner) = (1, 1)
    for index in 0..<axis { rows *= shape[index] }
    for index in axis + 1..<shape.rank { inner *= shape[index] }
    let (step, width) = (shape[axis] * inner, block.shape[axis] * inner)
    if rows == 1 && width > 1 << 12 {
      target.flattened().piece(at: start * inner, shape: block.shape).writeAxpby(1, block, 1)
    } else {
      let (from, to) = (block.base, target.mutableBase + start * inner)
      for row in 0..<rows {
        let (x, y) = (from + row * width, to + row * step)
        for i in 0..<width { y[i] += x[i] }
      }
      keepAlive(block)
    }
    hold(target)
  }

  /// The memory to write or add to, exclusively ours, of the given shape; what was written goes back by `hold`.
  private mutating func writable(_ shape: Shape) -> Tensor<Scalar> {
    if let fixed {
      require(shape == fixed.tensor.shape, "a term of shape \(shape) for a sum of shape \(fixed.tensor.shape)")
      return fixed.tensor
    }
    guard hasTerms else { return Tensor(uninitialized: shape) }
    require(shape == total.shape, "a term of shape \(shape) for a sum of shape \(total.shape)")
    total.makeUnique()
    return exchange(&total, with: .placeholder)
  }

  private mutating func hold(_ sum: consuming Tensor<Scalar>) {
    total = sum
    hasTerms = true
  }
}
