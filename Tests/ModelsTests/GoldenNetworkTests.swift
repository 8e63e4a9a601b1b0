import Kappa
import TestSupport
import Testing

@Suite("Every network with golden data")
struct GoldenNetworkTests {
  static let cases = GoldenCase.all(kind: "network")
  static let covered = cases.filter { $0.unknownLayers.isEmpty }

  @Test func `is found, run and counted`() {
    reportCoverage(
      "Golden networks", ran: Self.covered.map(\.name),
      notCovered: Self.cases.filter { !$0.unknownLayers.isEmpty }.map {
        "\($0.name) [\(Set($0.unknownLayers).sorted().joined(separator: " "))]"
      })
  }

  @Test("lays its parameters out in the golden order", arguments: covered)
  func layout(_ network: GoldenCase) throws {
    let layout = try network.network(fused: true).layout
    let parameters = try #require(network.description["parameters"]?.array)
    #expect(layout.entries.map(\.shape) == parameters.map { Shape($0["shape"]?.ints ?? [-1]) })
    #expect(layout.entries.map(\.offset) == parameters.map { $0["offset"]?.int })
    #expect(layout.count == network.description["parameter_count"]?.int)
    let theta: Tensor<Double> = try network.tensor("theta")
    for (index, parameter) in parameters.enumerated() {
      let name = try #require(parameter["name"]?.string)
      expectClose(layout.view(index, of: theta), try network.tensor("param_\(name)"), .exact, "\(network.name): \(name)")
    }
  }

  @Test("has the golden values and derivatives in Double", arguments: covered, [false, true])
  func agreesInDouble(_ network: GoldenCase, fused: Bool) throws { try check(network, fused, of: Double.self) }

  @Test("has them in Float to Float's precision", arguments: covered, [false, true])
  func agreesInFloat(_ network: GoldenCase, fused: Bool) throws { try check(network, fused, of: Float.self) }

  private func check<S: TensorScalar>(_ network: GoldenCase, _ fused: Bool, of type: S.Type) throws {
    let form = fused ? "fused activations" : "separate activations"
    try NetworkCheck<Sequential, S>(network, try network.network(fused: fused), form).all()
  }
}
