import Kappa
import TestSupport
import Testing

@Suite("Every optimizer with golden data")
struct GoldenOptimizerTests {
  static let items = GoldenItem.all(kind: "optimizer")
  static let covered = items.filter { (try? preconditioner(of: $0)) != nil && $0.parent.unknownLayers.isEmpty }

  @Test func `is found, run and counted`() {
    let run = Set(Self.covered.map(\.testDescription))
    reportCoverage(
      "Golden optimizers", ran: Array(run), notCovered: Self.items.filter { !run.contains($0.testDescription) }.map(\.id))
  }

  @Test("follows the golden trajectory", arguments: covered)
  func follows(_ item: GoldenItem) throws {
    let parent = item.parent
    let preconditioner = try #require(try Self.preconditioner(of: item))
    let probes: any ProbeSource<Double> =
      try item.json["probes"]?.string.map { GivenProbes(rows: try parent.tensor($0)) } ?? SeededProbes(seed: 0)
    var optimizer = PreconditionedSGD(learningRate: try item.number("lr"), preconditioner: preconditioner, probes: probes)
    let objective = try parent.objective(fused: true)
    let inputs: Tensor<Double> = try parent.tensor("x")
    let targets: Targets<Double> = try parent.targets("y")
    let (batches, size) = try parent.integers("minibatches")
    let path: Tensor<Double> = try item.tensor("theta")
    var theta = path[row: 0]
    var updates = 0
    for step in 0..<size[0] {
      let indices = Array(batches[step * size[1]..<(step + 1) * size[1]])
      let batch = objective.at(inputs: inputs.rows(indices), targets: targets.examples(indices))
      let gradient = batch.valueAndGradient(at: theta).gradient
      let report = try optimizer.step(&theta, on: batch)
      updates += report.cost.hessianVectorProducts
      let label = "\(item.testDescription) step \(step + 1)"
      expectClose(report.loss, try item.tensor("loss")[step], .trajectory, "\(label): loss")
      expectClose(gradient, try item.tensor("gradient")[row: step], .trajectory, "\(label): gradient")
      expectClose(theta, path[row: step + 1], .trajectory, "\(label): theta")
      try expectState(optimizer.preconditioner.state, item, step, label)
    }
    if let interval = item.json["hyperparameters"]?["curvature_interval"]?.int {
      #expect(updates == (size[0] + interval - 1) / interval)
    }
  }

  /// What the golden names of state are in Kappa.
  private static let names = [
    "rmsprop": ["v": "meanSquare"], "esgd": ["D": "squares", "k": "updates"], "jacobi_sgd": ["D": "products", "k": "updates"],
  ]

  private func expectState(_ state: [String: Tensor<Double>], _ item: GoldenItem, _ step: Int, _ label: String) throws {
    let optimizer = item.json["optimizer"]?.string ?? "?"
    for key in (item.json["state"]?.object ?? [:]).keys {
      let name = try #require(Self.names[optimizer]?[key], "\(label): no state \(key)")
      let actual = try #require(state[name], "\(label): no state \(name)")
      if name == "updates" {
        #expect(actual.counter == (try integer(item, "state", key, step)), "\(label): \(key)")
      } else {
        expectClose(actual, try item.tensor("state", key)[row: step], .trajectory, "\(label): \(key)")
      }
    }
  }

  /// Element `step` of an array of whole numbers, stored as integers or as reals.
  private func integer(_ item: GoldenItem, _ key: String, _ index: String, _ step: Int) throws -> Int {
    let name = try item.arrayName(key, index)
    return item.parent.isInteger(name) ? try item.parent.integers(name).elements[step] : Int(try item.parent.tensor(name, of: Double.self)[step])
  }

  /// Nil for an optimizer that Kappa does not have yet.
  private static func preconditioner(of item: GoldenItem) throws -> Preconditioner<Double>? {
    func position(_ name: String) -> DampingPosition { item.json["hyperparameters"]?[name]?.string == "inside" ? .inside : .outside }
    switch item.json["optimizer"]?.string {
    case "sgd": return Preconditioner()
    case "rmsprop":
      return RMSProp(decay: try item.number("decay"), damping: try item.number("eps"), dampingPosition: position("eps_position"))
    case "esgd":
      return Equilibration(
        damping: try item.number("damping"), dampingPosition: position("damping_position"),
        every: Int(try item.number("curvature_interval")))
    case "jacobi_sgd": return Jacobi(damping: try item.number("damping"), every: 1)
    default: return nil
    }
  }
}

extension GoldenItem {
  fileprivate func number(_ name: String) throws -> Double {
    guard let value = json["hyperparameters"]?[name]?.double else {
      throw GoldenCase.Failure(description: "\(testDescription): no hyperparameter \(name)")
    }
    return value
  }
}
