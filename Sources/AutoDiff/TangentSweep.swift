import Tensor

/// A plan for carrying tangents forward from some nodes of a tape to others: which operations matter, and when a tangent is
/// used for the last time. Made once, run many times.
final class TangentPlan {
  struct Step: BitwiseCopyable {
    var node: Int
    /// Bit i: operand i, one of at most eight, has a tangent that no later step uses.
    var lastUses: UInt8 = 0
    /// Whether later steps use this node's tangent.
    var isUsedLater: Bool
    // Bounds in numbers of 32 bits, as ranges are no plain numbers to the compiler.
    fileprivate var usedBounds: SIMD2<Int32>
    fileprivate var sumsBounds: SIMD2<Int32>
    /// Where `lastUsed` has the same as `lastUses` for nodes with more operands: the operands themselves.
    var used: Range<Int> { Int(usedBounds.x)..<Int(usedBounds.y) }
    /// Where `targets` has the sums that this node's tangent belongs to, each as often as it belongs there.
    var sums: Range<Int> { Int(sumsBounds.x)..<Int(sumsBounds.y) }
  }
  let steps: PooledTable<Step>
  /// Where in `steps` they stand, in order.
  let order: Range<Int>
  // The steps' lists stand behind one another, so that a step is plain numbers.
  let targets: PooledTable<Int>
  let lastUsed: [Int]
  /// For each target how many tangents of steps it adds up.
  let termCounts: PooledTable<Int>
  /// Sources whose given tangents belong to sums themselves.
  let passed: [(node: Int, target: Int)]
  /// How many directions to carry in one sweep, if there are enough: so many that the largest tangents of all stay in the cache of a
  /// core, and one alone where its own do not. Measured on Zen 5, sixteen directions beside as many single products: with 2^17
  /// numbers at most 0.95 to 1.02 of their time (dense, recurrent, batches of 128 to 1000), with 2^18 and 2^19 up to 1.06.
  let directionsAtOnce: Int

  /// What is known of a node while a plan is made.
  private struct Mark {
    var isSource = false
    /// Its tangent is not zero.
    var isActive = false
    /// A later step uses its tangent.
    var isNeeded = false
    /// Where the list of the sums it belongs to begins; -1 for none.
    var firstSum: Int32 = -1
  }

  /// - Parameters:
  ///   - sources: the nodes whose tangents are given.
  ///   - wanted: for each wanted sum, the nodes whose tangents it adds up.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  init<Scalar>(_ tape: Tape<Scalar>, from sources: [Int], to wanted: [[Int]]) {
    var (end, sumCount) = (0, 0)
    for nodes in wanted {
      sumCount += nodes.count
      for node in nodes { end = Swift.max(end, node + 1) }
    }
    let marks = PooledTable(repeating: Mark(), count: end)
    for source in sources where source < end { (marks[source].isSource, marks[source].isActive) = (true, true) }
    var activeCount = 0
    for node in 0..<end where !marks[node].isSource {
      var isActive = false
      tape.forEachOperand(of: node) { _, operand in isActive = isActive || operand >= 0 && marks[operand].isActive }
      if isActive {
        marks[node].isActive = true
        activeCount += 1
      }
    }
    steps = PooledTable(uninitialized: activeCount)
    var firstStep = activeCount
    // One node may be part of several sums: a sum's operands share its cotangent.
    let sums = PooledTable<(target: Int, next: Int32)>(uninitialized: sumCount)
    var listed = 0
    targets = PooledTable(uninitialized: sumCount)
    var targetCount = 0
    termCounts = PooledTable(repeating: 0, count: wanted.count)
    var lastUsed: [Int] = []
    var passed: [(node: Int, target: Int)] = []
    for (target, nodes) in wanted.enumerated() {
      for node in nodes {
        if marks[node].isSource {
          passed.append((node, target))
        } else {
          sums[listed] = (target, marks[node].firstSum)
          marks[node].firstSum = Int32(listed)
          listed += 1
        }
      }
    }
    // The number of elements of the largest tangent that another step uses; more than any where a block's would have too many axes.
    var largestTangent = 0
    for node in stride(from: end - 1, through: 0, by: -1) where marks[node].isActive && !marks[node].isSource {
      let isNeeded = marks[node].isNeeded
      if isNeeded { largestTangent = Swift.max(largestTangent, tape.shape(of: node).elementCount) }
      var sum = marks[node].firstSum
      guard isNeeded || sum >= 0 else { continue }
      // There is no axis left for directions.
      if tape.shape(of: node).rank == Shape.maximumRank { largestTangent = .max }
      var step = Step(
        node: node, isUsedLater: isNeeded, usedBounds: SIMD2(repeating: Int32(lastUsed.count)),
        sumsBounds: SIMD2(repeating: Int32(targetCount)))
      while sum >= 0 {
        let (target, next) = sums[Int(sum)]
        targets[targetCount] = target
        termCounts[target] += 1
        (targetCount, sum) = (targetCount + 1, next)
      }
      step.sumsBounds.y = Int32(targetCount)
      let operandCount = tape.operandCount(of: node)
      tape.forEachOperand(of: node) { index, operand in
        guard operand >= 0 && marks[operand].isActive && !marks[operand].isNeeded else { return }
        marks[operand].isNeeded = true
        // Sources keep their tangents: they belong to the caller.
        if marks[operand].isSource { return }
        if operandCount > 8 { lastUsed.append(operand) } else { step.lastUses |= 1 << UInt8(index) }
      }
      step.usedBounds.y = Int32(lastUsed.count)
      firstStep -= 1
      steps[firstStep] = step
    }
    order = firstStep..<activeCount
    (self.lastUsed, self.passed) = (lastUsed, passed)
    directionsAtOnce = Swift.max(1, (1 << 17) / Swift.max(1, largestTangent))
  }
}

