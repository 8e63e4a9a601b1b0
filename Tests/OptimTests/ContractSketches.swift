import Kappa
import TestSupport
import Testing

// Two second-order methods written with the public contracts alone. They prove that `Optimizer`, `StochasticProblem` and
// `LinearOperator` carry such methods; they are not for use.

/// x with A x = b approximately, by conjugate gradients from 0; stops at negative curvature or, if there is a radius, at it.
private func conjugateGradient(
  _ a: some LinearOperator<Double>, _ b: Tensor<Double>, iterations: Int, radius: Double = .infinity
) -> (solution: Tensor<Double>, products: Int) {
  var x = Tensor<Double>(zeros: b.shape)
  var r = b
  var d = b
  var square = r.dot(r)
  /// The positive t with ||x + t d|| = radius.
  func boundary() -> Double {
    let (xd, dd, xx) = (x.dot(d), d.dot(d), x.dot(x))
    return (-xd + (xd * xd + dd * (radius * radius - xx)).squareRoot()) / dd
  }
  for iteration in 0..<iterations {
    let ad = a * d
    let curvature = d.dot(ad)
    let step = square / curvature
    if curvature <= 0 || (x + step * d).norm() >= radius {
      if radius.isFinite { x.add(d, scaledBy: boundary()) }
      return (iteration == 0 && !radius.isFinite ? b : x, iteration + 1)
    }
    x.add(d, scaledBy: step)
    r.add(ad, scaledBy: -step)
    let next = r.dot(r)
    if next.squareRoot() < 1e-6 * b.norm() { return (x, iteration + 1) }
    d.form(r, 1, plus: next / square)
    square = next
  }
  return (x, iterations)
}

/// Martens (2010) in small: CG on G + lambda I, and lambda by the reduction ratio.
private struct HessianFreeSketch: Optimizer {
  var lambda = 1.0
  var stepCount = 0

  mutating func step(_ theta: inout Tensor<Double>, on problem: some StochasticProblem<Double>) throws -> StepReport {
    var cost = Cost()
    let (loss, gradient) = try problem.valueAndGradient(at: theta)
    cost.gradients += 1
    let curvature = try problem.linearization(at: theta).gaussNewton + lambda
    let (direction, products) = conjugateGradient(curvature, -gradient, iterations: 40)
    cost.gaussNewtonVectorProducts += products
    let proposal = theta + direction
    let value = try problem.value(at: proposal)
    cost.values += 1
    guard loss.isFinite && gradient.isFinite else { throw OptimizationError.notFinite(quantity: "loss", step: stepCount + 1) }
    let predicted = gradient.dot(direction) + 0.5 * direction.dot(curvature * direction)
    cost.gaussNewtonVectorProducts += 1
    let ratio = (value - loss) / predicted
    stepCount += 1
    if ratio < 0.25 || ratio.isNaN { lambda *= 3.0 / 2 } else if ratio > 0.75 { lambda *= 2.0 / 3 }
    guard value < loss else { return StepReport(step: stepCount, loss: loss, outcome: .rejected(.increase), cost: cost) }
    theta = proposal
    return StepReport(step: stepCount, loss: loss, cost: cost)
  }

  var state: [String: Tensor<Double>] {
    get { ["lambda": Tensor(scalar: lambda), "step": Tensor(counter: stepCount)] }
    set {
      lambda = newValue["lambda"]?.scalar ?? 1
      stepCount = newValue["step"]?.counter ?? 0
    }
  }
}

/// A trust region around theta with the indefinite Hessian as its model, by Steihaug's conjugate gradients.
private struct TrustRegionSketch: Optimizer {
  var radius = 1.0
  var stepCount = 0

  mutating func step(_ theta: inout Tensor<Double>, on problem: some StochasticProblem<Double>) throws -> StepReport {
    var cost = Cost()
    let (loss, gradient) = try problem.valueAndGradient(at: theta)
    cost.gradients += 1
    let hessian = try problem.linearization(at: theta).hessian
    let (step, products) = conjugateGradient(hessian, -gradient, iterations: 40, radius: radius)
    cost.hessianVectorProducts += products + 1
    let predicted = -(gradient.dot(step) + 0.5 * step.dot(hessian * step))
    let before = try problem.value(at: theta)
    let old = theta
    theta += step
    let actual = before - (try problem.value(at: theta))
    cost.values += 2
    stepCount += 1
    let ratio = actual / predicted
    guard ratio > 0.1 else {
      theta = old
      radius /= 2
      return StepReport(step: stepCount, loss: loss, outcome: .rejected(.poorModel), cost: cost)
    }
    if ratio > 0.75 { radius = min(2 * radius, 8) }
    return StepReport(step: stepCount, loss: loss, cost: cost)
  }

