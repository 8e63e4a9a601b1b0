import Kappa
import TestSupport
import Testing

/// A user's preconditioner: the mean of |g| so far, as in a one-norm AdaGrad. All it overrides fits in thirty lines.
final class MeanAbsoluteGradient: Preconditioner<Double> {
  private var sum = Tensor<Double>(scalar: 0)
  private var updates = 0

  override func update(_ point: CurvatureProbe<Double>, step: Int) {
    sum = sum + point.gradient.abs()
    updates += 1
  }

  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> {
    updates == 0 ? gradient : gradient / (sum / Double(updates) + 0.01)
  }

  override var state: [String: Tensor<Double>] {
    get { ["sum": sum, "updates": Tensor(counter: updates)] }
    set {
      sum = newValue["sum"] ?? Tensor(scalar: 0)
      updates = newValue["updates"]?.counter ?? 0
    }
  }

  override func copy() -> Preconditioner<Double> {
    let twin = MeanAbsoluteGradient(schedule: schedule)
    twin.state = state
    return twin
  }
}

@Suite("A preconditioner")
struct PreconditionerTests {
  static let all: [(name: String, make: @Sendable () -> Preconditioner<Double>)] = [
    ("identity", { Preconditioner() }),
    ("RMSProp", { RMSProp() }),
    ("RMSProp, inside", { RMSProp(decay: 0.95, damping: 1e-4, dampingPosition: .inside) }),
    ("Equilibration", { Equilibration(every: 1) }),
    ("Equilibration, inside, every 3", { Equilibration(dampingPosition: .inside, every: 3) }),
    ("Equilibration, exponential", { Equilibration(average: .exponential(0.9), every: 1) }),
    ("Jacobi", { Jacobi(every: 1) }),
    ("a user's own", { MeanAbsoluteGradient() }),
  ]
  private static let problem = Problem([4, 5, 3])

  /// An optimizer with the named preconditioner after some steps.
  static func optimizer(_ name: String, steps: Int) throws -> PreconditionedSGD<Double> {
    let make = try #require(all.first { $0.name == name }).make
    var optimizer = PreconditionedSGD(learningRate: 0.01, preconditioner: make(), seed: 3)
    var theta = problem.parameters(of: Double.self)
    for _ in 0..<steps { _ = try optimizer.step(&theta, on: SharedProblem(problem.function(of: Double.self))) }
    return optimizer
  }

  @Test("keeps its promises, fresh and after steps", arguments: all.map(\.name), [0, 1, 5])
  func keepsPromises(_ name: String, steps: Int) throws {
    try checkPreconditioner(Self.optimizer(name, steps: steps).preconditioner, count: Self.problem.model.layout.count)
  }

  @Test("in Float keeps them to Float's precision", arguments: 0..<3)
  func keepsPromisesInFloat(_ steps: Int) throws {
    for preconditioner in [RMSProp<Float>(), Equilibration<Float>(every: 1), Jacobi<Float>(every: 1)] {
      var optimizer = PreconditionedSGD(learningRate: 0.01, preconditioner: preconditioner)
      var theta = Self.problem.parameters(of: Float.self)
      for _ in 0..<steps { _ = try optimizer.step(&theta, on: SharedProblem(Self.problem.function(of: Float.self))) }
      try checkPreconditioner(optimizer.preconditioner, count: theta.count)
    }
  }

  @Test("is not changed by the check", arguments: all.map(\.name))
  func isNotChanged(_ name: String) throws {
    let optimizer = try Self.optimizer(name, steps: 2)
    let before = optimizer.state
    try checkPreconditioner(optimizer.preconditioner, count: Self.problem.model.layout.count)
    #expect(optimizer.state == before)
  }

  @Test("that breaks a promise is found out", arguments: Broken.Fault.allCases)
  func isFoundOut(_ fault: Broken.Fault) {
    let violation = #expect(throws: PreconditionerViolation.self) { try checkPreconditioner(Broken(fault), count: 50) }
    #expect(violation?.property == fault.property, "\(String(describing: violation))")
  }

  @Test func `that breaks none passes in the same clothes`() throws {
    try checkPreconditioner(Broken(nil), count: 50) { Broken(nil) }
  }

  @Test func `with one negative eigenvalue among a thousand is found out`() {
    let broken = Broken(.indefiniteInOnePlace)
    let violation = #expect(throws: PreconditionerViolation.self) { try checkPreconditioner(broken, count: 1000) }
    #expect(violation?.property == "positive definite")
  }

  @Test func `with a field that only its copies carry is found out`() {
    let gain = CarriesGain(schedule: .every(1))
    gain.gain = 3
    #expect(throws: Never.self) { try checkPreconditioner(gain, count: 5) }
    let violation = #expect(throws: PreconditionerViolation.self) { try checkPreconditioner(gain, count: 5) { CarriesGain() } }
    #expect(violation?.property == "restored faithfully")
  }

  // Subclasses that override as little as they can.

  @Test func `of one method needs no other`() throws {
    try checkPreconditioner(Halving(), count: 5) { Halving() }
    let problem = SharedProblem(quadratic(Tensor([[1, 0], [0, 4]])))
    var optimizer = PreconditionedSGD(learningRate: 0.5, preconditioner: Halving())
    var theta = Tensor<Double>([4, 4])
    _ = try optimizer.step(&theta, on: problem)
    #expect(theta == Tensor([3, 0]))
  }

