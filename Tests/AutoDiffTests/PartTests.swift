import Kappa
import TestSupport
import Testing

@Suite("Parts of variables")
struct PartTests {
  /// A sequence [steps, features] through a loop of cells, with its steps taken one by one and put together again.
  private func sequence(steps: Int) -> Function<Double> {
    var layout = ParameterLayout()
    layout.append("x", [steps, 3])
    layout.append("w", [3, 3])
    return Function(layout) { parameters in
      var h = Variable(Tensor<Double>(zeros: [1, 3]))
      let states = parameters["x"].unstacked().map { x in
        h = (matmul(h, parameters["w"]) + x.reshaped(to: [1, 3])).tanh()
        return h
      }
      let all = Variable(concatenating: states)
      return Evaluation(loss: (all.squared().sum() + all[rows: 1..<steps].sum()) * 0.5)
    }
  }

  @Test func `make the same gradient in place and recorded`() {
    let function = sequence(steps: 12)
    let theta = Tensor.normal([function.layout.count], seed: 1)
    let v = Tensor.normal([function.layout.count], seed: 2)
    let (gradient, point) = (function.gradient(at: theta), function.linearization(at: theta))
    expectClose(point.gradient, gradient, Tolerance(relative: 1e-13, absolute: 1e-13), "recorded gradient")
    let expected = centralDifference { h in Tensor([function.value(at: theta + h * v)]) }
    expectClose(gradient.dot(v), expected.elements[0], Tolerance(relative: 1e-9, absolute: 1e-9), "slope along v")
    // A chain of twelve steps is far from a cubic: a shorter step of the difference than usual.
    let product = centralDifference(2e-4) { h in function.gradient(at: theta + h * v) }
    // Twelve operands of one concatenation: their tangents live as long as they are needed, also the second time.
    for _ in 0..<2 { expectClose(point.hessianVectorProduct(v), product, Tolerance(relative: 1e-8, absolute: 1e-9), "Hv") }
  }

  @Test func `cost a recorded backward pass one sum for all of them`() {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor.normal([50, 2], seed: 1))
    let steps = x.exp().unstacked()
    let loss = zip(steps, steps.dropFirst()).map { $0 * $1 }.reduce(Variable(0), +).sum()
    let gradient = gradient(of: loss, withRespectTo: [x])[0]
    #expect(tape.primitiveNames.count { $0 == "Assembly<Double>" } == 1)
    #expect(!tape.primitiveNames.contains("Placement<Double>"))
    let expected = valueAndGradient(at: x.value) { x in
      let y = x.exp()
      return (y[rows: 0..<49] * y[rows: 1..<50]).sum()
    }.gradient
    expectClose(gradient.value, expected, Tolerance(relative: 1e-14, absolute: 1e-14), "gradient")
  }

  @Test func `leave what other terms have added to a gradient`() {
    let function = Function<Double>(count: 4) { x in x[rows: 1..<3].sum() + (x * x).sum() + x[rows: 0..<2].sum() }
    #expect(function.gradient(at: Tensor([1, 2, 3, 4])).elements == [3, 6, 7, 8])
    #expect(function.linearization(at: Tensor([1, 2, 3, 4])).gradient.elements == [3, 6, 7, 8])
  }

  @Test func `stop the program where they are outside`() async {
    await #expect(processExitsWith: .failure) { _ = Variable(Tensor<Double>([1, 2, 3]))[rows: 1..<4] }
    await #expect(processExitsWith: .failure) { _ = Variable(Tensor<Double>([1, 2, 3]))[row: 3] }
    await #expect(processExitsWith: .failure) { _ = Variable(Tensor<Double>([1, 2, 3])).sliced(axis: 1, 0..<1) }
    await #expect(processExitsWith: .failure) { _ = Variable(Tensor<Double>([1, 2, 3])).take(Tensor<Int32>([3])) }
  }

  @Test func `stop the program where they do not fit together`() async {
    await #expect(processExitsWith: .failure) { _ = Variable<Double>(concatenating: []) }
    await #expect(processExitsWith: .failure) {
      _ = Variable(stacking: [Variable(Tensor<Double>([1, 2])), Variable(Tensor([1, 2, 3]))])
    }
    await #expect(processExitsWith: .failure) {
      _ = Variable(concatenating: [Variable(Tensor<Double>([[1, 2]])), Variable(Tensor([[1], [2]]))])
    }
    await #expect(processExitsWith: .failure) { _ = Variable(Tensor<Double>([1, 2, 3])).split(sizes: [1, 1]) }
    await #expect(processExitsWith: .failure) {
      _ = einsum("ij,jk->ik", Variable(Tensor<Double>([[1, 2]])), Variable(Tensor([[1], [2], [3]])))
    }
  }
}
