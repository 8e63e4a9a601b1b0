import Tensor

/// The sums of a block of directions under construction, in a place of their own: of what is known for all directions at once, and of
/// what is added for each.
struct BlockSum<Scalar: TensorScalar> {
  /// Along its leading axis the directions' sums, each contiguous. Writing there is this sum's right alone.
  private let place: Tensor<Scalar>
  /// The place has terms of all directions, and none has a sum of its own yet.
  private var isWhole = false
  /// Each direction's sum, once terms came for single ones, or more than one for all.
  private var rows: [Accumulator<Scalar>] = []

  init(place: Tensor<Scalar>) { self.place = place }

  /// Adds the directions' terms, one after the other along a leading axis.
  mutating func add(_ block: Tensor<Scalar>) {
    if !isWhole && rows.isEmpty {
      place.writeElements(of: block)
      isWhole = true
    } else {
      let terms = block.contiguous()
      for index in 0..<place.shape[0] { withRow(index) { $0.add(terms[row: index]) } }
    }
  }

  /// The sum of direction `index`.
  mutating func withRow<R>(_ index: Int, _ body: (inout Accumulator<Scalar>) -> R) -> R {
    if rows.isEmpty {
      rows = (0..<place.shape[0]).map { Accumulator(place: place[row: $0], isBegun: isWhole) }
      isWhole = false
    }
    return body(&rows[index])
  }

  /// Completes the sums in their place; those without terms are zero.
  mutating func finish() {
    if isWhole { return }
    for index in 0..<place.shape[0] where rows.isEmpty || !rows[index].finish() { place[row: index].writeZeros() }
  }
}
