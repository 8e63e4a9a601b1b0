import Kappa
import TestSupport
import Testing

@Suite("Checkpointed functions")
struct CheckpointTests {
  private let exact = Tolerance(relative: 1e-13, absolute: 1e-13)
  private let x: Tensor<Double> = .normal([3, 4], seed: 1)
  private let w: Tensor<Double> = .normal([4, 4], seed: 2)

  private static func block(_ v: [Variable<Double>]) -> [Variable<Double>] {
    let h = matmul(v[0], v[1]).tanh()
    return [h.squared() + h, (h * v[0]).sum()]
  }

  private func loss(_ v: [Variable<Double>], checkpointing: Bool) -> Variable<Double> {
    var h = v[0]
    var sum = Variable<Double>(0)
    for _ in 0..<3 {
      let outputs = checkpointing ? checkpointed([h, v[1]], Self.block) : Self.block([h, v[1]])
      h = outputs[0]
      sum = sum + outputs[1]
    }
    return h.squared().sum() + sum * sum
  }

  @Test func `have the same value, gradient and Hessian products as plain ones`() {
    let plain = valueAndGradient(at: [x, w]) { loss($0, checkpointing: false) }
    let saved = valueAndGradient(at: [x, w]) { loss($0, checkpointing: true) }
    #expect(abs(plain.value - saved.value) < 1e-12 * abs(plain.value))
    for index in 0..<2 { expectClose(saved.gradients[index], plain.gradients[index], exact, "gradient \(index)") }
    let v: [Tensor<Double>] = [.normal([3, 4], seed: 3), .normal([4, 4], seed: 4)]
    let products = [false, true].map { flag in hessianVectorProduct(at: [x, w], along: v) { loss($0, checkpointing: flag) } }
    for index in 0..<2 { expectClose(products[1][index], products[0][index], exact, "H v, part \(index)") }
  }

  @Test func `pass derivatives of the third order`() {
    // The gradient of <v, H v>, itself a reverse sweep over forward over reverse.
    let v: [Tensor<Double>] = [.normal([3, 4], seed: 5), .normal([4, 4], seed: 6)]
    let thirds = [false, true].map { flag in
      gradient(at: [x, w]) { variables in
        let first = gradient(of: loss(variables, checkpointing: flag), withRespectTo: variables)
        let slope = (first[0] * Variable(v[0])).sum() + (first[1] * Variable(v[1])).sum()
        let second = gradient(of: slope, withRespectTo: variables)
        return (second[0] * Variable(v[0])).sum() + (second[1] * Variable(v[1])).sum()
      }
    }
    for index in 0..<2 {
      expectClose(thirds[1][index], thirds[0][index], Tolerance(relative: 1e-12, absolute: 1e-11), "third derivative \(index)")
    }
  }

  @Test func `keep their inputs and nothing that is computed inside`() async {
    // In a process of its own: memory is counted for all tests together.
    await #expect(processExitsWith: .success) {
      let big: Tensor<Float> = RandomStream(seed: 1).normal([256, 1024])
      func chain(_ h: Variable<Float>) -> Variable<Float> { (0..<8).reduce(h) { h, _ in h.tanh() * 1.1 } }
      func peak(_ part: (Variable<Float>) -> Variable<Float>) -> Double {
        let before = Memory.statistics.inUse
        Memory.resetPeak()
        _ = valueAndGradient(at: big) { x in (0..<4).reduce(x) { h, _ in part(h) }.squared().sum() }
        return Double(Memory.statistics.peak - before)
      }
      // 32 activations against the inputs of 4 parts and the activations of one.
      let (plain, saved) = (peak(chain), peak { checkpointed($0, chain) })
      if saved > 0.6 * plain || plain < 32 * 1_048_576 { fatalError("\(saved) bytes with checkpoints, \(plain) without") }
    }
  }

  @Test func `of constants record nothing`() {
    let result = checkpointed(Variable(x)) { $0.tanh() }
    expectClose(result.value, x.tanh(), .exact, "value")
    #expect(valueAndGradient(at: w) { _ in result.sum() }.gradient == Tensor(zeros: [4, 4]))
  }

  @Test func `stop the program when they use a variable that is not among their inputs`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueAndGradient(at: Tensor<Double>([1, 2])) { x in checkpointed(x * 2) { $0 * x }.sum() }
    }
    #expect(message(of: result).contains("the function uses a variable of a tape that is not among its inputs"))
  }
}
