import Tensor

/// The gradients of a batch's examples from one recorded backward pass: gᵇ = ∂ℓᵇ/∂θ.
///
/// The pass starts from a cotangent of 1 for each example's loss ℓᵇ, which is an input of the tape. Where the examples lie in each
/// of its operations follows from the rules of `ExamplewisePrimitive`; what no rule covers (examples that share statistics, say) is
/// found by tangent sweeps, a direction for each example, so that the result is right for every function.
final class ExampleSweep<Scalar: TensorScalar> {
  /// The number of examples, B.
  let count: Int
  /// For each parameter the parts of its gradient that are sums over examples themselves.
  let sums: [[Sum]]
  /// The parameters with other parts: a tangent sweep finds them.
  let swept: [Int]

  /// Whether each parameter has a gradient that `forEachBlock` finds.
  var coversAllParameters: Bool { sums.indices.allSatisfy { !sums[$0].isEmpty || swept.contains($0) } }

  private let tape: Tape<Scalar>
  private let shapes: [Shape]
  private let seed: Int
  /// Sums over examples that tangent sweeps start from.
  private let sources: [Sum]
  private let plan: TangentPlan
  private let sweep: TangentSweep<Scalar>

  /// An operation that sums over examples, which lie at `place` in operand `operand`.
  struct Sum {
    var node: Int
    var rule: any ExamplewiseSum<Scalar>
    var operand: Int
    var place: ExampleAxis
  }

  /// What is known of the dependence of a node on the cotangents of the losses.
  private enum Dependence {
    case none
    case kept(ExampleAxis)
    case sum(Sum)
    /// A function of sums.
    case ofSums
    case unknown
  }

  /// Records the backward pass from `losses` `[B]` on `tape` to the nodes `inputs`.
  init(_ tape: Tape<Scalar>, losses: Int, inputs: [Int]) {
    self.tape = tape
    count = tape.shape(of: losses).elementCount
    shapes = inputs.map { tape.shape(of: $0) }
    let ones = tape.variable(Tensor(repeating: 1, shape: [count]))
    seed = ones.node
    let backward = ReverseSweep(recordingOn: tape, inputs: inputs, end: losses + 1)
    tape.keepsAllOperands = true
    backward.seed(losses, ones)
    backward.run(0..<losses + 1)
    let parts = inputs.map { input in backward.recordedNodes(of: input).filter { $0 >= ones.node } }
    tape.keepsAllOperands = false

    let dependences = Self.dependences(on: seed, tape, count)
    sums = parts.map { nodes in
      nodes.compactMap { if case .sum(let sum) = dependences[$0 - ones.node] { sum } else { nil } }
    }
    let others = parts.map { nodes in
      nodes.filter { node in
        switch dependences[node - ones.node] {
        case .none, .sum: false
        default: true
        }
      }
    }
    swept = others.indices.filter { !others[$0].isEmpty }
    sources = Self.sums(behind: others.joined(), tape, dependences, first: seed)
    plan = TangentPlan(tape, from: [seed] + sources.map(\.node), to: swept.map { others[$0] })
    sweep = TangentSweep(tape)
  }

  /// The dependence of each node from `seed` on, in order.
  private static func dependences(on seed: Int, _ tape: Tape<Scalar>, _ count: Int) -> [Dependence] {
    // The place of a single example says nothing: every axis of length 1 is like it.
    var result: [Dependence] = [count > 1 ? .kept(ExampleAxis(axis: 0)) : .unknown]
    for node in seed + 1..<tape.count {
      var (kept, others, isUnknown): ([(operand: Int, place: ExampleAxis)], [Dependence], Bool) = ([], [], false)
      for index in 0..<tape.operandCount(of: node) {
        let operand = tape.operand(index, of: node)
        guard operand >= seed else { continue }
        switch result[operand - seed] {
        case .none: break
        case .kept(let place): kept.append((index, place))
        case .sum, .ofSums: others.append(result[operand - seed])
        case .unknown: isUnknown = true
        }
      }
      switch (kept.isEmpty, others.isEmpty) {
      case _ where isUnknown, (false, false): result.append(.unknown)
      case (true, true): result.append(.none)
      // The same sum under another shape: a bias, say, of its own or part of a longer vector.
      case (true, false): result.append(tape.nodes[node].rules?.revealed is Reshape<Scalar> ? others[0] : .ofSums)
      case (false, true): result.append(dependence(of: ExamplePoint(tape: tape, node: node, count: count), kept))
      }
    }
    return result
  }

