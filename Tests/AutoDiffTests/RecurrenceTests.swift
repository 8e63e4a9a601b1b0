import Kappa
import TestSupport
import Testing

@Suite("A recurrent layer")
struct RecurrenceTests {
  private static let width = 5

  /// The definition, step by step in other operations: [h1, ..., hT] and the last cell.
  private static func reference(_ cell: RecurrentCell, _ operands: [Variable<Double>]) -> Variable<Double> {
    let (x, w, state) = (operands[0], operands[1], operands[2])
    func part(_ a: Variable<Double>, _ group: Int) -> Variable<Double> { a.sliced(axis: 1, group * width..<(group + 1) * width) }
    var (h, c) = (state[row: 0], state[row: -1])
    var states: [Variable<Double>] = []
    for step in 0..<x.shape[0] {
      let (a, p) = (x[row: step], matmul(h, w))
      switch cell {
      case .tanh:
        h = (a + p).tanh()
      case .lstm:
        let i = (part(a, 0) + part(p, 0)).sigmoid()
        let f = (part(a, 1) + part(p, 1)).sigmoid()
        let g = (part(a, 2) + part(p, 2)).tanh()
        let o = (part(a, 3) + part(p, 3)).sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
      case .gru:
        let r = (part(a, 0) + part(p, 0)).sigmoid()
        let z = (part(a, 1) + part(p, 1)).sigmoid()
        let n = (part(a, 3) + r * (part(a, 2) + part(p, 2))).tanh()
        h = (1 - z) * n + z * h
      }
      states.append(h)
    }
    return Variable(stacking: cell == .lstm ? states + [c] : states)
  }

  private static func operands(_ cell: RecurrentCell, steps: Int = 4, batch: Int = 3) -> [Tensor<Double>] {
    [
      .normal([steps, batch, width * cell.inputGroups], seed: 1), .normal([width, width * cell.productGroups], seed: 2) * 0.5,
      .normal([cell.stateParts, batch, width], seed: 3),
    ]
  }

  @Test(
    "has the values and derivatives of its steps composed of other operations, from a variable state, zero too",
    arguments: RecurrentCell.allCases, [1.0, 0.0])
  func agrees(_ cell: RecurrentCell, _ scale: Double) {
    var inputs = Self.operands(cell)
    inputs[2] = inputs[2] * scale
    let tangents = inputs.enumerated().map { Tensor<Double>.normal($1.shape, seed: 11 + UInt64($0)) }
    let u = Tensor<Double>.normal([4 + cell.stateParts - 1, 3, Self.width], seed: 21)
    let fused = DirectionalDerivatives(
      of: { recurrence(cell, $0[0], weight: $0[1], state: $0[2]) }, at: inputs, along: tangents, cotangent: u)
    let composed = DirectionalDerivatives(of: { Self.reference(cell, $0) }, at: inputs, along: tangents, cotangent: u)
    expectClose(fused, composed, Tolerance(relative: 1e-13, absolute: 1e-13))
  }

  @Test(
    "has the derivatives of its steps where it starts from a constant",
    arguments: RecurrentCell.allCases, [[0.0], [0.7], [0, 0.7, 0, 0, 0]])
  func constantStart(_ cell: RecurrentCell, _ values: [Double]) {
    for (steps, batch) in [(1, 3), (4, 3), (5, 1)] {
      let operands = Array(Self.operands(cell, steps: steps, batch: batch).prefix(2))
      let state = Variable(Tensor(values).broadcast(to: [cell.stateParts, batch, Self.width]).contiguous())
      let tangents = operands.enumerated().map { Tensor<Double>.normal($1.shape, seed: 61 + UInt64($0)) }
      let u = Tensor<Double>.normal([steps + cell.stateParts - 1, batch, Self.width], seed: 62)
      let fused = DirectionalDerivatives(
        of: { recurrence(cell, $0[0], weight: $0[1], state: state) }, at: operands, along: tangents, cotangent: u)
      let composed = DirectionalDerivatives(
        of: { Self.reference(cell, [$0[0], $0[1], state]) }, at: operands, along: tangents, cotangent: u)
      expectClose(fused, composed, Tolerance(relative: 1e-13, absolute: 1e-13), "of \(steps) steps of \(batch)")
    }
  }

