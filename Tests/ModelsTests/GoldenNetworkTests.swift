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
      } + Self.covered.flatMap { network in ["hessian_eigenvalues", "ggn_eigenvalues"].map { "\(network.name).\($0)" } })
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
  func agreesInDouble(_ network: GoldenCase, fused: Bool) throws { try NetworkCheck<Double>(network, fused: fused).all() }

  @Test("has them in Float to Float's precision", arguments: covered, [false, true])
  func agreesInFloat(_ network: GoldenCase, fused: Bool) throws { try NetworkCheck<Float>(network, fused: fused).all() }
}

/// A golden network with its data, and the questions asked of it.
private struct NetworkCheck<S: TensorScalar> {
  let network: GoldenCase
  let objective: Objective<Sequential, NamedLoss>
  let function: BatchObjective<Sequential, NamedLoss, S>
  let theta: Tensor<S>
  let label: String

  init(_ network: GoldenCase, fused: Bool) throws {
    self.network = network
    objective = try network.objective(fused: fused)
    function = objective.on(inputs: try network.tensor("x"), targets: try network.targets("y"))
    theta = try network.tensor("theta")
    label = "\(network.name) (\(S.self), \(fused ? "fused" : "separate") activations)"
  }

  func all() throws {
    try values()
    try gradients()
    try products()
    try matrices()
    try examples()
  }

  private func expect(_ actual: Tensor<S>, _ array: String, _ row: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let golden: Tensor<S> = try network.tensor(array)
    expectClose(
      actual, row.map { golden[row: $0] } ?? golden, "\(label): \(array)\(row.map { "[\($0)]" } ?? "")",
      sourceLocation: sourceLocation)
  }

  private func values() throws {
    try expect(function.outputs(at: theta), "output")
    try expect(function.exampleLosses(at: theta), "example_losses")
    let loss = Double(try network.tensor("loss", of: Double.self).scalar)
    expectClose(function.value(at: theta), loss, .golden(S.self), "\(label): loss by value(at:)")
    expectClose(function.linearization(at: theta).value, loss, .golden(S.self), "\(label): loss of the linearization")
    expectClose(function.valueAndGradient(at: theta).value, loss, .golden(S.self), "\(label): loss with the gradient")
  }

  private func gradients() throws {
    try expect(function.valueAndGradient(at: theta).gradient, "gradient")
    try expect(function.linearization(at: theta).gradient, "gradient")
    let after = function.linearization(at: theta)
    _ = after.hessianVectorProduct(try network.tensor("v", of: S.self)[row: 0])
    try expect(after.gradient, "gradient")
  }

  private func products() throws {
    let directions: Tensor<S> = try network.tensor("v")
    // One linearization that meets a Gauss-Newton product first, one that meets a Hessian product first.
    let (first, second) = (function.linearization(at: theta), function.linearization(at: theta))
    for k in 0..<directions.shape[0] {
      let v = directions[row: k]
      try expect(first.gaussNewtonVectorProduct(v), "Gv", k)
      try expect(first.hessianVectorProduct(v), "Hv", k)
      try expect(first.jacobianVectorProduct(v), "Jv", k)
      try expect(second.hessianVectorProduct(v), "Hv", k)
      try expect(second.gaussNewtonVectorProduct(v), "Gv", k)
      try expect(function.hessianVectorProduct(at: theta, v), "Hv", k)
    }
  }

  private func matrices() throws {
    let n = theta.count
    let point = function.linearization(at: theta)
    let identity = Tensor<S>(identity: n)
    var (hessian, gaussNewton) = (Tensor<S>(zeros: [n, n]), Tensor<S>(zeros: [n, n]))
    for j in 0..<n {
      let (h, g) = (point.hessian(identity[row: j]), point.gaussNewton(identity[row: j]))
      for i in 0..<n {
        hessian[i, j] = h[i]
        gaussNewton[i, j] = g[i]
      }
    }
    try expect(hessian, "hessian")
    try expect(gaussNewton, "ggn")
    try expect(Tensor((0..<n).map { hessian[$0, $0] }), "hessian_diag")
    try expect(hessian.squared().sum(axes: [1]).squareRoot(), "equilibration")
    // For these losses the exact Fisher's diagonal is that of G.
    try expect(Tensor((0..<n).map { gaussNewton[$0, $0] }), "fisher_exact_diag")
  }

  private func examples() throws {
    let targets: Targets<S> = try network.targets("y")
    var fisher = Tensor<S>(zeros: theta.shape)
    for i in 0..<function.inputs.shape[0] {
      let gradient = objective.on(inputs: function.inputs[rows: i..<i + 1], targets: targets.examples([i])).gradient(at: theta)
      try expect(gradient, "per_example_gradients", i)
      fisher.add(productOf: gradient, gradient, scaledBy: 1 / S(function.inputs.shape[0]))
    }
    try expect(fisher, "fisher_empirical_diag")
    let point = function.linearization(at: theta)
    try expect(point.perExampleGradients(), "per_example_gradients")
    try expect(point.sumOfSquaredGradients() / S(function.inputs.shape[0]), "fisher_empirical_diag")
  }
}
