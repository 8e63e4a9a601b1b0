import Kappa
import TestSupport
import Testing

@Suite("Preconditioned SGD")
struct PreconditionedSGDTests {
  private static let names = PreconditionerTests.all.map(\.name)
  private static let problem = Problem([4, 5, 3])
  private static var shared: SharedProblem<BatchObjective<MLP, ReducedLoss<NamedLoss>, Double>> {
    SharedProblem(problem.function())
  }

  @Test("stays finite where statistics and damping are 0")
  func deadParameter() throws {
    // Neither the gradient nor H sees the second parameter.
    let problem = SharedProblem(Function<Float>(count: 2) { ($0 * Tensor([1, 0])).squared().sum() })
    let preconditioners: [Preconditioner<Float>] = [
      RMSProp(damping: 0), RMSProp(damping: 0, dampingPosition: .inside), Equilibration(damping: 0),
      Equilibration(damping: 0, dampingPosition: .inside), Jacobi(damping: 0),
    ]
    for preconditioner in preconditioners {
      var optimizer = PreconditionedSGD(learningRate: 0.1, preconditioner: preconditioner)
      var theta = Tensor<Float>([1, 1])
      _ = try optimizer.step(&theta, on: problem)
      #expect(theta.isFinite && theta[1] == 1, "\(type(of: preconditioner))")
    }
  }

  // Steps that cannot be taken.

  enum Fault: CaseIterable { case lossIsNaN, gradientIsInfinite, productIsNotFinite }

  /// A function of `n` parameters that is fine at a point of ones and not at zeros.
  private static func faulty(_ fault: Fault, _ n: Int) -> SharedProblem<Function<Double>> {
    SharedProblem(
      Function(count: n) { x in
        switch fault {
        case .lossIsNaN: (x - 1e-3).log().sum()
        case .gradientIsInfinite: x.squareRoot().sum()
        // Value and gradient of x^1.5 are 0 at 0, the second derivative is infinite.
        case .productIsNotFinite: x.power(1.5).sum()
        }
      })
  }