  @Test("has the third derivatives of its steps composed of other operations", arguments: RecurrentCell.allCases)
  func agreesInThirdOrder(_ cell: RecurrentCell) {
    let inputs = Self.operands(cell, steps: 3, batch: 2)
    let directions = (0..<2).map { turn in
      inputs.enumerated().map { Tensor<Double>.normal($1.shape, seed: 31 + 10 * UInt64(turn) + UInt64($0)) }
    }
    func third(_ f: ([Variable<Double>]) -> Variable<Double>) -> [Tensor<Double>] {
      let tape = Tape<Double>()
      let variables = inputs.map { tape.variable($0) }
      var slopes = gradient(of: f(variables).squared().sum(), withRespectTo: variables)
      for direction in directions {
        let product = zip(slopes, direction).map { ($0 * $1).sum() }.reduce(Variable(0), +)
        slopes = gradient(of: product, withRespectTo: variables)
      }
      return slopes.map(\.value)
    }
    let (fused, composed) = (third { recurrence(cell, $0[0], weight: $0[1], state: $0[2]) }, third { Self.reference(cell, $0) })
    for index in inputs.indices {
      expectClose(fused[index], composed[index], Tolerance(relative: 1e-11, absolute: 1e-11), "input \(index)")
    }
  }

  @Test("is its own steps, one after the other", arguments: RecurrentCell.allCases)
  func chains(_ cell: RecurrentCell) {
    let inputs = Self.operands(cell)
    let u = Tensor<Double>.normal([cell.stateParts, 3, Self.width], seed: 21)
    func last(_ v: [Variable<Double>]) -> Variable<Double> {
      let y = recurrence(cell, v[0], weight: v[1], state: v[2])
      return y[rows: y.shape[0] - cell.stateParts..<y.shape[0]]
    }
    func steps(_ v: [Variable<Double>]) -> Variable<Double> {
      (0..<4).reduce(v[2]) { recurrentStep(cell, v[0][row: $1], weight: v[1], state: $0) }
    }
    func fromPreactivations(_ v: [Variable<Double>]) -> Variable<Double> {
      (0..<4).reduce(v[2]) { state, step in
        var p = matmul(state[row: 0], v[1])
        if cell == .gru { p = p.padded([(0, 0), (0, Self.width)]) }
        return recurrentStep(cell, v[0][row: step] + p, state: state)
      }
    }
    let tangents = inputs.enumerated().map { Tensor<Double>.normal($1.shape, seed: 51 + UInt64($0)) }
    let whole = DirectionalDerivatives(of: last, at: inputs, along: tangents, cotangent: u)
    for (name, f) in [("steps", steps), ("steps from pre-activations", fromPreactivations)] {
      let parts = DirectionalDerivatives(of: f, at: inputs, along: tangents, cotangent: u)
      expectClose(parts.value, whole.value, "\(name): value")
      for index in inputs.indices {
        expectClose(parts.cotangents[index], whole.cotangents[index], "\(name): cotangent \(index)")
        expectClose(parts.cotangentTangents[index], whole.cotangentTangents[index], "\(name): its tangent \(index)")
      }
    }
  }

  /// A loss of the last state of a layer with an input weight, as a function of a flat vector.
  private static func function<S: TensorScalar>(_ cell: RecurrentCell, batch: Int, of: S.Type) -> Function<S> {
    var layout = ParameterLayout()
    layout.append("input", [2, width * cell.inputGroups])
    layout.append("recurrent", [width, width * cell.productGroups])
    let x = Tensor<Double>.normal([6, batch, 2], seed: 61).converted(to: S.self)
    let start = Variable(Tensor<S>(zeros: [cell.stateParts, batch, width]))
    return Function(layout) { parameters in
      let y = recurrence(cell, matmul(Variable(x), parameters[0]), weight: parameters[1], state: start)
      let h = y[row: 5]
      return Evaluation(loss: h.squared().mean(), outputs: h)
    }
  }

