import Tensor

// Several directions in one sweep: every tangent has a leading axis for them, so that a product with a weight matrix is one wider
// product and an operation on small tensors is paid for once.

extension Tensor where Scalar: TensorScalar {
  /// Elements of a block up to which a copy of it costs less than what a rule costs beside its arithmetic for every direction. Chosen, not
  /// measured.
  static var smallBlock: Int { 1 << 16 }
  var isSmallBlock: Bool { count <= Self.smallBlock }
}

extension TangentSweep {
  /// Runs `plan` for several directions at once.
  /// - Parameters:
  ///   - sources: for each source the tangents, one after the other along a leading axis.
  ///   - places: for each of the plan's targets the memory of its sum for every direction, which the caller alone may write.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  func run(
    _ plan: TangentPlan, from sources: [(node: Int, tangent: Tensor<Scalar>)], into places: [[Tensor<Scalar>]]
  ) {
    let width = places.first?.count ?? 0
    var sums = places.map { $0.map { Accumulator(place: $0) } }
    begin(sources)
    for source in plan.passed where tangents.has(source.node) {
      for index in 0..<width { sums[source.target][index].add(tangents[source.node][row: index]) }
    }
    for step in plan.steps where hasTangent(step.node) {
      let rules = tape.nodes[step.node].rules!
      let point = TangentPoint(sweep: self, node: step.node)
      let last = step.sums.count == 1 && !step.isUsedLater ? plan.targets[step.sums.lowerBound] : nil
      // A sum of many terms gathers their factors and multiplies them at once (see `Accumulator`).
      if let last, !(plan.termCounts[last] <= 2 && isSmall(step.node, width) && takesBlocks(width, rules, at: point)) {
        // Results lie apart, each in a vector of its own.
        eachDirection(of: width) { index in
          rules.addTangent(to: &sums[last][index], at: point)
          if tape.detector != nil { watch(sums[last][index].sum, of: step.node) }
        }
      } else if let tangent = block(of: width, rules, at: point, lastUses: step.lastUses) {
        if tape.detector != nil { for index in 0..<width { watch(tangent[row: index], of: step.node) } }
        for target in step.sums { for index in 0..<width { sums[plan.targets[target]][index].add(tangent[row: index]) } }
        if step.isUsedLater { tangents.set(step.node, tangent) }
      }
      release(after: step, of: plan)
    }
    finish(plan, sources)
    for target in places.indices {
      for index in 0..<width where !sums[target][index].finish() { places[target][index].writeZeros() }
    }
  }

  /// Whether copying a block's results to where they belong costs less than calling a rule for each direction.
  private func isSmall(_ node: Int, _ width: Int) -> Bool {
    tape.shape(of: node).elementCount * width <= Tensor<Scalar>.smallBlock
  }

  private func takesBlocks(_ width: Int, _ rules: Rules<Scalar>, at point: TangentPoint<Scalar>) -> Bool {
    blockWidth = width
    defer { blockWidth = nil }
    return rules.takesBlocks(at: point)
  }

  /// The tangents of the result at `point`: by one call of the rule if it takes blocks, else by one a direction. Nil is zero.
  private func block(of width: Int, _ rules: Rules<Scalar>, at point: TangentPoint<Scalar>, lastUses: UInt8) -> Tensor<Scalar>? {
    if takesBlocks(width, rules, at: point) {
      (blockWidth, self.lastUses) = (width, lastUses)
      defer { (blockWidth, self.lastUses) = (nil, 0) }
      var sum = Accumulator<Scalar>()
      rules.addTangent(to: &sum, at: point)
      return sum.sum
    }
    let result = Tensor<Scalar>(uninitialized: Shape([width] + Array(tape.shape(of: point.node))))
    var isZero = true
    var zeros: [Int] = []
    eachDirection(of: width) { index in
      var sum = Accumulator(place: result[row: index])
      rules.addTangent(to: &sum, at: point)
      if sum.finish() { isZero = false } else { zeros.append(index) }
    }
    if isZero { return nil }
    for index in zeros { result[row: index].writeZeros() }
    return result
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
