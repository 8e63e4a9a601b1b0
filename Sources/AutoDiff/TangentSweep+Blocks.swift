import Tensor

// Several directions in one sweep: every tangent has a leading axis for them, so that a product with a weight matrix is one wider
// product and an operation on small tensors is paid for once.

extension Tensor where Scalar: TensorScalar {
  /// Elements of a block up to which a copy of it costs less than what a rule costs beside its arithmetic for every direction.
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
    prepare()
    for source in sources { tangents[source.node] = source.tangent }
    for source in plan.passed {
      guard let tangent = tangents[source.node] else { continue }
      for index in 0..<width { sums[source.target][index].add(tangent[row: index]) }
    }
    for step in plan.steps where hasTangent(step.node) {
      let rules = tape.nodes[step.node].rules!
      let point = TangentPoint(sweep: self, node: step.node)
      let isLast = step.targets.count == 1 && !step.isUsedLater
      // A sum of many terms gathers their factors and multiplies them at once (see `Accumulator`).
      if isLast && !(plan.termCounts[step.targets[0]] <= 2 && isSmall(step.node, width) && takesBlocks(width, rules, at: point)) {
        // Results lie apart, each in a vector of its own.
        eachDirection(of: width) { index in
          rules.addTangent(to: &sums[step.targets[0]][index], at: point)
          if tape.detector != nil { watch(sums[step.targets[0]][index].sum, of: step.node) }
        }
      } else {
        let tangent = block(of: width, rules, at: point, lastUses: step.lastUses)
        if tape.detector != nil { for index in 0..<width { watch(tangent?[row: index], of: step.node) } }
        if step.isUsedLater { tangents[step.node] = tangent }
        if let tangent {
          for target in step.targets { for index in 0..<width { sums[target][index].add(tangent[row: index]) } }
        }
      }
      release(after: step)
    }
    finish(plan, sources)
    for target in places.indices {
      for index in 0..<width where sums[target][index].sum == nil { places[target][index].writeZeros() }
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
      if sum.sum == nil { zeros.append(index) } else { isZero = false }
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
