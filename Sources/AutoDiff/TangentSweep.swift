import Tensor

/// A plan for carrying tangents forward from some nodes of a tape to others: which operations matter, and when a tangent is
/// used for the last time. Made once, run many times.
struct TangentPlan {
  struct Step {
    var node: Int
    /// Bit i: operand i, one of at most three, has a tangent that no later step uses.
    var lastUses: UInt8
    /// The same for nodes with more operands: the operands themselves.
    var lastUsed: [Int] = []
    /// The sums that this node's tangent belongs to, each as often as it belongs there, and whether later steps also use it.
    var targets: [Int]
    var isUsedLater: Bool
  }
  var steps: [Step] = []
  /// For each target the number of nodes whose tangents it adds up.
  let termCounts: [Int]
  /// Sources whose given tangents belong to sums themselves.
  var passed: [(node: Int, target: Int)] = []

  /// - Parameters:
  ///   - sources: the nodes whose tangents are given.
  ///   - targets: for each wanted sum, the nodes whose tangents it adds up.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init<Scalar>(_ tape: Tape<Scalar>, from sources: [Int], to targets: [[Int]]) {
    termCounts = targets.map(\.count)
    let end = (targets.joined().max() ?? -1) + 1
    var isActive = [Bool](repeating: false, count: end)
    for source in sources where source < end { isActive[source] = true }
    let isSource = isActive
    for node in 0..<end where tape.nodes[node].rules != nil && !isActive[node] {
      for index in 0..<Int(tape.nodes[node].operandCount) {
        let operand = tape.operand(index, of: node)
        if operand >= 0 && isActive[operand] { isActive[node] = true }
      }
    }
    // One node may be part of several sums: a sum's operands share its cotangent.
    var targetsOf: [Int: [Int]] = [:]
    for (target, nodes) in targets.enumerated() {
      for node in nodes {
        if isSource[node] { passed.append((node, target)) } else { targetsOf[node, default: []].append(target) }
      }
    }
    var isNeeded = [Bool](repeating: false, count: end)
    for node in stride(from: end - 1, through: 0, by: -1) where isActive[node] && !isSource[node] {
      let targets = targetsOf[node] ?? []
      guard isNeeded[node] || !targets.isEmpty else { continue }
      var step = Step(node: node, lastUses: 0, targets: targets, isUsedLater: isNeeded[node])
      for index in 0..<Int(tape.nodes[node].operandCount) {
        let operand = tape.operand(index, of: node)
        guard operand >= 0 && isActive[operand] && !isNeeded[operand] else { continue }
        isNeeded[operand] = true
        // Sources keep their tangents: they belong to the caller.
        if isSource[operand] { continue }
        if tape.nodes[node].operandCount > 3 { step.lastUsed.append(operand) } else { step.lastUses |= 1 << UInt8(index) }
      }
      steps.append(step)
    }
    steps.reverse()
  }
}

/// Carries tangents forward over a tape: one pass of forward-mode differentiation. Its memory is reused from run to run.
final class TangentSweep<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  @exclusivity(unchecked) var tangents: [Tensor<Scalar>?] = []
  /// The operands of the current step whose tangents no later step needs, as in `TangentPlan.Step`.
  @exclusivity(unchecked) var lastUses: UInt8 = 0
  /// The number of directions, while a rule computes with all of them at once.
  @exclusivity(unchecked) var blockWidth: Int?
  /// The direction whose turn it is, while a rule takes those of a block one by one.
  @exclusivity(unchecked) var direction: Int?
  /// What the rules of nodes left for those of later nodes; in a block, for each direction.
  @exclusivity(unchecked) private var notes: [NoteKey: [Tensor<Scalar>]] = [:]
  private struct NoteKey: Hashable {
    var node: Int
    var direction: Int?
  }

  init(_ tape: Tape<Scalar>) { self.tape = tape }

  /// Runs `plan` with the given tangents at its sources and adds the results to `sums`, one for each of the plan's targets.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(_ plan: TangentPlan, from sources: [(node: Int, tangent: Tensor<Scalar>)], into sums: inout [Accumulator<Scalar>]) {
    prepare()
    for source in sources { tangents[source.node] = source.tangent }
    for source in plan.passed { if let tangent = tangents[source.node] { sums[source.target].add(tangent) } }
    for step in plan.steps {
      // A rule adds nothing where its derivative vanishes (the slope of a ReLU is flat); nor then does what rests on that alone.
      guard hasTangent(step.node) else { continue }
      lastUses = step.lastUses
      let point = TangentPoint(sweep: self, node: step.node)
      if step.targets.count == 1 && !step.isUsedLater {
        tape.nodes[step.node].rules!.addTangent(to: &sums[step.targets[0]], at: point)
        if tape.detector != nil { watch(sums[step.targets[0]].sum, of: step.node) }
      } else {
        var sum = Accumulator<Scalar>()
        tape.nodes[step.node].rules!.addTangent(to: &sum, at: point)
        if tape.detector != nil { watch(sum.sum, of: step.node) }
        if step.isUsedLater { tangents[step.node] = sum.sum }
        if let tangent = sum.sum { for target in step.targets { sums[target].add(tangent) } }
      }
      release(after: step)
    }
    finish(plan, sources)
  }

  func prepare() {
    if tangents.count < tape.count { tangents += Array(repeating: nil, count: tape.count - tangents.count) }
  }

  /// Looks at the tangent of `node` while a detector watches.
  func watch(_ tangent: Tensor<Scalar>?, of node: Int) {
    tape.detector?.check(tangent, .tangent, by: tape.origin(of: node), from: tape.keptOperands(of: node))
  }

  /// Lets go of the tangents that `step` was the last to use.
  func release(after step: TangentPlan.Step) {
    if step.lastUses != 0 {
      for index in 0..<3 where step.lastUses & (1 << UInt8(index)) != 0 { tangents[tape.operand(index, of: step.node)] = nil }
    }
    for operand in step.lastUsed { tangents[operand] = nil }
  }

  func finish(_ plan: TangentPlan, _ sources: [(node: Int, tangent: Tensor<Scalar>)]) {
    lastUses = 0
    if !notes.isEmpty { notes.removeAll(keepingCapacity: true) }
    for source in sources { tangents[source.node] = nil }
    for step in plan.steps where step.isUsedLater { tangents[step.node] = nil }
  }

  func leaveNote(_ tensors: [Tensor<Scalar>], of node: Int) { notes[NoteKey(node: node, direction: direction)] = tensors }
  func note(of node: Int) -> [Tensor<Scalar>]? { notes[NoteKey(node: node, direction: direction)] }

  /// Whether an operand of `node` has a tangent.
  func hasTangent(_ node: Int) -> Bool {
    for index in 0..<Int(tape.nodes[node].operandCount) {
      let operand = tape.operand(index, of: node)
      if operand >= 0 && tangents[operand] != nil { return true }
    }
    return false
  }

  func tangent(ofOperand index: Int, of node: Int) -> Tensor<Scalar>? {
    let operand = tape.operand(index, of: node)
    guard operand >= 0 else { return nil }
    if let direction { return tangents[operand]?[row: direction] }
    return tangents[operand]
  }

  func takeTangent(ofOperand index: Int, of node: Int) -> Tensor<Scalar>? {
    let operand = tape.operand(index, of: node)
    guard operand >= 0 else { return nil }
    if lastUses & (1 << UInt8(index)) != 0 && !(0..<3).contains(where: { $0 != index && tape.operand($0, of: node) == operand }) {
      return tangents[operand].take()
    }
    return tangent(ofOperand: index, of: node)
  }
}
