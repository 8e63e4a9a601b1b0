import Kappa
import TestSupport
import Testing

@Suite("Every tensor operation with golden data")
struct GoldenTensorTests {
  static let operations = GoldenItem.all(kind: "ops")
  static let special = GoldenItem.all(kind: "special")
  static func isCovered(_ item: GoldenItem) -> Bool { TensorOperation<Double>.table[item.operationName] != nil }

  static let covered = operations.filter(isCovered)
  static let specialValues = special.filter { isCovered($0) && $0.json["output"] != nil }
  static let specialErrors = special.filter { isCovered($0) && $0.json["expected"]?.string == "error" }

  @Test func `is found, run and counted`() {
    reportCoverage(
      "Golden tensor operations", ran: Self.covered.map(\.id),
      notCovered: Self.operations.filter { !Self.isCovered($0) }.map(\.operationName))
    reportCoverage(
      "Special tensor values", ran: (Self.specialValues + Self.specialErrors).map(\.id),
      notCovered: Self.special.filter { !Self.isCovered($0) }.map(\.operationName))
  }

  private func check<S: TensorScalar>(_ item: GoldenItem, of type: S.Type) throws {
    let compute = try #require(TensorOperation<S>.named(item))
    var tolerance = Tolerance.golden(S.self)
    let largest =
      try (item.json["inputs"]?.object ?? [:]).keys.map { name in
        let input: Tensor<Double> = try item.tensor("inputs", name)
        return input.count == 0 ? 0 : input.norm(.infinity).scalar
      }.max() ?? 0
    if largest >= 20 && S.self == Double.self { tolerance.absolute = 1e-12 }
    // Rounding the inputs to Float alone moves softmax-like functions by the largest input's rounding error.
    if largest >= 20 && S.self == Float.self { tolerance.relative = 1e-3 }
    expectClose(try compute(), try item.tensor("output"), tolerance, "\(item.testDescription) (\(S.self))")
  }

  @Test("has the golden value in Double", arguments: covered)
  func agreesInDouble(_ item: GoldenItem) throws { try check(item, of: Double.self) }

  @Test("has it in Float to Float's precision", arguments: covered)
  func agreesInFloat(_ item: GoldenItem) throws { try check(item, of: Float.self) }

  @Test("gives NumPy's infinities, NaN and empty arrays", arguments: specialValues)
  func specialValue(_ item: GoldenItem) throws {
    let compute = try #require(TensorOperation<Double>.named(item))
    expectClose(try compute(), try item.tensor("output"), "\(item.testDescription)")
  }

  @Test("stops the program where shapes do not fit", arguments: specialErrors)
  func stops(_ item: GoldenItem) async {
    await #expect(processExitsWith: .failure) { [id = item.id as String] in
      let item = try #require(Self.specialErrors.first { $0.id == id })
      let compute = try #require(TensorOperation<Double>.named(item))
      _ = try compute()
    }
  }
}
