import Tensor

extension Variable {
  /// The slices along `axis` that `indices` name, in their order and shape (NumPy's `take`). Repeated indices add up in the
  /// derivative.
  ///
  /// The result has the shape of `self` with the axis replaced by the axes of `indices`. Negative indices count from the end.
  public func take(_ indices: Tensor<some TensorIndexScalar>, axis: Int = 0) -> Variable {
    applying(Take(indices: indices.converted(to: Int32.self), axis: shape.position(ofAxis: axis, in: "take")))
  }

  /// Elements along `axis` picked for each position by itself: `result[i, j] = self[indices[i, j], j]` for axis 0 (NumPy's
  /// `take_along_axis`).
  ///
  /// `indices` has the shape of `self` but for the length of the axis; negative ones count from the end.
  public func takeAlong(_ indices: Tensor<some TensorIndexScalar>, axis: Int) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "takeAlong")
    return applying(Take(indices: indices.converted(to: Int32.self), axis: axis, isAlong: true))
  }

  /// The elements in ascending (descending) order along `axis`; the derivative moves with them.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Variable {
    takeAlong(value.argSort(axis: axis, descending: descending), axis: axis)
  }

  /// The elements where `mask`, of the same shape, is true: a vector, in row-major order.
  public func elements(where mask: Tensor<Bool>) -> Variable {
    require(mask.shape == shape, "elements(where:): mask \(mask.shape) for shape \(shape)")
    return flattened().take(Tensor<Int32>(mask.elements.enumerated().filter(\.element).map { Int32($0.offset) }))
  }

  /// `self` with the slices of `updates` added along `axis` where `indices` name them; repeated indices add up. The adjoint of
  /// `take`.
  ///
  /// `updates` has the shape of `take(indices, axis:)`.
  public func scatteringAdd(_ updates: Variable, at indices: Tensor<some TensorIndexScalar>, axis: Int = 0) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "scatteringAdd")
    return self + updates.applying(Scatter(shape: shape, indices: indices.converted(to: Int32.self), axis: axis))
  }

  /// `self` with each element of `updates` added at the place along `axis` that `indices` names for it; repeated ones add up. The
  /// adjoint of `takeAlong`. `updates` and `indices` have one shape.
  public func scatteringAddAlong(_ updates: Variable, at indices: Tensor<some TensorIndexScalar>, axis: Int) -> Variable {
    let axis = shape.position(ofAxis: axis, in: "scatteringAddAlong")
    return self + updates.applying(Scatter(shape: shape, indices: indices.converted(to: Int32.self), axis: axis, isAlong: true))
  }
}

/// y = take(x, indices), or takeAlong(x, indices) if each position has an index of its own.
struct Take<Scalar: TensorScalar>: UnaryPrimitive {
  let indices: Tensor<Int32>
  let axis: Int
  var isAlong = false
  var reads: ValuesRead { .nothing }
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { isAlong ? x.takeAlong(indices, axis: axis) : x.take(indices, axis: axis) }
  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { !isAlong }
  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    isAlong ? value(dx) : dx.take(indices, axis: p.inBlock(axis: axis))
  }
  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.applying(Scatter(shape: p.shape(ofOperand: 0), indices: indices, axis: axis, isAlong: isAlong))
  }
}

/// The adjoint of `Take`: zeros of the given shape with u added where the indices name its slices' (or its elements') places.
struct Scatter<Scalar: TensorScalar>: UnaryPrimitive {
  let shape: Shape
  let indices: Tensor<Int32>
  let axis: Int
  var isAlong = false
  var reads: ValuesRead { .nothing }
  func value(_ u: Tensor<Scalar>) -> Tensor<Scalar> {
    let zeros = Tensor<Scalar>(zeros: shape)
    return isAlong ? zeros.scatteringAddAlong(u, at: indices, axis: axis) : zeros.scatteringAdd(u, at: indices, axis: axis)
  }
  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { !isAlong }
  func tangent(_ du: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    isAlong ? value(du) : Tensor(zeros: p.inBlock(shape)).scatteringAdd(du, at: indices, axis: p.inBlock(axis: axis))
  }
  func cotangent(_ dx: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dx.applying(Take(indices: indices, axis: axis, isAlong: isAlong))
  }
}

extension Take: ExamplewisePrimitive {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    if place.axis == axis { return .unknown }
    return .kept(place.axis < axis || isAlong ? place : place.moved(to: place.axis + indices.rank - 1))
  }
}

extension Scatter: ExamplewiseSum {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    if place.axis < axis { return .kept(place) }
    if isAlong { return place.axis == axis ? .unknown : .kept(place) }
    if place.axis >= axis + indices.rank { return .kept(place.moved(to: place.axis - indices.rank + 1)) }
    return axis == 0 ? .summed : .unknown
  }

  /// Each example has slices of its own to add to, those of all examples one after the other.
  func terms(
    of range: Range<Int>, at place: ExampleAxis, ofOperand index: Int, at point: ExamplePoint<Scalar>
  ) -> ExampleTerms<Scalar> {
    let (rows, rest) = (shape[0], Array(shape.dropFirst()))
    let named = indices.examples(range, of: point.count, at: place).elements
    let updates = point.examples(range, ofOperand: 0, at: place).reshaped(to: Shape([named.count] + rest))
    let perExample = named.count / range.count
    let places = named.enumerated().map { position, row in
      Int32(position / perExample * rows) + (row < 0 ? row + Int32(rows) : row)
    }
    let sums = Tensor<Scalar>(zeros: Shape([range.count * rows] + rest)).scatteringAdd(updates, at: Tensor(places), axis: 0)
    return .tensor(sums.reshaped(to: Shape([range.count] + Array(shape))))
  }
}
