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
    for step in plan.steps where hasTangent(step.node) {
      let point = TangentPoint(sweep: self, node: step.node)
      blockWidth = width
      let takesBlocks = tape.nodes[step.node].rules!.takesBlocks(at: point)
      blockWidth = nil
      let last = step.sums.count == 1 && !step.isUsedLater ? plan.targets[step.sums.lowerBound] : nil
      // A sum of many terms gathers their factors and multiplies them at once (see `Accumulator`).
      if let last, !(takesBlocks && plan.termCounts[last] <= 2 && isBestWhole(step.node, width)) {
        // Results lie apart, each in a vector of its own.
        eachDirection(of: width) { index in
          sums[last].withRow(index) { sum in
            tape.nodes[step.node].rules!.addTangent(to: &sum, at: point)
            if tape.detector != nil { watch(sum.sum, of: step.node) }
          }
        }
      } else {
        var sum = Accumulator<Scalar>()
        if takesBlocks {
          (blockWidth, lastUses) = (width, step.lastUses)
          tape.nodes[step.node].rules!.addTangent(to: &sum, at: point)
          requireShape(sum.shape, of: step.node, point.resultShape)
          (blockWidth, lastUses) = (nil, 0)
        } else {
          addDirections(to: &sum, of: width, at: point)
        }
        if sum.hasTerms {
          let tangent = sum.takeSum()
          if tape.detector != nil { for index in 0..<width { watch(tangent[row: index], of: step.node) } }
          for target in step.sums { sums[plan.targets[target]].add(tangent) }
          if step.isUsedLater { tangents.set(step.node, tangent) }
        }
      }
      release(after: step, of: plan)
    }
    finish(plan, sources)
    for target in sums.indices { sums[target].finish() }
  }

  /// Whether copying a block's results to where they belong costs less than calling a rule for each direction: what it reads and
  /// writes is small, or has the directions last, so that one direction's elements lie apart.
  private func isBestWhole(_ node: Int, _ width: Int) -> Bool {
    for index in 0..<tape.operandCount(of: node) {
      if let tangent = tangent(ofOperand: index, of: node), tangent.hasDirectionsLast { return true }
    }
    var count = tape.shape(of: node).elementCount
    for index in 0..<tape.operandCount(of: node) where hasTangent(ofOperand: index, of: node) {
      count += tape.shape(of: tape.operand(index, of: node)).elementCount
    }
    return count * width <= Tensor<Scalar>.smallBlock
  }

  /// Adds the tangents of the result at `point`, found direction by direction; nothing if all are zero.
  private func addDirections(to sum: inout Accumulator<Scalar>, of width: Int, at point: TangentPoint<Scalar>) {
    let result = Tensor<Scalar>(uninitialized: Shape([width] + Array(tape.shape(of: point.node))))
    var isZero = true
    var zeros: [Int] = []
    eachDirection(of: width) { index in
      var row = Accumulator(place: result[row: index])
      tape.nodes[point.node].rules!.addTangent(to: &row, at: point)
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
