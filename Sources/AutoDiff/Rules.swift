import Tensor

/// The rules of one recorded primitive, its type erased.
///
/// A closure and not an existential: a closure made where the scalar and the primitive are known is compiled for them, while the
/// methods of an existential are compiled once for all types, which costs a microsecond a call in looking types up
/// (docs/decisions/0004-specialization.md).
struct Rules<Scalar: TensorScalar> {
  /// A question and where its answer goes. Pointers to what is large: a call moves a few words. Sweeps and tapes go unmanaged, as
  /// each counted reference to them would take longer than the call; who asks keeps them.
  private enum Call {
    case value(UnsafeMutablePointer<Accumulator<Scalar>>, Unmanaged<Tape<Scalar>>, Int)
    case tangent(UnsafeMutablePointer<Accumulator<Scalar>>, Unmanaged<TangentSweep<Scalar>>, Int)
    case takesBlocks(UnsafeMutablePointer<Bool>, Unmanaged<TangentSweep<Scalar>>, Int)
    case tangentOfBlock(UnsafeMutablePointer<Accumulator<Scalar>>, Unmanaged<TangentSweep<Scalar>>, Int, UnsafeMutablePointer<Bool>)
    case cotangents(UnsafeMutablePointer<Variable<Scalar>>, Unmanaged<ReverseSweep<Scalar>>, Int)
    case reveal(UnsafeMutablePointer<(any Primitive<Scalar>)?>)
  }
  private typealias Bytes = SIMD4<UInt64>
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
    case .value(let sum, let tape, let node):
      tape._withUnsafeGuaranteedRef { primitive.addValue(to: &sum.pointee, at: RecordedPoint(tape: $0, node: node)) }
    case .tangent(let sum, let sweep, let node):
      sweep._withUnsafeGuaranteedRef { primitive.addTangent(to: &sum.pointee, at: TangentPoint(sweep: $0, node: node)) }
    case .takesBlocks(let answer, let sweep, let node):
      sweep._withUnsafeGuaranteedRef { answer.pointee = primitive.takesBlocks(at: TangentPoint(sweep: $0, node: node)) }
    case .tangentOfBlock(let sum, let sweep, let node, let answer):
      let takesBlocks = sweep._withUnsafeGuaranteedRef { primitive.takesBlocks(at: TangentPoint(sweep: $0, node: node)) }
      answer.pointee = takesBlocks
      guard takesBlocks else { return }
      sweep._withUnsafeGuaranteedRef { primitive.addTangent(to: &sum.pointee, at: TangentPoint(sweep: $0, node: node)) }
    case .cotangents(let dy, let sweep, let node):
      sweep._withUnsafeGuaranteedRef { primitive.addCotangents(of: dy.move(), at: CotangentPoint(sweep: $0, node: node)) }
    case .reveal(let place): place.pointee = primitive
    }
  }

  @inline(__always)
  private func ask(_ question: Call) { withUnsafeBytes(of: bytes) { call($0.baseAddress!, question) } }

  func addValue(to sum: inout Accumulator<Scalar>, on tape: Tape<Scalar>, _ node: Int) {
    withUnsafeMutablePointer(to: &sum) { ask(.value($0, .passUnretained(tape), node)) }
  }
  func addTangent(to sum: inout Accumulator<Scalar>, in sweep: TangentSweep<Scalar>, _ node: Int) {
    withUnsafeMutablePointer(to: &sum) { ask(.tangent($0, .passUnretained(sweep), node)) }
  }
  func takesBlocks(in sweep: TangentSweep<Scalar>, _ node: Int) -> Bool {
    var answer = false
    withUnsafeMutablePointer(to: &answer) { ask(.takesBlocks($0, .passUnretained(sweep), node)) }
    return answer
  }
  /// Adds the tangent of a block and says true, if the rule takes blocks: both questions in one call, which most steps of a sweep need.
  func addTangentOfBlock(to sum: inout Accumulator<Scalar>, in sweep: TangentSweep<Scalar>, _ node: Int) -> Bool {
    var takesBlocks = false
    withUnsafeMutablePointer(to: &sum) { sum in
      withUnsafeMutablePointer(to: &takesBlocks) { ask(.tangentOfBlock(sum, .passUnretained(sweep), node, $0)) }
    }
    return takesBlocks
  }
  /// Takes the cotangent out of `dy`, which holds nothing afterwards.
  func addCotangents(taking dy: UnsafeMutablePointer<Variable<Scalar>>, in sweep: ReverseSweep<Scalar>, _ node: Int) {
    ask(.cotangents(dy, .passUnretained(sweep), node))
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