  var state: [String: Tensor<Double>] {
    get { ["radius": Tensor(scalar: radius), "step": Tensor(counter: stepCount)] }
    set {
      radius = newValue["radius"]?.scalar ?? 1
      stepCount = newValue["step"]?.counter ?? 0
    }
  }
}

@Suite("The contracts of optimizers and problems")
struct ContractTests {
  private let problem = Problem([4, 6, 3], .tanh, batch: 40, seed: 12)

  /// Runs `optimizer` and returns the objective on all data after each step.
  private func descend(
    _ optimizer: inout some Optimizer<Double>, steps: Int, on batch: (Int) -> some StochasticProblem<Double>
  ) throws -> [Double] {
    var theta = problem.parameters(of: Double.self)
    return try (0..<steps).map { step in
      let bits = theta.elements
      let report = try optimizer.step(&theta, on: batch(step))
      if report.outcome != .accepted { #expect(theta.elements == bits, "a rejected step moved theta") }
      #expect(report.step == step + 1)
      return problem.function(of: Double.self).value(at: theta)
    }
  }

  @Test func `carry Hessian-free optimisation: gradients of all data, curvature of a mini-batch`() throws {
    var optimizer = HessianFreeSketch()
    let all = problem.function(of: Double.self)
    let start = all.value(at: problem.parameters())
    let path = try descend(&optimizer, steps: 30) { step in
      let first = step % 4 * 10
      return SeparateProblem(value: all, gradient: all, curvature: problem.function(first..<first + 10, of: Double.self))
    }
    #expect(zip([start] + path, path).allSatisfy { $0 >= $1 }, "the loss rose")
    #expect(path.last! < start / 3, "\(start) -> \(path.last!)")
    #expect(optimizer.lambda < 1)
  }

  @Test func `carry a trust region whose three roles rest on three batches`() throws {
    var optimizer = TrustRegionSketch()
    let start = problem.function(of: Double.self).value(at: problem.parameters())
    let path = try descend(&optimizer, steps: 60) { step in
      SeparateProblem(
        value: problem.function(0..<40, of: Double.self), gradient: problem.function(0..<36, of: Double.self),
        curvature: problem.function(4..<40, of: Double.self))
    }
    #expect(path.last! < 0.5 * start, "\(start) -> \(path.last!)")
  }

  @Test func `let a rejected step leave theta, and a copy of the optimizer go its own way`() throws {
    // A batch that contradicts the gradient: minimising f raises -f, so every step is rejected.
    let up = quadratic(Tensor([[1, 0], [0, 2]]))
    let down = quadratic(Tensor([[-1, 0], [0, -2]]))
    var optimizer = TrustRegionSketch()
    var theta = Tensor<Double>([0.1, 0.2])
    let (bits, copy) = (theta.elements, optimizer)
    let report = try optimizer.step(&theta, on: SeparateProblem(value: down, gradient: up, curvature: up))
    #expect(report.outcome == .rejected(.poorModel))
    #expect(theta.elements == bits)
    #expect(optimizer.radius == 0.5)
    #expect(copy.radius == 1)
    var restored = TrustRegionSketch()
    restored.state = optimizer.state
    #expect(restored.radius == 0.5 && restored.stepCount == 1)
  }

  @Test func `give the separate roles their own data`() throws {
    let (a, b, c) = (quadratic(Tensor([[1]])), quadratic(Tensor([[2]])), quadratic(Tensor([[3]])))
    let separate = SeparateProblem(value: a, gradient: b, curvature: c)
    let theta = Tensor<Double>([2])
    #expect(separate.value(at: theta) == 2)
    #expect(separate.valueAndGradient(at: theta).gradient == Tensor([4]))
    #expect(separate.linearization(at: theta).hessianVectorProduct(Tensor([1])) == Tensor([3]))
    #expect(!separate.sharesGradientAndCurvatureData)
    #expect(SharedProblem(a).sharesGradientAndCurvatureData)
  }

  @Test func `stop the program when the roles have different parameters`() async {
    await #expect(processExitsWith: .failure) {
      _ = SeparateProblem(
        value: quadratic(Tensor([[1]])), gradient: quadratic(Tensor([[1]])), curvature: quadratic(Tensor(identity: 2)))
    }
  }
}