  /// The dependence of an operation on operands with examples at known places.
  private static func dependence(
    of point: ExamplePoint<Scalar>, _ operands: [(operand: Int, place: ExampleAxis)]
  ) -> Dependence {
    guard let rule = point.tape.nodes[point.node].rules?.revealed as? any ExamplewisePrimitive<Scalar> else { return .unknown }
    let flows = operands.map { rule.flow(of: $0.place, fromOperand: $0.operand, at: point) }
    guard flows.allSatisfy({ $0 == flows[0] }) else { return .unknown }
    switch flows[0] {
    case .kept(let place): return .kept(place)
    case .summed:
      // Splitting an axis in three takes two more.
      guard operands.count == 1, let rule = rule as? any ExamplewiseSum<Scalar>,
        (0..<point.tape.operandCount(of: point.node)).allSatisfy({ point.shape(ofOperand: $0).rank + 2 <= Shape.maximumRank })
      else { return .unknown }
      return .sum(Sum(node: point.node, rule: rule, operand: operands[0].operand, place: operands[0].place))
    case .unknown: return .unknown
    }
  }

  /// The sums over examples that `nodes` are functions of, but for those that other sums of them are functions of.
  private static func sums(
    behind nodes: some Sequence<Int>, _ tape: Tape<Scalar>, _ dependences: [Dependence], first: Int
  ) -> [Sum] {
    var (seen, waiting, result): (Set<Int>, [Int], [Sum]) = ([], Array(nodes), [])
    while let node = waiting.popLast() {
      guard node >= first && seen.insert(node).inserted else { continue }
      if case .sum(let sum) = dependences[node - first] {
        // Another shape of it may have come first.
        if !result.contains(where: { $0.node == sum.node }) { result.append(sum) }
      } else {
        for index in 0..<tape.operandCount(of: node) { waiting.append(tape.operand(index, of: node)) }
      }
    }
    return result
  }

  // MARK: Gradients of some examples

  /// The terms of one sum.
  func terms(of range: Range<Int>, _ sum: Sum) -> ExampleTerms<Scalar> {
    let point = ExamplePoint(tape: tape, node: sum.node, count: count)
    return sum.rule.terms(of: range, at: sum.place, ofOperand: sum.operand, at: point)
  }

  /// The terms of all sums that are parts of the gradient of parameter `input`: `[range.count, parameters]`; nil if there are none.
  func terms(of range: Range<Int>, ofParameter input: Int) -> Tensor<Scalar>? {
    var result: Tensor<Scalar>?
    var (left, right): ([Tensor<Scalar>], [Tensor<Scalar>]) = ([], [])
    // The steps of all parts, the uses of a recurrent weight, in one product.
    func addProducts() {
      if left.isEmpty { return }
      add(matmul(Tensor(joining: left, axis: 1), Tensor(joining: right, axis: 1), transposeA: true))
      (left, right) = ([], [])
    }
    func add(_ terms: Tensor<Scalar>) {
      let rows = terms.reshaped(to: [range.count, shapes[input].elementCount] as Shape)
      if var total = result.take() {
        total += rows
        result = total
      } else {
        result = rows
      }
    }
    for sum in sums[input] {
      switch terms(of: range, sum) {
      case .tensor(let terms): add(terms)
      case .products(let a, let b):
        // A parameter under several shapes has products of several kinds.
        if let first = left.first, first.shape[2] != a.shape[2] { addProducts() }
        left.append(a)
        right.append(b)
      }
    }
    addProducts()
    return result
  }

