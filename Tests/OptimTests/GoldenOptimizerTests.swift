import Kappa
import TestSupport
import Testing

@Suite("Every optimizer with golden data")
struct GoldenOptimizerTests {
  static let items = GoldenItem.all(kind: "optimizer")
  /// Those whose optimizer and network Kappa has. What else their descriptions lack fails.
  static let covered = items.filter { names[$0.optimizerName] != nil && $0.parent.unknownLayers.isEmpty }

  @Test func `is found, run and counted`() {
    let run = Set(Self.covered.map(\.testDescription))
    reportCoverage(
      "Golden optimizers", ran: Array(run),
      notCovered: Self.items.filter { !run.contains($0.testDescription) }.map {
        ([$0.id] + Set($0.parent.unknownLayers).sorted().map { "[\($0)]" }).joined(separator: " ")
      })
  }

  @Test("follows the golden trajectory", arguments: covered, [false, true])
  func follows(_ item: GoldenItem, fused: Bool) throws {
    let parent = item.parent
    let preconditioner = try Self.preconditioner(of: item)
    let rows: Tensor<Double>? = preconditioner.usesCurvature ? try parent.tensor(item.arrayName("probes")) : nil
    let probes: any ProbeSource<Double> = rows.map { GivenProbes(rows: $0) } ?? SeededProbes(seed: 0)
    var optimizer = PreconditionedSGD(learningRate: try item.number("lr"), preconditioner: preconditioner, probes: probes)
    let objective = try parent.objective(fused: fused)
    let inputs: Tensor<Double> = try parent.tensor("x")
    let targets: Targets<Double> = try parent.targets("y")
    let (batches, size) = try parent.integers("minibatches")
    let path: Tensor<Double> = try item.tensor("theta")
    var theta = path[row: 0]
    var updates = 0
    for step in 0..<size[0] {
      let indices = Array(batches[step * size[1]..<(step + 1) * size[1]])
      let batch = objective.at(inputs: inputs.rows(indices), targets: targets.examples(indices))
      let before = theta
      let report = try optimizer.step(&theta, on: batch)
      updates += report.cost.hessianVectorProducts
      let label = "\(item.testDescription) (\(fused ? "fused" : "separate") activations) step \(step + 1)"
      let gradient = batch.valueAndGradient(at: before).gradient
      expectClose(report.loss, try item.tensor("loss")[step], .trajectory, "\(label): loss")
      expectClose(gradient, try item.tensor("gradient")[row: step], .trajectory, "\(label): gradient")
      expectClose(theta, path[row: step + 1], .trajectory, "\(label): theta")
      try expectState(optimizer.preconditioner.state, item, step, label)
      if let rows {
        // What the state was made of, at the same θ; zeros at steps without an update.
        let hasUpdated = report.cost.hessianVectorProducts > 0
        let product =
          hasUpdated ? batch.linearization(at: before).hessianVectorProduct(rows[row: step]) : Tensor(zeros: before.shape)
        expectClose(product, try item.tensor("Hv")[row: step], .trajectory, "\(label): Hv")
      }
    }
    if let interval = item.json["hyperparameters"]?["curvature_interval"]?.int {
      #expect(updates == (size[0] + interval - 1) / interval)
    }
  }

  /// The optimizers that Kappa has, and what the golden names of their state are in Kappa.
  private static let names: [String: [String: String]] = [
    "sgd": [:], "rmsprop": ["v": "meanSquare"], "esgd": ["D": "squares", "k": "updates"],
    "jacobi_sgd": ["D": "products", "k": "updates"],
  ]

  private func expectState(_ state: [String: Tensor<Double>], _ item: GoldenItem, _ step: Int, _ label: String) throws {
    let optimizer = item.optimizerName
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
    return item.parent.isInteger(name)
      ? try item.parent.integers(name).elements[step] : Int(try item.parent.tensor(name, of: Double.self)[step])
  }

  private static func preconditioner(of item: GoldenItem) throws -> Preconditioner<Double> {
    switch item.optimizerName {
    case "sgd": return Preconditioner()
    case "rmsprop":
      return RMSProp(
        decay: try item.number("decay"), damping: try item.number("eps"), dampingPosition: try item.position("eps_position"))
    case "esgd":
      return Equilibration(
        damping: try item.number("damping"), dampingPosition: try item.position("damping_position"),
        every: try item.interval("curvature_interval"))
    case "jacobi_sgd":
      // Its description has one form, with a product at every step.
      if item.json["hyperparameters"]?["damping_position"] != nil {
        try #require(try item.position("damping_position") == .outside)
      }
      let interval = "curvature_interval"
      return Jacobi(
        damping: try item.number("damping"), every: item.json["hyperparameters"]?[interval] == nil ? 1 : try item.interval(interval)
      )
    default: throw GoldenCase.Failure(description: "\(item.testDescription): no optimizer \(item.optimizerName)")
    }
  }
}

extension GoldenItem {
  fileprivate var optimizerName: String { json["optimizer"]?.string ?? "?" }

  fileprivate func number(_ name: String) throws -> Double { try hyperparameter(name, "number") { $0.double } }

  fileprivate func interval(_ name: String) throws -> Int {
    try hyperparameter(name, "whole number above 0") { $0.int.flatMap { $0 > 0 ? $0 : nil } }
  }

  fileprivate func position(_ name: String) throws -> DampingPosition {
    try hyperparameter(name, "\"inside\" or \"outside\"") { ["inside": .inside, "outside": .outside][$0.string ?? ""] }
  }

  private func hyperparameter<Value>(_ name: String, _ what: String, _ read: (JSONValue) -> Value?) throws -> Value {
    guard let value = (json["hyperparameters"]?[name]).flatMap(read) else {
      throw GoldenCase.Failure(description: "\(testDescription): hyperparameter \(name) is no \(what)")
    }
    return value
  }
}
