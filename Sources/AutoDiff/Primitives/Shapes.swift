import Tensor

extension Variable {
  /// The same elements in row-major order under another shape; one length may be -1 and is inferred.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func reshaped(to lengths: [Int]) -> Variable {
    applying(Reshape(shape: value.reshaped(to: lengths).shape))
  }

  /// The same elements in row-major order under another shape.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func reshaped(to shape: Shape) -> Variable { shape == self.shape ? self : applying(Reshape(shape: shape)) }

  /// The axes in a new order: axis `i` of the result is axis `axes[i]` of `self`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func permuted(_ axes: [Int]) -> Variable {
    let order = axes.map { shape.position(ofAxis: $0, in: "permuted") }
    return order.elementsEqual(0..<shape.rank) ? self : applying(Permute(axes: order))
  }

  /// The last two axes exchanged.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func transposed() -> Variable {
    guard shape.rank >= 2 else { return self }
    var axes = Array(0..<shape.rank)
    axes.swapAt(axes.count - 1, axes.count - 2)
    return permuted(axes)
  }

  /// Axes `a` and `b` exchanged.
  public func transposed(_ a: Int, _ b: Int) -> Variable {
    var order = Array(0..<shape.rank)
    order.swapAt(shape.position(ofAxis: a, in: "transposed"), shape.position(ofAxis: b, in: "transposed"))
    return permuted(order)
  }

  /// Axis `source` put where it becomes axis `target`; the others keep their order.
  public func movingAxis(_ source: Int, to target: Int) -> Variable {
    var order = Array(0..<shape.rank)
    let axis = order.remove(at: shape.position(ofAxis: source, in: "movingAxis"))
    order.insert(axis, at: shape.position(ofAxis: target, in: "movingAxis"))
    return permuted(order)
  }

  /// With an axis of length 1 put before axis `axis`; negative values count from the end of the result.
  public func expanded(axis: Int) -> Variable {
    let position = axis < 0 ? axis + shape.rank + 1 : axis
    require(position >= 0 && position <= shape.rank, "expanded: axis \(axis) for shape \(shape)")
    var wider = shape
    wider.insert(1, at: position)
    return reshaped(to: wider)
  }

  /// Without axis `axis`, whose length is 1.
  public func squeezed(axis: Int) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "squeezed")
    require(shape[axis] == 1, "squeezed: axis \(axis) of shape \(shape) has length \(shape[axis]), not 1")
    var narrower = shape
    narrower.remove(at: axis)
    return reshaped(to: narrower)
  }

  /// With axes of length 1 that become axes `axes` of the result; negative values count from its end.
  public func expanded(axes: [Int]) -> Variable {
    let rank = shape.rank + axes.count
    let positions = axes.map { $0 < 0 ? $0 + rank : $0 }.sorted()
    require(
      Set(positions).count == axes.count && positions.allSatisfy { $0 >= 0 && $0 < rank },
      "expanded: axes \(axes) for shape \(shape)")
    var wider = shape
    for position in positions { wider.insert(1, at: position) }
    return reshaped(to: wider)
  }

  /// Without the axes `axes`, whose lengths are 1; without all axes of length 1 if nil.
  public func squeezed(axes: [Int]? = nil) -> Variable {
    let positions = axes?.map { shape.position(ofAxis: $0, in: "squeezed") } ?? (0..<shape.rank).filter { shape[$0] == 1 }
    require(Set(positions).count == positions.count, "squeezed: axes \(positions) of shape \(shape) repeat")
    return positions.sorted(by: >).reduce(self) { $0.squeezed(axis: $1) }
  }

  /// The elements in row-major order as a vector.
  public func flattened() -> Variable { reshaped(to: [shape.elementCount] as Shape) }

  /// Stretched to `shape` by repeating axes of length 1 and adding outer axes.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func broadcast(to shape: Shape) -> Variable { shape == self.shape ? self : applying(Broadcast(shape: shape)) }

  /// Summed over the axes along which `shape` would be stretched to this variable's shape: the adjoint of `broadcast`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func summed(to shape: Shape) -> Variable { shape == self.shape ? self : applying(SumTo(shape: shape)) }
}

extension Shape {
  /// `axis` counted from the front; negative values count from the end.
  func position(ofAxis axis: Int, in operation: @autoclosure () -> String) -> Int {
    let position = axis < 0 ? axis + rank : axis
    require(position >= 0 && position < rank, "\(operation()): axis \(axis) of shape \(self), which has rank \(rank)")
    return position
  }
}

