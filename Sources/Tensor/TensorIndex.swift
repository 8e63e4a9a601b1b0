/// What one position of a subscript such as `x[0, 1..<3, .newAxis]` does with an axis.
///
/// | written | does |
/// |-|-|
/// | `2`, `-1` | picks one index and drops the axis |
/// | `1..<4`, `1...3`, `2...`, `..<5`, `...4` | keeps a range of the axis |
/// | `.all` | keeps the whole axis |
/// | `.from(-3)`, `.upTo(-1)`, `.range(1, 10, step: 2)` | keeps a range, with a step if wanted |
/// | `.every(2)`, `.reversed` | keeps every second element; all of them, last first |
/// | `.newAxis` | adds an axis of length 1 here |
/// | `.ellipsis` | stands for all axes that are not mentioned; once at most |
///
/// Negative indices and bounds count from the end of the axis, in ranges too: `(-3)...` keeps the last three elements, and
/// `.range(1, -1)` all but the first and last. Indices and bounds outside the axis stop the program, as with Swift's arrays
/// (NumPy would clip them). A range whose end comes before its start is empty.
public struct TensorIndex: TensorIndexExpression, Sendable, Hashable {
  enum Kind: Hashable {
    /// One index; the axis is dropped.
    case at(Int)
    /// From `start` on by `step` until `end` is reached or passed; nil is the axis's own end in the direction of `step`.
    case range(Int?, Int?, step: Int)
    case newAxis, ellipsis
  }
  let kind: Kind

  /// Itself.
  public var tensorIndex: TensorIndex { self }

  fileprivate static func keeping(_ start: Int?, _ end: Int?, step: Int = 1) -> TensorIndex {
    TensorIndex(kind: .range(start, end, step: step))
  }
}

/// What may stand in a tensor's subscript: integers, ranges of integers and `TensorIndex`.
public protocol TensorIndexExpression: Sendable {
  /// What it does with an axis.
  var tensorIndex: TensorIndex { get }
}

extension TensorIndexExpression where Self == TensorIndex {
  /// The whole axis.
  public static var all: TensorIndex { .keeping(nil, nil) }
  /// The whole axis, last element first.
  public static var reversed: TensorIndex { .keeping(nil, nil, step: -1) }
  /// A new axis of length 1.
  public static var newAxis: TensorIndex { TensorIndex(kind: .newAxis) }
  /// All axes that the other positions do not mention; once at most.
  public static var ellipsis: TensorIndex { TensorIndex(kind: .ellipsis) }
  /// Every `step`-th element, from the first on (from the last on if `step` is negative).
  public static func every(_ step: Int) -> TensorIndex { .keeping(nil, nil, step: step) }
  /// From `start` to the end (to the beginning if `step` is negative); negative values count from the end.
  public static func from(_ start: Int, step: Int = 1) -> TensorIndex { .keeping(start, nil, step: step) }
  /// What comes before `end` (after it if `step` is negative); negative values count from the end.
  public static func upTo(_ end: Int, step: Int = 1) -> TensorIndex { .keeping(nil, end, step: step) }
  /// From `start` on by `step` until `end` is reached or passed; nil is the axis's own end in the direction of `step`, negative
  /// values count from the end.
  public static func range(_ start: Int?, _ end: Int?, step: Int = 1) -> TensorIndex {
    .keeping(start, end, step: step)
  }
}

extension Int: TensorIndexExpression {
  /// Picks this index and drops the axis; negative ones count from the end.
  public var tensorIndex: TensorIndex { TensorIndex(kind: .at(self)) }
}
extension Range: TensorIndexExpression where Bound == Int {
  /// Keeps this range of the axis; negative bounds count from the end.
  public var tensorIndex: TensorIndex { .keeping(lowerBound, upperBound) }
}
extension ClosedRange: TensorIndexExpression where Bound == Int {
  /// Keeps this range of the axis; negative bounds count from the end.
  public var tensorIndex: TensorIndex { .keeping(lowerBound, TensorIndex.end(after: upperBound)) }
}
extension PartialRangeFrom: TensorIndexExpression where Bound == Int {
  /// Keeps what begins at the bound; a negative one counts from the end.
  public var tensorIndex: TensorIndex { .keeping(lowerBound, nil) }
}
extension PartialRangeUpTo: TensorIndexExpression where Bound == Int {
  /// Keeps what comes before the bound; a negative one counts from the end.
  public var tensorIndex: TensorIndex { .keeping(nil, upperBound) }
}
extension PartialRangeThrough: TensorIndexExpression where Bound == Int {
  /// Keeps what comes up to the bound and what is there; a negative one counts from the end.
  public var tensorIndex: TensorIndex { .keeping(nil, TensorIndex.end(after: upperBound)) }
}

extension TensorIndex {
  /// The end of a range that includes `last`: after -1, the last element, comes the end of the axis.
  fileprivate static func end(after last: Int) -> Int? { last == -1 ? nil : last == .max ? last : last + 1 }
}

/// What a subscript does with one axis of a shape; positions are counted from the front.
package enum AxisPick {
  /// Keeps all of the axis.
  case whole(axis: Int)
  /// Drops the axis and keeps what is at `index`.
  case index(Int, axis: Int)
  /// Keeps `count` positions, `first`, `first + step`, ...; the step may be negative.
  case range(first: Int, step: Int, count: Int, axis: Int)
  /// Adds an axis of length 1.
  case newAxis
}

