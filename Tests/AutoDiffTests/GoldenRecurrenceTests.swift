import Kappa
import TestSupport
import Testing

@Suite("A recurrent layer in a network with golden data")
struct GoldenRecurrenceTests {
  /// The networks of one layer that resets, if at all, behind the product with the state, and a dense layer on its last state.
  static let covered = GoldenCase.all(kind: "network").filter { network in
    guard let layer = network.description["layers"]?.array?.first, let kind = layer["kind"]?.string else { return false }
    return kind == "rnn" || kind == "lstm" || kind == "gru" && layer["reset"]?.string == "after"
  }

  private static func cell(_ network: GoldenCase) -> RecurrentCell {
    switch network.description["layers"]?.array?.first?["kind"]?.string {
    case "lstm": .lstm
    case "gru": .gru
    default: .tanh
    }
  }

  private static func function(_ network: GoldenCase) throws -> Function<Double> {
    var layout = ParameterLayout()
    for parameter in network.description["parameters"]?.array ?? [] {
      layout.append(try #require(parameter["name"]?.string), Shape(try #require(parameter["shape"]?.ints)))
    }
    let cell = cell(network)
    let x = try network.tensor("x", of: Double.self).permuted([1, 0, 2]).contiguous()
    let y = try network.tensor("y", of: Double.self)
    let isLogistic = network.description["loss"]?["kind"]?.string == "sigmoid_cross_entropy"
    return Function(layout) { p in
      let h = p["Wh"].shape[0]
      var (weight, bias) = (p["Wx"], p["b"])
      if cell == .gru {
        let nothing = Variable(Tensor<Double>(zeros: [weight.shape[0], h]))
        let (own, other) = (weight.split(into: 3, axis: 1), zip(bias.split(into: 3), p["bh"].split(into: 3)).map { ($0, $1) })
        weight = Variable(concatenating: [own[0], own[1], nothing, own[2]], axis: 1)
        bias = Variable(concatenating: [other[0].0 + other[0].1, other[1].0 + other[1].1, other[2].1, other[2].0])
      }
      let start = Variable(Tensor<Double>(zeros: [cell.stateParts, x.shape[1], h]))
      let states = recurrence(cell, matmul(Variable(x), weight) + bias, weight: p["Wh"], state: start)
      let z = matmul(states[row: x.shape[0] - 1], p["W2"]) + p["b2"]
      let losses = isLogistic ? z.sigmoidCrossEntropy(y) : 0.5 * (z - y).squared().sum(axes: [1])
      return Evaluation(loss: losses.mean(), outputs: z)
    }
  }

  @Test func `is found`() { #expect(Self.covered.count >= 3) }

  @Test("has the golden values and derivatives", arguments: covered)
  func agrees(_ network: GoldenCase) throws {
    let function = try Self.function(network)
    let theta: Tensor<Double> = try network.tensor("theta")
    let point = function.linearization(at: theta)
    let tolerance = Tolerance.golden(Double.self)
    expectClose(point.value, try network.tensor("loss", of: Double.self).scalar, tolerance, "\(network.name): loss")
    expectClose(function.gradient(at: theta), try network.tensor("gradient"), tolerance, "\(network.name): gradient")
    expectClose(point.gradient, try network.tensor("gradient"), tolerance, "\(network.name): gradient of the linearization")
    let directions: Tensor<Double> = try network.tensor("v")
    for row in 0..<directions.shape[0] {
      let v = directions[row: row]
      for (name, product) in [
        ("Hv", point.hessianVectorProduct(v)), ("Gv", point.gaussNewtonVectorProduct(v)), ("Jv", point.jacobianVectorProduct(v)),
      ] {
        expectClose(product, try network.tensor(name, of: Double.self)[row: row], tolerance, "\(network.name): \(name) \(row)")
      }
    }
  }
}
