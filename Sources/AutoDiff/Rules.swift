import Tensor

/// The rules of one recorded primitive, its type erased.
///
/// A closure and not an existential: a closure made where the scalar and the primitive are known is compiled for them, while the
/// methods of an existential are compiled once for all types, which costs a microsecond a call in looking types up
/// (docs/decisions/0004-specialization.md).
struct Rules<Scalar: TensorScalar> {
  private enum Call {
    case value(UnsafeMutablePointer<Accumulator<Scalar>>, RecordedPoint<Scalar>)
    case tangent(UnsafeMutablePointer<Accumulator<Scalar>>, TangentPoint<Scalar>)
    case takesBlocks(UnsafeMutablePointer<Bool>, TangentPoint<Scalar>)
    case cotangents(Variable<Scalar>, CotangentPoint<Scalar>)
    case reveal(UnsafeMutablePointer<(any Primitive<Scalar>)?>)
  }
  private let call: (Call) -> Void
  /// What was recorded, for messages.
  let primitive: Any.Type

  init<P: Primitive<Scalar>>(_ primitive: P) {
    self.primitive = P.self
    call = { call in
      switch call {
      case .value(let sum, let point): primitive.addValue(to: &sum.pointee, at: point)
      case .tangent(let sum, let point): primitive.addTangent(to: &sum.pointee, at: point)
      case .takesBlocks(let answer, let point): answer.pointee = primitive.takesBlocks(at: point)
      case .cotangents(let dy, let point): primitive.addCotangents(of: dy, at: point)
      case .reveal(let place): place.pointee = primitive
      }
    }
  }

  func addValue(to sum: inout Accumulator<Scalar>, at point: RecordedPoint<Scalar>) {
    withUnsafeMutablePointer(to: &sum) { call(.value($0, point)) }
  }
  func addTangent(to sum: inout Accumulator<Scalar>, at point: TangentPoint<Scalar>) {
    withUnsafeMutablePointer(to: &sum) { call(.tangent($0, point)) }
  }
  func takesBlocks(at point: TangentPoint<Scalar>) -> Bool {
    var answer = false
    withUnsafeMutablePointer(to: &answer) { call(.takesBlocks($0, point)) }
    return answer
  }
  func addCotangents(of dy: Variable<Scalar>, at point: CotangentPoint<Scalar>) { call(.cotangents(dy, point)) }

  /// The primitive itself, for questions that are asked seldom.
  var revealed: any Primitive<Scalar> {
    var result: (any Primitive<Scalar>)?
    withUnsafeMutablePointer(to: &result) { call(.reveal($0)) }
    return result!
  }
}
