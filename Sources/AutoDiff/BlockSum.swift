import Tensor

/// The sums of a block of directions under construction, in a place of their own: of what is known for all directions at once, and of
/// what is added for each.
struct BlockSum<Scalar: TensorScalar> {
  /// Along its leading axis the directions' sums, each contiguous. Writing there is this sum's right alone.
  private let place: Tensor<Scalar>
  /// The sum of all directions, if the place is contiguous.
  private var whole: Accumulator<Scalar>
  /// The place, which is not contiguous, has a term of all directions, and none has a sum of its own yet.
  private var isBegun = false
  /// Each direction's sum, once terms came for single ones, or more than one for all of a place that is not contiguous.
  private var rows: [Accumulator<Scalar>] = []

  init(place: Tensor<Scalar>) {
    self.place = place
    whole = Accumulator(place: place.isContiguous ? place : nil)
  }

  /// Whether terms of all directions go straight to their place.
  var isWhole: Bool { rows.isEmpty && place.isContiguous }

  /// The sum of all directions, one after the other along a leading axis; for callers that have asked `isWhole`.
  mutating func withWhole<R>(_ body: (inout Accumulator<Scalar>) -> R) -> R { body(&whole) }

  /// Adds the directions' terms, one after the other along a leading axis.
  mutating func add(_ block: Tensor<Scalar>) {
    if isWhole {
      whole.add(block)
    } else if !isBegun && rows.isEmpty {
      place.writeElements(of: block)
      isBegun = true
    } else {
      let terms = block.contiguous()
      for index in 0..<place.shape[0] { withRow(index) { $0.add(terms[row: index]) } }
    }
  }

  /// The sum of direction `index`.
  mutating func withRow<R>(_ index: Int, _ body: (inout Accumulator<Scalar>) -> R) -> R {
    if rows.isEmpty {
      let isBegun = whole.finish() || isBegun
      rows = (0..<place.shape[0]).map { Accumulator(place: place[row: $0], isBegun: isBegun) }
    }
    return body(&rows[index])
  }

  /// Completes the sums in their place; those without terms are zero.
  mutating func finish() {
    if rows.isEmpty && (whole.finish() || isBegun) { return }
    for index in 0..<place.shape[0] where rows.isEmpty || !rows[index].finish() { place[row: index].writeZeros() }
  }
}
