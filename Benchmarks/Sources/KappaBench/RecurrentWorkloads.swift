import Kappa

/// A recurrent network of the peers' definitions: one layer over a sequence [T, batch, 2] from a zero state, and a dense output of
/// its last state.
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

  /// W = [inputs, hidden, bias] one piece after the other, the GRU's bias of h W_n, and the output's weight and bias. The GRU's
  /// columns are r, z and n: inputs and state have theirs of n in one.
  var model: Sequential {
    switch cell {
    case .tanh: .recurrent(RNN(Self.inputs, hidden, order: .timeFirst))
    case .lstm: .recurrent(LSTM(Self.inputs, hidden, order: .timeFirst))
    case .gru: .recurrent(GRU(Self.inputs, hidden, recurrentBias: .candidate, order: .timeFirst))
    }
  }

  /// N(0, 1 / hidden), the bias of the candidate N(0, 0.01).
  var parameters: Tensor<Float> {
    model.layout.normalVector { $0.name.hasSuffix("candidateBias") ? 0.1 : 1 / Double(hidden).squareRoot() }
  }

  var objective: any ScalarFunction<Float> {
    let inputs: Tensor<Float> = RandomStream(seed: 0).split(100).normal([steps, batch, Self.inputs])
    let targets: Tensor<Float> = RandomStream(seed: 0).split(101).uniform([batch, 1])
    return isRegression
      ? Objective(model, loss: .meanSquaredError).on(inputs: inputs, targets: .values(targets))
      : Objective(model, loss: .sigmoidCrossEntropy).on(inputs: inputs, targets: .values(targets.rounded()))
  }

  var workload: Workload {
    let width = cell.productGroups * hidden
    return Workload(
      name: name, batch: batch,
      layers: [
        .dense(rows: steps * batch, inputs: Self.inputs, outputs: width),
        .dense(rows: batch, inputs: hidden, outputs: width, steps: steps), .dense(rows: batch, inputs: hidden, outputs: 1),
      ],
      layout: model.layout, makeParameters: { parameters }, makeObjective: { objective })
  }
}

extension Workload {
  static let recurrent = RecurrentNetwork.all.map(\.workload)
}
