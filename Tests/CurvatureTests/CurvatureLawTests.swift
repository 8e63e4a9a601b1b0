import Kappa
import TestSupport
import Testing

@Suite("Curvature products")
struct CurvatureLawTests {
  @Test("of the Hessian are symmetric: u.Hv = v.Hu", arguments: Problem.all)
  func symmetric(_ problem: Problem) {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let (u, v) = (problem.direction(0, of: Double.self), problem.direction(1, of: Double.self))
    expectClose(u.dot(point.hessian * v), v.dot(point.hessian * u), Tolerance(relative: 1e-10, absolute: 1e-10), "H")
    expectClose(u.dot(point.gaussNewton * v), v.dot(point.gaussNewton * u), Tolerance(relative: 1e-10, absolute: 1e-10), "G")
  }

  @Test("are linear, and zero of zero", arguments: Problem.all)
  func linear(_ problem: Problem) {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let (u, v) = (problem.direction(0, of: Double.self), problem.direction(1, of: Double.self))
    for product in [point.hessianVectorProduct, point.gaussNewtonVectorProduct] {
      expectClose(
        product(2 * u - 3 * v), 2 * product(u) - 3 * product(v), Tolerance(relative: 1e-12, absolute: 1e-12), "A(2u - 3v)")
      expectClose(product(Tensor(zeros: u.shape)), Tensor(zeros: u.shape), .exact, "A 0")
    }
  }

  @Test("of the Hessian are the derivative of the gradient", arguments: Problem.all)
  func agreesWithDifferences(_ problem: Problem) {
    let (function, theta, v) = (
      problem.function(of: Double.self), problem.parameters(of: Double.self), problem.direction(0, of: Double.self)
    )
    // 1e-4 keeps leaky ReLUs on their side of the kink.
    let expected = centralDifference(1e-4) { function.gradient(at: theta + $0 * v) }
    expectClose(function.hessianVectorProduct(at: theta, v), expected, Tolerance(relative: 1e-8, absolute: 1e-9), "Hv")
    let slope = centralDifference(1e-4) { Tensor(scalar: function.value(at: theta + $0 * v)) }.scalar
    expectClose(function.gradient(at: theta).dot(v), slope, Tolerance(relative: 1e-8, absolute: 1e-9), "<g, v>")
  }

  @Test("of Gauss and Newton are J' H_L J, and never negative", arguments: Problem.all)
  func gaussNewton(_ problem: Problem) {
    let function = problem.function(of: Double.self)
    let theta = problem.parameters(of: Double.self)
    let point = function.linearization(at: theta)
    for number in 0..<4 {
      let v = problem.direction(UInt64(number), of: Double.self)
      let outputs = point.jacobianVectorProduct(v)
      #expect(v.dot(point.gaussNewton * v) >= -1e-12)
      expectClose(
        v.dot(point.gaussNewton * v), outputs.dot(point.lossHessianProduct(outputs)), Tolerance(relative: 1e-10, absolute: 1e-12),
        "v.Gv")
      let expected = centralDifference(1e-4) { function.outputs(at: theta + $0 * v) }
      expectClose(outputs, expected, Tolerance(relative: 1e-8, absolute: 1e-9), "Jv")
    }
  }

  @Test("of the Jacobian and its transpose are adjoint: <Jv, u> = <v, J'u>", arguments: Problem.all)
  func adjoint(_ problem: Problem) {
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let v = problem.direction(0, of: Double.self)
    let u = Tensor.normal(point.jacobianVectorProduct(v).shape, seed: 5)
    let left = point.jacobianVectorProduct(v).dot(u)
    expectClose(left, v.dot(point.vectorJacobianProduct(u)), Tolerance(relative: 1e-12, absolute: 1e-12), "adjoint")
    // J' applied to the loss's slope at the outputs is the gradient.
    let function = problem.function(of: Double.self)
    let theta = problem.parameters(of: Double.self)
    let slope = valueAndGradient(at: function.outputs(at: theta)) {
      function.objective.loss.exampleLosses($0, function.targets).mean()
    }.gradient
    expectClose(point.vectorJacobianProduct(slope), point.gradient, Tolerance(relative: 1e-12, absolute: 1e-14), "J' dL/dz")
  }

