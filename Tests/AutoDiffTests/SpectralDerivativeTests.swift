import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Derivatives of functions of symmetric matrices")
struct SpectralDerivativeTests {
  private let tolerance = Tolerance(relative: 1e-10, absolute: 1e-11)

  private static let points: [[Double]] = [
    [2], [1, 4], [3, 3], [1, 1 + 1e-9], [1e-12, 1e-12], [1e-12, 2e-12, 1], [1e9, 1.5e9], [5, 1, 3], [2, 2, 2], [1, 1.2, 30],
    [0.5, 0.5 + 1e-7, 0.5, 2], [1, 1.1, 1.3, 1.7, 40],
  ]

  @Test("are made of divided differences, those of 1/x being ±1 / (x₀ ... xₖ)", arguments: points)
  func reciprocals(_ points: [Double]) {
    let expected = points.reduce(points.count.isMultiple(of: 2) ? -1 : 1) { $0 / $1 }
    let found = SpectralPower<Double>(-1).dividedDifference(points)
    #expect(abs(found - expected) <= 1e-11 * abs(expected), "\(found), not \(expected)")
  }

  @Test("and those of x³ the sum of all products of the remaining degree", arguments: points)
  func cubes(_ points: [Double]) {
    // Complete homogeneous polynomials hₘ, m = 3 - k.
    var sums: [Double] = [1, 0, 0, 0]
    for x in points { for m in 1...3 { sums[m] += x * sums[m - 1] } }
    let degree = 3 - (points.count - 1)
    let expected = degree < 0 ? 0 : sums[degree]
    let found = SpectralPower<Double>(3).dividedDifference(points)
    #expect(abs(found - expected) <= 1e-10 * max(1, abs(expected)), "\(found), not \(expected)")
  }

  @Test("and those of x^p = y^-p with y = 1 / x, for large p", arguments: [-30.0, -10, 30, 50])
  func largePowers(_ exponent: Double) {
    for (a, b) in [(0.75, 1.25), (1, 1.01), (2, 2.0000001), (100, 101)] {
      // (aᵖ - bᵖ) / (a - b) = aᵖ⁻¹ (1 - qᵖ) / (1 - q), q = b / a.
      let q = (b - a) / a
      let expected = pow(a, exponent - 1) * expm1(exponent * log1p(q)) / q
      let found = SpectralPower<Double>(exponent).dividedDifference([a, b])
      #expect(abs(found - expected) <= 1e-12 * abs(expected), "\(a), \(b): \(found), not \(expected)")
      let float = Double(SpectralPower<Float>(Float(exponent)).dividedDifference([Float(a), Float(b)]))
      if abs(expected) < 1e37 && abs(expected) > 1e-37 && b - a > 0.005 * a {
        #expect(abs(float - expected) <= 2e-4 * abs(expected), "Float, \(a), \(b): \(float), not \(expected)")
      }
    }
  }

  @Test("hold in Float, too, for small and large eigenvalues", arguments: [1e-6, 1e-3, 1, 1e4] as [Double])
  func scales(_ scale: Double) throws {
    let a = scale * Tensor<Double>(diagonal: Tensor([1, 1, 1.5, 40]))
    let direction = Tensor<Double>.normal([4, 4], seed: 3)
    let functions: [(String, (Variable<Double>) throws -> Variable<Double>, (Variable<Float>) throws -> Variable<Float>)] = [
      ("log", { try $0.matrixLogarithm() }, { try $0.matrixLogarithm() }),
      ("power -0.5", { try $0.matrixPower(-0.5) }, { try $0.matrixPower(-0.5) }),
      ("square", { try $0.matrixPower(2) }, { try $0.matrixPower(2) }),
    ]
    for (name, double, float) in functions {
      let expected = try tangent(at: a, along: direction, double)
      let found = DirectionalDerivatives<Float>(
        of: { try! float($0[0]) }, at: [a.converted()], along: [direction.converted()], cotangent: Tensor(zeros: [4, 4])
      ).tangent
      let size = expected.abs().max().scalar
      #expect(size.isFinite)
      expectClose(found.converted(), expected, Tolerance(relative: 1e-4, absolute: 1e-5 * size), "\(name) at \(scale)")
    }
  }

