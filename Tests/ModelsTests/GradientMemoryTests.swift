import Kappa
import TestSupport
import Testing

/// How far `work` raises the memory in use above what it finds, at its peak. Run once before, for what is made only once.
private func peak(_ work: () -> Void) -> Int {
  work()
  Memory.resetPeak()
  let before = Memory.statistics.inUse
  work()
  return Memory.statistics.peak - before
}

// All tensors of a process share one pool, so each test has a process of its own, where no other test allocates.
@Suite("The peak memory of a gradient")
struct GradientMemoryTests {
  /// Expects activations that rules read and the gradient itself, and beyond them no more than three activations (a cotangent, what
  /// becomes of it, a term of it) and `workspace`.
  private static func expect(_ peak: Int, activations: [Int], gradient: Int, workspace: Int, _ what: String) {
    let needed = activations.reduce(0, +) + gradient
    #expect(peak >= needed, "\(what): \(peak) bytes, fewer than the \(needed) of activations and gradient")
    #expect(
      peak <= needed + 3 * activations.max()! + workspace, "\(what): \(peak) bytes, for \(needed) of activations and gradient")
  }

  @Test func `of a deep network is that of its activations and the gradient`() async {
    await #expect(processExitsWith: .success) {
      GradientMemoryTests.deepNetwork(of: Float.self)
      GradientMemoryTests.deepNetwork(of: Double.self)
    }
  }

  private static func deepNetwork<S: TensorScalar>(of type: S.Type) {
    // Sizes of 2^k elements, which the pool does not round up; biases and the tape are in the workspace.
    let problem = Problem(Array(repeating: 128, count: 13), .tanh, .sigmoid_cross_entropy, batch: 512)
    let (function, theta) = (problem.function(of: S.self), problem.parameters(of: S.self))
    let size = MemoryLayout<S>.size
    let layers = problem.sizes.count - 1
    expect(
      peak { _ = function.valueAndGradient(at: theta) }, activations: Array(repeating: 512 * 128 * size, count: layers),
      gradient: layers * 128 * 128 * size, workspace: 200_000 * size / 4, "\(S.self)")
  }

  @Test func `of a convolutional network is that of its activations and the gradient`() async {
    await #expect(processExitsWith: .success) {
      GradientMemoryTests.convolutionalNetwork(of: Float.self)
      GradientMemoryTests.convolutionalNetwork(of: Double.self)
    }
  }

  private static func convolutionalNetwork<S: TensorScalar>(of type: S.Type) {
    let layers = 6
    var layout = ParameterLayout()
    for layer in 0..<layers {
      layout.append("weight\(layer)", [8, 8, 3, 3])
      layout.append("bias\(layer)", [8, 1, 1])
    }
    let images: Tensor<S> = Tensor<Double>.normal([32, 8, 32, 32], seed: 1).converted()
    let function = Function<S>(layout) { parameters in
      var x = Variable(images)
      for layer in 0..<layers {
        x = (conv2d(x, parameters[2 * layer], Convolution2D(padding: 1)) + parameters[2 * layer + 1]).tanh()
      }
      return Evaluation(loss: averagePool2d(x, window: 4).squared().mean())
    }
    let theta: Tensor<S> = (0.1 * Tensor<Double>.normal([layout.count], seed: 2)).converted()
    let size = MemoryLayout<S>.size
    // The workspace of a convolution: a few images and blocks for each thread.
    expect(
      peak { _ = function.valueAndGradient(at: theta) }, activations: Array(repeating: 32 * 8 * 1024 * size, count: layers),
      gradient: layout.count * size, workspace: 250_000 * size, "\(S.self)")
  }

  @Test func `of sums of examples' squares is that of a few gradients, not of one for each example`() async {
    await #expect(processExitsWith: .success) {
      let (batch, width) = (64, 256)
      var layout = ParameterLayout()
      layout.append("w", [width, width])
      let inputs = Tensor<Double>.normal([batch, width], seed: 4)
      // Used twice, so that there is no shorter way to the squares than each example's gradient.
      let function = Function<Double>(layout) { parameters in
        let losses = matmul(matmul(Variable(inputs), parameters[0]).tanh(), parameters[0]).squared().sum(axes: [1])
        return Evaluation(loss: losses.mean(), exampleLosses: losses)
      }
      let point = function.linearization(at: 0.05 * Tensor<Double>.normal([layout.count], seed: 5))
      let gradient = layout.count * 8
      // Blocks of 2^18 elements are four gradients here; squares of them, and sums of those.
      let squares = peak { _ = point.sumOfSquaredGradients() }
      #expect(squares > 4 * gradient && squares < 14 * gradient, "\(squares / gradient) gradients")
      let norms = peak { _ = point.perExampleSquaredNorms() }
      #expect(norms < 10 * gradient, "\(norms / gradient) gradients")
      let before = Memory.statistics.inUse
      for _ in 0..<20 {
        _ = point.sumOfSquaredGradients()
        _ = point.perExampleGradients()
        _ = point.perExampleSquaredNorms()
      }
      #expect(Memory.statistics.inUse == before)
    }
  }

  @Test func `of a long sequence is that of its states and the gradient`() async {
    await #expect(processExitsWith: .success) {
      let (batch, steps, hidden) = (256, 40, 64)
      var layout = ParameterLayout()
      layout.append("w", [hidden, hidden])
      layout.append("b", [hidden])
      let function = Function<Double>(layout) { parameters in
        var h = Variable(Tensor<Double>(repeating: 0.5, shape: [batch, hidden]))
        for _ in 0..<steps { h = matmul(h, parameters[0]).activated(.tanh, bias: parameters[1]) }
        return Evaluation(loss: h.squared().mean())
      }
      let theta = 0.1 * Tensor<Double>.normal([layout.count], seed: 3)
      GradientMemoryTests.expect(
        peak { _ = function.valueAndGradient(at: theta) }, activations: Array(repeating: batch * hidden * 8, count: steps),
        gradient: layout.count * 8, workspace: 200_000, "Double")
    }
  }

  @Test func `of a recurrent layer is that of its gates and states and the gradient`() async {
    await #expect(processExitsWith: .success) {
      GradientMemoryTests.recurrentLayer(of: Float.self)
      GradientMemoryTests.recurrentLayer(of: Double.self)
    }
  }

  private static func recurrentLayer<S: TensorScalar>(of type: S.Type) {
    let (steps, batch, hidden) = (32, 128, 64)
    var layout = ParameterLayout()
    layout.append("input", [8, 4 * hidden])
    layout.append("weight", [hidden, 4 * hidden])
    let inputs: Tensor<S> = Tensor<Double>.normal([steps, batch, 8], seed: 6).converted()
    let function = Function<S>(layout) { parameters in
      let states = recurrence(
        .lstm, matmul(Variable(inputs), parameters[0]), weight: parameters[1], state: Variable(Tensor(zeros: [2, batch, hidden])))
      return Evaluation(loss: states[row: steps - 1].squared().mean())
    }
    let theta: Tensor<S> = (0.1 * Tensor<Double>.normal([layout.count], seed: 7)).converted()
    let states = steps * batch * hidden * MemoryLayout<S>.size
    // What enters the gates, the gates, the states and the cells.
    expect(
      peak { _ = function.valueAndGradient(at: theta) }, activations: [4 * states, 4 * states, states, states],
      gradient: layout.count * MemoryLayout<S>.size, workspace: 200_000 * MemoryLayout<S>.size, "\(S.self)")
  }
}