  @Test func `of both matrices agree where the model is linear`() {
    let problem = Problem([7, 4])
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let v = problem.direction(0, of: Double.self)
    #expect(relativeGap(point.hessian * v, point.gaussNewton * v) < 1e-10)
  }

  @Test("in Float are within 1e-4 of Double", arguments: Problem.all)
  func precision(_ problem: Problem) {
    let exact = problem.function(of: Double.self).linearization(at: problem.parameters())
    let rounded = problem.function(of: Float.self).linearization(at: problem.parameters())
    let (v, w) = (problem.direction(0, of: Double.self), problem.direction(0, of: Float.self))
    #expect(abs(exact.value - rounded.value) < 1e-5 * abs(exact.value))
    #expect(relativeGap(rounded.gradient.converted(), exact.gradient) < 1e-4)
    #expect(relativeGap((rounded.hessian * w).converted(), exact.hessian * v) < 1e-4)
    #expect(relativeGap((rounded.gaussNewton * w).converted(), exact.gaussNewton * v) < 1e-4)
  }

  @Test("of a sum are B times those of the mean", arguments: Problem.all)
  func reductions(_ problem: Problem) {
    let mean = problem.function(of: Double.self)
    let sum = problem.function(reduction: .sum, of: Double.self)
    let theta = problem.parameters(of: Double.self)
    let v = problem.direction(0, of: Double.self)
    let (a, b) = (sum.linearization(at: theta), mean.linearization(at: theta))
    let factor = Double(problem.batch)
    let rounding = Tolerance(relative: 1e-13, absolute: 1e-14)
    expectClose(a.value, factor * b.value, rounding, "value")
    expectClose(a.gradient, factor * b.gradient, rounding, "gradient")
    expectClose(sum.gradient(at: theta), factor * mean.gradient(at: theta), rounding, "gradient without recording")
    expectClose(a.hessian * v, factor * (b.hessian * v), Tolerance(relative: 1e-12, absolute: 1e-12), "Hv")
    expectClose(a.gaussNewton * v, factor * (b.gaussNewton * v), Tolerance(relative: 1e-12, absolute: 1e-12), "Gv")
  }

  @Test("of parts of a batch add up to those of the whole", arguments: Problem.all)
  func batches(_ problem: Problem) {
    let theta = problem.parameters(of: Double.self)
    let v = problem.direction(0, of: Double.self)
    let whole = problem.function(reduction: .sum, of: Double.self).linearization(at: theta)
    let parts = [0..<2, 2..<5, 5..<6].map { problem.function($0, reduction: .sum, of: Double.self).linearization(at: theta) }
    let bound = Tolerance(relative: 1e-10, absolute: 1e-12)
    expectClose(parts.map { $0.gradient }.reduce(Tensor(zeros: theta.shape), +), whole.gradient, bound, "gradient")
    expectClose(parts.map { $0.hessian * v }.reduce(Tensor(zeros: theta.shape), +), whole.hessian * v, bound, "Hv")
    expectClose(parts.map { $0.gaussNewton * v }.reduce(Tensor(zeros: theta.shape), +), whole.gaussNewton * v, bound, "Gv")
  }

  @Test func `of a damped matrix add the damping`() {
    let problem = Problem([4, 5, 3])
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let v = problem.direction(0, of: Double.self)
    expectClose(
      (point.hessian + 0.25) * v, point.hessian * v + 0.25 * v, Tolerance(relative: 1e-14, absolute: 1e-14), "(H + lambda I) v"
    )
    #expect((point.gaussNewton + 1).dimension == problem.model.layout.count)
  }
}