  @Test func `of whole powers exist at singular and indefinite matrices, and of none at empty ones`() throws {
    let da = Tensor<Double>([[1, 2], [2, -3]])
    for a in [Tensor<Double>([[0, 0], [0, 0]]), Tensor([[2, 0], [0, 0]]), Tensor([[1, 1], [1, 1]])] {
      expectClose(
        try tangent(at: a, along: da) { try $0.matrixPower(2) }, matmul(a, da) + matmul(da, a), tolerance, "d A² at \(a)")
    }
    let indefinite = Tensor<Double>([[-3, 1], [1, 2]])
    expectClose(
      try Variable(indefinite).symmetricFunction(SpectralPower(2)).value, matmul(indefinite, indefinite), tolerance, "A²")
    let cube = try tangent(at: indefinite, along: da) { try $0.symmetricFunction(SpectralPower(3)) }
    let square = matmul(indefinite, indefinite)
    let expected = matmul(da, square) + matmul(indefinite, matmul(da, indefinite)) + matmul(square, da)
    expectClose(cube, expected, tolerance, "d A³")
    #expect(!(try tangent(at: Tensor([[1, 0], [0, 0]]), along: da) { try $0.matrixPower(0.5) }).isFinite)
    let empty = Tensor<Double>(zeros: [2, 0, 0])
    #expect(try tangent(at: empty, along: empty) { try $0.matrixLogarithm() }.shape == [2, 0, 0])
  }

  @Test func `of equal points are coefficients of the Taylor series`() {
    for (x, order) in [(0.7, 1), (-2, 2), (3, 4)] {
      let factorial = (1...order).reduce(1.0) { $0 * Double($1) }
      let exponential = SpectralExponential<Double>().dividedDifference(Array(repeating: x, count: order + 1))
      #expect(abs(exponential - exp(x) / factorial) <= 1e-13 * exp(x))
    }
    #expect(abs(SpectralLogarithm<Double>().dividedDifference([4, 4]) - 0.25) <= 1e-15)
    #expect(abs(SpectralLogarithm<Double>().dividedDifference([4, 4, 4]) + 1.0 / 32) <= 1e-15)
  }

  private static let matrices: [Tensor<Double>] = {
    let b = Tensor<Double>.normal([4, 4], seed: 1)
    return [
      matmul(b, b, transposeB: true) + Tensor(identity: 4), Tensor(identity: 4),
      Tensor(diagonal: Tensor([1, 1 + 1e-8, 3, 1000])),
    ]
  }()

  @Test("hold the laws of powers and logarithms, also where eigenvalues meet", arguments: matrices)
  func laws(_ a: Tensor<Double>) throws {
    let direction = Tensor<Double>.normal([4, 4], seed: 2)
    let da = direction + direction.transposed()
    let scale = a.norm()
    func expectTangent(_ expected: Tensor<Double>, _ what: String, _ f: @escaping (Variable<Double>) throws -> Variable<Double>)
      throws
    {
      expectClose(try tangent(at: a, along: da, f), expected, Tolerance(relative: 1e-9, absolute: 1e-10 * scale), what)
    }
    try expectTangent(matmul(a, da) + matmul(da, a), "d A²") { try $0.matrixPower(2) }
    try expectTangent(try tangent(at: a, along: da) { try $0.matrixSquareRoot() }, "d √A") { try $0.matrixPower(0.5) }
    try expectTangent(try tangent(at: a, along: da) { try $0.inverse() }, "d A⁻¹") { try $0.matrixPower(-1) }
    try expectTangent(da, "d exp log A") { try $0.matrixLogarithm().symmetricFunction(SpectralExponential()) }
    // The gradient of log det A = tr log A is A⁻¹.
    let tape = Tape<Double>()
    let x = tape.variable(a)
    let slope = gradient(of: try x.matrixLogarithm().trace(), withRespectTo: [x])[0].value
    expectClose(slope, try a.inverse(), Tolerance(relative: 1e-9, absolute: 1e-10), "∇ tr log A")
  }

  @Test func `are those of the symmetric part`() throws {
    let a = Self.matrices[0] + Tensor([[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    expectClose(try Variable(a).matrixLogarithm().value, try Self.matrices[0].matrixLogarithm(), tolerance, "log")
  }

  @Test func `are asked for in vain where there is no logarithm or power`() {
    let batch = Variable(Tensor<Double>(stacking: [Tensor(identity: 2), Tensor([[1, 0], [0, -2]])]))
    func none(_ operation: String, _ eigenvalue: Double, _ matrix: [Int] = [1]) -> LinearAlgebraError {
      LinearAlgebraError(operation: operation, matrix: matrix, reason: .notPositive(eigenvalue: eigenvalue))
    }
    #expect(throws: none("matrixLogarithm", -2)) { try batch.matrixLogarithm() }
    #expect(throws: none("matrixPower", -2)) { try batch.matrixPower(0.5) }
    #expect(throws: none("matrixPower", 0, [])) { try Variable(Tensor<Double>(zeros: [2, 2])).matrixPower(-1) }
    #expect(throws: LinearAlgebraError(operation: "symmetricFunction", matrix: [0], reason: .notFinite)) {
      try (batch * .infinity).symmetricFunction(SpectralExponential())
    }
  }

  @Test func `stop the program for a matrix that is not square`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Variable(Tensor<Float>(zeros: [2, 3])).matrixLogarithm()
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("matrixLogarithm: the matrices of shape [2, 3] are not square"), "\(message)")
  }
}
