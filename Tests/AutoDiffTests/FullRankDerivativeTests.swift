import Foundation
import Kappa
import TestSupport
import Testing

/// The tangent of a function of A along dA.
func tangent(
  at a: Tensor<Double>, along da: Tensor<Double>, _ f: @escaping (Variable<Double>) throws -> Variable<Double>
) throws -> Tensor<Double> {
  let shape = try f(Variable(a)).shape
  return DirectionalDerivatives(of: { try! f($0[0]) }, at: [a], along: [da], cotangent: Tensor(zeros: shape)).tangent
}

@Suite("Derivatives of QR, least squares, pseudoinverses and roots")
struct FullRankDerivativeTests {
  private static let shapes: [Shape] = [[6, 3], [4, 4], [3, 5], [2, 5, 2]]
  /// Rounding, of matrices with condition numbers up to about a hundred.
  private let tolerance = Tolerance(relative: 1e-10, absolute: 1e-11)

  @Test("keep A = Q R, the columns of Q orthonormal and R upper triangular", arguments: shapes)
  func factors(_ shape: Shape) throws {
    let (a, da) = (Tensor.normal(shape, seed: 1), Tensor.normal(shape, seed: 2))
    let (q, r) = (try a.qr().q, try a.qr().r)
    let dq = try tangent(at: a, along: da) { try $0.qr().q }
    let dr = try tangent(at: a, along: da) { try $0.qr().r }
    expectClose(matmul(dq, r) + matmul(q, dr), da, tolerance, "dQ R + Q dR")
    let turn = matmul(q, dq, transposeA: true)
    expectClose(turn + turn.transposed(), Tensor(zeros: turn.shape), tolerance, "dQᵀ Q + Qᵀ dQ")
    #expect(dr == dr.upperTriangle())
  }

  @Test func `of R are those of Cholesky's factor of AᵀA`() {
    let (a, da) = (Tensor.normal([5, 3], seed: 3), Tensor.normal([5, 3], seed: 4))
    let u = Tensor.normal([3, 3], seed: 5)
    let ways: [([Variable<Double>]) -> Variable<Double>] = [
      { try! $0[0].qr().r }, { try! matmul($0[0], $0[0], transposeA: true).cholesky().transposed() },
    ]
    let d = ways.map { DirectionalDerivatives(of: $0, at: [a], along: [da], cotangent: u) }
    expectClose(d[0].value, d[1].value, tolerance, "value")
    expectClose(d[0].tangent, d[1].tangent, tolerance, "tangent")
    expectClose(d[0].cotangents[0], d[1].cotangents[0], tolerance, "cotangent")
    expectClose(d[0].cotangentTangents[0], d[1].cotangentTangents[0], tolerance, "derivative of the cotangent")
  }

  @Test("of solutions by several ways agree", arguments: [Shape([6, 3]), [4, 4], [3, 6], [2, 5, 2]])
  func solutions(_ shape: Shape) {
    let (m, n) = (shape[-2], shape[-1])
    let inputs = [Tensor.normal(shape, seed: 6), Tensor.normal([m, 2], seed: 7)]
    let tangents = [Tensor.normal(shape, seed: 8), Tensor.normal([m, 2], seed: 9)]
    let u = Tensor.normal(Shape(Array(shape.dropLast(2)) + [n, 2]), seed: 10)
    typealias Way = (Variable<Double>, Variable<Double>) throws -> Variable<Double>
    func derivatives(_ f: @escaping Way) -> DirectionalDerivatives<Double> {
      DirectionalDerivatives(of: { try! f($0[0], $0[1]) }, at: inputs, along: tangents, cotangent: u)
    }
    let reference = derivatives { try $0.leastSquares($1) }
    let byPseudoInverse = derivatives { matmul(try $0.pseudoInverse(), $1) }
    let byNormalEquations = derivatives { a, b in
      if m < n { return matmul(a, try matmul(a, a, transposeB: true).solve(b), transposeA: true) }
      return try matmul(a, a, transposeA: true).solve(matmul(a, b, transposeA: true))
    }
    let byFactors = derivatives { a, b in
      let (q, r) = try (m < n ? a.transposed() : a).qr()
      if m < n { return matmul(q, try r.solveTriangular(b, .upper, transposed: true)) }
      return try r.solveTriangular(matmul(q, b, transposeA: true), .upper)
    }
    let tolerance = Tolerance(relative: 1e-8, absolute: 1e-8)
    for (way, other) in [("pseudoinverse", byPseudoInverse), ("normal equations", byNormalEquations), ("factors", byFactors)] {
      expectClose(other.value, reference.value, tolerance, "value by \(way)")
      expectClose(other.tangent, reference.tangent, tolerance, "tangent by \(way)")
      for index in 0..<2 {
        expectClose(other.cotangents[index], reference.cotangents[index], tolerance, "cotangent \(index) by \(way)")
        expectClose(
          other.cotangentTangents[index], reference.cotangentTangents[index], tolerance,
          "derivative of cotangent \(index) by \(way)")
      }
    }
  }

