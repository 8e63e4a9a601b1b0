import Kappa
import TestSupport
import Testing

@Suite("Every factorization and solution with golden data")
struct LinearAlgebraGoldenTests {
  static let items = GoldenItem.all(kind: "linalg")
  static let covered = items.filter { LinearAlgebraOperation(rawValue: $0.operationName) != nil }

  @Test func `is found, run and counted`() {
    reportCoverage(
      "Golden linear algebra", ran: Self.covered.map(\.id),
      notCovered: Self.items.filter { LinearAlgebraOperation(rawValue: $0.operationName) == nil }.map(\.operationName))
  }

  @Test("has the golden outputs in Double", arguments: covered)
  func agreesInDouble(_ item: GoldenItem) throws { try check(item, of: Double.self) }

  @Test("has them in Float to Float's precision", arguments: covered)
  func agreesInFloat(_ item: GoldenItem) throws { try check(item, of: Float.self) }

  private func check<S: TensorScalar>(_ item: GoldenItem, of type: S.Type) throws {
    let operation = try #require(LinearAlgebraOperation(rawValue: item.operationName))
    let outputs: [String: Tensor<S>] = try operation.outputs(item)
    let names = (item.json["outputs"]?.object ?? [:]).keys.sorted()
    #expect(!names.isEmpty && Set(outputs.keys).isSuperset(of: names), "\(item.testDescription): golden outputs \(names)")
    for name in names {
      let expected: Tensor<S> = try item.integersOrReals("outputs", name)
      let actual = try #require(outputs[name])
      let scale = Double(expected.abs().elements.max() ?? 0)
      // Singular values and eigenvalues: relative to the largest, as the golden README says; in Float everything is.
      var tolerance = Tolerance.golden(S.self)
      if S.self == Float.self { tolerance.absolute = max(1e-4 * scale, 1e-5) }
      if S.self == Double.self && (name == "S" || name == "w") { tolerance.absolute = 1e-10 * scale }
      expectClose(actual, expected, tolerance, "\(item.testDescription) (\(S.self)): \(name)")
    }
  }
}

/// The operations of kind `linalg`.
private enum LinearAlgebraOperation: String {
  case cholesky, triangular_solve, qr, svd, svd_values, symmetric_eigen, solve, lu, inverse, slogdet, logdet_spd, lstsq

  func outputs<S: TensorScalar>(_ item: GoldenItem) throws -> [String: Tensor<S>] {
    let a: Tensor<S> = try item.tensor("inputs", "A")
    func b() throws -> Tensor<S> { try item.tensor("inputs", "b") }
    func flag(_ name: String) throws -> Bool {
      guard let value = item.json[name]?.bool else { throw GoldenCase.Failure(description: "\(item.testDescription): no \(name)") }
      return value
    }
    switch self {
    case .cholesky: return ["L": try a.cholesky()]
    case .triangular_solve:
      let x = try a.solveTriangular(
        try b(), try flag("lower") ? .lower : .upper, transposed: try flag("transpose"), unitDiagonal: try flag("unit_diagonal"))
      return ["x": x]
    case .qr:
      let factors = try a.qr()
      return ["Q": factors.q, "R": factors.r]
    case .svd:
      let d = try a.svd()
      let signs = try columnSigns(of: d.u, like: item.tensor("outputs", "U"))
      return ["U": d.u * signs, "S": d.singularValues, "Vt": d.vTransposed * signs.reshaped(to: [signs.count, 1])]
    case .svd_values: return ["S": try a.singularValues()]
    case .symmetric_eigen:
      let d = try a.symmetricEigen()
      return ["w": d.values, "V": d.vectors * (try columnSigns(of: d.vectors, like: item.tensor("outputs", "V")))]
    case .solve: return ["x": try a.solve(try b())]
    case .lu:
      let factorization = try a.lu()
      return ["lu": factorization.factors, "piv": Tensor(factorization.pivots.elements.map { S($0) })]
    case .inverse: return ["Ainv": try a.inverse()]
    case .slogdet:
      let (sign, logMagnitude) = try a.signAndLogDeterminant()
      return ["sign": sign, "logabsdet": logMagnitude]
    case .logdet_spd: return ["logdet": try a.logDeterminant()]
    case .lstsq:
      let found = try a.leastSquares(try b())
      return ["x": found.solution, "residual_sq": found.squaredResiduals]
    }
  }

  /// -1 where a column points away from that of `golden`. The data's rule for signs is ours too (tested elsewhere), but it leaves
  /// columns open whose largest elements are equal to rounding.
  private func columnSigns<S: TensorScalar>(of x: Tensor<S>, like golden: Tensor<S>) throws -> Tensor<S> {
    Tensor((x * golden).sum(axes: [0]).elements.map { $0 < 0 ? -1 : 1 })
  }
}

extension GoldenItem {
  /// A real array, or an integer one converted.
  fileprivate func integersOrReals<S: TensorScalar>(_ key: String, _ index: String) throws -> Tensor<S> {
    let name = try arrayName(key, index)
    guard parent.isInteger(name) else { return try parent.tensor(name) }
    let (elements, shape) = try parent.integers(name)
    return Tensor(elements.map { S($0) }, shape: shape)
  }
}
