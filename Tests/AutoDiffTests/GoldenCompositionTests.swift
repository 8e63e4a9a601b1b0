import Kappa
import TestSupport
import Testing

@Suite("Every network with golden data, composed of operations")
struct GoldenCompositionTests {
  static let cases = GoldenCase.all(kind: "network")
  static let covered = cases.filter { ComposedNetwork.unknownParts(of: $0).isEmpty }

  @Test func `is found, run and counted`() {
    reportCoverage(
      "Golden networks of operations", ran: Self.covered.map(\.name),
      notCovered: Self.cases.filter { !ComposedNetwork.unknownParts(of: $0).isEmpty }.map {
        "\($0.name) [\(Set(ComposedNetwork.unknownParts(of: $0)).sorted().joined(separator: ", "))]"
      })
  }

  @Test("has the golden values and derivatives in Double", arguments: covered)
  func agreesInDouble(_ network: GoldenCase) throws { try check(network, of: Double.self) }

  @Test("has them in Float to Float's precision", arguments: covered)
  func agreesInFloat(_ network: GoldenCase) throws { try check(network, of: Float.self) }

  private func check<S: TensorScalar>(_ network: GoldenCase, of type: S.Type) throws {
    let model = try ComposedNetwork(network)
    #expect(model.layout.count == network.description["parameter_count"]?.int)
    try NetworkCheck<ComposedNetwork, S>(network, model, "composed").all()
  }
}
