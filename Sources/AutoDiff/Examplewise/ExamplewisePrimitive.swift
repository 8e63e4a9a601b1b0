import Tensor

// What linear operations do with the examples of a batch. A backward pass is linear in the cotangents that it starts from; if
// those are one for each example's loss, following their axis through the pass says which operations work example by
// example and which sum over examples. A gradient's last operation is usually such a sum, and its terms are the
// gradients of the examples. Operations without a rule are only slower (`ExampleSweep`).

/// Where the examples of an operand are found in the result of an operation.
enum ExampleFlow: Equatable {
  /// On an axis of their own still: no element of the result depends on two examples.
  case kept(ExampleAxis)
  /// Nowhere: the result is a sum over examples.
  case summed
  /// Anything else.
  case unknown
}

/// A primitive, linear in some operands, that knows how examples pass through it.
protocol ExamplewisePrimitive<Scalar>: Primitive {
  /// Where the examples that lie at `place` in operand `index` are found in the result.
  ///
  /// What it says must hold whatever the other operands are, as long as they do not depend on the cotangents of the losses.
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow
}

/// A primitive that sums over examples and knows the terms of the sum.
protocol ExamplewiseSum<Scalar>: ExamplewisePrimitive {
  /// The terms of the examples of `range`, where `flow` has said that the result is a sum over examples.
  func terms(
    of range: Range<Int>, at place: ExampleAxis, ofOperand index: Int, at point: ExamplePoint<Scalar>
  ) -> ExampleTerms<Scalar>
}

/// The terms of a sum over examples.
enum ExampleTerms<Scalar: TensorScalar> {
  /// `[examples]` + the shape of the sum.
  case tensor(Tensor<Scalar>)
  /// Matrices leftᵀ right, one for each example, not formed yet: left `[examples, steps, rows]`, right `[examples, steps,
  /// columns]`.
  case products(left: Tensor<Scalar>, right: Tensor<Scalar>)

  var formed: Tensor<Scalar> {
    switch self {
    case .tensor(let terms): terms
    case .products(let left, let right): matmul(left, right, transposeA: true)
    }
  }
}

/// A recorded operation whose operands' values are all kept, and the number of examples.
struct ExamplePoint<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  let node: Int
  let count: Int

  var resultShape: Shape { tape.shape(of: node) }
  func shape(ofOperand index: Int) -> Shape { tape.shape(of: tape.operand(index, of: node)) }
  func operand(_ index: Int) -> Tensor<Scalar> { tape.value(of: tape.operand(index, of: node), readBy: node) }

  /// The examples of `range` of operand `index`, where they lie at `place`, as a new first axis.
  func examples(_ range: Range<Int>, ofOperand index: Int, at place: ExampleAxis) -> Tensor<Scalar> {
    operand(index).examples(range, of: count, at: place)
  }
}

/// An element-wise operation, with broadcasting: examples stay on their axis, counted from the last.
protocol ElementwiseOnExamples<Scalar>: ExamplewisePrimitive {}

extension ElementwiseOnExamples {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    let (operand, result) = (point.shape(ofOperand: index), point.resultShape)
    let axis = place.axis + result.rank - operand.rank
    return result[axis] == operand[place.axis] ? .kept(place.moved(to: axis)) : .unknown
  }
}

/// An operation along other axes than the first, the examples': on images, say.
protocol ExamplesOnFirstAxis<Scalar>: ExamplewisePrimitive {}

extension ExamplesOnFirstAxis {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    index == 0 && place.axis == 0 ? .kept(place) : .unknown
  }
}

/// An operation along one axis that leaves the others where they are.
protocol OperationAlongAxis<Scalar>: ExamplewisePrimitive {
  var axis: Int { get }
}

extension OperationAlongAxis {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    place.axis == axis ? .unknown : .kept(place)
  }
}

/// An operation that puts operands to, or takes them from, places along one axis.
///
/// If examples lie along that axis, whole steps of them have to be moved: blocks of all examples.
protocol BlocksAlongAxis<Scalar>: OperationAlongAxis {
  /// Where along the axis of the result operand `index` starts; negative if the result starts within the operand. Nil if
  /// elements do not stay side by side.
  func start(ofOperand index: Int) -> Int?
}

extension BlocksAlongAxis {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    if place.axis != axis { return .kept(place) }
    let (block, length) = (point.count * place.after, point.resultShape[axis])
    guard let start = start(ofOperand: index), start % block == 0 && length % block == 0 && length > 0 else { return .unknown }
    return .kept(ExampleAxis(axis: axis, before: length / block, after: place.after))
  }
}
