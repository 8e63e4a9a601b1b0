import Tensor

/// The rules of one recorded primitive, its type erased.
///
/// A closure and not an existential: a closure made where the scalar and the primitive are known is compiled for them, while the
/// methods of an existential are compiled once for all types, which costs a microsecond a call in looking types up
/// (docs/decisions/0004-specialization.md).
struct Rules<Scalar: TensorScalar> {
  /// A question and where its answer goes. Pointers to what is large: a call moves a few words.
  private enum Call {
    case value(UnsafeMutablePointer<Accumulator<Scalar>>, RecordedPoint<Scalar>)
    case tangent(UnsafeMutablePointer<Accumulator<Scalar>>, TangentPoint<Scalar>)
    case takesBlocks(UnsafeMutablePointer<Bool>, TangentPoint<Scalar>)
    case cotangents(UnsafePointer<Variable<Scalar>>, CotangentPoint<Scalar>)
    case reveal(UnsafeMutablePointer<(any Primitive<Scalar>)?>)
  }
  private typealias Bytes = SIMD2<UInt64>
  private let call: (UnsafeRawPointer, Call) -> Void
  /// A small primitive of plain bytes, such as a sign or a slope. A closure that captured it would be one more object to allocate
  /// and free with every operation.
  private let bytes: Bytes

  init<P: Primitive<Scalar>>(_ primitive: P) {
    if _isPOD(P.self) && MemoryLayout<P>.size <= MemoryLayout<Bytes>.size {
      var bytes = Bytes.zero
      withUnsafeMutableBytes(of: &bytes) { $0.storeBytes(of: primitive, as: P.self) }
      self.bytes = bytes
      call = { Self.answer($1, by: $0.assumingMemoryBound(to: P.self).pointee) }
    } else {
      bytes = .zero
      call = { Self.answer($1, by: primitive) }
    }
  }

  @inline(__always)
  private static func answer(_ call: Call, by primitive: some Primitive<Scalar>) {
    switch call {
    case .value(let sum, let point): primitive.addValue(to: &sum.pointee, at: point)
    case .tangent(let sum, let point): primitive.addTangent(to: &sum.pointee, at: point)
    case .takesBlocks(let answer, let point): answer.pointee = primitive.takesBlocks(at: point)
    case .cotangents(let dy, let point): primitive.addCotangents(of: dy.pointee, at: point)
    case .reveal(let place): place.pointee = primitive
    }
  }

  @inline(__always)
  private func ask(_ question: Call) { withUnsafeBytes(of: bytes) { call($0.baseAddress!, question) } }

  func addValue(to sum: inout Accumulator<Scalar>, at point: RecordedPoint<Scalar>) {
    withUnsafeMutablePointer(to: &sum) { ask(.value($0, point)) }
  }
  func addTangent(to sum: inout Accumulator<Scalar>, at point: TangentPoint<Scalar>) {
    withUnsafeMutablePointer(to: &sum) { ask(.tangent($0, point)) }
  }
  func takesBlocks(at point: TangentPoint<Scalar>) -> Bool {
    var answer = false
    withUnsafeMutablePointer(to: &answer) { ask(.takesBlocks($0, point)) }
    return answer
  }
  func addCotangents(of dy: Variable<Scalar>, at point: CotangentPoint<Scalar>) {
    withUnsafePointer(to: dy) { ask(.cotangents($0, point)) }
  }

  /// The primitive itself, for questions that are asked seldom.
  var revealed: any Primitive<Scalar> {
    var result: (any Primitive<Scalar>)?
    withUnsafeMutablePointer(to: &result) { ask(.reveal($0)) }
    return result!
  }

  /// What was recorded, for messages.
  var primitive: Any.Type { type(of: revealed) }
}
