import Tensor

extension Variable {
  /// Elements `range.lowerBound`, `+ step`, ... below `range.upperBound` along one axis.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sliced(axis: Int, _ range: Range<Int>, step: Int = 1) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "sliced")
    require(step > 0, "sliced: step \(step) is not positive")
    return applying(Slice(axis: axis, start: range.lowerBound, step: step, count: (range.count + step - 1) / step))
  }

  /// Row `index` (a slice along the first axis) without its axis; negative values count from the end.
  public subscript(row index: Int) -> Variable {
    require(shape.rank > 0, "subscript: row \(index) of a scalar")
    let row = index < 0 ? index + shape[0] : index
    require(row >= 0 && row < shape[0], "subscript: row \(index) of shape \(shape)")
    return sliced(axis: 0, row..<row + 1).reshaped(to: Shape(shape.dropFirst()))
  }

  /// Rows `range`: a slice along the first axis.
  public subscript(rows range: Range<Int>) -> Variable { sliced(axis: 0, range) }

  /// Parts with the given lengths along `axis`, in order; the lengths add up to the axis's.
  public func split(sizes: [Int], axis: Int = 0) -> [Variable] {
    let axis = shape.position(ofAxis: axis, in: "split")
    require(
      sizes.allSatisfy { $0 >= 0 } && sizes.reduce(0, +) == shape[axis],
      "split: sizes \(sizes) do not add up to axis \(axis) of shape \(shape)")
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return sliced(axis: axis, start..<start + size)
    }
  }

  /// `parts` parts of one length along `axis`, whose length is a multiple of `parts`.
  public func split(into parts: Int, axis: Int = 0) -> [Variable] {
    let length = shape[shape.position(ofAxis: axis, in: "split")]
    require(parts > 0 && length % parts == 0, "split: axis \(axis) of shape \(shape) does not fall into \(parts) equal parts")
    return split(sizes: Array(repeating: length / parts, count: parts), axis: axis)
  }

  /// Parts of length `size` along `axis`, the last one shorter where the length is no multiple of `size`; none of an empty axis.
  public func chunks(ofLength size: Int, axis: Int = 0) -> [Variable] {
    let axis = shape.position(ofAxis: axis, in: "chunks")
    require(size > 0, "chunks: the length \(size) is not positive")
    return stride(from: 0, to: shape[axis], by: size).map { sliced(axis: axis, $0..<Swift.min($0 + size, shape[axis])) }
  }

  /// The parts at each index of `axis`, without that axis.
  public func unstacked(axis: Int = 0) -> [Variable] {
    let axis = shape.position(ofAxis: axis, in: "unstacked")
    var rest = shape
    rest.remove(at: axis)
    return (0..<shape[axis]).map { sliced(axis: axis, $0..<$0 + 1).reshaped(to: rest) }
  }

  /// With `padding[i].before` and `padding[i].after` elements of `value` put around axis `i`.
  public func padded(_ padding: [(before: Int, after: Int)], with value: Scalar = 0) -> Variable {
    require(padding.count == shape.rank, "padded: \(padding.count) pairs for shape \(shape)")
    var result = self
    for (axis, pad) in padding.enumerated() where pad != (0, 0) {
      require(pad.before >= 0 && pad.after >= 0, "padded: \(pad) on axis \(axis) is negative")
      let length = pad.before + shape[axis] + pad.after
      result = result.applying(Placement(axis: axis, start: pad.before, step: 1, length: length))
    }
    // The border alone: what is added inside is zero.
    return value == 0 ? result : result + Tensor(zeros: shape).padded(padding, with: value)
  }

  /// The order along the given axes (all if nil) reversed.
  public func flipped(axes: [Int]? = nil) -> Variable {
    applying(Flip(axes: axes.map { $0.map { shape.position(ofAxis: $0, in: "flipped") } } ?? Array(0..<shape.rank)))
  }

  /// Each slice along `axis` repeated `count` times in its place, NumPy's `repeat`.
  public func repeated(_ count: Int, axis: Int) -> Variable {
    repeating(count, axis: shape.position(ofAxis: axis, in: "repeated"), eachSlice: true)
  }

  /// Each slice along `axis` repeated as often as `counts` says for it.
  public func repeated(_ counts: [Int], axis: Int) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "repeated")
    let isFit = counts.count == shape[axis] && counts.allSatisfy { $0 >= 0 }
    require(isFit, "repeated: counts \(counts) for axis \(axis) of shape \(shape)")
    return take(Tensor<Int32>(counts.enumerated().flatMap { Array(repeating: Int32($0.offset), count: $0.element) }), axis: axis)
  }

  /// The whole repeated `counts[i]` times along axis `i`, NumPy's `tile`: the shorter of shape and counts is filled up with ones
  /// from the left.
  public func tiled(_ counts: [Int]) -> Variable {
    let missing = Swift.max(0, counts.count - shape.rank)
    let first = shape.rank + missing - counts.count
    let start = reshaped(to: Shape(Array(repeating: 1, count: missing) + shape))
    return counts.enumerated().reduce(start) { $0.repeating($1.element, axis: first + $1.offset, eachSlice: false) }
  }

  private func repeating(_ count: Int, axis: Int, eachSlice: Bool) -> Variable {
    require(count >= 0, "repeated: count \(count) is negative")
    if count == 1 { return self }
    let (outer, inner) = (shape.prefix(axis).reduce(1, *), shape.dropFirst(axis + 1).reduce(1, *))
    let length = shape[axis]
    var target = shape
    target[axis] = count * length
    return reshaped(to: eachSlice ? [outer, length, 1, inner] : [outer, 1, length, inner] as Shape)
      .broadcast(to: eachSlice ? [outer, length, count, inner] : [outer, count, length, inner]).reshaped(to: target)
  }
}

