import Tensor

/// A program being recorded: a flat list of primitive operations and the values that their rules read.
///
/// Variables append to it as they are computed with; sweeps walk it forward (tangents) and backward (cotangents). A backward
/// pass may append to the same list, which can then be swept again: that is all there is to higher derivatives.
/// A tape belongs to one task.
public final class Tape<Scalar: TensorScalar> {
  struct Node {
    /// The primitive's rules; nil for a leaf: an input or a constant.
    var rules: Rules<Scalar>?
    /// The nodes of at most three operands, -1 for none or for a constant that no rule reads, and then their number. If those are
    /// more, the first element says where in `longLists` they stand.
    var operands: SIMD4<Int32>
    var operandCount: Int32 { operands.w }
    var shape: Shape
    /// The value, if it is kept: if a rule reads it, and for leaves. Not an optional, for the reason in `TensorTable`.
    var value: Tensor<Scalar>
    var isKept: Bool
    /// The value was not computed when the operation was recorded: nobody had asked for it.
    var isDeferred = false
    /// Tangents of a block of many directions are best left with the directions last in memory.
    var prefersDirectionsLast = false
  }

  // Nobody but this class and the sweeps, one at a time, touches the list: the run-time check would cost more than an access.
  @exclusivity(unchecked) private(set) var nodes = ChunkedList<Node>()

  /// The operands of nodes that have more than three, one list after the other.
  @exclusivity(unchecked) private var longLists: [Int32] = []

  /// Whether operations recorded now keep the values of all operands, read by a rule or not.
  var keepsAllOperands = false
  /// A last sweep has let go of the values.
  private var hasEnded = false
  /// Watches for NaNs, if `detectAnomaly` is at work.
  let detector = AnomalyDetector.current
  /// Where each node comes from; only while a detector watches.
  private var origins: [AnomalyDetector.Origin] = []
  /// The operation whose cotangents are being recorded: what stands behind all that is recorded meanwhile.
  var differentiated: Int?

  /// An empty tape.
  public init() {}

  deinit { removeNodes() }
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func removeNodes() { nodes.removeAll() }

  /// The number of operations and leaves recorded.
  public var count: Int { nodes.count }

  /// The type names of the operations recorded so far, in order; for tests.
  package var primitiveNames: [String] { (0..<count).compactMap { nodes[$0].rules.map { "\($0.primitive)" } } }

  /// A new input, with respect to which one may differentiate.
  public func variable(_ value: Tensor<Scalar>) -> Variable<Scalar> {
    Variable(tape: self, node: leaf(value), computed: value)
  }

  private func leaf(_ value: Tensor<Scalar>) -> Int {
    nodes.append(
      Node(rules: nil, operands: SIMD4(-1, -1, -1, 0), shape: value.shape, value: value, isKept: true))
    if let detector {
      noteOrigin("an input")
      detector.check(value, .input, by: origins[count - 1])
    }
    return nodes.count - 1
  }

  /// Appends an operation on one variable, whose value is known.
  func record(_ primitive: some Primitive<Scalar>, _ a: Variable<Scalar>, value: consuming Tensor<Scalar>) -> Variable<Scalar> {
    let reads = primitive.reads
    let first = keep(a, isRead: reads.contains(.first))
    return append(primitive, SIMD4(first, -1, -1, 1), value, isKept: reads.contains(.result))
  }

  /// Appends an operation on two variables, whose value is known.
  func record(
    _ primitive: some Primitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>, value: consuming Tensor<Scalar>
  ) -> Variable<Scalar> {
    let reads = primitive.reads
    let first = keep(a, isRead: reads.contains(.first))
    let second = keep(b, isRead: reads.contains(.second))
    return append(primitive, SIMD4(first, second, -1, 2), value, isKept: reads.contains(.result))
  }

  /// Appends an operation on any number of variables, whose value is known.
  func record(
    _ primitive: some Primitive<Scalar>, _ operands: [Variable<Scalar>], value: consuming Tensor<Scalar>
  ) -> Variable<Scalar> {
    let reads = primitive.reads
    let list = operands.enumerated().map { keep($1, isRead: reads.contains(operand: $0)) }
    var places = SIMD4<Int32>(-1, -1, -1, Int32(list.count))
    if list.count > 3 {
      places.x = Int32(longLists.count)
      longLists += list
    } else {
      for (index, operand) in list.enumerated() { places[index] = operand }
    }
    return append(primitive, places, value, isKept: reads.contains(.result))
  }

  private func append(
    _ primitive: some Primitive<Scalar>, _ operands: SIMD4<Int32>, _ value: consuming Tensor<Scalar>, isKept: Bool
  ) -> Variable<Scalar> {
    nodes.append(
      Node(
        rules: Rules(primitive), operands: operands, shape: value.shape, value: isKept ? value : .placeholder, isKept: isKept))
    if let detector {
      noteOrigin(AnomalyDetector.name(of: primitive))
      detector.check(
        value, differentiated == nil ? .value : .cotangent, by: origins[count - 1], from: keptOperands(of: count - 1))
    }
    return Variable(tape: self, node: nodes.count - 1, computed: value)
  }

  /// Appends an operation whose value, of the given shape, is computed when someone asks; so all operands are kept.
  func recordDeferred(
    _ primitive: some Primitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>?, shape: Shape
  ) -> Variable<Scalar> {
    let first = keep(a, isRead: true)
    let second = b.map { keep($0, isRead: true) } ?? -1
    nodes.append(
      Node(
        rules: Rules(primitive), operands: SIMD4(first, second, -1, b == nil ? 1 : 2), shape: shape, value: .placeholder,
        isKept: false, isDeferred: true))
    if detector != nil { noteOrigin(AnomalyDetector.name(of: primitive)) }
    return Variable(deferredOn: self, node: nodes.count - 1)
  }