  @Test("has Hessian and Gauss-Newton products in Float as in Double", arguments: RecurrentCell.allCases)
  func precision(_ cell: RecurrentCell) {
    let (double, float) = (Self.function(cell, batch: 33, of: Double.self), Self.function(cell, batch: 33, of: Float.self))
    let theta = Tensor<Double>.normal([double.layout.count], seed: 71) * 0.4
    let v = Tensor<Double>.normal([double.layout.count], seed: 72)
    let (a, b) = (double.linearization(at: theta), float.linearization(at: theta.converted(to: Float.self)))
    for (name, x, y) in [
      ("gradient", a.gradient, b.gradient), ("Hv", a.hessianVectorProduct(v), b.hessianVectorProduct(v.converted(to: Float.self))),
      ("Gv", a.gaussNewtonVectorProduct(v), b.gaussNewtonVectorProduct(v.converted(to: Float.self))),
    ] {
      #expect((y.converted(to: Double.self) - x).norm() < 3e-6 * x.norm(), "\(name)")
    }
    let plain = double.gradient(at: theta)
    expectClose(a.gradient, plain, Tolerance(relative: 1e-12, absolute: 1e-14), "gradient of the linearization")
    let expected = centralDifference { double.gradient(at: theta + $0 * v) }
    expectClose(a.hessianVectorProduct(v), expected, Tolerance(relative: 1e-6, absolute: 1e-7), "Hv")
  }

  @Test("has the same derivatives however the batch is cut", arguments: RecurrentCell.allCases)
  func parts(_ cell: RecurrentCell) {
    // So many examples that three threads get some each.
    let function = Self.function(cell, batch: cell == .tanh ? 4100 : 1100, of: Double.self)
    let theta = Tensor<Double>.normal([function.layout.count], seed: 71) * 0.4
    func derivatives(threads: Int) -> [Tensor<Double>] {
      Parallel.cutting(for: threads) {
        let point = function.linearization(at: theta)
        return [point.gradient, point.hessianVectorProduct(theta), point.gaussNewtonVectorProduct(theta)]
      }
    }
    for (cut, whole) in zip(derivatives(threads: 3), derivatives(threads: 1)) {
      expectClose(cut, whole, Tolerance(relative: 1e-11, absolute: 1e-13), "three parts of the batch")
    }
  }

  @Test("asks for products of all steps at once where it can", arguments: RecurrentCell.allCases)
  func countsProducts(_ cell: RecurrentCell) {
    let (steps, function) = (6, Self.function(cell, batch: 2, of: Double.self))
    let theta = Tensor<Double>.normal([function.layout.count], seed: 71)
    let before = ProductCount.soFar
    _ = function.gradient(at: theta)
    // Forward and back through the steps, but for the first state's cotangent; the inputs' two; the weight's one. The constant
    // first state, zero, needs none.
    #expect((ProductCount.soFar - before).products == steps + (steps - 1) + 2 + 1)
    let point = function.linearization(at: theta)
    _ = point.hessianVectorProduct(theta)
    let recorded = ProductCount.soFar
    _ = point.hessianVectorProduct(theta)
    // Tangents forward and back through the steps; for the inputs' weight one forward and one back; the weight's tangent with the
    // known states and with the cotangents; the tangents of the weight's one.
    #expect((ProductCount.soFar - recorded).products == 2 * (steps - 1) + 2 + 2 + 2)
  }

  /// All cells one behind the other over one example, all their steps used, from first states that are parameters or constants.
  private static func tower<S: TensorScalar>(units width: Int, steps: Int, constantStart: Bool, of: S.Type) -> Function<S> {
    var layout = ParameterLayout()
    for cell in RecurrentCell.allCases {
      layout.append("\(cell).input", [width, width * cell.inputGroups])
      layout.append("\(cell).recurrent", [width, width * cell.productGroups])
      layout.append("\(cell).bias", [width * cell.inputGroups])
      layout.append("\(cell).start", [cell.stateParts, 1, width])
    }
    let x = Tensor<Double>.normal([steps, 1, width], seed: 62).converted(to: S.self)
    let target = Tensor<Double>.normal([steps, 1, width], seed: 63).converted(to: S.self)
    return Function(layout) { parameters in
      var (y, lowest, extra) = (Variable(x), Variable(x), Variable(Tensor<S>(scalar: 0)))
      for (index, cell) in RecurrentCell.allCases.enumerated() {
        let own: [Variable<S>] = (0..<4).map { parameters[4 * index + $0] }
        let start = constantStart ? Variable(Tensor<S>(ones: [cell.stateParts, 1, width])) : own[3]
        let products = matmul(y.reshaped(to: [steps, width]), own[0])
        // As a layer adds its bias, and otherwise.
        let inputs = cell == .lstm ? products + own[2] : products.activated(.identity, bias: own[2])
        let states = recurrence(
          cell, inputs.reshaped(to: [steps, 1, width * cell.inputGroups]), weight: own[1], state: start)
        y = states[rows: 0..<steps]
        // Inputs that another recurrence reads, too.
        if cell == .tanh {
          extra = extra + recurrence(cell, inputs.reshaped(to: [steps, 1, width]), weight: own[0], state: start).squared().mean()
        }
        if index == 0 { lowest = y }
        if cell == .lstm { extra = extra + states[row: steps].squared().sum() }
      }
      // Two recurrences' products, one of them transposed.
      let (a, b) = (lowest.reshaped(to: [steps, width]), y.reshaped(to: [steps, width]))
      extra = extra + matmul(a, b, transposeB: true).squared().mean() + matmul(a, b, transposeA: true).squared().mean()
      return Evaluation(loss: extra + (y - Variable(target)).squared().mean() + y[row: 2].squared().sum(), outputs: y)
    }
  }

