import Kappa
import TestSupport
import Testing

@Suite("Derivatives of linear algebra")
struct LinearAlgebraDerivativeTests {
  @Test(
    "of Cholesky's factor are the golden ones of the lower triangle",
    arguments: GoldenItem.all(kind: "ops").filter { $0.json["vjp_lower"] != nil })
  func lowerTriangle(_ item: GoldenItem) throws {
    let a: Tensor<Double> = try item.tensor("inputs", "A")
    let u: Tensor<Double> = try item.tensor("cotangent")
    let d = DirectionalDerivatives(
      of: { variables in
        // A symmetric matrix from its lower triangle alone.
        let x = variables[0]
        return try! (x.lowerTriangle() + x.lowerTriangle(diagonal: -1).transposed()).cholesky()
      }, at: [a], along: [Tensor(zeros: a.shape)], cotangent: u)
    expectClose(d.cotangents[0], try item.tensor("vjp_lower", "A"), "\(item.testDescription)")
  }

  @Test func `are asked for in vain where a matrix lacks what it takes`() {
    let x = Tape<Double>().variable(Tensor([[1, 2], [2, 4]]))
    #expect(throws: LinearAlgebraError(operation: "cholesky", matrix: [], reason: .notPositiveDefinite(pivot: 1))) {
      try x.cholesky()
    }
    #expect(throws: LinearAlgebraError.self) { try x.solve(Variable(Tensor([1, 1]))) }
    #expect(throws: LinearAlgebraError.self) { try x.inverse() }
    #expect(throws: LinearAlgebraError.self) { try (x * .infinity).svd() }
    #expect(throws: LinearAlgebraError.self) { try (x * .nan).symmetricEigen() }
  }

  @Test func `of a singular matrix's log determinant are NaN`() throws {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor([[1, 2], [2, 4]]))
    let (sign, logMagnitude) = try x.signAndLogDeterminant()
    #expect(sign.scalar == 0 && logMagnitude.value.scalar == -.infinity)
    let slopes = gradient(of: logMagnitude, withRespectTo: [x])[0].value
    #expect(slopes.nanMask().countNonzero().scalar == 4)
  }

  @Test("are NaN along directions that are not finite", arguments: ["solve", "triangular", "cholesky", "least squares"])
  func notFinite(_ operation: String) throws {
    let a = Tensor<Double>([[2, 1], [1, 2]])
    let d = DirectionalDerivatives(
      of: { x in
        switch operation {
        case "solve": try! x[0].solve(Variable(a))
        case "least squares": try! x[0].leastSquares(Variable(a))
        case "triangular": try! x[0].solveTriangular(Variable(a), .lower)
        default: try! x[0].cholesky()
        }
      }, at: [a], along: [Tensor(repeating: .nan, shape: [2, 2])], cotangent: Tensor(repeating: .infinity, shape: [2, 2]))
    #expect(d.tangent.nanMask().countNonzero().scalar > 0)
    #expect(d.cotangents[0].nanMask().countNonzero().scalar > 0)
  }

  @Test func `of eigenvectors are not finite where eigenvalues coincide`() throws {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor(identity: 3))
    let (values, vectors) = try x.symmetricEigen()
    // A sum of all eigenvalues is a trace, with derivatives even here.
    expectClose(
      gradient(of: values.sum(), withRespectTo: [x])[0].value, Tensor(identity: 3), Tolerance(relative: 0, absolute: 1e-15), "trace"
    )
    #expect(!gradient(of: (vectors * Tensor.normal([3, 3], seed: 1)).sum(), withRespectTo: [x])[0].value.isFinite)
  }

  @Test func `of eigenvalues and singular values are symmetric and agree on definite matrices`() throws {
    let b = Tensor.normal([4, 4], seed: 5)
    let a = matmul(b, b, transposeB: true) + Tensor(identity: 4)
    let weights = Tensor<Double>([1, -2, 3, 0.5])
    let t = Tensor.normal([4, 4], seed: 6)
    func derivatives(_ f: @escaping (Variable<Double>) -> Variable<Double>) -> DirectionalDerivatives<Double> {
      // Singular values are functions of all elements, so both are made functions of symmetric matrices.
      DirectionalDerivatives(of: { f(($0[0] + $0[0].transposed()) * 0.5) }, at: [a], along: [t], cotangent: weights)
    }
    let eigen = derivatives { try! $0.symmetricEigenvalues() }
    let singular = derivatives { try! $0.singularValues().flipped() }
    let tolerance = Tolerance(relative: 1e-10, absolute: 1e-11)
    expectClose(eigen.value, singular.value, tolerance, "values")
    expectClose(eigen.cotangents[0], singular.cotangents[0], tolerance, "cotangents")
    expectClose(eigen.cotangents[0], eigen.cotangents[0].transposed(), tolerance, "symmetry")
    expectClose(eigen.cotangentTangents[0], singular.cotangentTangents[0], tolerance, "second derivatives")
  }

  @Test func `of solutions by three ways agree`() throws {
    let b = Tensor.normal([3, 3], seed: 7)
    let a = matmul(b, b, transposeB: true) + Tensor(identity: 3)
    let right = Tensor.normal([3, 2], seed: 8)
    let (t, u) = (Tensor.normal([3, 3], seed: 9), Tensor.normal([3, 2], seed: 10))
    func derivatives(_ f: @escaping (Variable<Double>) -> Variable<Double>) -> DirectionalDerivatives<Double> {
      DirectionalDerivatives(of: { f(($0[0] + $0[0].transposed()) * 0.5) }, at: [a], along: [t], cotangent: u)
    }
    let reference = derivatives { try! $0.solve(Variable(right)) }
    for other in [
      derivatives { try! $0.cholesky().solveCholesky(Variable(right)) }, derivatives { matmul(try! $0.inverse(), Variable(right)) },
    ] {
      let tolerance = Tolerance(relative: 1e-10, absolute: 1e-11)
      expectClose(other.value, reference.value, tolerance, "value")
      expectClose(other.tangent, reference.tangent, tolerance, "tangent")
      expectClose(other.cotangents[0], reference.cotangents[0], tolerance, "cotangent")
      expectClose(other.cotangentTangents[0], reference.cotangentTangents[0], tolerance, "derivative of the cotangent")
    }
  }
}