  @Test func `of the least squared residual do not see that the solution moves`() throws {
    let (a, b) = (Tensor.normal([7, 3], seed: 11), Tensor.normal([7], seed: 12))
    let tape = Tape<Double>()
    let (va, vb) = (tape.variable(a), tape.variable(b))
    let x = try va.leastSquares(vb)
    let slopes = gradient(of: (matmul(va, x) - vb).squared().sum(), withRespectTo: [va, vb])
    let r = matmul(a, x.value) - b
    expectClose(slopes[0].value, 2 * outer(r, x.value), tolerance, "with respect to A")
    expectClose(slopes[1].value, -2 * r, tolerance, "with respect to b")
  }

  @Test func `of an almost exact solution of a bad problem keep their digits`() throws {
    // Of condition 10⁶: to the normal equations, of condition 10¹², the derivative would be lost.
    let q = try Tensor.normal([8, 3], seed: 13).qr().q
    let v = try Tensor.normal([3, 3], seed: 14).qr().q
    let a = matmul(q * Tensor([1, 1e-3, 1e-6]), v)
    let (x, dx) = (Tensor.normal([3, 1], seed: 15), Tensor.normal([3, 1], seed: 16))
    let da = Tensor.normal([8, 3], seed: 17)
    // A x = b holds exactly along the way, to rounding.
    let d = DirectionalDerivatives(
      of: { try! $0[0].leastSquares($0[1]) }, at: [a, matmul(a, x)], along: [da, matmul(da, x) + matmul(a, dx)],
      cotangent: Tensor(zeros: [3, 1]))
    expectClose(d.value, x, Tolerance(relative: 0, absolute: 1e-9), "x")
    // Rounding makes a residual of 10⁻¹⁶, and (AᵀA)⁻¹ dAᵀ makes 10⁻⁴ of that.
    expectClose(d.tangent, dx, Tolerance(relative: 0, absolute: 1e-2), "dx")
  }

  @Test("keep what makes a pseudoinverse one", arguments: shapes)
  func pseudoInverses(_ shape: Shape) throws {
    let (a, da) = (Tensor.normal(shape, seed: 18), Tensor.normal(shape, seed: 19))
    func expectKept(
      _ expected: Tensor<Double>, _ what: String, _ f: @escaping (Variable<Double>, Variable<Double>) -> Variable<Double>
    ) throws {
      expectClose(try tangent(at: a, along: da) { f($0, try $0.pseudoInverse()) }, expected, tolerance, what)
    }
    try expectKept(da, "A A⁺ A") { matmul(matmul($0, $1), $0) }
    let y = try tangent(at: a, along: da) { try $0.pseudoInverse() }
    try expectKept(y, "A⁺ A A⁺") { matmul(matmul($1, $0), $1) }
    for (what, product) in [
      ("A A⁺", try tangent(at: a, along: da) { matmul($0, try $0.pseudoInverse()) }),
      ("A⁺ A", try tangent(at: a, along: da) { matmul(try $0.pseudoInverse(), $0) }),
    ] { expectClose(product, product.transposed(), tolerance, "symmetry of d(\(what))") }
  }

  @Test func `of roots square to those of the matrix, also where all eigenvalues are one`() throws {
    let b = Tensor.normal([4, 4], seed: 20)
    let direction = Tensor.normal([4, 4], seed: 21)
    let da = direction + direction.transposed()
    for a in [matmul(b, b, transposeB: true) + Tensor(identity: 4), Tensor(identity: 4)] {
      expectClose(
        try tangent(at: a, along: da) {
          let root = try $0.matrixSquareRoot()
          return matmul(root, root)
        }, da, tolerance, "d (root root)")
      expectClose(
        try tangent(at: a, along: da) { matmul(try $0.inverseMatrixSquareRoot(), try $0.matrixSquareRoot()) },
        Tensor(zeros: [4, 4]), tolerance, "d (inverse root, root)")
    }
  }

  @Test func `are not finite where columns depend on each other`() throws {
    let tape = Tape<Double>()
    let x = tape.variable(Tensor([[1, 0], [2, 0], [3, 0]]))
    let (q, r) = try x.qr()
    #expect(r.value[1, 1] == 0)
    #expect(!gradient(of: (q * Tensor.normal([3, 2], seed: 22)).sum(), withRespectTo: [x])[0].value.isFinite)
    #expect(!gradient(of: r.sum(), withRespectTo: [x])[0].value.isFinite)
  }

