import Kappa

/// A recurrent network of the peers' definitions: one layer over a sequence [T, batch, 2] from a zero state, and a dense output of its
/// last state.
struct RecurrentNetwork {
  var name: String
  var batch: Int
  var cell: RecurrentCell
  var steps: Int
  var hidden: Int
  /// Mean squared error to targets in [0, 1]; else the logistic loss of labels 0 and 1.
  var isRegression = false

  static let all = [
    RecurrentNetwork(name: "rnn_addition", batch: 1, cell: .tanh, steps: 100, hidden: 50, isRegression: true),
    RecurrentNetwork(name: "rnn_addition", batch: 128, cell: .tanh, steps: 100, hidden: 50, isRegression: true),
    RecurrentNetwork(name: "lstm_xor", batch: 128, cell: .lstm, steps: 50, hidden: 30),
    RecurrentNetwork(name: "gru_xor", batch: 128, cell: .gru, steps: 50, hidden: 30),
  ]

  private static let inputs = 2

  /// Columns of W for a unit. The GRU's are r, z and n: inputs and state have theirs of n in one.
  private var gates: Int { cell.productGroups }

  /// The rows of W = [inputs, hidden, bias] one piece after the other, the GRU's bias of h W_n, and the output's weight and bias.
  var layout: ParameterLayout {
    var layout = ParameterLayout()
    let width = gates * hidden
    layout.append("input", [Self.inputs, width])
    layout.append("recurrent", [hidden, width])
    layout.append("bias", [width])
    layout.declare(AffineBlock(name: "cell", outputs: width, fanIn: Self.inputs + hidden, hasBias: true, offset: 0))
    if cell == .gru { layout.append("candidateBias", [hidden]) }
    _ = layout.appendAffine("output", fanIn: hidden, outputs: 1)
    return layout
  }

  /// N(0, 1 / hidden), the bias of the candidate N(0, 0.01).
  var parameters: Tensor<Float> {
    layout.normalVector { $0.name == "candidateBias" ? 0.1 : 1 / Double(hidden).squareRoot() }
  }

  var objective: any ScalarFunction<Float> {
    let inputs: Tensor<Float> = RandomStream(seed: 0).split(100).normal([steps, batch, Self.inputs])
    var targets: Tensor<Float> = RandomStream(seed: 0).split(101).uniform([batch, 1])
    if !isRegression { targets = targets.rounded() }
    return Function(layout) { parameters in
      let state = lastState(Variable(inputs), parameters)
      let outputs = matmul(state, parameters["output.weight"]).activated(.identity, bias: parameters["output.bias"])
      let losses = isRegression ? (outputs - targets).squared() : outputs.sigmoidCrossEntropy(targets)
      return Evaluation(loss: losses.mean(), outputs: outputs)
    }
  }

  private func lastState(_ inputs: Variable<Float>, _ parameters: Parameters<Float>) -> Variable<Float> {
    var (weight, bias) = (parameters["input"], parameters["bias"])
    if cell == .gru {
      // Between the gates and the candidate stands the state's own part of the candidate, which inputs do not enter.
      let nothing = Variable(Tensor<Float>(zeros: [Self.inputs, hidden]))
      let (two, three) = (2 * hidden, 3 * hidden)
      weight = Variable(
        concatenating: [weight.sliced(axis: 1, 0..<two), nothing, weight.sliced(axis: 1, two..<three)], axis: 1)
      bias = Variable(
        concatenating: [bias.sliced(axis: 0, 0..<two), parameters["candidateBias"], bias.sliced(axis: 0, two..<three)])
    }
    let x = matmul(inputs, weight).activated(.identity, bias: bias)
    let start = Variable(Tensor<Float>(zeros: [cell.stateParts, batch, hidden]))
    return recurrence(cell, x, weight: parameters["recurrent"], state: start)[row: steps - 1]
  }

  var workload: Workload {
    let width = gates * hidden
    return Workload(
      name: name, batch: batch,
      layers: [
        .dense(rows: steps * batch, inputs: Self.inputs, outputs: width),
        .dense(rows: batch, inputs: hidden, outputs: width, steps: steps), .dense(rows: batch, inputs: hidden, outputs: 1),
      ],
      layout: layout, makeParameters: { parameters }, makeObjective: { objective })
  }
}

extension Workload {
  static let recurrent = RecurrentNetwork.all.map(\.workload)
}
