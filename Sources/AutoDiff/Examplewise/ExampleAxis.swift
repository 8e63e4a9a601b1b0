import Tensor

/// Where the examples of a batch lie in a tensor: along one axis, whose length is before · examples · after.
///
/// Steps of sequences on the axis of their examples are told from the examples: `[examples · steps, features]` has
/// `after = steps`, `[steps · examples, features]` has `before = steps`.
struct ExampleAxis: Equatable {
  var axis: Int
  var before = 1
  var after = 1

  /// The same place on another axis.
  func moved(to axis: Int) -> ExampleAxis { ExampleAxis(axis: axis, before: before, after: after) }

  /// The place of `count` examples after a reshape of `old` to `new`; nil if they are on no one axis any more.
  func reshaped(_ old: Shape, to new: Shape, count: Int) -> ExampleAxis? {
    guard new.elementCount > 0 else { return nil }
    // In row-major order there are `outer` blocks before the examples, whatever the shape.
    let outer = old.prefix(axis).reduce(before, *)
    var blocks = 1
    for (position, length) in new.enumerated() {
      if outer % blocks == 0 && length % (outer / blocks * count) == 0 {
        return ExampleAxis(axis: position, before: outer / blocks, after: length / (outer / blocks * count))
      }
      blocks *= length
    }
    return nil
  }
}

extension Tensor {
  /// The examples of `range` as a new first axis; what else lay on their axis, before · after elements, stays there.
  /// - Parameter count: of all examples.
  func examples(_ range: Range<Int>, of count: Int, at place: ExampleAxis) -> Tensor {
    let axis = place.axis
    var split = shape
    split[axis] = place.after
    split.insert(count, at: axis)
    split.insert(place.before, at: axis)
    var result = shape
    result[axis] = place.before * place.after
    result.insert(range.count, at: 0)
    return reshaped(to: split).sliced(axis: axis + 1, range).movingAxis(axis + 1, to: 0).reshaped(to: result)
  }
}