/// y has the elements of x in row-major order.
struct Reshape<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.reshaped(to: shape) }
  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { dx.reshaped(to: p.resultShape) }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.reshaped(to: p.shape(ofOperand: 0))
  }
}

/// y.shape[i] = x.shape[axes[i]].
struct Permute<Scalar: TensorScalar>: UnaryPrimitive {
  let axes: [Int]
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.permuted(axes) }
  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    dx.permuted(p.blockWidth == nil ? axes : [0] + axes.map { $0 + 1 })
  }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    var inverse = axes
    for (new, old) in axes.enumerated() { inverse[old] = new }
    return dy.permuted(inverse)
  }
}

/// y repeats x along axes of length 1 and new outer axes.
struct Broadcast<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.broadcast(to: shape) }
  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    guard let width = p.blockWidth else { return dx.broadcast(to: shape) }
    // New axes come behind that of the directions.
    let lengths = Array(dx.shape.dropFirst())
    let ones = Array(repeating: 1, count: shape.rank - lengths.count)
    return dx.reshaped(to: Shape([width] + ones + lengths)).broadcast(to: p.resultShape)
  }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.summed(to: p.shape(ofOperand: 0))
  }
}

/// The adjoint of `Broadcast`: x summed to a shape that would stretch to its own.
struct SumTo<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  var reads: ValuesRead { .nothing }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    require(shape.broadcast(with: x.shape) == x.shape, "summed: \(shape) does not stretch to \(x.shape)")
    let extra = x.rank - shape.rank
    let axes = (0..<x.rank).filter { $0 < extra || (shape[$0 - extra] == 1 && x.shape[$0] != 1) }
    return x.sum(axes: axes, keepDimensions: true).reshaped(to: shape)
  }

  func addValue(to sum: inout Accumulator<Scalar>, _ x: Tensor<Scalar>) {
    if isColumnSum(x) { sum.addColumnSums(x) } else { sum.add(value(x)) }
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let dx = p.tangent(0)!
    guard let width = p.blockWidth else { return addValue(to: &sum, dx) }
    // Axes that vanish stay as axes of length 1 first, behind that of the directions.
    var kept = shape
    for _ in shape.rank..<dx.rank - 1 { kept.insert(1, at: 0) }
    if dx.hasDirectionsLast {
      kept.append(width)
      let sums = SumTo(shape: kept).value(dx.movingAxis(0, to: dx.rank - 1))
      return sum.add(sums.movingAxis(sums.rank - 1, to: 0).reshaped(to: p.resultShape))
    }
    kept.insert(width, at: 0)
    sum.add(SumTo(shape: kept).value(dx).reshaped(to: p.resultShape))
  }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> { value(dx) }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.broadcast(to: p.shape(ofOperand: 0))
  }

  /// All axes but the last vanish: a bias, whose sum goes straight to its place.
  private func isColumnSum(_ x: Tensor<Scalar>) -> Bool { shape.rank == 1 && x.rank > 1 && shape[0] == x.shape[x.rank - 1] }
}

extension Reshape: ExamplewisePrimitive {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    place.reshaped(point.shape(ofOperand: 0), to: shape, count: point.count).map { .kept($0) } ?? .unknown
  }
}

extension Permute: ExamplewisePrimitive {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    .kept(place.moved(to: axes.firstIndex(of: place.axis)!))
  }
}

extension Broadcast: ElementwiseOnExamples {}

extension SumTo: ExamplewiseSum {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    let operand = point.shape(ofOperand: 0)
    let axis = place.axis + shape.rank - operand.rank
    return axis >= 0 && shape[axis] == operand[place.axis] ? .kept(place.moved(to: axis)) : .summed
  }

  func terms(
    of range: Range<Int>, at place: ExampleAxis, ofOperand index: Int, at point: ExamplePoint<Scalar>
  ) -> ExampleTerms<Scalar> {
    let x = point.examples(range, ofOperand: 0, at: place)
    let extra = x.rank - 1 - shape.rank
    // Axis i of the operand is axis i + 1 of its examples.
    let axes = (1..<x.rank).filter { $0 <= extra || shape[$0 - 1 - extra] == 1 }
    return .tensor(x.sum(axes: axes).reshaped(to: Shape([range.count] + Array(shape))))
  }
}
