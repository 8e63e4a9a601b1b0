import Kappa
import TestSupport
import Testing

/// Runs `preconditioner` on a quadratic with Hessian `a` and returns it.
private func updated(
  _ preconditioner: Preconditioner<Double>, on a: Tensor<Double>, probes: any ProbeSource<Double>, steps: Int
) throws -> Preconditioner<Double> {
  var optimizer = PreconditionedSGD(learningRate: 1e-3, preconditioner: preconditioner, probes: probes)
  var theta = Tensor<Double>(repeating: 1, shape: [a.shape[0]])
  for _ in 0..<steps { _ = try optimizer.step(&theta, on: SharedProblem(quadratic(a))) }
  return optimizer.preconditioner
}

/// A symmetric, indefinite matrix.
private func symmetric(_ n: Int) -> Tensor<Double> {
  let random = Tensor.normal([n, n], seed: 8)
  return random + random.transposed()
}

@Suite("Equilibration")
struct EquilibrationTests {
  @Test func `counts updates, not steps: period 20 gives what 20 times fewer steps give`() throws {
    let a = symmetric(6)
    let rows = Tensor.normal([61, 6], seed: 4)
    let every20 = try updated(Equilibration(every: 20), on: a, probes: GivenProbes(rows: rows), steps: 60)
    let every1 = try updated(Equilibration(every: 1), on: a, probes: GivenProbes(rows: rows.rows([0, 20, 40])), steps: 3)
    #expect(every20.state["updates"]?.counter == 3)
    #expect(every20.state == every1.state)
    let g = Tensor.normal([6], seed: 5)
    #expect(every20.apply(to: g) == every1.apply(to: g))
  }

  @Test func `updates at the first step, whatever the period`() throws {
    let p = try updated(Equilibration(every: 1000), on: symmetric(3), probes: SeededProbes(seed: 1), steps: 1)
    #expect(p.state["updates"]?.counter == 1)
    #expect(p.apply(to: Tensor([1, 1, 1])) != Tensor([1, 1, 1]))
  }

  @Test func `tends to the row norms of an indefinite Hessian`() throws {
    let a = symmetric(8)
    let count = 20_000
    let p = try updated(Equilibration(damping: 0, every: 1), on: a, probes: SeededProbes(seed: 2), steps: count)
    let rows = a.squared().sum(axes: [1])
    let estimate = try #require(p.state["squares"]) / Double(count)
    // (Hv)_i^2 / r_i is chi-squared with variance 2: five standard errors are 0.05 of the row.
    #expect(((estimate - rows) / rows).abs().max().scalar < 0.05)
    let scale = p.apply(to: Tensor(repeating: 1, shape: [8]))
    expectClose(scale, estimate.squareRoot().reciprocal(), Tolerance(relative: 1e-14, absolute: 0), "P = 1 / sqrt(D / k)")
  }

  @Test func `has its damping outside or inside the root`() throws {
    let a = symmetric(4)
    let g = Tensor.normal([4], seed: 6)
    let probes = SeededProbes<Double>(seed: 3)
    let outside = try updated(Equilibration(damping: 0.3, every: 1), on: a, probes: probes, steps: 3)
    let inside = try updated(Equilibration(damping: 0.3, dampingPosition: .inside, every: 1), on: a, probes: probes, steps: 3)
    let mean = try #require(outside.state["squares"]) / 3
    expectClose(outside.apply(to: g), g / (mean.squareRoot() + 0.3), Tolerance(relative: 1e-14, absolute: 0), "outside")
    expectClose(inside.apply(to: g), g / (mean + 0.3).squareRoot(), Tolerance(relative: 1e-14, absolute: 0), "inside")
    #expect(outside.state == inside.state)
  }

  @Test func `forgets exponentially if asked to, after a start as a plain mean`() throws {
    let a = symmetric(4)
    let rows = Tensor.normal([6, 4], seed: 7)
    let limit = 0.7
    let p = try updated(Equilibration(average: .exponential(limit), every: 1), on: a, probes: GivenProbes(rows: rows), steps: 6)
    var mean = Tensor<Double>(zeros: [4])
    for k in 0..<6 {
      // Factors 0, 1/2, 2/3, then 0.7 for good.
      let decay = min(limit, Double(k) / Double(k + 1))
      let product = matmul(a, rows[row: k])
      mean = decay * mean + (1 - decay) * product.squared()
    }
    expectClose(try #require(p.state["squares"]), mean, Tolerance(relative: 1e-13, absolute: 0), "running mean")
    let g = Tensor.normal([4], seed: 6)
    expectClose(p.apply(to: g), g / (mean.squareRoot() + 0.01), Tolerance(relative: 1e-13, absolute: 0), "P g")
  }
}

@Suite("Jacobi preconditioning")
struct JacobiTests {
  @Test func `averages before it takes absolute values`() throws {
    // v.Hv of the two probes is [6, 4] and [-4, -6]: the mean is diag H = [1, -1], the mean of absolute values 5.
    let a = Tensor<Double>([[1, 5], [5, -1]])
    let probes = GivenProbes(rows: Tensor<Double>([[1, 1], [1, -1]]))
    let p = try updated(Jacobi(damping: 0.5, every: 1), on: a, probes: probes, steps: 2)
    #expect(p.state["products"] == Tensor([2, -2]))
    expectClose(p.apply(to: Tensor([3, 3])), Tensor([2, 2]), Tolerance(relative: 1e-15, absolute: 0), "g / (|d| + 0.5)")
  }

