import Kappa
import TestSupport
import Testing

/// What `rounds` calls of `work` leave in use, after some to warm up.
private func growth(rounds: Int = 1000, _ work: () throws -> Void) rethrows -> Int {
  for _ in 0..<3 { try work() }
  let before = Memory.statistics.inUse
  for _ in 0..<rounds { try work() }
  return Memory.statistics.inUse - before
}

// All tensors of a process share one pool, so each test has a process of its own, where no other test allocates.
@Suite("A thousand rounds leave nothing in use")
struct MemoryTests {
  private static let problem = Problem([40, 60, 10], .sigmoid, .sigmoid_cross_entropy, batch: 5)

  @Test func `of curvature products, from one linearization or one each`() async {
    await #expect(processExitsWith: .success) {
      let function = Self.problem.function(of: Double.self)
      let theta = Self.problem.parameters(of: Double.self)
      let v = Self.problem.direction(0, of: Double.self)
      let point = function.linearization(at: theta)
      #expect(growth { _ = point.hessianVectorProduct(v) } == 0, "Hv")
      #expect(growth { _ = point.gaussNewtonVectorProduct(v) } == 0, "Gv")
      #expect(growth { _ = function.hessianVectorProduct(at: theta, v) } == 0, "Hv from scratch")
      #expect(growth { _ = function.valueAndGradient(at: theta) } == 0, "gradient")
    }
  }

  @Test func `of steps of an optimizer`() async {
    await #expect(processExitsWith: .success) {
      var optimizer = PreconditionedSGD(learningRate: 1e-3, preconditioner: Equilibration<Double>(every: 3))
      var theta = Self.problem.parameters(of: Double.self)
      let batch = SharedProblem(Self.problem.function(of: Double.self))
      let leaked = try growth { _ = try optimizer.step(&theta, on: batch) }
      #expect(leaked == 0)
    }
  }

  @Test func `of gradients of recorded gradients`() async {
    await #expect(processExitsWith: .success) {
      let leaked = growth(rounds: 200) {
        let tape = Tape<Double>()
        let x = tape.variable(Tensor.normal([30], seed: 1))
        let slope = gradient(of: x.tanh().squared().sum(), withRespectTo: [x])[0]
        _ = gradient(of: slope.squared().sum(), withRespectTo: [x])[0].value
      }
      #expect(leaked == 0)
    }
  }
}