  @Test func `are asked for in vain where a matrix has not full rank or is not finite`() {
    let good = Tensor<Double>([[1, 0], [0, 1], [1, 1]])
    let bad = Tensor<Double>([[1, 2], [2, 4], [3, 6]])
    let batch = Tape<Double>().variable(Tensor(stacking: [good, bad]))
    let deficient = LinearAlgebraError(operation: "leastSquares", matrix: [1], reason: .rankDeficient(rank: 1))
    #expect(throws: deficient) { try batch.leastSquares(Variable(Tensor([1, 2, 3]))) }
    #expect(throws: deficient) { try batch.transposed().leastSquares(Variable(Tensor([1, 2]))) }
    #expect(deficient.description.contains("matrix [1]") && deficient.description.contains("rank 1"))
    #expect(throws: LinearAlgebraError(operation: "leastSquares", matrix: [], reason: .rankDeficient(rank: 1))) {
      // Singular values 1 and 0.1.
      try Variable(Tensor([[1, 0], [0, 0.1]])).leastSquares(Variable(Tensor([1, 2])), relativeTolerance: 0.2)
    }
    func unfit(_ operation: String) -> LinearAlgebraError {
      LinearAlgebraError(operation: operation, matrix: [], reason: .notFinite)
    }
    let infinite = Variable(good * .infinity)
    #expect(throws: unfit("leastSquares")) { try infinite.leastSquares(Variable(Tensor([1, 2, 3]))) }
    #expect(throws: unfit("leastSquares")) { try Variable(good).leastSquares(Variable(Tensor([1, .nan, 3]))) }
    #expect(throws: unfit("qr")) { try infinite.qr() }
    #expect(throws: unfit("qr")) { try Variable(Tensor([[1, 2, .infinity]])).qr() }
    #expect(throws: unfit("pseudoInverse")) { try infinite.pseudoInverse() }
    #expect(throws: unfit("conditionNumber")) { try infinite.conditionNumber() }
    let singular = LinearAlgebraError(operation: "conditionNumber", matrix: [], reason: .singular(pivot: 1))
    #expect(throws: singular) { try Variable(Tensor([[1, 2], [2, 4]])).conditionNumber(.one) }
    #expect(throws: LinearAlgebraError(operation: "matrixSquareRoot", matrix: [], reason: .notPositive(eigenvalue: -1))) {
      try Variable(Tensor([[1, 0], [0, -1]])).matrixSquareRoot()
    }
    #expect(throws: LinearAlgebraError(operation: "inverseMatrixSquareRoot", matrix: [], reason: .notPositive(eigenvalue: 0))) {
      try Variable(Tensor([[1, 0], [0, 0]])).inverseMatrixSquareRoot()
    }
  }

  @Test("stop the program where shapes do not fit", arguments: WrongShape.allCases)
  func wrongShapes(_ mistake: WrongShape) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      try mistake.make()
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    for part in mistake.message { #expect(message.contains(part), "\(part) is not in: \(message.prefix(400))") }
  }
}

/// Operations on shapes that they do not take.
enum WrongShape: String, Codable, CaseIterable, Sendable {
  case qrOfVector, lengths, leadingAxes, scalarSide, leastSquaresOfVector, pseudoInverseOfVector, conditionNumber, squareRoot
  case runningAxis, inner, index, tooManyIndices, replacement, mask

  /// What the program says.
  var message: [String] {
    switch self {
    case .qrOfVector: ["qr", "[3]"]
    case .lengths: ["leastSquares", "[3, 2]", "[2, 4]", "3 and 2"]
    case .leadingAxes: ["leastSquares", "[2, 3, 2]", "[3, 3, 1]", "leading axes"]
    case .scalarSide: ["leastSquares", "[3, 2]", "[]", "scalar"]
    case .leastSquaresOfVector: ["leastSquares", "[3]"]
    case .pseudoInverseOfVector: ["pseudoInverse", "[3]"]
    case .conditionNumber: ["conditionNumber", "[3, 2]", "square"]
    case .squareRoot: ["matrixSquareRoot", "[3, 2]", "square"]
    case .runningAxis: ["cumulativeProduct", "axis 2", "[3, 2]"]
    case .inner: ["dot", "[3, 2]", "[2, 3]"]
    case .index: ["subscript", "index 3", "axis 0", "[3, 2]"]
    case .tooManyIndices: ["subscript", "3 indices", "[3, 2]"]
    case .replacement: ["replacing", "[2, 3, 2]", "[3, 2]"]
    case .mask: ["elements(where:)", "[2, 3]", "[3, 2]"]
    }
  }

  func make() throws {
    func ones(_ shape: Shape) -> Variable<Double> { Variable(Tensor(ones: shape)) }
    let x = ones([3, 2])
    switch self {
    case .qrOfVector: _ = try ones([3]).qr()
    case .lengths: _ = try x.leastSquares(ones([2, 4]))
    case .leadingAxes: _ = try ones([2, 3, 2]).leastSquares(ones([3, 3, 1]))
    case .scalarSide: _ = try x.leastSquares(ones([]))
    case .leastSquaresOfVector: _ = try ones([3]).leastSquares(ones([3]))
    case .pseudoInverseOfVector: _ = try ones([3]).pseudoInverse()
    case .conditionNumber: _ = try x.conditionNumber(.one)
    case .squareRoot: _ = try x.matrixSquareRoot()
    case .runningAxis: _ = x.cumulativeProduct(axis: 2)
    case .inner: _ = x.dot(ones([2, 3]))
    case .index: _ = x[3, 0]
    case .tooManyIndices: _ = x[0, 0, 0]
    case .replacement: _ = x.replacing(with: ones([2, 3, 2]), where: Tensor(repeating: true, shape: [3, 2]))
    case .mask: _ = x.elements(where: Tensor(repeating: true, shape: [2, 3]))
    }
  }
}
