import Kappa
import TestSupport
import Testing

@Suite("Gradients of a batch's examples")
struct ExampleGradientTests {
  private static let count = 4
  static let cases: [any ExampleLosses] = [
    RecurrentLoop(), RecurrentLoop(isJoined: true), RecurrentLayer(cell: .tanh), RecurrentLayer(cell: .lstm),
    RecurrentLayer(cell: .gru), RecurrentLayer(cell: .lstm, steps: 1), TrainedState(), TimeMajor(), SequenceLabels(), TiedWeights(),
    Convolutional(), Embedding(),
    Attention(), NamedProducts(), Siamese(), FlatVector(), ManyShapes(), Penalized(), Normalized(), OwnParameters(count: count),
    BareParameters(count: count),
  ]

  @Test("are those of their losses, whatever the function", arguments: cases)
  func areGradientsOfLosses(_ losses: any ExampleLosses) {
    check(losses, count: Self.count, of: Double.self, Tolerance(relative: 1e-11, absolute: 1e-13))
    check(losses, count: Self.count, of: Float.self, Tolerance(relative: 2e-4, absolute: 1e-5))
  }

  @Test func `of a weight too large for all of them at once are found in blocks`() {
    check(LargeWeight(), count: 7, of: Double.self, Tolerance(relative: 1e-11, absolute: 1e-13))
  }

  @Test("of a batch of one are its gradient", arguments: cases.filter { !($0 is OwnParameters) && !($0 is BareParameters) })
  func single(_ losses: any ExampleLosses) {
    check(losses, count: 1, of: Double.self, Tolerance(relative: 1e-11, absolute: 1e-13))
  }

  private func check<S: TensorScalar>(
    _ losses: some ExampleLosses, count: Int, of type: S.Type, _ tolerance: Tolerance,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let function = losses.function(count: count, of: S.self)
    let theta: Tensor<S> = (0.6 * Tensor<Double>.normal([losses.layout.count], seed: 31)).converted()
    let point = function.linearization(at: theta)
    let rows = point.perExampleGradients()
    let label = "\(losses) in \(S.self)"
    for b in 0..<count {
      let expected = losses.function(count: count, example: b, of: S.self).gradient(at: theta)
      expectClose(rows[row: b], expected, tolerance, "\(label): example \(b)", sourceLocation: sourceLocation)
    }
    func expect(_ actual: Tensor<S>, _ expected: Tensor<S>, _ what: String) {
      expectClose(actual, expected, tolerance, "\(label): \(what)", sourceLocation: sourceLocation)
    }
    expect(rows.mean(axes: [0]), point.gradient, "mean and gradient")
    expect(point.sumOfSquaredGradients(), rows.squared().sum(axes: [0]), "sum of squares")
    expect(point.perExampleSquaredNorms(), rows.squared().sum(axes: [1]), "squared norms")
    if count > 1 {
      #expect(Set(point.parametersWithSweptExamples) == losses.swept, "\(label)", sourceLocation: sourceLocation)
    }
  }

  @Test("of networks are those of batches of one", arguments: Problem.all, [Reduction.mean, .sum])
  func networks(_ problem: Problem, reduction: Reduction) {
    func check<S: TensorScalar>(_ type: S.Type, _ tolerance: Tolerance) {
      let theta: Tensor<S> = problem.parameters()
      let point = problem.function(reduction: reduction, of: S.self).linearization(at: theta)
      let rows = point.perExampleGradients()
      var (squares, norms) = (Tensor<S>(zeros: theta.shape), Tensor<S>(zeros: [problem.batch]))
      for b in 0..<problem.batch {
        let gradient = problem.function(b..<b + 1, reduction: .sum, of: S.self).gradient(at: theta)
        expectClose(rows[row: b], gradient, tolerance, "\(problem) in \(S.self): example \(b)")
        squares += gradient.squared()
        norms[b] = gradient.squared().sum().scalar
      }
      expectClose(point.sumOfSquaredGradients(), squares, tolerance, "\(problem) in \(S.self): sum of squares")
      expectClose(point.perExampleSquaredNorms(), norms, tolerance, "\(problem) in \(S.self): squared norms")
      #expect(point.parametersWithSweptExamples == [])
    }
    check(Double.self, Tolerance(relative: 1e-11, absolute: 1e-14))
    check(Float.self, Tolerance(relative: 1e-4, absolute: 1e-6))
  }

  @Test func `leave a linearization's other answers as they are, and do not mind when they are asked`() {
    let problem = Problem([4, 5, 3])
    let (function, theta) = (problem.function(of: Double.self), problem.parameters(of: Double.self))
    let v = problem.direction(0, of: Double.self)
    let (first, second) = (function.linearization(at: theta), function.linearization(at: theta))
    let (rows, squares) = (first.perExampleGradients(), first.sumOfSquaredGradients())
    let (product, gradient, other) = (
      second.hessianVectorProduct(v), second.gradient, second.gaussNewtonVectorProduct(v)
    )
    expectClose(first.hessianVectorProduct(v), product, .exact, "Hv behind the examples")
    expectClose(first.gaussNewtonVectorProduct(v), other, .exact, "Gv behind the examples")
    expectClose(first.gradient, gradient, .exact, "gradient behind the examples")
    expectClose(second.sumOfSquaredGradients(), squares, .exact, "squares behind products")
    expectClose(second.perExampleGradients(), rows, .exact, "rows behind products")
    expectClose(first.perExampleGradients(), rows, .exact, "rows again")
    expectClose(function.perExampleGradients(at: theta), rows, .exact, "rows from the function")
    expectClose(function.sumOfSquaredGradients(at: theta), squares, .exact, "squares from the function")
    expectClose(function.perExampleSquaredNorms(at: theta), first.perExampleSquaredNorms(), .exact, "norms from the function")
  }

  @Test func `are zero where no loss depends on a parameter, and none of no examples`() {
    func function(_ losses: Tensor<Double>) -> Function<Double> {
      Function(Function<Double>(count: 2) { $0.sum() }.layout) {
        Evaluation(loss: $0[0].sum(), exampleLosses: Variable(losses))
      }
    }
    let point = function(Tensor([1, 2, 3])).linearization(at: Tensor([1, 2]))
    #expect(point.perExampleGradients() == Tensor(zeros: [3, 2]))
    #expect(point.sumOfSquaredGradients() == Tensor(zeros: [2]))
    #expect(point.perExampleSquaredNorms() == Tensor(zeros: [3]))
    let empty = function(Tensor(zeros: [0])).linearization(at: Tensor([1, 2]))
    #expect(empty.perExampleGradients().shape == [0, 2])
    #expect(empty.sumOfSquaredGradients() == Tensor(zeros: [2]))
  }

  @Test func `stop the program where no losses of examples are named, or they are no vector`() async {
    let first = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Function<Double>(count: 2) { $0.sum() }.perExampleGradients(at: Tensor([1, 2]))
    }
    #expect(message(of: first).contains("perExampleGradients: the function does not name its examples"))
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Function<Double>(count: 2) { $0.sum() }.sumOfSquaredGradients(at: Tensor([1, 2]))
    }
    #expect(message(of: second).contains("sumOfSquaredGradients: the function does not name its examples"))
    let third = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Variable(Tensor<Double>([[1, 2]]))
      _ = Evaluation(loss: x.sum(), exampleLosses: x)
    }
    #expect(message(of: third).contains("losses of examples have one axis, [B], not shape [1, 2]"))
  }
}
