import Kappa
import TestSupport
import Testing

@Suite("Infinities, NaN and empty arrays")
struct SpecialValueTests {
  static let items = GoldenItem.all(kind: "special")
  static let values = items.filter { $0.json["output"] != nil && $0.isKnownOperation }

  @Test func `are found, run and counted`() {
    let run = Set((Self.values + Self.errors).map(\.id))
    reportCoverage(
      "Special values", ran: Array(run), notCovered: Self.items.filter { !run.contains($0.id) }.map(\.operationName))
  }

  @Test("give what NumPy gives", arguments: values)
  func agree(_ item: GoldenItem) throws {
    expectClose(try Self.value(of: item), try item.tensor("output"), "\(item.testDescription)")
  }

  static let errors = items.filter { $0.json["expected"]?.string == "error" && $0.isKnownOperation }

  @Test("stop the program where shapes do not fit", arguments: errors)
  func stop(_ item: GoldenItem) async {
    await #expect(processExitsWith: .failure) { [id = item.id as String] in
      _ = try Self.value(of: try #require(Self.errors.first { $0.id == id }))
    }
  }

  private static func value(of item: GoldenItem) throws -> Tensor<Double> {
    let operation = try #require(try GoldenOperation<Double>(item))
    let inputs: [Tensor<Double>] = try operation.inputs.map { try item.tensor("inputs", $0) }
    // The power of variables is for positive bases; that of tensors is NumPy's.
    if item.operationName == "pow" { return inputs[0].power(inputs[1]) }
    return operation.function(inputs.map { Variable($0) }).value
  }
}
