import AutoDiff
import Tensor

/// hₜ = tanh(xₜ Wx + hₜ₋₁ Wh + b): Wx [inputs, hidden], Wh [hidden, hidden], b [hidden].
///
/// One affine map Θ [hidden, inputs + hidden + 1], a view.
public struct RNN: RecurrentLayer {
  public let inputs: Int
  public let hidden: Int
  public let output: SequenceOutput
  public let order: SequenceOrder
  /// Whether b is there.
  public let hasBias: Bool

  /// - Parameter output: what the layer hands on; the last state by default.
  public init(
    _ inputs: Int, _ hidden: Int, output: SequenceOutput = .last, order: SequenceOrder = .batchFirst, hasBias: Bool = true
  ) {
    require(inputs > 0 && hidden > 0, "RNN: \(inputs) inputs and \(hidden) hidden units")
    self.inputs = inputs
    self.hidden = hidden
    self.output = output
    self.order = order
    self.hasBias = hasBias
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    layout.appendRecurrent(name, inputs: inputs, hidden: hidden, groups: 1, hasBias: hasBias, nonlinearity: .tanh)
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    unrolled(.tanh, affine(x, parameters[0], hasBias ? parameters[2] : nil), weight: parameters[1], from: state)
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S> {
    runBeyondEnds(x, parameters, from: state, inside: inside)
  }

  public func foreignParameters(name: String) -> [ForeignParameter] { recurrentForeignParameters(name: name, hasBias: hasBias) }
}

/// Long short-term memory (Hochreiter & Schmidhuber, 1997; the forget gate of Gers et al., 2000): gates in the order i, f, g, o,
/// cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g), hₜ = σ(o) tanh(cₜ), all of xₜ Wx + hₜ₋₁ Wh + b: Wx [inputs, 4 hidden], Wh [hidden, 4 hidden], b
/// [4 hidden].
///
/// One affine map Θ [4 hidden, inputs + hidden + 1], a view. The state is h and c.
public struct LSTM: RecurrentLayer {
  public let inputs: Int
  public let hidden: Int
  public let output: SequenceOutput
  public let order: SequenceOrder
  /// Whether b is there.
  public let hasBias: Bool
  /// Where the forget gate's bias starts.
  public let forgetBias: Double
  public var stateParts: Int { 2 }

  /// - Parameters:
  ///   - output: what the layer hands on; the last state by default.
  ///   - forgetBias: where the forget gate's bias starts; 0 by default, 1 is customary.
  public init(
    _ inputs: Int, _ hidden: Int, output: SequenceOutput = .last, order: SequenceOrder = .batchFirst, hasBias: Bool = true,
    forgetBias: Double = 0
  ) {
    require(inputs > 0 && hidden > 0, "LSTM: \(inputs) inputs and \(hidden) hidden units")
    self.inputs = inputs
    self.hidden = hidden
    self.output = output
    self.order = order
    self.hasBias = hasBias
    self.forgetBias = forgetBias
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    layout.appendRecurrent(name, inputs: inputs, hidden: hidden, groups: 4, hasBias: hasBias, biasStart: [0, forgetBias, 0, 0])
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    unrolled(.lstm, affine(x, parameters[0], hasBias ? parameters[2] : nil), weight: parameters[1], from: state)
  }

  /// Behind the ends the cell stays as it is, its input gate shut and its forget gate open, whatever h is there.
  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S> {
    SequenceMask.check(inside, x.shape, "LSTM")
    let a = affine(x, parameters[0], hasBias ? parameters[2] : nil)
    let holding = Tensor<S>(concatenating: [-1e30, 1e30, 0, 0].map { Tensor(repeating: $0, shape: [hidden]) })
    let held = select(a, where: inside.expanded(axis: 2), else: Variable(holding))
    let result = unrolled(.lstm, held, weight: parameters[1], from: state)
    let h = SequenceMask.ends(result.states, first: state.sliced(axis: 0, 0..<1), inside: inside)
    return RecurrentResult(
      states: result.states, final: Variable(concatenating: [h, result.final.sliced(axis: 0, 1..<2)], axis: 0))
  }

  public func foreignParameters(name: String) -> [ForeignParameter] { recurrentForeignParameters(name: name, hasBias: hasBias) }
}

extension RecurrentLayer {
  /// All steps of a fused cell.
  func unrolled<S: TensorScalar>(
    _ cell: RecurrentCell, _ a: Variable<S>, weight: Variable<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    let steps = a.shape[0]
    let all = recurrence(cell, a, weight: weight, state: state)
    let parts = cell.stateParts
    return RecurrentResult(
      states: parts == 1 ? all : all.sliced(axis: 0, 0..<steps), final: all.sliced(axis: 0, steps - 1..<steps - 1 + parts))
  }

  /// The parameters Wx, Wh and b as PyTorch has them: transposed, and b as the sum of two.
  func recurrentForeignParameters(name: String, hasBias: Bool) -> [ForeignParameter] {
    var result = [
      ForeignParameter(name: "\(name).weight_ih_l0", entry: 0, permutation: [1, 0]),
      ForeignParameter(name: "\(name).weight_hh_l0", entry: 1, permutation: [1, 0]),
    ]
    if hasBias {
      result.append(ForeignParameter(name: "\(name).bias_ih_l0", entry: 2))
      result.append(ForeignParameter(name: "\(name).bias_hh_l0", targets: [ForeignParameter.Target(entry: 2, isAddend: true)]))
    }
    return result
  }
}

extension ParameterLayout {
  /// The parameters of a recurrent layer, one affine map of [x; h; 1].
  mutating func appendRecurrent(
    _ name: String, inputs: Int, hidden: Int, groups: Int, hasBias: Bool, biasStart: [Double] = [0],
    nonlinearity: Activation? = nil
  ) {
    let width = groups * hidden
    var block = AffineBlock(name: name, outputs: width, fanIn: inputs + hidden, hasBias: hasBias, offset: count)
    block.nonlinearity = nonlinearity
    block.gates = groups
    append("\(name).input", [inputs, width])
    append("\(name).recurrent", [hidden, width])
    if hasBias { append("\(name).bias", [width], start: biasStart) }
    declare(block)
  }
}
