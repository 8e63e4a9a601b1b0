import Tensor

// Several directions in one sweep: every tangent has a leading axis for them, so that a product with a weight matrix is one wider
// product and an operation on small tensors is paid for once.

extension Tensor where Scalar: TensorScalar {
  /// Elements of a block up to which a copy of it costs less than what a rule costs beside its arithmetic for every direction.
  /// Chosen, not measured.
  static var smallBlock: Int { 1 << 16 }
  var isSmallBlock: Bool { count <= Self.smallBlock }
  /// Whether a block's directions, enough to fill vectors, are its last axis in memory, as a recurrence leaves them, and what was its
  /// last axis the one before.
  var hasDirectionsLast: Bool { firstAxisIsInnermost && shape[0] >= BlockArrangement.fewestLast }
}

extension TangentSweep {
  /// Runs `plan` for several directions, as many in one sweep as is fastest.
  /// - Parameters:
  ///   - directions: their number.
  ///   - sources: for each source the tangents of a range of directions, one after the other along a leading axis.
  ///   - places: for each of the plan's targets the memory of all directions' sums, which the caller alone may write: along a
  ///     leading axis one contiguous sum for each.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(
    _ plan: TangentPlan, directions: Int, from sources: (Range<Int>) -> [(node: Int, tangent: Tensor<Scalar>)],
    into places: [Tensor<Scalar>]
  ) {
    for start in stride(from: 0, to: directions, by: plan.directionsAtOnce) {
      let range = start..<Swift.min(start + plan.directionsAtOnce, directions)
      let tangents = sources(range)
      if range.count > 1 {
        run(plan, from: tangents, into: range.count == directions ? places : places.map { $0[rows: range] })
        continue
      }
      let rows = places.map { $0[row: start] }
      var sums = rows.map { Accumulator(place: $0) }
      run(plan, from: tangents.map { ($0.node, $0.tangent[row: 0]) }, into: &sums)
      for target in sums.indices where !sums[target].finish() { rows[target].writeZeros() }
    }
  }

  /// Runs `plan` for several directions at once.
  /// - Parameters:
  ///   - sources: for each source the tangents, one after the other along a leading axis.
  ///   - places: for each of the plan's targets the memory of its sums, as above.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(
    _ plan: TangentPlan, from sources: [(node: Int, tangent: Tensor<Scalar>)], into places: [Tensor<Scalar>]
  ) {
    let width = places.first?.shape[0] ?? 0
    var sums = places.map { BlockSum(place: $0) }
    begin(sources)
    for source in plan.passed where tangents.has(source.node) {
      sums[source.target].add(tangents[source.node])
    }
    // Of one step after the other, as in the sweep of one direction.
    var sum = Accumulator<Scalar>()
    for place in plan.order where hasTangent(plan.steps[place].node) {
      let step = plan.steps[place]
      let last = step.sums.count == 1 && !step.isUsedLater ? plan.targets[step.sums.lowerBound] : nil
      // A sum of many terms gathers their factors and multiplies them at once (see `Accumulator`).
      if let last, !(plan.termCounts[last] <= 2 && isBestWhole(step.node, width) && takesBlocks(step.node, width)) {
        // Results lie apart, each in a vector of its own.
        eachDirection(of: width) { index in
          sums[last].withRow(index) { sum in
            tape.nodes[step.node].rules!.addTangent(to: &sum, in: self, step.node)
            if tape.detector != nil { watch(sum.sum, of: step.node) }
          }
        }
      } else if let last, sums[last].isWhole {
        sums[last].withWhole { addBlock(of: step, width, to: &$0) }
      } else {
        addBlock(of: step, width, to: &sum)
        if sum.hasTerms {
          let tangent = sum.takeSum()
          for target in step.sums { sums[plan.targets[target]].add(tangent) }
          if step.isUsedLater { tangents.set(step.node, tangent) }
        }
      }
      release(after: step, of: plan)
    }
    finish(plan, sources)
    for target in sums.indices { sums[target].finish() }
  }

  private func takesBlocks(_ node: Int, _ width: Int) -> Bool {
    blockWidth = width
    defer { blockWidth = nil }
    return tape.nodes[node].rules!.takesBlocks(in: self, node)
  }

  /// Adds the tangents of all directions: by one call of the rule, if it takes blocks.
  @inline(__always)
  private func addBlock(of step: TangentPlan.Step, _ width: Int, to sum: inout Accumulator<Scalar>) {
    (blockWidth, lastUses) = (width, step.lastUses)
    let takesBlocks = tape.nodes[step.node].rules!.addTangentOfBlock(to: &sum, in: self, step.node)
    if takesBlocks { requireShape(sum.shape, of: step.node, TangentPoint(sweep: self, node: step.node).resultShape) }
    (blockWidth, lastUses) = (nil, 0)
    if !takesBlocks { addDirections(to: &sum, of: width, step.node) }
    if tape.detector != nil, let sum = sum.sum { for index in 0..<width { watch(sum[row: index], of: step.node) } }
  }

  /// Whether copying a block's results to where they belong costs less than calling a rule for each direction: what it reads and
  /// writes is small, or has the directions last, so that one direction's elements lie apart.
  private func isBestWhole(_ node: Int, _ width: Int) -> Bool {
    var hasDirectionsLast = false
    var count = tape.shape(of: node).elementCount
    tape.forEachOperand(of: node) { _, operand in
      guard operand >= 0 && tangents.has(operand) else { return }
      hasDirectionsLast = hasDirectionsLast || tangents[operand].hasDirectionsLast
      count += tape.shape(of: operand).elementCount
    }
    return hasDirectionsLast || count * width <= Tensor<Scalar>.smallBlock
  }

  /// Adds the tangents of `node`, found direction by direction; nothing if all are zero.
  private func addDirections(to sum: inout Accumulator<Scalar>, of width: Int, _ node: Int) {
    let result = Tensor<Scalar>(uninitialized: Shape([width] + Array(tape.shape(of: node))))
    var isZero = true
    var zeros: [Int] = []
    eachDirection(of: width) { index in
      var row = Accumulator(place: result[row: index])
      tape.nodes[node].rules!.addTangent(to: &row, in: self, node)
      if row.finish() { isZero = false } else { zeros.append(index) }
    }
    if isZero { return }
    for index in zeros { result[row: index].writeZeros() }
    sum.add(result)
  }

  /// Calls `body` for one direction after the other; meanwhile operand tangents are that direction's.
  private func eachDirection(of width: Int, _ body: (Int) -> Void) {
    for index in 0..<width {
      direction = index
      body(index)
    }
    direction = nil
  }
}