/// Carries tangents forward over a tape: one pass of forward-mode differentiation. Its memory is reused from run to run.
final class TangentSweep<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  @exclusivity(unchecked) var tangents = TensorTable<Scalar>()
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
    begin(sources)
    for source in plan.passed where tangents.has(source.node) { sums[source.target].add(tangents[source.node]) }
    // Of one step after the other; to make one for each would take longer than what small tensors are computed in.
    var sum = Accumulator<Scalar>()
    for place in plan.order {
      let step = plan.steps[place]
      // A rule adds nothing where its derivative vanishes (the slope of a ReLU is flat); nor then does what rests on that alone.
      guard hasTangent(step.node) else { continue }
      lastUses = step.lastUses
      if step.sums.count == 1 && !step.isUsedLater {
        let target = plan.targets[step.sums.lowerBound]
        tape.nodes[step.node].rules!.addTangent(to: &sums[target], in: self, step.node)
        requireShape(sums[target].shape, of: step.node, tape.shape(of: step.node))
        if tape.detector != nil { watch(sums[target].sum, of: step.node) }
      } else {
        tape.nodes[step.node].rules!.addTangent(to: &sum, in: self, step.node)
        requireShape(sum.shape, of: step.node, tape.shape(of: step.node))
        if tape.detector != nil { watch(sum.sum, of: step.node) }
        if sum.hasTerms {
          let tangent = sum.takeSum()
          for index in step.sums { sums[plan.targets[index]].add(tangent) }
          if step.isUsedLater { tangents.set(step.node, tangent) }
        }
      }
      release(after: step, of: plan)
    }
    finish(plan, sources)
  }

  func begin(_ sources: [(node: Int, tangent: Tensor<Scalar>)]) {
    tangents.reserve(tape.count)
    for source in sources { tangents.set(source.node, source.tangent) }
  }

  /// Stops the program if the rule of `node` gave a tangent, and it has another shape than it should.
  @inline(__always)
  func requireShape(_ found: Shape?, of node: Int, _ expected: @autoclosure () -> Shape) {
    if let found { require(found == expected(), "the tangent rule of \(tape.name(node)) gives shape \(found), not \(expected())") }
  }

  /// Looks at the tangent of `node` while a detector watches.
  func watch(_ tangent: Tensor<Scalar>?, of node: Int) {
    tape.detector?.check(tangent, .tangent, by: tape.origin(of: node), from: tape.keptOperands(of: node))
  }

  /// Lets go of the tangents that `step` was the last to use.
  @inline(__always)
  func release(after step: TangentPlan.Step, of plan: TangentPlan) {
    var uses = step.lastUses
    while uses != 0 {
      tangents.clear(tape.operand(uses.trailingZeroBitCount, of: step.node))
      uses &= uses - 1
    }
    for index in step.used { tangents.clear(plan.lastUsed[index]) }
  }

  func finish(_ plan: TangentPlan, _ sources: [(node: Int, tangent: Tensor<Scalar>)]) {
    lastUses = 0
    if !notes.isEmpty { notes.removeAll(keepingCapacity: true) }
    for source in sources { tangents.clear(source.node) }
    for place in plan.order where plan.steps[place].isUsedLater { tangents.clear(plan.steps[place].node) }
  }

  func leaveNote(_ tensors: [Tensor<Scalar>], of node: Int) { notes[NoteKey(node: node, direction: direction)] = tensors }
  func note(of node: Int) -> [Tensor<Scalar>]? { notes[NoteKey(node: node, direction: direction)] }

  /// Whether an operand of `node` has a tangent.
  @inline(__always)
  func hasTangent(_ node: Int) -> Bool {
    var result = false
    tape.forEachOperand(of: node) { _, operand in result = result || operand >= 0 && tangents.has(operand) }
    return result
  }

  @inline(__always)
  func hasTangent(ofOperand index: Int, of node: Int) -> Bool {
    let operand = tape.operand(index, of: node)
    return operand >= 0 && tangents.has(operand)
  }

  @inline(__always)
  func tangent(ofOperand index: Int, of node: Int) -> Tensor<Scalar>? {
    let operand = tape.operand(index, of: node)
    guard operand >= 0 && tangents.has(operand) else { return nil }
    if let direction { return tangents[operand][row: direction] }
    return tangents[operand]
  }

  @inline(__always)
  func takeTangent(ofOperand index: Int, of node: Int) -> Tensor<Scalar>? {
    let operand = tape.operand(index, of: node)
    guard operand >= 0 && tangents.has(operand) else { return nil }
    if lastUses & (1 << UInt8(truncatingIfNeeded: index)) != 0 {
      var places = 0
      tape.forEachOperand(of: node) { places += $1 == operand ? 1 : 0 }
      if places == 1 { return tangents.take(operand) }
    }
    return tangent(ofOperand: index, of: node)
  }
}