  /// The node of an operand, holding its value if a rule reads it; -1 for a constant that none reads.
  private func keep(_ operand: Variable<Scalar>, isRead: Bool) -> Int32 {
    let isRead = isRead || keepsAllOperands
    if operand.tape == nil { return isRead ? Int32(leaf(operand.value)) : -1 }
    require(
      operand.tape === self, "an operation mixes variables of two tapes; pass the other's value as a constant: Variable(x.value)")
    requireNotEnded()
    if isRead && !nodes[operand.node].isKept && !nodes[operand.node].isDeferred {
      nodes[operand.node].value = operand.value
      nodes[operand.node].isKept = true
    }
    return Int32(operand.node)
  }

  @inline(__always) func operand(_ index: Int, of node: Int) -> Int {
    let operands = nodes[node].operands
    return Int(operands.w <= 3 ? operands[index] : longLists[Int(operands.x) + index])
  }
  @inline(__always) func operandCount(of node: Int) -> Int { Int(nodes[node].operandCount) }

  /// Calls `body` with the index and the node of each operand of `node`; with -1 for a constant that no rule reads.
  @inline(__always) func forEachOperand(of node: Int, _ body: (_ index: Int, _ operand: Int) -> Void) {
    let operands = nodes[node].operands
    let count = Int(operands.w)
    if count <= 3 {
      if count > 0 { body(0, Int(operands.x)) }
      if count > 1 { body(1, Int(operands.y)) }
      if count > 2 { body(2, Int(operands.z)) }
    } else {
      for index in 0..<count { body(index, Int(longLists[Int(operands.x) + index])) }
    }
  }
  @inline(__always) func shape(of node: Int) -> Shape { nodes[node].shape }
  /// Whether `node` is an operation and no leaf.
  @inline(__always) func isOperation(_ node: Int) -> Bool { nodes[node].rules != nil }

  /// The kept value of `node`; computes it if it was deferred.
  func value(of node: Int, readBy reader: Int) -> Tensor<Scalar> {
    require(node >= 0, "\(name(reader)) reads the value of a constant operand that its `reads` does not name")
    if nodes[node].isKept { return nodes[node].value }
    requireNotEnded()
    require(nodes[node].isDeferred, "\(name(reader)) reads the value of \(name(node)), which its `reads` does not name")
    var sum = Accumulator<Scalar>()
    nodes[node].rules!.addValue(to: &sum, on: self, node)
    nodes[node].value = sum.takeSum()
    nodes[node].isKept = true
    require(
      nodes[node].value.shape == nodes[node].shape,
      "\(name(node)), a part of a cotangent, has shape \(nodes[node].value.shape) for a variable of shape \(nodes[node].shape)")
    // Only backward passes defer values.
    detector?.check(nodes[node].value, .cotangent, by: origins[node], from: keptOperands(of: node))
    return nodes[node].value
  }

  /// Adds the value of a deferred node to `sum` without keeping it, unless a detector wants to see it.
  func addDeferredValue(of node: Int, to sum: inout Accumulator<Scalar>) {
    if nodes[node].isKept || detector != nil { return sum.add(value(of: node, readBy: node)) }
    nodes[node].rules!.addValue(to: &sum, on: self, node)
  }

  /// Says that the tangents of `node` in a block of many directions are best left with the directions last in memory.
  func preferDirectionsLast(in node: Int) { nodes[node].prefersDirectionsLast = true }

  /// Remembers where the newest node comes from: the operation that is being differentiated, if there is one.
  private func noteOrigin(_ primitive: String) {
    let fresh = { AnomalyDetector.Origin(primitive: primitive, trace: AnomalyDetector.trace()) }
    origins.append(differentiated.map { origins[$0] } ?? fresh())
  }

  /// Where `node` comes from; only while a detector watches.
  func origin(of node: Int) -> AnomalyDetector.Origin { origins[node] }

  /// Those values of the operands of `node` that are still there.
  func keptOperands(of node: Int) -> [Tensor<Scalar>] {
    (0..<operandCount(of: node)).compactMap {
      let operand = operand($0, of: node)
      return operand < 0 || !nodes[operand].isKept ? nil : nodes[operand].value
    }
  }

  /// Lets go of a value that no later step of a sweep reads, and of what the rules keep beside it.
  func forget(_ node: Int) {
    nodes[node].value = .placeholder
    nodes[node].isKept = false
    nodes[node].rules = nil
    nodes[node].operands = SIMD4(-1, -1, -1, 0)
  }

  /// After this, variables of the tape cannot be computed with.
  func end() { hasEnded = true }

  func requireNotEnded() {
    require(
      !hasEnded,
      """
      a variable is used after its tape has ended: valueAndGradient lets values go as it uses them up; take the variable's value out, or \
      keep a linearization
      """)
  }

  /// Stops the program unless `variable` is a constant or lies on this tape. A variable kept from another recording has no
  /// derivatives here, and its node's number is some other node's.
  func requireOwn(_ variable: Variable<Scalar>, _ operation: @autoclosure () -> String, _ what: @autoclosure () -> String) {
    require(
      variable.tape == nil || variable.tape === self,
      "\(operation()): \(what()) lies on another tape; pass its value as a constant: Variable(x.value)")
  }

  /// What recorded `node`, for messages.
  func name(_ node: Int) -> String { nodes[node].rules.map { "\($0.primitive)" } ?? "an input" }
}
