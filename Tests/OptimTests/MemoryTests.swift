import Kappa
import TestSupport
import Testing

@Suite("A thousand curvature products", .serialized)
struct MemoryTests {
  /// The pool is shared with the tests that run meanwhile, so a leak shows as growth with the number of rounds: what one round
  /// leaves behind is multiplied by a thousand and dwarfs what they hold.
  private func growth(rounds: Int, _ work: () throws -> Void) rethrows -> Int {
    for _ in 0..<3 { try work() }
    let before = Memory.statistics.inUse
    for _ in 0..<rounds { try work() }
    return Memory.statistics.inUse - before
  }

  /// 200 x 300 + 300 x 50 parameters: a leak of one vector a round would be 600 MB.
  private let problem = Problem([200, 300, 50], .sigmoid, .sigmoid_cross_entropy, batch: 2)
  private let bound = 100 << 20

  @Test func `leave no memory in use, from one linearization or one each`() {
    let function = problem.function(of: Double.self)
    let theta = problem.parameters(of: Double.self)
    let v = problem.direction(0, of: Double.self)
    let point = function.linearization(at: theta)
    #expect(growth(rounds: 1000) { _ = point.hessianVectorProduct(v) } < bound)
    #expect(growth(rounds: 1000) { _ = point.gaussNewtonVectorProduct(v) } < bound)
    #expect(growth(rounds: 1000) { _ = function.hessianVectorProduct(at: theta, v) } < bound)
    #expect(growth(rounds: 1000) { _ = function.valueAndGradient(at: theta) } < bound)
  }

  @Test func `leave none as steps of an optimizer`() throws {
    var optimizer = PreconditionedSGD(learningRate: 1e-3, preconditioner: Equilibration<Double>(every: 1))
    var theta = problem.parameters(of: Double.self)
    let batch = SharedProblem(problem.function(of: Double.self))
    #expect(try growth(rounds: 1000) { _ = try optimizer.step(&theta, on: batch) } < bound)
  }
}