  @Test("leaves theta and its state bit for bit when a step fails", arguments: names, Fault.allCases)
  func failsAtomically(_ name: String, fault: Fault) throws {
    // Once referred to by this test alone, once by a copy too.
    for isCopied in [false, true] {
      var optimizer = try PreconditionerTests.optimizer(name, steps: 3)
      let copy = isCopied ? optimizer : nil
      let n = Self.problem.model.layout.count
      var theta = Tensor<Double>(zeros: [n])
      let (before, bits) = (optimizer.state, theta.elements)
      let usesCurvature = optimizer.preconditioner.usesCurvature && optimizer.preconditioner.schedule.isDue(4)
      if fault == .productIsNotFinite && !usesCurvature {
        #expect(throws: Never.self) { try optimizer.step(&theta, on: Self.faulty(fault, n)) }
        continue
      }
      let error = #expect(throws: OptimizationError.self) { try optimizer.step(&theta, on: Self.faulty(fault, n)) }
      let quantity = fault == .lossIsNaN ? "loss" : fault == .gradientIsInfinite ? "gradient" : "Hessian-vector product"
      #expect(error == .notFinite(quantity: quantity, step: 4))
      #expect(theta.elements == bits)
      #expect(optimizer.state == before)
      #expect(optimizer.stepCount == 3)
      if let copy { #expect(copy.state == before) }
      // And it goes on as if nothing had happened.
      var (a, b) = (Self.problem.parameters(of: Double.self), Self.problem.parameters(of: Double.self))
      var fresh = try PreconditionerTests.optimizer(name, steps: 3)
      _ = try optimizer.step(&a, on: Self.shared)
      _ = try fresh.step(&b, on: Self.shared)
      #expect(a == b)
    }
  }

  @Test func `leaves everything when a preconditioner fails halfway through its update`() throws {
    var optimizer = PreconditionedSGD(learningRate: 0.1, preconditioner: FailsHalfway())
    var theta = Self.problem.parameters(of: Double.self)
    _ = try optimizer.step(&theta, on: Self.shared)
    let (before, bits) = (optimizer.state, theta.elements)
    #expect(throws: FailsHalfway.Failure.self) { try optimizer.step(&theta, on: Self.shared) }
    #expect(optimizer.state == before)
    #expect(theta.elements == bits)
    #expect(optimizer.preconditioner.state["updates"]?.scalar == 1)
  }

  @Test("refuses statistics that overflow, and goes on as before", arguments: [false, true])
  func refusesOverflow(fresh: Bool) throws {
    // Squares of 5e20 are infinite in Float, a tenth of them too; so is 3e38 + 3e38.
    let preconditioners: [(Preconditioner<Float>, Float, String)] = [
      (RMSProp(), 1e21, "mean of squared gradients"),
      (Equilibration(every: 1), 1e21, "sum of squared Hessian-vector products"),
      (Equilibration(average: .exponential(0.9), every: 1), 1e21, "mean of squared Hessian-vector products"),
      (Jacobi(every: 1), 3e38, "sum of v · Hv"),
    ]
    func problem(_ curvature: Float) -> SharedProblem<Function<Float>> {
      SharedProblem(Function(count: 2) { ($0.squared() * Tensor([0.5 * curvature, 0.5])).sum() })
    }
    for (preconditioner, spike, quantity) in preconditioners where !(fresh && quantity.hasPrefix("sum of v")) {
      var optimizer = PreconditionedSGD(learningRate: 0.1, preconditioner: preconditioner)
      var theta = Tensor<Float>([0.5, 1])
      if !fresh { _ = try optimizer.step(&theta, on: problem(quantity.hasPrefix("sum of v") ? spike : 1)) }
      theta = Tensor([0.5, 1])
      let (state, bits) = (optimizer.state, theta.elements)
      let error = OptimizationError.notFinite(quantity: quantity, step: fresh ? 1 : 2)
      #expect(throws: error) { try optimizer.step(&theta, on: problem(spike)) }
      #expect(theta.elements == bits)
      #expect(optimizer.state == state)
      if spike < 1e30 {
        _ = try optimizer.step(&theta, on: problem(1))
        #expect(theta[0] != 0.5, "\(quantity): frozen")
      }
    }
  }

  @Test("takes no step to where theta would not be finite", arguments: [UpdateTiming.beforeApply, .afterApply], [true, false])
  func refusesDirection(timing: UpdateTiming, makesCopies: Bool) throws {
    let mine = Dividing(timing, makesCopies)
    var optimizer = PreconditionedSGD(learningRate: 0.1, preconditioner: mine)
    var theta = Tensor<Double>([1, 2])
    let problem = SharedProblem(quadratic(Tensor(identity: 2)))
    _ = try optimizer.step(&theta, on: problem)
    let (state, bits, kept) = (optimizer.state, theta.elements, mine.state)
    let copy = optimizer
    mine.divisor.value = 0
    for _ in 0..<2 {
      #expect(throws: OptimizationError.notFinite(quantity: "new θ", step: 2)) { try optimizer.step(&theta, on: problem) }
      #expect(theta.elements == bits)
      #expect(optimizer.state == state && copy.state == state && mine.state == kept)
    }
    mine.divisor.value = 1
    _ = try optimizer.step(&theta, on: problem)
    #expect(optimizer.preconditioner.state["updates"]?.scalar == 2)
    #expect(copy.state == state)
  }

  @Test func `takes no step that overflows on the way, with a diagonal or without`() throws {
    let scaled = DiagonalPreconditioner<Float>()
    scaled.scale = Tensor([1, 1e30])
    let problem = SharedProblem(Function<Float>(count: 2) { ($0 * Tensor([1, 1e10])).sum() })
    for (preconditioner, rate) in [(scaled, 1), (Preconditioner<Float>(), 1e30)] {
      var optimizer = PreconditionedSGD(learningRate: rate, preconditioner: preconditioner)
      var theta = Tensor<Float>([1, 2])
      #expect(throws: OptimizationError.notFinite(quantity: "new θ", step: 1)) { try optimizer.step(&theta, on: problem) }
      #expect(theta.elements == [1, 2] && optimizer.stepCount == 0)
    }
  }

  @Test func `moves a row of a matrix, and theta whose gradient someone keeps`() throws {
    var path = Tensor<Double>([[1, 2], [3, 4]])
    let keeper = KeepsGradient()
    var optimizer = PreconditionedSGD(learningRate: 0.5, preconditioner: keeper)
    _ = try optimizer.step(&path[row: 1], on: SharedProblem(quadratic(Tensor(identity: 2))))
    #expect(path == Tensor([[1, 2], [1.5, 2]]))
    #expect(keeper.gradient == Tensor([3, 4]))
  }

  // Values.

  @Test("copied is a snapshot", arguments: names)
  func copiesAreSnapshots(_ name: String) throws {
    var original = try PreconditionerTests.optimizer(name, steps: 2)
    var copy = original
    let before = copy.state
    var theta = Self.problem.parameters(of: Double.self)
    var again = theta
    for _ in 0..<3 { _ = try original.step(&theta, on: Self.shared) }
    #expect(copy.state == before)
    for _ in 0..<3 { _ = try copy.step(&again, on: Self.shared) }
    #expect(theta == again)
    #expect(original.state == copy.state)
  }

  @Test("restored from its state goes on with the same bits", arguments: names)
  func restores(_ name: String) throws {
    var original = try PreconditionerTests.optimizer(name, steps: 3)
    var restored = try PreconditionerTests.optimizer(name, steps: 1)
    restored.state = original.state
    #expect(restored.state == original.state)
    var (a, b) = (Self.problem.parameters(of: Double.self), Self.problem.parameters(of: Double.self))
    for _ in 0..<4 {
      #expect(try original.step(&a, on: Self.shared) == restored.step(&b, on: Self.shared))
    }
    #expect(a == b)
  }

  @Test func `does not change a preconditioner that others refer to`() throws {
    let mine = Equilibration<Double>(every: 1)
    var optimizer = PreconditionedSGD(learningRate: 0.1, preconditioner: mine)
    var theta = Self.problem.parameters(of: Double.self)
    _ = try optimizer.step(&theta, on: Self.shared)
    #expect(mine.state.isEmpty)
    #expect(optimizer.preconditioner.state["updates"]?.counter == 1)
  }

  @Test func `does not change a copy of theta`() throws {
    var theta = Self.problem.parameters(of: Double.self)
    let (before, bits) = (theta, theta.elements)
    for name in Self.names {
      var optimizer = try PreconditionerTests.optimizer(name, steps: 1)
      _ = try optimizer.step(&theta, on: Self.shared)
    }
    #expect(before.elements == bits)
    #expect(theta != before)
  }

  // Timing and cost.

  @Test func `updates before it applies, or after it with the previous state, as the preconditioner says`() throws {
    for timing in [UpdateTiming.beforeApply, .afterApply] {
      let trace = Trace()
      var optimizer = PreconditionedSGD(learningRate: 1, preconditioner: Traced(timing, trace))
      var theta = Tensor<Double>([0])
      var path: [Double] = []
      let slope = SharedProblem(Function<Double>(count: 1) { $0.sum() })
      for _ in 0..<3 {
        _ = try optimizer.step(&theta, on: slope)
        path.append(theta[0])
      }
      // P is 1 + the number of updates, the gradient 1.
      if timing == .beforeApply {
        #expect(trace.events == ["update 1", "apply 2.0", "update 2", "apply 3.0", "update 3", "apply 4.0"])
        #expect(path == [-2, -5, -9])
      } else {
        #expect(trace.events == ["apply 1.0", "update 1", "apply 2.0", "update 2", "apply 3.0", "update 3"])
        #expect(path == [-1, -3, -6])
      }
    }
  }

  @Test func `reports what it computed`() throws {
    var theta = Self.problem.parameters(of: Double.self)
    var optimizer = PreconditionedSGD(learningRate: 0.01, preconditioner: Equilibration<Double>(every: 2))
    for step in 1...4 {
      let loss = Self.shared.value(at: theta)
      let report = try optimizer.step(&theta, on: Self.shared)
      #expect(report.step == step)
      #expect(abs(report.loss - loss) < 1e-14)
      #expect(report.outcome == .accepted)
      #expect(report.cost.gradients == 1)
      #expect(report.cost.hessianVectorProducts == step % 2)
      #expect(report.cost.values == 0 && report.cost.gaussNewtonVectorProducts == 0)
    }
  }

  @Test func `takes the curvature from the problem's curvature role`() throws {
    // Gradient of one quadratic, curvature of another: D becomes (H v)^2 of the second.
    let (a, b) = (Tensor<Double>([[1, 0], [0, 1]]), Tensor<Double>([[0, 3], [3, 5]]))
    let problem = SeparateProblem(value: quadratic(a), gradient: quadratic(a), curvature: quadratic(b))
    let probe = Tensor<Double>([[2, 1]])
    var optimizer = PreconditionedSGD(
      learningRate: 1, preconditioner: Equilibration(damping: 0, every: 1), probes: GivenProbes(rows: probe))
    var theta = Tensor<Double>([6, 22])
    _ = try optimizer.step(&theta, on: problem)
    // H v = [3, 11]; g = theta; theta - g / |H v|.
    expectClose(theta, Tensor([6 - 6.0 / 3, 22 - 22.0 / 11]), "theta")
  }

  @Test func `counts the recording that curvature on other data needs`() throws {
    let (a, b) = (quadratic(Tensor([[2]])), quadratic(Tensor([[3]])))
    var theta = Tensor<Double>([1])
    var optimizer = PreconditionedSGD(learningRate: 0.01, preconditioner: Equilibration<Double>(every: 2))
    for step in 1...4 {
      let cost = try optimizer.step(&theta, on: SeparateProblem(value: a, gradient: a, curvature: b)).cost
      #expect(cost.gradients == 1 + step % 2 && cost.hessianVectorProducts == step % 2)
    }
    let probe = CurvatureProbe(
      problem: SharedProblem(a), parameters: theta, loss: 0, gradient: theta, probes: SeededProbes(seed: 0), step: 1)
    for _ in 0..<2 { _ = try probe.hessianVectorProduct(theta) }
    #expect(probe.cost.gradients == 1 && probe.cost.hessianVectorProducts == 2)
  }

  @Test func `equals three steps of ESGD by hand`() throws {
    let a = Tensor<Double>([[2, 1], [1, -1]])
    let probes = Tensor<Double>([[1, -1], [0.5, 2], [-1, 0.25]])
    var optimizer = PreconditionedSGD(
      learningRate: 0.1, preconditioner: Equilibration(damping: 0.01, every: 1), probes: GivenProbes(rows: probes))
    var theta = Tensor<Double>([1, 2])
    var (x, y) = (1.0, 2.0)
    var (d1, d2) = (0.0, 0.0)
    for step in 0..<3 {
      _ = try optimizer.step(&theta, on: SharedProblem(quadratic(a)))
      let (v1, v2) = (probes[step, 0], probes[step, 1])
      let (h1, h2) = (2 * v1 + v2, v1 - v2)
      d1 += h1 * h1
      d2 += h2 * h2
      let k = Double(step + 1)
      let (g1, g2) = (2 * x + y, x - y)
      x -= 0.1 * g1 / ((d1 / k).squareRoot() + 0.01)
      y -= 0.1 * g2 / ((d2 / k).squareRoot() + 0.01)
      expectClose(theta, Tensor([x, y]), Tolerance(relative: 1e-12, absolute: 1e-13), "theta after step \(step + 1)")
    }
  }
}

/// Counts its updates.
class Counting: Preconditioner<Double> {
  fileprivate final var updates = 0.0

