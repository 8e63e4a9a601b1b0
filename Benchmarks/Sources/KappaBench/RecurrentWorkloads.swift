import Kappa

/// A recurrent network of the peers' definitions: one layer over a sequence [T, batch, 2] from a zero state, and a dense output of its
/// last state.
struct RecurrentNetwork {
  enum Cell {
    /// h = tanh([x, h, 1] W).
    case plain
    /// Gates in the order i, f, g, o.
    case lstm
    /// Gates in the order r, z, n; the reset gate acts behind the product with h.
    case gru

    var gates: Int {
      switch self {
      case .plain: 1
      case .lstm: 4
      case .gru: 3
      }
    }
  }

  var name: String
  var batch: Int
  var cell: Cell
  var steps: Int
  var hidden: Int
  /// Mean squared error to targets in [0, 1]; else the logistic loss of labels 0 and 1.
  var isRegression = false

  static let all = [
    RecurrentNetwork(name: "rnn_addition", batch: 1, cell: .plain, steps: 100, hidden: 50, isRegression: true),
    RecurrentNetwork(name: "rnn_addition", batch: 128, cell: .plain, steps: 100, hidden: 50, isRegression: true),
    RecurrentNetwork(name: "lstm_xor", batch: 128, cell: .lstm, steps: 50, hidden: 30),
    RecurrentNetwork(name: "gru_xor", batch: 128, cell: .gru, steps: 50, hidden: 30),
  ]

  private static let inputs = 2

  /// The rows of W = [inputs, hidden, bias] one piece after the other, the GRU's bias of h W_n, and the output's weight and bias.
  var layout: ParameterLayout {
    var layout = ParameterLayout()
    let width = cell.gates * hidden
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
    let x = matmul(inputs, parameters["input"]).activated(.identity, bias: parameters["bias"])
    let w = parameters["recurrent"]
    var h = Variable(Tensor<Float>(zeros: [batch, hidden]))
    var c = h
    for step in 0..<steps {
      let product = matmul(h, w)
      switch cell {
      case .plain:
        h = (x[row: step] + product).tanh()
      case .lstm:
        let gates = (x[row: step] + product).split(into: 4, axis: 1)
        c = gates[1].sigmoid() * c + gates[0].sigmoid() * gates[2].tanh()
        h = gates[3].sigmoid() * c.tanh()
      case .gru:
        let (a, b) = (x[row: step].split(into: 3, axis: 1), product.split(into: 3, axis: 1))
        let (r, z) = ((a[0] + b[0]).sigmoid(), (a[1] + b[1]).sigmoid())
        let n = (a[2] + r * (b[2] + parameters["candidateBias"])).tanh()
        h = n + z * (h - n)
      }
    }
    return h
  }

  var workload: Workload {
    let width = cell.gates * hidden
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
