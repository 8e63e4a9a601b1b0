import Tensor

/// Where the list of a node's parts begins and ends; -1 for none.
private struct PartList: BitwiseCopyable {
  var first: Int32 = -1
  var last: Int32 = -1
  /// How many of the parts are blocks.
  var blockCount: Int32 = 0
}

/// What is known of a part of a recorded cotangent beside its variable.
private struct PartPlace {
  /// The part that follows it in its list; -1 for none.
  var next: Int32 = -1
  /// The axis along which it is a block of the cotangent, from `start` on; -1 for one that is whole.
  var axis: Int32 = -1
  var start = 0

  /// What `next` says of a part that has been taken out.
  static var taken: Int32 { -2 }
}

/// Carries cotangents backward over a tape: one pass of reverse-mode differentiation.
///
/// Either it computes them (plain gradients, Jᵀu), or it also records how: then the backward pass stands on the same tape and
/// can be differentiated again.
final class ReverseSweep<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  let isRecording: Bool
  /// What the pass is to each node.
  private let roles: PooledTable<Role>
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
  /// theirs apart, so that they can be added up in place. Blocks wait among the parts until the cotangent is needed.
  @exclusivity(unchecked) private var parts = ChunkedList<Variable<Scalar>>()
  @exclusivity(unchecked) private var places: [PartPlace] = []
  private let lists: PooledTable<PartList>

  /// - Parameters:
  ///   - inputs: the nodes whose cotangents are wanted, each with the memory it belongs in, if that is fixed.
  ///   - end: nodes from here on are not looked at.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init(_ tape: Tape<Scalar>, inputs: [(node: Int, place: Tensor<Scalar>?)], end: Int) {
    self.tape = tape
    isRecording = false
    roles = PooledTable(repeating: .none, count: end)
    sums = Array(repeating: Accumulator(), count: end)
    lists = PooledTable(repeating: PartList(), count: 0)
    for input in inputs where input.node < end { sums[input.node] = Accumulator(place: input.place) }
    assignRoles(inputs.lazy.map(\.node))
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
    roles = PooledTable(repeating: .none, count: end)
    sums = []
    lists = PooledTable(repeating: PartList(), count: end)
    // About a part a node, and some more where nodes are few.
    places.reserveCapacity(end + 8)
    assignRoles(inputs, keeping: kept)
  }

  @inline(__always)
  private func assignRoles(_ inputs: some Sequence<Int>, keeping kept: Int? = nil) {
    for input in inputs where input < roles.count { roles[input] = .wanted }
    for node in 0..<roles.count where roles[node] == .none {
      var isPassed = false
      tape.forEachOperand(of: node) { _, operand in isPassed = isPassed || operand >= 0 && roles[operand] != .none }
      if isPassed { roles[node] = .passed }
    }
    if let kept, kept < roles.count, roles[kept] == .passed { roles[kept] = .wanted }
  }

  deinit { removeParts() }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func removeParts() { parts.removeAll { places[$0].next == PartPlace.taken } }

  /// Gives `node` the cotangent to start from.
  func seed(_ node: Int, _ cotangent: consuming Variable<Scalar>) { if node < roles.count { add(cotangent, to: node) } }

  /// Carries cotangents from the nodes in `range`, last first, to their operands. With `consuming`, values that no earlier node
  /// reads are let go on the way.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(_ range: Range<Int>, consuming: Bool = false) {
    // A cotangent is handed to its rule in a place of its own: as an argument it would be copied.
    withUnsafeTemporaryAllocation(of: Variable<Scalar>.self, capacity: 1) { dy in
      for node in range.reversed() where roles[node] != .none && tape.isOperation(node) {
        if hasCotangent(node) {
          dy.initializeElement(at: 0, to: takeCotangent(node))
          if tape.detector != nil {
            watch(node, dy.baseAddress!)
          } else {
            tape.nodes[node].rules!.addCotangents(taking: dy.baseAddress!, in: self, node)
          }
        }
        if consuming { tape.forget(node) }
      }
    }
    if consuming { tape.end() }
  }

  /// Runs the cotangent rule of `node`, which takes its cotangent from `place`, while a detector watches.
  private func watch(_ node: Int, _ place: UnsafeMutablePointer<Variable<Scalar>>) {
    let dy = place.pointee
    let outer = tape.differentiated
    if outer == nil { tape.differentiated = node }
    tape.nodes[node].rules!.addCotangents(taking: place, in: self, node)
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
    assembleBlocks(of: node, leavingFew: true)
    var result: [Int] = []
    forEachPart(of: node) { if parts[$0].tape != nil { result.append(parts[$0].node) } }
    return result
  }

  /// Adds the values of all parts to `sum`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func addRecordedParts(of node: Int, to sum: inout Accumulator<Scalar>) {
    assembleBlocks(of: node, leavingFew: true)
    forEachPart(of: node) { parts[$0].addValue(to: &sum) }
  }

  /// Calls `body` with the index of each part.
  @inline(__always)
  private func forEachPart(of node: Int, _ body: (Int) -> Void) {
    guard node < lists.count else { return }
    var place = lists[node].first
    while place >= 0 {
      body(Int(place))
      place = places[Int(place)].next
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
    place = places[index].next
    return isKept ? parts[index] : take(index)
  }

  /// Takes part `index` out; it is gone from here then.
  @inline(__always)
  private func take(_ index: Int) -> Variable<Scalar> {
    places[index].next = PartPlace.taken
    return parts.take(index)
  }

  /// Adds a part to the recorded cotangent of `node`.
  @inline(__always)
  private func append(_ cotangent: consuming Variable<Scalar>, _ place: PartPlace = PartPlace(), to node: Int) {
    let index = Int32(parts.count)
    parts.append(cotangent)
    places.append(place)
    if lists[node].first < 0 { lists[node].first = index } else { places[Int(lists[node].last)].next = index }
    lists[node].last = index
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
      append(block, PartPlace(axis: Int32(axis), start: start), to: node)
      lists[node].blockCount += 1
    } else {
      add(Placement(axis: axis, start: start, step: 1, length: tape.shape(of: node)[axis]), block, to: node)
    }
  }

  /// Blocks up to which each is a part by itself, if asked for. Chosen, not measured.
  private static var fewBlocks: Int { 4 }

  /// Makes whole parts of the blocks among those of `node`, one for each axis; of a few of an input, with `leavingFew`, one for each
  /// block. These take less where parts go straight to their places, one by one; added up as variables each would be as large as the
  /// sum.
  private func assembleBlocks(of node: Int, leavingFew: Bool = false) {
    guard node < lists.count, lists[node].blockCount > 0 else { return }
    let shape = tape.shape(of: node)
    let isFew = leavingFew && isInput(node) && lists[node].blockCount <= Self.fewBlocks
    lists[node].blockCount = 0
    if isFew {
      forEachPart(of: node) { index in
        let (axis, start) = (Int(places[index].axis), places[index].start)
        if axis < 0 { return }
        let placement = Placement<Scalar>(axis: axis, start: start, step: 1, length: shape[axis])
        parts.replace(index) { recordDeferred(placement, $0, nil, for: node) }
        places[index].axis = -1
      }
      return
    }
    for axis in 0..<shape.rank {
      var (blocks, starts): ([Variable<Scalar>], [Int]) = ([], [])
      var (before, place) = (Int32(-1), lists[node].first)
      while place >= 0 {
        let (index, next) = (Int(place), places[Int(place)].next)
        if places[index].axis == axis {
          starts.append(places[index].start)
          blocks.append(take(index))
          if before < 0 { lists[node].first = next } else { places[Int(before)].next = next }
        } else {
          before = place
        }
        place = next
      }
      lists[node].last = before
      if !blocks.isEmpty { append(.applying(Assembly(shape: shape, axis: axis, starts: starts), to: blocks), to: node) }
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