  override func update(_ point: CurvatureProbe<Double>, step: Int) throws { updates += 1 }

  override var state: [String: Tensor<Double>] {
    get { ["updates": Tensor(scalar: updates)] }
    set { updates = newValue["updates"]?.scalar ?? 0 }
  }
}

/// Changes its state, then throws: at its second update.
final class FailsHalfway: Counting {
  struct Failure: Error {}

  override func update(_ point: CurvatureProbe<Double>, step: Int) throws {
    try super.update(point, step: step)
    if updates == 2 { throw Failure() }
  }

  override func copy() -> Preconditioner<Double> {
    let twin = FailsHalfway()
    twin.updates = updates
    return twin
  }
}

/// P = 1 / divisor; counts its updates.
private final class Dividing: Counting {
  final class Divisor { var value = 1.0 }
  var divisor = Divisor()
  private let order: UpdateTiming
  private let makesCopies: Bool

  init(_ order: UpdateTiming, _ makesCopies: Bool) {
    self.order = order
    self.makesCopies = makesCopies
    super.init()
  }

  override var timing: UpdateTiming { order }
  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> { gradient / divisor.value }

  override func copy() -> Preconditioner<Double> {
    guard makesCopies else { return super.copy() }
    let twin = Dividing(order, true)
    (twin.updates, twin.divisor) = (updates, divisor)
    return twin
  }
}

/// The identity, with a reference to the last gradient.
private final class KeepsGradient: Preconditioner<Double> {
  var gradient: Tensor<Double>?
  override func update(_ point: CurvatureProbe<Double>, step: Int) { gradient = point.gradient }
}

private final class Trace { var events: [String] = [] }

/// P = 1 + the number of updates; writes down what is asked of it.
private final class Traced: Preconditioner<Double> {
  private let order: UpdateTiming
  private let trace: Trace
  private var updates = 0

  init(_ order: UpdateTiming, _ trace: Trace) {
    self.order = order
    self.trace = trace
    super.init()
  }

  override var timing: UpdateTiming { order }

  override func update(_ point: CurvatureProbe<Double>, step: Int) {
    trace.events.append("update \(step)")
    updates += 1
  }

  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> {
    trace.events.append("apply \(Double(1 + updates))")
    return Double(1 + updates) * gradient
  }

  override func copy() -> Preconditioner<Double> {
    let twin = Traced(order, trace)
    twin.updates = updates
    return twin
  }
}