  @Test func `of an update and a scale needs no state and no copy of its own`() throws {
    let problem = SharedProblem(quadratic(Tensor([[1, 0], [0, 4]])))
    let mine = LastGradient()
    var optimizer = PreconditionedSGD(learningRate: 0.5, preconditioner: mine)
    try checkPreconditioner(mine, count: 2) { LastGradient() }
    var theta = Tensor<Double>([4, 4])
    _ = try optimizer.step(&theta, on: problem)
    #expect(theta == Tensor([3.5, 3.5]))
    #expect(optimizer.state["preconditioner/scale"] == Tensor([0.25, 1.0 / 16]))
    try checkPreconditioner(optimizer.preconditioner, count: 2) { LastGradient() }
  }

  @Test func `that makes no copies still gives each copy of an optimizer its own state`() throws {
    let problem = SharedProblem(quadratic(Tensor([[1, 0], [0, 4]])))
    var a = PreconditionedSGD(learningRate: 0.5, preconditioner: LastGradient())
    var theta = Tensor<Double>([4, 4])
    _ = try a.step(&theta, on: problem)
    var (b, before) = (a, a.state)
    var other = theta
    _ = try a.step(&theta, on: problem)
    #expect(b.state == before)
    _ = try b.step(&other, on: problem)
    #expect(theta == other)
    #expect(a.state == b.state && a.state != before)
    b.state = before
    #expect(b.state == before && a.state != before)
  }

  @Test func `of a given scale is an optimizer's as it stands`() throws {
    let given = DiagonalPreconditioner<Double>()
    given.scale = Tensor([0.5, 0.25])
    try checkPreconditioner(given, count: 2) { DiagonalPreconditioner() }
    var optimizer = PreconditionedSGD(learningRate: 1, preconditioner: given)
    var theta = Tensor<Double>([4, 4])
    _ = try optimizer.step(&theta, on: SharedProblem(quadratic(Tensor([[1, 0], [0, 4]]))))
    #expect(theta == Tensor([2, 0]))
    #expect(optimizer.state["preconditioner/scale"] == given.scale)
  }
}

/// P = 1/2: all that a preconditioner without state overrides.
private final class Halving: Preconditioner<Double> {
  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> { 0.5 * gradient }
}

/// P = 1 / |g|, g the last gradient: all that a diagonal one with state overrides.
final class LastGradient: DiagonalPreconditioner<Double> {
  override func update(_ point: CurvatureProbe<Double>, step: Int) { scale = point.gradient.abs().reciprocal() }
}

/// A setting that `state` lacks: what a copy has, a checkpoint has not.
private final class CarriesGain: Preconditioner<Double> {
  var gain = 1.0
  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> { gain * gradient }
  override func copy() -> Preconditioner<Double> {
    let twin = CarriesGain(schedule: schedule)
    twin.gain = gain
    return twin
  }
}

/// P = diag(scale) with one promise broken.
final class Broken: Preconditioner<Double> {
  enum Fault: CaseIterable {
    case notSymmetric, notLinear, indefinite, indefiniteInOnePlace, inconsistentDiagonal, forgetsState, losesStateInCopy
    case copiesToAnotherType, sharesStateWithCopy, keepsMoreThanItsState
    case changesShape

    var property: String {
      switch self {
      case .notSymmetric: "symmetric"
      case .notLinear: "linear"
      case .indefinite, .indefiniteInOnePlace: "positive definite"
      case .inconsistentDiagonal: "consistent"
      case .forgetsState, .keepsMoreThanItsState: "restored faithfully"
      case .losesStateInCopy, .copiesToAnotherType, .sharesStateWithCopy: "copied faithfully"
      case .changesShape: "shape-preserving"
      }
    }
  }
  private final class Box { var scale = 3.0 }
  let fault: Fault?
  private var box = Box()
  private var scale: Double {
    get { box.scale }
    set { box.scale = newValue }
  }
  private var updates = 0

  init(_ fault: Fault?) {
    self.fault = fault
    super.init()
  }

  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> {
    switch fault {
    case .notSymmetric: scale * gradient + 0.1 * gradient.cumulativeSum(axis: 0)
    case .notLinear: scale * gradient + 0.1 * gradient.squared() * gradient
    case .indefinite: -scale * gradient
    case .indefiniteInOnePlace:
      gradient * Tensor((0..<gradient.count).map { $0 == 3 ? -1 : 1 })
    case .keepsMoreThanItsState: Double(1 + updates) * gradient
    case .changesShape: scale * gradient.expanded(axis: 0)
    default: scale * gradient
    }
  }

  override var diagonal: Tensor<Double>? {
    fault == .inconsistentDiagonal ? Tensor(repeating: 1.1 * scale, shape: [50]) : nil
  }

  override func update(_ point: CurvatureProbe<Double>, step: Int) { updates += 1 }

  override var state: [String: Tensor<Double>] {
    get { ["scale": Tensor(scalar: scale)] }
    set { scale = fault == .forgetsState ? 1 : newValue["scale"]?.scalar ?? 1 }
  }

  override func copy() -> Preconditioner<Double> {
    if fault == .copiesToAnotherType { return Preconditioner() }
    let twin = Broken(fault)
    twin.updates = updates
    if fault == .sharesStateWithCopy {
      twin.box = box
      return twin
    }
    twin.scale = fault == .losesStateInCopy ? 1 : scale
    return twin
  }
}
