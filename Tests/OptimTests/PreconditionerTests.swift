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
    let violation = #expect(throws: PreconditionerViolation.self) { try checkPreconditioner(Broken(fault), count: 5) }
    #expect(violation?.property == fault.property)
  }

  @Test func `that breaks none passes in the same clothes`() throws {
    try checkPreconditioner(Broken(nil), count: 5)
  }
}

/// P = diag(scale) with one promise broken.
final class Broken: Preconditioner<Double> {
  enum Fault: CaseIterable {
    case notSymmetric, notLinear, indefinite, inconsistentDescent, forgetsState, losesStateInCopy, copiesToAnotherType,
      returnsItselfAsCopy
    case changesShape

    var property: String {
      switch self {
      case .notSymmetric: "symmetric"
      case .notLinear: "linear"
      case .indefinite: "positive definite"
      case .inconsistentDescent: "consistent"
      case .forgetsState: "restored faithfully"
      case .losesStateInCopy, .copiesToAnotherType, .returnsItselfAsCopy: "copied faithfully"
      case .changesShape: "shape-preserving"
      }
    }
  }
  let fault: Fault?
  private var scale = 3.0

  init(_ fault: Fault?) {
    self.fault = fault
    super.init()
  }

  override func apply(to gradient: Tensor<Double>) -> Tensor<Double> {
    switch fault {
    case .notSymmetric: scale * gradient + 0.1 * gradient.cumulativeSum(axis: 0)
    case .notLinear: scale * gradient + 0.1 * gradient.squared() * gradient
    case .indefinite: -scale * gradient
    case .changesShape: scale * gradient.expanded(axis: 0)
    default: scale * gradient
    }
  }

  override func descend(_ theta: inout Tensor<Double>, along gradient: Tensor<Double>, learningRate: Double) {
    super.descend(&theta, along: gradient, learningRate: fault == .inconsistentDescent ? 1.1 * learningRate : learningRate)
  }

  override var state: [String: Tensor<Double>] {
    get { ["scale": Tensor(scalar: scale)] }
    set { scale = fault == .forgetsState ? 1 : newValue["scale"]?.scalar ?? 1 }
  }

  override func copy() -> Preconditioner<Double> {
    if fault == .copiesToAnotherType { return Preconditioner() }
    if fault == .returnsItselfAsCopy { return self }
    let twin = Broken(fault)
    twin.scale = fault == .losesStateInCopy ? 1 : scale
    return twin
  }
}
