import Tensor

/// Where the list of a node's parts begins and ends; -1 for none.
private struct PartList {
  var first: Int32 = -1
  var last: Int32 = -1
}

/// Carries cotangents backward over a tape: one pass of reverse-mode differentiation.
///
/// Either it computes them (plain gradients, Jᵀu), or it also records how: then the backward pass stands on the same tape and
/// can be differentiated again.
final class ReverseSweep<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  let isRecording: Bool
  /// What the pass is to each node.
  private let roles: [Role]
  private enum Role: UInt8 {
    /// Nothing.
    case none
    /// It lies on a path from a wanted input.
    case passed
    /// Besides, somebody asks for its cotangent.
    case wanted
  }
  /// Computing: the cotangent of each node so far.
  @exclusivity(unchecked) private var sums: [Accumulator<Scalar>]
  /// Recording: the parts of all nodes' cotangents, and for each node where the list of its parts begins and ends. Inputs keep
  /// theirs apart, so that they can be added up in place.
  @exclusivity(unchecked) private var parts = ChunkedList<Variable<Scalar>>()
  /// For each part the one that follows it in its list; -1 for none.
  @exclusivity(unchecked) private var next: [Int32] = []
  @exclusivity(unchecked) private var lists: [PartList]
  /// Recording: parts that are blocks of a cotangent, until that is needed and they are put together.
  @exclusivity(unchecked) private var blocks: [Int: [Block]] = [:]

  /// What `next` says of a part that has been taken out.
  private static var taken: Int32 { -2 }

  private struct Block {
    var axis: Int
    var start: Int
    var part: Variable<Scalar>
  }

  /// - Parameters:
  ///   - inputs: the nodes whose cotangents are wanted, each with the memory it belongs in, if that is fixed.
  ///   - end: nodes from here on are not looked at.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init(_ tape: Tape<Scalar>, inputs: [(node: Int, place: Tensor<Scalar>?)], end: Int) {
    self.tape = tape
    isRecording = false
    roles = Self.roles(tape, inputs.lazy.map(\.node), end)
    sums = Array(repeating: Accumulator(), count: end)
    lists = []
    for input in inputs where input.node < end { sums[input.node] = Accumulator(place: input.place) }
  }

  /// A pass that is recorded.
  /// - Parameters:
  ///   - inputs: the nodes whose cotangents are wanted.
  ///   - kept: one more that is asked for; none if it lies on no path from an input.
  ///   - end: nodes from here on are not looked at.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init(recordingOn tape: Tape<Scalar>, inputs: [Int], keeping kept: Int? = nil, end: Int) {
    tape.requireNotEnded()
    self.tape = tape
    isRecording = true
    roles = Self.roles(tape, inputs, keeping: kept, end)
    sums = []
    lists = Array(repeating: PartList(), count: end)
    // About a part a node.
    next.reserveCapacity(end)
  }

  @inline(__always)
  private static func roles(_ tape: Tape<Scalar>, _ inputs: some Sequence<Int>, keeping kept: Int? = nil, _ end: Int) -> [Role] {
    var roles = [Role](repeating: .none, count: end)
    for input in inputs where input < end { roles[input] = .wanted }
    for node in 0..<end where tape.isOperation(node) && roles[node] == .none {
      for index in 0..<tape.operandCount(of: node) {
        let operand = tape.operand(index, of: node)
        if operand >= 0 && roles[operand] != .none { roles[node] = .passed }
      }
    }
    if let kept, kept < end, roles[kept] == .passed { roles[kept] = .wanted }
    return roles
  }

  deinit { removeParts() }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func removeParts() { parts.removeAll { next[$0] == Self.taken } }

  /// Gives `node` the cotangent to start from.
  func seed(_ node: Int, _ cotangent: consuming Variable<Scalar>) { if node < roles.count { add(cotangent, to: node) } }

  /// Carries cotangents from the nodes in `range`, last first, to their operands. With `consuming`, values that no earlier node
  /// reads are let go on the way.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(_ range: Range<Int>, consuming: Bool = false) {
    for node in range.reversed() where roles[node] != .none && tape.isOperation(node) {
      if hasCotangent(node) {
        let dy = takeCotangent(node)
        if tape.detector != nil {
          watch(node, dy)
        } else {
          tape.nodes[node].rules!.addCotangents(of: dy, at: CotangentPoint(sweep: self, node: node))
        }
      }
      if consuming { tape.forget(node) }
    }
    if consuming { tape.end() }
  }

  /// Runs the cotangent rule of `node` while a detector watches.
  private func watch(_ node: Int, _ dy: Variable<Scalar>) {
    let outer = tape.differentiated
    if outer == nil { tape.differentiated = node }
    tape.nodes[node].rules!.addCotangents(of: dy, at: CotangentPoint(sweep: self, node: node))
    tape.differentiated = outer
    if isRecording { return }  // What is recorded is looked at there.
    let read = [dy.value] + tape.keptOperands(of: node)
    for index in 0..<tape.operandCount(of: node) where wants(tape.operand(index, of: node)) {
      tape.detector!.check(sums[tape.operand(index, of: node)].sum, .cotangent, by: tape.origin(of: node), from: read)
    }
  }

  /// The computed cotangent of an input; nil is zero.
  func cotangent(of node: Int) -> Tensor<Scalar>? { node < sums.count ? sums[node].sum : nil }

  /// The recorded cotangent of `node`, its parts added up; nil is zero.
  func recordedCotangent(of node: Int) -> Variable<Scalar>? {
    node < lists.count && hasCotangent(node) ? takeCotangent(node) : nil
  }

  /// The nodes of the recorded parts of `node`'s cotangent that are not constants.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func recordedNodes(of node: Int) -> [Int] {
    var result: [Int] = []
    forEachPart(of: node) { if $0.tape != nil { result.append($0.node) } }
    return result
  }

  /// Adds the values of all parts to `sum`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func addRecordedParts(of node: Int, to sum: inout Accumulator<Scalar>) {
    forEachPart(of: node) { $0.addValue(to: &sum) }
  }

  @inline(__always)
  private func forEachPart(of node: Int, _ body: (Variable<Scalar>) -> Void) {
    assembleBlocks(of: node)
    guard node < lists.count else { return }
    var place = lists[node].first
    while place >= 0 {
      body(parts[Int(place)])
      place = next[Int(place)]
    }
  }

  @inline(__always)
  private func hasCotangent(_ node: Int) -> Bool {
    guard isRecording else { return sums[node].hasTerms }
    assembleBlocks(of: node)
    return lists[node].first >= 0
  }

  @inline(__always)
  private func takeCotangent(_ node: Int) -> Variable<Scalar> {
    guard isRecording else { return Variable(sums[node].takeSum()) }
    // Parts that somebody else asks for, too, stay.
    let areKept = roles[node] == .wanted
    var place = lists[node].first
    var sum = part(at: &place, isKept: areKept)
    while place >= 0 { sum = sum + part(at: &place, isKept: areKept) }
    if !areKept { lists[node] = PartList() }
    return sum
  }

  /// The part at `place`, which becomes that of the next one in its list; the part is gone from here then unless it is kept.
  @inline(__always)
  private func part(at place: inout Int32, isKept: Bool) -> Variable<Scalar> {
    let index = Int(place)
    place = next[index]
    if isKept { return parts[index] }
    next[index] = Self.taken
    return parts.take(index)
  }

  /// Adds a part to the recorded cotangent of `node`.
  @inline(__always)
  private func append(_ cotangent: consuming Variable<Scalar>, to node: Int) {
    let place = Int32(parts.count)
    parts.append(cotangent)
    next.append(-1)
    if lists[node].first < 0 { lists[node].first = place } else { next[Int(lists[node].last)] = place }
    lists[node].last = place
  }

  /// The value of `node` for a rule: on the tape if the backward pass is recorded, else a constant.
  func variable(_ node: Int, readBy reader: Int) -> Variable<Scalar> {
    let value = tape.value(of: node, readBy: reader)
    return isRecording ? Variable(tape: tape, node: node, computed: value) : Variable(value)
  }

  /// The shape of what was added to the cotangent of `node` so far, or last if that is recorded; nil for nothing.
  func shapeSoFar(_ node: Int) -> Shape? {
    guard wants(node) else { return nil }
    if !isRecording { return sums[node].shape }
    return lists[node].last < 0 ? nil : parts[Int(lists[node].last)].shape
  }

  func wants(_ node: Int) -> Bool { node >= 0 && roles[node] != .none }

  func add(_ cotangent: consuming Variable<Scalar>, to node: Int) {
    guard wants(node) else { return }
    if isRecording { append(cotangent, to: node) } else { sums[node].add(cotangent.value) }
  }

  func add(block: consuming Variable<Scalar>, along axis: Int, from start: Int, to node: Int) {
    guard wants(node) else { return }
    if isRecording {
      blocks[node, default: []].append(Block(axis: axis, start: start, part: block))
    } else {
      add(Placement(axis: axis, start: start, step: 1, length: tape.shape(of: node)[axis]), block, to: node)
    }
  }

  /// Makes one part, for each axis, of the blocks that wait for `node`.
  private func assembleBlocks(of node: Int) {
    guard !blocks.isEmpty, let waiting = blocks.removeValue(forKey: node) else { return }
    let shape = tape.shape(of: node)
    if waiting.count == 1 && isInput(node) {
      let place = Placement<Scalar>(axis: waiting[0].axis, start: waiting[0].start, step: 1, length: shape[waiting[0].axis])
      return add(place, waiting[0].part, to: node)
    }
    for axis in 0..<shape.rank {
      let chosen = waiting.allSatisfy { $0.axis == axis } ? waiting : waiting.filter { $0.axis == axis }
      if chosen.isEmpty { continue }
      append(.applying(Assembly(shape: shape, axis: axis, starts: chosen.map(\.start)), to: chosen.map(\.part)), to: node)
    }
  }

  func add(_ primitive: some UnaryPrimitive<Scalar>, _ x: Variable<Scalar>, to node: Int) {
    guard wants(node) else { return }
    if !isRecording { return primitive.addValue(to: &sums[node], x.value) }
    append(isInput(node) ? recordDeferred(primitive, x, nil, for: node) : x.applying(primitive), to: node)
  }

  func add(_ primitive: some BinaryPrimitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>, to node: Int) {
    guard wants(node) else { return }
    if !isRecording { return primitive.addValue(to: &sums[node], a.value, b.value) }
    append(isInput(node) ? recordDeferred(primitive, a, b, for: node) : a.applying(primitive, with: b), to: node)
  }

  private func isInput(_ node: Int) -> Bool { !tape.isOperation(node) }

  /// What nobody asks for is not computed: a Hessian-vector product needs the tangent of the weights' gradient, not its value.
  private func recordDeferred(
    _ primitive: some Primitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>?, for node: Int
  ) -> Variable<Scalar> {
    tape.recordDeferred(primitive, a, b, shape: tape.shape(of: node))
  }
}
