import AutoDiff
import Tensor

/// The gated recurrent unit (Cho et al., 2014): r = σ(xₜ Wxr + hₜ₋₁ Whr + br), z likewise, hₜ = (1 - z) n + z hₜ₋₁ with the
/// candidate n as `Reset` says. Wx [inputs, 3 hidden], Wh [hidden, 3 hidden], b [3 hidden], columns in the order r, z, n, and the
/// recurrent bias; or no biases.
///
/// With `.before` and no recurrent bias one affine map Θ [3 hidden, inputs + hidden + 1], a view, whose candidate reads r hₜ₋₁ in
/// place of hₜ₋₁. Else a map of the inputs and one of the state, packed: with the bias of the candidate alone, the gates' columns
/// of the state's map are one without bias and the candidate's one with it.
public struct GRU: RecurrentLayer {
  /// What the reset gate acts on.
  public enum Reset: Sendable, Hashable {
    /// The state before its product with the weight: n = tanh(xₜ Wxn + (r hₜ₋₁) Whn + bn), as Cho et al. have it.
    case before
    /// The product: n = tanh(xₜ Wxn + bn + r (hₜ₋₁ Whn + bhn)), as in cuDNN and PyTorch. All steps are one operation.
    case after
  }
  /// Which groups of the product with the state have a bias of their own.
  public enum RecurrentBias: Sendable, Hashable {
    /// There is none: b alone.
    case absent
    /// The candidate's alone, [hidden]; those of r and z would be sums with b's.
    case candidate
    /// All, [3 hidden], as in PyTorch.
    case all
  }

  public let inputs: Int
  public let hidden: Int
  public let output: SequenceOutput
  public let order: SequenceOrder
  /// What the reset gate acts on.
  public let reset: Reset
  /// Which groups of the product with the state have a bias of their own.
  public let recurrentBias: RecurrentBias
  /// Whether b is there.
  public let hasBias: Bool

  /// - Parameters:
  ///   - reset: what the reset gate acts on; the product by default.
  ///   - recurrentBias: by default `.all` with `.after`, `.absent` with `.before` or without b, where there can be no other.
  ///   - output: what the layer hands on; the last state by default.
  ///   - hasBias: whether b is there; it is by default.
  public init(
    _ inputs: Int, _ hidden: Int, reset: Reset = .after, recurrentBias: RecurrentBias? = nil, output: SequenceOutput = .last,
    order: SequenceOrder = .batchFirst, hasBias: Bool = true
  ) {
    require(inputs > 0 && hidden > 0, "GRU: \(inputs) inputs and \(hidden) hidden units")
    self.inputs = inputs
    self.hidden = hidden
    self.output = output
    self.order = order
    self.reset = reset
    self.hasBias = hasBias
    self.recurrentBias = recurrentBias ?? (reset == .after && hasBias ? .all : .absent)
    require(hasBias || self.recurrentBias == .absent, "GRU: a recurrent bias, \(self.recurrentBias), but no bias")
    require(
      reset == .after || self.recurrentBias != .candidate,
      "GRU: a bias of the candidate's product alone would be part of b where the reset gate acts before the product")
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    if reset == .before && recurrentBias == .absent {
      return layout.appendRecurrent(name, inputs: inputs, hidden: hidden, groups: 3, hasBias: hasBias)
    }
    let (start, width) = (layout.count, 3 * hidden)
    layout.append("\(name).input", [inputs, width])
    layout.append("\(name).recurrent", [hidden, width])
    if hasBias { layout.append("\(name).bias", [width]) }
    let (state, bias) = (start + inputs * width, start + (inputs + hidden) * width)
    /// The map of `rows` rows that start at `offset`, for `outputs` columns from `column` on, and a bias if one is given.
    func declare(_ map: String, _ offset: Int, _ rows: Int, _ column: Int, _ outputs: Int, bias: Int?) {
      var pieces = [AffineBlock.Piece(offset: offset + column, columns: rows, columnStride: width, outputStride: 1)]
      if let bias { pieces.append(AffineBlock.Piece(offset: bias, columns: 1, columnStride: 1, outputStride: 1)) }
      var block = AffineBlock(name: "\(name).\(map)", outputs: outputs, hasBias: bias != nil, pieces: pieces)
      block.nonlinearity = nil
      block.gates = outputs / hidden
      layout.declare(block)
    }
    switch recurrentBias {
    case .absent:
      declare("input", start, inputs, 0, width, bias: hasBias ? bias : nil)
      declare("recurrent", state, hidden, 0, width, bias: nil)
    case .all:
      layout.append("\(name).recurrentBias", [width])
      declare("input", start, inputs, 0, width, bias: bias)
      declare("recurrent", state, hidden, 0, width, bias: bias + width)
    case .candidate:
      layout.append("\(name).candidateBias", [hidden])
      declare("input", start, inputs, 0, width, bias: bias)
      declare("gates", state, hidden, 0, 2 * hidden, bias: nil)
      declare("candidate", state, hidden, 2 * hidden, hidden, bias: bias + width)
    }
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    reset == .after ? resettingAfter(x, parameters, from: state) : resettingBefore(x, parameters, from: state)
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S> {
    runBeyondEnds(x, parameters, from: state, inside: inside)
  }

  private func resettingAfter<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    // The cell takes r, z, what the reset gate acts on, and n; inputs do not enter the third. Zeros in the weight cost a third more
    // of the inputs' product; columns put between those of its result would cost a copy of all pre-activations, more for narrow
    // inputs (workload H, in turns on a loaded machine: mostly 1.1 to 1.4 times as long).
    let (gates, all) = (0..<2 * hidden, 2 * hidden..<3 * hidden)
    let weight = parameters[0]
    let nothing = Variable(Tensor<S>(zeros: [inputs, hidden]))
    let wide = Variable(
      concatenating: [weight.sliced(axis: 1, gates), nothing, weight.sliced(axis: 1, all)], axis: 1)
    if !hasBias { return unrolled(.gru, matmul(x, wide), weight: parameters[1], from: state) }
    let bias = parameters[2]
    var gateBias = bias.sliced(axis: 0, gates)
    var reset = Variable(Tensor<S>(zeros: [hidden]))
    switch recurrentBias {
    case .absent: break
    case .candidate: reset = parameters[3]
    case .all:
      gateBias = gateBias + parameters[3].sliced(axis: 0, gates)
      reset = parameters[3].sliced(axis: 0, all)
    }
    let wideBias = Variable(concatenating: [gateBias, reset, bias.sliced(axis: 0, all)])
    return unrolled(.gru, matmul(x, wide).activated(.identity, bias: wideBias), weight: parameters[1], from: state)
  }