  @Test(
    "of one example has a block's products, which are those of its rows",
    arguments: [(15, 5, 7), (16, 5, 7), (17, 5, 7), (35, 5, 7), (16, 5, 3), (16, 5, 150), (40, 24, 40)], [1, 3])
  func blocks(_ block: (width: Int, units: Int, steps: Int), _ threads: Int) {
    // The last one has so many that the threads share the directions.
    let (width, units, steps) = block
    let scale = 1.1 / Double(units).squareRoot()
    func check<S: TensorScalar>(constantStart: Bool, _ tolerance: Tolerance, of: S.Type) {
      let function = Self.tower(units: units, steps: steps, constantStart: constantStart, of: S.self)
      let point = function.linearization(
        at: (Tensor<Double>.normal([function.layout.count], seed: 73) * scale).converted(to: S.self))
      let directions = Tensor<Double>.normal([width, function.layout.count], seed: 74).converted(to: S.self)
      let blocks = Parallel.cutting(for: threads) {
        [
          point.hessianVectorProducts(directions), point.gaussNewtonVectorProducts(directions),
          point.jacobianVectorProducts(directions),
        ]
      }
      for row in 0..<width {
        let v = directions[row: row]
        let rows = [point.hessianVectorProduct(v), point.gaussNewtonVectorProduct(v), point.jacobianVectorProduct(v)]
        for (index, name) in ["Hv", "Gv", "Jv"].enumerated() {
          let message = "\(name), row \(row), constant start: \(constantStart), \(S.self)"
          expectClose(blocks[index][row: row], rows[index], tolerance, message)
        }
      }
    }
    for constantStart in [false, true] {
      check(constantStart: constantStart, Tolerance(relative: 1e-11, absolute: 1e-12), of: Double.self)
      if units == 5 { check(constantStart: constantStart, Tolerance(relative: 1e-3, absolute: 3e-5), of: Float.self) }
    }
  }

  @Test("without units has derivatives of its other parts", arguments: RecurrentCell.allCases, [1, 2])
  func empty(_ cell: RecurrentCell, _ batch: Int) {
    var layout = ParameterLayout()
    layout.append("state", [cell.stateParts, batch, 0])
    layout.append("other", [2])
    let function = Function<Double>(layout) { parameters in
      let x = Variable(Tensor<Double>(zeros: [5, batch, 0]))
      let y = recurrence(cell, x, weight: Variable(Tensor(zeros: [0, 0])), state: parameters[0])
      return Evaluation(loss: y.squared().sum() + parameters[1].power(3).sum())
    }
    let point = function.linearization(at: Tensor([1, 2]))
    #expect(point.hessianVectorProduct(Tensor([1, 1])) == Tensor([6, 12]))
    let directions = Tensor<Double>(ones: [16, 2])
    #expect(point.hessianVectorProducts(directions) == directions * Tensor([6, 12]))
  }

  @Test func `says what does not fit`() async {
    let first = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Variable(Tensor<Double>(zeros: [3, 2, 8]))
      _ = recurrence(.lstm, x, weight: Variable(Tensor(zeros: [2, 8])), state: Variable(Tensor(zeros: [1, 2, 2])))
    }
    #expect(message(of: first).contains("inputs [3, 2, 8], weight [2, 8] and state [1, 2, 2] do not fit"))
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Variable(Tensor<Double>(zeros: [3, 2, 8]))
      _ = recurrence(.gru, x, weight: Variable(Tensor(zeros: [2, 8])), state: Variable(Tensor(zeros: [1, 2, 2])))
    }
    #expect(message(of: second).contains("inputs [3, 2, 8], weight [2, 8] and state [1, 2, 2] do not fit"))
  }
}
