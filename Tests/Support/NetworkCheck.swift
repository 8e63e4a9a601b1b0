import Kappa
import Testing

/// A golden network with its data, and the questions asked of it.
package struct NetworkCheck<Network: Model, S: TensorScalar> {
  private let network: GoldenCase
  private let objective: Objective<Network, NamedLoss>
  private let function: BatchObjective<Network, NamedLoss, S>
  private let theta: Tensor<S>
  private let label: String

  /// - Parameter form: how `model` was made of the description.
  package init(_ network: GoldenCase, _ model: Network, _ form: String) throws {
    self.network = network
    objective = try network.objective(of: model)
    function = objective.on(inputs: try network.tensor("x"), targets: try network.targets("y"))
    theta = try network.tensor("theta")
    label = "\(network.name) (\(S.self), \(form))"
  }

  package func all() throws {
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
    try eigenvalues(of: hessian, "hessian_eigenvalues")
    try eigenvalues(of: gaussNewton, "ggn_eigenvalues")
    try expect(Tensor((0..<n).map { hessian[$0, $0] }), "hessian_diag")
    try expect(hessian.squared().sum(axes: [1]).squareRoot(), "equilibration")
    // For these losses the exact Fisher's diagonal is that of G.
    try expect(Tensor((0..<n).map { gaussNewton[$0, $0] }), "fisher_exact_diag")
  }

  private func eigenvalues(of matrix: Tensor<S>, _ array: String) throws {
    let golden: Tensor<S> = try network.tensor(array)
    let largest = golden.elements.map { abs(Double($0)) }.max() ?? 0
    let tolerance =
      S.self == Double.self
      ? Tolerance(relative: 1e-9, absolute: 1e-10 * largest) : Tolerance(relative: 1e-4, absolute: 1e-5 * max(1, largest))
    expectClose(try matrix.symmetricEigenvalues(), golden, tolerance, "\(label): \(array)")
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