  @Test func `is exact for a diagonal Hessian after one probe`() throws {
    let a = Tensor<Double>([[2, 0, 0], [0, -4, 0], [0, 0, 0.5]])
    let p = try updated(Jacobi(damping: 0, every: 1), on: a, probes: SeededProbes(seed: 9), steps: 1)
    #expect(p.state["products"] == Tensor([2, -4, 0.5]))
  }

  @Test func `tends to the diagonal`() throws {
    let a = symmetric(6)
    let count = 5000
    let p = try updated(Jacobi(damping: 0, every: 1), on: a, probes: SeededProbes(seed: 10), steps: count)
    let diagonal = Tensor((0..<6).map { a[$0, $0] })
    let estimate = try #require(p.state["products"]) / Double(count)
    // The variance of one estimate of H_ii is the sum of the other H_ij^2; five standard errors.
    let deviation = ((a.squared().sum(axes: [1]) - diagonal.squared()) / Double(count)).squareRoot()
    #expect(((estimate - diagonal).abs() / deviation).max().scalar < 5)
  }
}

@Suite("An update schedule")
struct UpdateScheduleTests {
  @Test func `of every n updates at steps 1, 1 + n, 1 + 2n`() {
    #expect((1...10).filter(UpdateSchedule.every(1).isDue) == Array(1...10))
    #expect((1...10).filter(UpdateSchedule.every(4).isDue) == [1, 5, 9])
    #expect((1...10).filter(UpdateSchedule.every(20).isDue) == [1])
  }

  @Test func `of the logarithmic rule updates at multiples of floor(log10 t)`() {
    #expect((1...99).allSatisfy(UpdateSchedule.logarithmic.isDue))
    #expect((100...107).filter(UpdateSchedule.logarithmic.isDue) == [100, 102, 104, 106])
    #expect((998...1007).filter(UpdateSchedule.logarithmic.isDue) == [998, 1002, 1005])
    #expect((10_000...10_010).filter(UpdateSchedule.logarithmic.isDue) == [10_000, 10_004, 10_008])
  }
}

@Suite("Probes")
struct ProbeTests {
  @Test func `are the same bits for the same seed, step and draw, and others for any other`() {
    func draw(_ seed: UInt64, _ step: Int, _ draw: Int) -> [Double] {
      SeededProbes<Double>(seed: seed).gaussian(count: 40, step: step, draw: draw).elements
    }
    #expect(draw(1, 2, 3) == draw(1, 2, 3))
    let all = [draw(1, 2, 3), draw(2, 2, 3), draw(1, 3, 3), draw(1, 2, 4), draw(1, 3, 2), draw(3, 2, 1)]
    #expect(Set(all).count == all.count)
    #expect(Set(all.joined()).count == 40 * all.count)
  }

  @Test func `of one step are numbered by draws`() throws {
    let problem = Problem([3, 2])
    func probe(_ step: Int) -> CurvatureProbe<Double> {
      CurvatureProbe(
        problem: SharedProblem(problem.function(of: Double.self)), parameters: problem.parameters(), loss: 0,
        gradient: problem.parameters(), probes: SeededProbes(seed: 5), step: step)
    }
    let (first, second) = (probe(1), probe(2))
    let source = SeededProbes<Double>(seed: 5)
    #expect(first.gaussian() == source.gaussian(count: 8, step: 1, draw: 0))
    #expect(first.rademacher() == source.rademacher(count: 8, step: 1, draw: 1))
    #expect(second.gaussian() == source.gaussian(count: 8, step: 2, draw: 0))
  }

  @Test func `are drawn anew at every step of an optimizer, and again the same with the same seed`() throws {
    func squares(seed: UInt64, steps: Int) throws -> Tensor<Double>? {
      var optimizer = PreconditionedSGD(learningRate: 0, preconditioner: Equilibration<Double>(every: 1), seed: seed)
      var theta = Tensor<Double>([1, 2])
      for _ in 0..<steps { _ = try optimizer.step(&theta, on: SharedProblem(quadratic(Tensor([[2, 0], [0, 3]])))) }
      return optimizer.preconditioner.state["squares"]
    }
    let (one, two) = (try #require(try squares(seed: 1, steps: 1)), try #require(try squares(seed: 1, steps: 2)))
    #expect(try squares(seed: 1, steps: 2) == two)
    #expect(try squares(seed: 2, steps: 2) != two)
    #expect(two != 2 * one)
  }

  @Test func `given as rows stop the program when there is none left`() async {
    await #expect(processExitsWith: .failure) {
      _ = GivenProbes(rows: Tensor<Double>([[1, 2]])).gaussian(count: 2, step: 2, draw: 0)
    }
  }
}