extension Shape {
  /// Calls `body` with what `indices` do, for the axes of the part in their order. Stops the program if they do not fit the shape.
  package func forEachPick(_ indices: [any TensorIndexExpression], _ body: (AxisPick) -> Void) {
    let indices = indices.map(\.tensorIndex.kind)
    let mentioned = indices.count { $0 != .newAxis && $0 != .ellipsis }
    require(mentioned <= rank, "subscript: \(mentioned) indices for shape \(self)")
    require(indices.count { $0 == .ellipsis } <= 1, "subscript: more than one ellipsis for shape \(self)")
    var axis = 0
    for index in indices {
      switch index {
      case .newAxis: body(.newAxis)
      case .ellipsis:
        for _ in 0..<(rank - mentioned) {
          body(.whole(axis: axis))
          axis += 1
        }
      case .at(let index):
        body(.index(position(index, axis), axis: axis))
        axis += 1
      case .range(let start, let end, let step):
        let (first, count) = resolved(start, end, step, axis)
        body(.range(first: first, step: step, count: count, axis: axis))
        axis += 1
      }
    }
    for axis in axis..<rank { body(.whole(axis: axis)) }
  }

  /// `index` counted from the front.
  private func position(_ index: Int, _ axis: Int) -> Int {
    let length = lengths[axis]
    let position = index < 0 ? index + length : index
    require(position >= 0 && position < length, "subscript: index \(index) on axis \(axis) of shape \(self)")
    return position
  }

  /// The first position of a range and how many there are.
  private func resolved(_ start: Int?, _ end: Int?, _ step: Int, _ axis: Int) -> (first: Int, count: Int) {
    let length = lengths[axis]
    require(step != 0, "subscript: a step of 0 on axis \(axis) of shape \(self)")
    func bound(_ value: Int?, default position: Int) -> Int {
      guard let value else { return position }
      let position = value < 0 ? value + length : value
      require(
        position >= 0 && position <= length, "subscript: the bound \(value) of a range on axis \(axis) of shape \(self)")
      return position
    }
    if step > 0 {
      let (first, stop) = (bound(start, default: 0), bound(end, default: length))
      return (first, stop > first ? (stop - first - 1) / step + 1 : 0)
    }
    let (first, stop) = (bound(start, default: length - 1), bound(end, default: -1))
    require(first < length, "subscript: a range that runs down from \(first) on axis \(axis) of shape \(self)")
    return (first, first > stop ? (first - stop - 1) / Int(clamping: step.magnitude) + 1 : 0)
  }
}

/// Where a view lies in its tensor's storage.
struct Layout {
  var offset: Int
  var shape: Shape
  var strides: Strides

  /// The part that `indices` pick.
  func picking(_ indices: [any TensorIndexExpression]) -> Layout {
    var result = Layout(offset: offset, shape: [], strides: Strides(rowMajor: []))
    shape.forEachPick(indices) { pick in
      switch pick {
      case .newAxis: result.append(length: 1, stride: 0)
      case .whole(let axis): result.append(length: shape.lengths[axis], stride: strides[axis])
      case .index(let index, let axis): result.offset += index * strides[axis]
      case .range(let first, let step, let count, let axis):
        result.offset += count > 0 ? first * strides[axis] : 0
        result.append(length: count, stride: count > 1 ? strides[axis] * step : 0)
      }
    }
    return result
  }

  /// As `picking([index])`, which a sweep over many directions asks for often.
  func row(_ index: Int) -> Layout {
    guard shape.rank > 0, index >= 0 && index < shape.lengths[0] else { return picking([index]) }
    var result = self
    result.offset += index * strides[0]
    result.shape.remove(at: 0)
    for axis in 0..<result.shape.rank { result.strides[axis] = strides[axis + 1] }
    result.strides[result.shape.rank] = 0
    return result
  }

  /// Part `range` of the first axis; bounds are not negative.
  func rows(_ range: Range<Int>) -> Layout {
    require(range.lowerBound >= 0, "rows: \(range) of shape \(shape)")
    return picking([range])
  }

  /// The diagonals of the matrices in the last two axes.
  func diagonal(offset: Int) -> Layout {
    require(shape.rank >= 2, "diagonal: shape \(shape) has no matrices")
    return diagonal(offset: offset, shape.rank - 2, shape.rank - 1)
  }

  /// The diagonals of the matrices in axes `first` and `second`, as a new last axis; `offset` counts from the main one.
  func diagonal(offset: Int, _ first: Int, _ second: Int) -> Layout {
    let (rows, columns) = (shape.lengths[first], shape.lengths[second])
    let (down, across) = (offset < 0 ? Int(clamping: offset.magnitude) : 0, Swift.max(0, offset))
    let count = Swift.max(0, Swift.min(rows - down, columns - across))
    let start = count > 0 ? down * strides[first] + across * strides[second] : 0
    var result = Layout(offset: self.offset + start, shape: [], strides: Strides(rowMajor: []))
    for axis in 0..<shape.rank where axis != first && axis != second {
      result.append(length: shape.lengths[axis], stride: strides[axis])
    }
    result.append(length: count, stride: count > 1 ? strides[first] + strides[second] : 0)
    return result
  }

  /// Adds an innermost axis.
  mutating func append(length: Int, stride: Int) {
    shape.append(length)
    strides[shape.rank - 1] = stride
  }
}

extension Layout: Equatable {
  static func == (a: Layout, b: Layout) -> Bool {
    guard a.offset == b.offset && a.shape == b.shape else { return false }
    return (0..<a.shape.rank).allSatisfy { a.strides[$0] == b.strides[$0] }
  }
}