/// Elements `start`, `start + step`, ... along one axis, `count` of them.
struct Slice<Scalar: TensorScalar>: UnaryPrimitive {
  let axis: Int
  let start: Int
  let step: Int
  let count: Int
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.sliced(axis: axis, start..<(count == 0 ? start : start + (count - 1) * step + 1), step: step)
  }
  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let part = Slice(axis: p.inBlock(axis: axis), start: start, step: step, count: count).value(dx)
    // A few elements that lie apart cost every rule that reads them more than one copy does.
    return part.isFew ? part.contiguous() : part
  }
  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if step == 1 { p.add(block: dy, along: axis, from: start, to: 0) } else { p.add(cotangent(dy, at: p), to: 0) }
  }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.applying(Placement(axis: axis, start: start, step: step, length: p.shape(ofOperand: 0)[axis]))
  }
}

/// The adjoint of `Slice`: along one axis, of the given length, u at `start`, `start + step`, ... and zeros elsewhere.
struct Placement<Scalar: TensorScalar>: UnaryPrimitive {
  let axis: Int
  let start: Int
  let step: Int
  let length: Int
  var reads: ValuesRead { .nothing }

  func value(_ u: Tensor<Scalar>) -> Tensor<Scalar> {
    var (spread, count) = (u, u.shape[axis])
    if step > 1 && count > 1 {
      // Each element is followed by step - 1 zeros; those behind the last one are cut off.
      spread = pad(u.expanded(axis: axis + 1), axis: axis + 1, before: 0, after: step - 1)
      var flat = u.shape
      flat[axis] = count * step
      count = (count - 1) * step + 1
      spread = spread.reshaped(to: flat).sliced(axis: axis, 0..<count)
    }
    return pad(spread, axis: axis, before: start, after: length - start - count)
  }

  private func pad(_ x: Tensor<Scalar>, axis: Int, before: Int, after: Int) -> Tensor<Scalar> {
    x.padded((0..<x.rank).map { $0 == axis ? (before: before, after: after) : (before: 0, after: 0) })
  }

  func addValue(to sum: inout Accumulator<Scalar>, _ u: Tensor<Scalar>) {
    guard step == 1 else { return sum.add(value(u)) }
    var shape = u.shape
    shape[axis] = length
    sum.add(u, along: axis, from: start, of: shape)
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    Placement(axis: p.inBlock(axis: axis), start: start, step: step, length: length).addValue(to: &sum, p.tangent(0)!)
  }

  func tangent(_ du: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(du) }

  func cotangent(_ dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dx.applying(Slice(axis: axis, start: start, step: step, count: p.shape(ofOperand: 0)[axis]))
  }
}

/// Sums of blocks: each operand added at its place along one axis of a result of the given shape. What many slices of one
/// variable send back; a full-sized sum for each would make the steps of a sequence cost the square of their number.
struct Assembly<Scalar: TensorScalar>: VariadicPrimitive {
  let shape: Shape
  let axis: Int
  let starts: [Int]

  var reads: ValuesRead { .nothing }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    var sum = Accumulator<Scalar>()
    for (block, start) in zip(operands, starts) { sum.add(block, along: axis, from: start, of: shape) }
    return sum.sum!
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    if let width = p.blockWidth, axis == 0 && shape.rank >= 3 {
      // A sequence of steps: all directions' tangents of a step together, and in it their order, as a recurrence wants them.
      var steps = shape
      let place = p.prefersDirectionsLast ? shape.rank : 1
      steps.insert(width, at: place)
      var inOrderOfSteps = Accumulator<Scalar>()
      for (index, start) in starts.enumerated() {
        if let tangent = p.tangent(index) { inOrderOfSteps.add(tangent.movingAxis(0, to: place), along: 0, from: start, of: steps) }
      }
      if inOrderOfSteps.hasTerms { sum.add(inOrderOfSteps.takeSum().movingAxis(place, to: 0)) }
      return
    }
    for (index, start) in starts.enumerated() {
      if let tangent = p.tangent(index) { sum.add(tangent, along: p.inBlock(axis: axis), from: start, of: p.resultShape) }
    }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    for (index, start) in starts.enumerated() where p.wants(index) {
      p.add(Slice(axis: axis, start: start, step: 1, count: p.shape(ofOperand: index)[axis]), dy, to: index)
    }
  }
}

/// The order along some axes reversed; its own adjoint.
struct Flip<Scalar: TensorScalar>: UnaryPrimitive {
  let axes: [Int]
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.flipped(axes: axes) }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> { dy.applying(Flip(axes: axes)) }
}

extension Slice: BlocksAlongAxis {
  func start(ofOperand index: Int) -> Int? { step == 1 ? -start : nil }
}

extension Placement: BlocksAlongAxis {
  func start(ofOperand index: Int) -> Int? { step == 1 ? start : nil }
}

extension Assembly: BlocksAlongAxis {
  func start(ofOperand index: Int) -> Int? { starts[index] }
}

extension Flip: ExamplewisePrimitive {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    axes.contains(place.axis) ? .unknown : .kept(place)
  }
}