  private func resettingBefore<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    let bias = !hasBias ? nil : recurrentBias == .all ? parameters[2] + parameters[3] : parameters[2]
    let a = affine(x, parameters[0], bias)
    let weights = parameters[1].split(sizes: [2 * hidden, hidden], axis: 1)
    var h = state[row: 0]
    let states = (0..<x.shape[0]).map { step in
      let own = a[row: step].split(sizes: [2 * hidden, hidden], axis: 1)
      let gates = (own[0] + matmul(h, weights[0])).sigmoid().split(into: 2, axis: 1)
      let candidate = (own[1] + matmul(gates[0] * h, weights[1])).tanh()
      h = candidate + gates[1] * (h - candidate)
      return h
    }
    return RecurrentResult(states: Variable(stacking: states), final: h.reshaped(to: [1, x.shape[1], hidden] as Shape))
  }

  /// PyTorch's GRU resets after the product and has all biases or none; others go by the names here.
  public func foreignParameters(name: String) -> [ForeignParameter] {
    guard reset == .after && (recurrentBias != .absent || !hasBias) else { return ownParameters(name: name) }
    var result = [
      ForeignParameter(name: "\(name).weight_ih_l0", entry: 0, permutation: [1, 0]),
      ForeignParameter(name: "\(name).weight_hh_l0", entry: 1, permutation: [1, 0]),
    ]
    if hasBias { result.append(ForeignParameter(name: "\(name).bias_ih_l0", entry: 2)) }
    let (gates, all) = (0..<2 * hidden, 2 * hidden..<3 * hidden)
    switch recurrentBias {
    case .absent: break
    case .all: result.append(ForeignParameter(name: "\(name).bias_hh_l0", entry: 3))
    case .candidate:
      result.append(
        ForeignParameter(
          name: "\(name).bias_hh_l0",
          targets: [
            ForeignParameter.Target(entry: 2, rows: gates, isAddend: true), ForeignParameter.Target(entry: 3, rows: all),
          ]))
    }
    return result
  }
}
