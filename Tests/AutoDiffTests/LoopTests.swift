import Kappa
import TestSupport
import Testing

@Suite("A weight used in every step of a loop")
struct LoopTests {
  private static let steps = 12

  /// A plain recurrent net of separate operations and the same sum of its weight's uses in another order of operations.
  private static func function(batch: Int) -> Function<Double> {
    var layout = ParameterLayout()
    layout.append("w", [4, 4])
    let x = Tensor<Double>.normal([steps, batch, 4], seed: 1)
    return Function(layout) { parameters in
      var h = Variable(Tensor<Double>(zeros: [batch, 4]))
      for step in 0..<steps { h = (matmul(h, parameters[0]) + x[row: step]).tanh() }
      return Evaluation(loss: h.squared().sum(), outputs: h)
    }
  }

  @Test("has the derivatives that differences find", arguments: [1, 3, 20])
  func isRight(batch: Int) {
    let function = Self.function(batch: batch)
    let (theta, v) = (Tensor<Double>.normal([16], seed: 2) * 0.4, Tensor<Double>.normal([16], seed: 3))
    let tolerance = Tolerance(relative: 1e-7, absolute: 1e-7)
    let point = function.linearization(at: theta)
    let gradient = function.gradient(at: theta)
    expectClose(
      Tensor(scalar: gradient.dot(v)), centralDifference { Tensor(scalar: function.value(at: theta + $0 * v)) }, tolerance,
      "gradient")
    expectClose(point.gradient, gradient, Tolerance(relative: 1e-12, absolute: 1e-12), "gradient of the linearization")
    expectClose(point.hessianVectorProduct(v), centralDifference { function.gradient(at: theta + $0 * v) }, tolerance, "Hv")
    expectClose(point.hessianVectorProduct(v), function.hessianVectorProduct(at: theta, v), .exact, "Hv again")
  }

  @Test func `gathers its gradient in one product of all steps but the first two`() {
    let function = Self.function(batch: 3)
    let theta = Tensor<Double>.normal([16], seed: 2) * 0.4
    let before = ProductCount.soFar
    _ = function.gradient(at: theta)
    let count = ProductCount.soFar - before
    // Forward, back to each state but the first, and the weight's: the last step's alone, those of the others together.
    #expect(count.products == Self.steps + (Self.steps - 1) + 2)
    #expect(count.flops == (3 * Self.steps - 1) * 2 * 3 * 4 * 4)
    let point = function.linearization(at: theta)
    _ = point.hessianVectorProduct(theta)
    let recorded = ProductCount.soFar
    _ = point.hessianVectorProduct(theta)
    // Two a step forward and two back, but for the first state, which does not move; the weight's first one alone, the others
    // together.
    #expect((ProductCount.soFar - recorded).products == (2 * Self.steps - 1) + 2 * (Self.steps - 1) + 2)
  }

  @Test func `over the rows of an input records one sum for its gradient, not one for each row`() {
    let tape = Tape<Double>()
    let x = tape.variable(.normal([Self.steps, 4], seed: 5))
    let loss = (0..<Self.steps).reduce(Variable(Tensor<Double>(zeros: [4]))) { ($0 + x[row: $1]).tanh() }.sum()
    _ = gradient(of: loss, withRespectTo: [x])
    #expect(tape.primitiveNames.filter { $0.hasPrefix("Assembly") }.count == 1)
    #expect(!tape.primitiveNames.contains { $0.hasPrefix("Placement") })
  }

  @Test func `holds no more than a megabyte of factors back`() async {
    // In a process of its own: all tensors share one pool, and other tests would count.
    await #expect(processExitsWith: .success) {
      var layout = ParameterLayout()
      layout.append("w", [64, 64])
      let (steps, rows) = (800, 16)
      let x = Tensor<Double>.normal([rows, 64], seed: 4).converted(to: Float.self)
      let function = Function<Float>(layout) { parameters in
        var sum = Variable<Float>(0)
        for step in 0..<steps { sum = sum + (matmul(Variable(x * Float(step)), parameters[0])).sum() }
        return Evaluation(loss: sum)
      }
      let theta = Tensor<Float>(zeros: [64 * 64])
      _ = function.gradient(at: theta)
      // All the factors would be 6.5 MB; the tape itself keeps the inputs, 3.3 MB.
      Memory.resetPeak()
      let start = Memory.statistics.inUse
      _ = function.gradient(at: theta)
      #expect(Memory.statistics.peak - start < 7 << 20)
    }
  }
}