  /// Calls `body` with the gradients of examples `range` with respect to one parameter, `[range.count, parameters]`, contiguous:
  /// for each parameter whose gradient is not zero, and for all examples, in blocks that fit a cache where one example does.
  func forEachBlock(except omitted: Set<Int> = [], _ body: (_ input: Int, Range<Int>, Tensor<Scalar>) -> Void) {
    for input in shapes.indices where !omitted.contains(input) && !swept.contains(input) && !sums[input].isEmpty {
      forEachRange(elements: shapes[input].elementCount) { range in
        body(input, range, terms(of: range, ofParameter: input)!.contiguous())
      }
    }
    guard !swept.isEmpty else { return }
    // The largest tangent stands for those that a sweep has at once.
    let elements = swept.map { shapes[$0].elementCount } + sources.map { tape.shape(of: $0.node).elementCount }
    let largest = plan.order.map { tape.shape(of: plan.steps[$0].node).elementCount }.max() ?? 0
    forEachRange(elements: elements.reduce(largest, +)) { range in
      for (input, gradients) in zip(swept, sweptGradients(of: range)) { body(input, range, gradients) }
    }
  }

  /// Calls `body` for each parameter whose gradient's only parts are matrix products, with the factors of all examples at once:
  /// their gradients are leftᵀ right of left `[B, steps, rows]` and right `[B, steps, columns]`.
  /// - Returns: the parameters for which `body` returned true.
  func forEachProduct(_ body: (_ input: Int, _ left: Tensor<Scalar>, _ right: Tensor<Scalar>) -> Bool) -> Set<Int> {
    var done: Set<Int> = []
    for input in shapes.indices where !swept.contains(input) {
      var (left, right): ([Tensor<Scalar>], [Tensor<Scalar>]) = ([], [])
      for sum in sums[input] where sum.rule is MatrixProduct<Scalar> {
        guard case .products(let a, let b) = terms(of: 0..<count, sum), left.first.map({ $0.shape[2] == a.shape[2] }) ?? true
        else { break }
        left.append(a)
        right.append(b)
      }
      guard !left.isEmpty && left.count == sums[input].count else { continue }
      if body(input, Tensor(joining: left, axis: 1), Tensor(joining: right, axis: 1)) { done.insert(input) }
    }
    return done
  }

  private func forEachRange(elements: Int, _ body: (Range<Int>) -> Void) {
    let length = max(1, min(count, (1 << 18) / max(1, elements)))
    for start in stride(from: 0, to: count, by: length) { body(start..<min(count, start + length)) }
  }

  /// For each of the parameters `swept` the gradients of the examples of `range`, by one tangent sweep in as many directions.
  private func sweptGradients(of range: Range<Int>) -> [Tensor<Scalar>] {
    var directions = Tensor<Scalar>(zeros: [range.count, count])
    for (row, example) in range.enumerated() { directions[row, example] = 1 }
    var tangents: [(node: Int, tangent: Tensor<Scalar>)] = [(seed, directions)]
    for source in sources {
      let terms = terms(of: range, source).formed
      tangents.append((source.node, terms.reshaped(to: Shape([range.count] + Array(tape.shape(of: source.node))))))
    }
    let changes = swept.map { Tensor<Scalar>(uninitialized: Shape([range.count] + Array(shapes[$0]))) }
    sweep.run(plan, from: tangents, into: changes)
    return zip(swept, changes).map { input, change in
      let swept = change.reshaped(to: [range.count, shapes[input].elementCount] as Shape)
      return terms(of: range, ofParameter: input).map { ($0 + swept).contiguous() } ?? swept
    }
  }
}

extension Tensor {
  /// The tensors one after the other; a single one is not copied.
  fileprivate init(joining tensors: [Tensor], axis: Int) {
    self = tensors.count == 1 ? tensors[0] : Tensor(concatenating: tensors, axis: axis)
  }
}
