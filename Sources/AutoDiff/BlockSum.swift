import Tensor

/// The sums of a block of directions under construction, in a place of their own: of what is known for all directions at once, and of
/// what is added for each.
struct BlockSum<Scalar: TensorScalar> {
  /// Along its leading axis the directions' sums, each contiguous. Writing there is this sum's right alone.
  private let place: Tensor<Scalar>
  private var hasTerms = false
  /// Each direction's sum, once one of them alone was added to.
  private var rows: [Accumulator<Scalar>] = []

  init(place: Tensor<Scalar>) { self.place = place }

  /// Adds the directions' terms, one after the other along a leading axis.
  mutating func add(_ block: Tensor<Scalar>) {
    if hasTerms || !rows.isEmpty {
      let terms = block.contiguous()
      for index in 0..<place.shape[0] { withRow(index) { $0.add(terms[row: index]) } }
    } else {
      place.writeElements(of: block)
      hasTerms = true
    }
  }

  /// The sum of direction `index`.
  mutating func withRow<R>(_ index: Int, _ body: (inout Accumulator<Scalar>) -> R) -> R {
    if rows.isEmpty {
      let isBegun = hasTerms
      rows = (0..<place.shape[0]).map { Accumulator(place: place[row: $0], isBegun: isBegun) }
    }
    return body(&rows[index])
  }

  /// Completes the sums in their place; those without terms are zero.
  mutating func finish() {
    if rows.isEmpty && !hasTerms { for index in 0..<place.shape[0] { place[row: index].writeZeros() } }
    for index in rows.indices where !rows[index].finish() { place[row: index].writeZeros() }
  }
}
