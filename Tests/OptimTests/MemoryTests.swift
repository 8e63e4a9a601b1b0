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

  /// A convolution and a recurrence behind it: 6 steps of two examples.
  private static var sequenceProblem: Function<Float> {
    var layout = ParameterLayout()
    layout.append("kernel", [3, 1, 3, 3])
    layout.append("weight", [5, 20])
    layout.append("out", [5, 2])
    let images = Variable(RandomStream(seed: 1).normal([12, 1, 6, 6]) as Tensor<Float>)
    let project = Variable(RandomStream(seed: 2).normal([3 * 36, 20]) as Tensor<Float>) * 0.1
    return Function(layout) { p in
      let features = conv2d(images, p["kernel"], Convolution2D(padding: 1)).tanh().reshaped(to: [12, 3 * 36])
      let inputs = matmul(features, project).reshaped(to: [6, 2, 20])
      let states = recurrence(.lstm, inputs, weight: p["weight"], state: Variable(Tensor(zeros: [2, 2, 5])))
      let outputs = matmul(states[row: 5], p["out"])
      return Evaluation(loss: outputs.softmaxCrossEntropy(Tensor<Int32>([0, 1])).mean(), outputs: outputs)
    }
  }

  @Test func `nor in the process, of any product of one linearization`() async {
    await #expect(processExitsWith: .success) {
      let function = Self.sequenceProblem
      let n = function.layout.count
      let theta: Tensor<Float> = RandomStream(seed: 3).normal([n])
      let (v, block): (Tensor<Float>, Tensor<Float>) = (RandomStream(seed: 4).normal([n]), RandomStream(seed: 5).normal([16, n]))
      let u: Tensor<Float> = RandomStream(seed: 6).normal([2, 2])
      let point = function.linearization(at: theta)
      let products: [(name: String, work: () -> Void)] = [
        ("Hv", { _ = point.hessianVectorProduct(v) }), ("Gv", { _ = point.gaussNewtonVectorProduct(v) }),
        ("Jv", { _ = point.jacobianVectorProduct(v) }), ("J'u", { _ = point.vectorJacobianProduct(u) }),
        ("HV", { _ = point.hessianVectorProducts(block) }), ("GV", { _ = point.gaussNewtonVectorProducts(block) }),
      ]
      let resident = residentBytes()
      for product in products {
        #expect(growth(product.work) == 0, "\(product.name)")
        let leaked = residentGrowth { for _ in 0..<1000 { product.work() } }
        #expect(Double(leaked) < 0.02 * Double(resident), "\(product.name): \(leaked) bytes")
      }
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
