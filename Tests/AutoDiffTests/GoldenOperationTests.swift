import TestSupport
import Kappa
import Testing

@Suite("Every operation with golden data")
struct GoldenOperationTests {
  static let items = GoldenItem.all(kind: "ops")
  static let covered = items.filter(\.isKnownOperation)

  @Test func `is found, run and counted`() {
    let unknown = Self.items.filter { !$0.isKnownOperation }.map(\.operationName)
    reportCoverage("Golden operations", ran: Self.covered.map(\.id), notCovered: unknown)
    #expect(unknown.isEmpty, "no operations of these names")
  }

  @Test("has the golden value, vjp, jvp and derivative of the vjp in Double", arguments: covered)
  func agreesInDouble(_ item: GoldenItem) throws { try check(item, of: Double.self) }

  @Test("has them in Float to Float's precision", arguments: covered)
  func agreesInFloat(_ item: GoldenItem) throws { try check(item, of: Float.self) }

  private func check<S: TensorScalar>(_ item: GoldenItem, of type: S.Type) throws {
    let operation = try #require(try GoldenOperation<S>(item))
    let inputs: [Tensor<S>] = try operation.inputs.map { try item.tensor("inputs", $0) }
    let tangents: [Tensor<S>] = try operation.inputs.map { try item.tensor("tangents", $0) }
    let derivatives = DirectionalDerivatives(
      of: operation.function, at: inputs, along: tangents, cotangent: try item.tensor("cotangent"))
    var tolerance = Tolerance.golden(S.self)
    // Saturated functions: what is left of the result is far below the absolute tolerance of the others.
    let largest = inputs.map { $0.count == 0 ? 0 : $0.abs().max().scalar }.max() ?? 0
    if largest >= 20 && S.self == Double.self { tolerance.absolute = 1e-12 }
    // Rounding the inputs to Float alone moves softmax-like functions by the largest input's rounding error.
    if largest >= 20 && S.self == Float.self { tolerance = Tolerance(relative: 1e-3, absolute: 1e-5) }
    let name = "\(item.testDescription) (\(S.self))"
    expectClose(derivatives.value, try item.tensor("output"), tolerance, "\(name): output")
    expectClose(derivatives.tangent, try item.tensor("jvp"), tolerance, "\(name): jvp")
    for (index, input) in operation.inputs.enumerated() {
      expectClose(derivatives.cotangents[index], try item.tensor("vjp", input), tolerance, "\(name): vjp \(input)")
      expectClose(derivatives.cotangentTangents[index], try item.tensor("vjp_jvp", input), tolerance, "\(name): vjp_jvp \(input)")
    }
  }
}
