import Tensor

/// Carries cotangents backward over a tape: one pass of reverse-mode differentiation.
///
/// Either it computes them (plain gradients, Jᵀu), or it also records how: then the backward pass stands on the same tape and
/// can be differentiated again.
final class ReverseSweep<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  let isRecording: Bool
  /// Nodes on a path from a wanted input.
  private let isActive: [Bool]
  /// Computing: the cotangent of each node so far.
  @exclusivity(unchecked) private var sums: [Accumulator<Scalar>]
  /// Recording: the parts of each node's cotangent. Inputs keep theirs apart, so that they can be added up in place.
  @exclusivity(unchecked) private var parts: [[Variable<Scalar>]]
  /// Recording: parts that are blocks of a cotangent, until that is needed and they are put together.
  @exclusivity(unchecked) private var blocks: [Int: [Block]] = [:]

  private struct Block {
    var axis: Int
    var start: Int
    var part: Variable<Scalar>
  }

  /// - Parameters:
  ///   - inputs: the nodes whose cotangents are wanted, each with the memory it belongs in, if that is fixed.
  ///   - end: nodes from here on are not looked at.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init(_ tape: Tape<Scalar>, inputs: [(node: Int, place: Tensor<Scalar>?)], end: Int, isRecording: Bool) {
    self.tape = tape
    self.isRecording = isRecording
    var active = [Bool](repeating: false, count: end)
    for input in inputs where input.node < end { active[input.node] = true }
    for node in 0..<end where tape.nodes[node].rules != nil && !active[node] {
      for index in 0..<Int(tape.nodes[node].operandCount) {
        let operand = tape.operand(index, of: node)
        if operand >= 0 && active[operand] { active[node] = true }
      }
    }
    isActive = active
    sums = isRecording ? [] : Array(repeating: Accumulator(), count: end)
    parts = isRecording ? Array(repeating: [], count: end) : []
    if !isRecording { for input in inputs where input.node < end { sums[input.node] = Accumulator(place: input.place) } }
  }

  /// Gives `node` the cotangent to start from.
  func seed(_ node: Int, _ cotangent: Variable<Scalar>) { if node < isActive.count { add(cotangent, to: node) } }

  /// Carries cotangents from the nodes in `range`, last first, to their operands. With `consuming`, values that no earlier node
  /// reads are let go on the way.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(_ range: Range<Int>, consuming: Bool = false) {
    for node in range.reversed() where isActive[node] && tape.nodes[node].rules != nil {
      if let dy = takeCotangent(node) {
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

  /// The recorded parts whose sum is the cotangent of `node`.
  func recordedParts(of node: Int) -> [Variable<Scalar>] {
    assembleBlocks(of: node)
    return node < parts.count ? parts[node] : []
  }

  private func takeCotangent(_ node: Int) -> Variable<Scalar>? {
    if isRecording {
      assembleBlocks(of: node)
      guard let first = parts[node].first else { return nil }
      return parts[node].dropFirst().reduce(first, +)
    }
    guard let sum = sums[node].sum else { return nil }
    sums[node] = Accumulator()
    return Variable(sum)
  }

  /// The value of `node` for a rule: on the tape if the backward pass is recorded, else a constant.
  func variable(_ node: Int, readBy reader: Int) -> Variable<Scalar> {
    let value = tape.value(of: node, readBy: reader)
    return isRecording ? Variable(tape: tape, node: node, computed: value) : Variable(value)
  }

  func wants(_ node: Int) -> Bool { node >= 0 && isActive[node] }

  func add(_ cotangent: Variable<Scalar>, to node: Int) {
    guard wants(node) else { return }
    if isRecording { parts[node].append(cotangent) } else { sums[node].add(cotangent.value) }
  }

  func add(block: Variable<Scalar>, along axis: Int, from start: Int, to node: Int) {
    guard wants(node) else { return }
    if isRecording && !isInput(node) {
      blocks[node, default: []].append(Block(axis: axis, start: start, part: block))
    } else {
      add(Placement(axis: axis, start: start, step: 1, length: tape.shape(of: node)[axis]), block, to: node)
    }
  }

  /// Makes one part, for each axis, of the blocks that wait for `node`.
  private func assembleBlocks(of node: Int) {
    guard !blocks.isEmpty, let waiting = blocks.removeValue(forKey: node) else { return }
    let shape = tape.shape(of: node)
    for axis in 0..<shape.rank {
      let chosen = waiting.filter { $0.axis == axis }
      if chosen.isEmpty { continue }
      parts[node].append(
        .applying(Assembly(shape: shape, axis: axis, starts: chosen.map(\.start)), to: chosen.map(\.part)))
    }
  }

  func add(_ primitive: some UnaryPrimitive<Scalar>, _ x: Variable<Scalar>, to node: Int) {
    guard wants(node) else { return }
    if !isRecording { return primitive.addValue(to: &sums[node], x.value) }
    parts[node].append(isInput(node) ? recordDeferred(primitive, x, nil, for: node) : x.applying(primitive))
  }

  func add(_ primitive: some BinaryPrimitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>, to node: Int) {
    guard wants(node) else { return }
    if !isRecording { return primitive.addValue(to: &sums[node], a.value, b.value) }
    parts[node].append(isInput(node) ? recordDeferred(primitive, a, b, for: node) : a.applying(primitive, with: b))
  }

  private func isInput(_ node: Int) -> Bool { tape.nodes[node].rules == nil }

  /// What nobody asks for is not computed: a Hessian-vector product needs the tangent of the weights' gradient, not its value.
  private func recordDeferred(
    _ primitive: some Primitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>?, for node: Int
  ) -> Variable<Scalar> {
    tape.recordDeferred(primitive, a, b, shape: tape.shape(of: node))
  }
}
