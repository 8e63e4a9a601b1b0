import AutoDiff
import Tensor

/// The LSTM with full-matrix peepholes of the PSGD paper's delayed exclusive or: every gate and the candidate read the inputs, the
/// state h and the cell c, [i, f, g] = [x, hₜ₋₁, cₜ₋₁, 1] W, cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g), and the output gate reads the new cell,
/// o = [x, hₜ₋₁, cₜ, 1] Wo, hₜ = σ(o) tanh(cₜ).
///
/// W and Wo lie as rows of inputs, state, cell and bias: two affine maps, Θ [3 hidden, inputs + 2 hidden + 1] and [hidden, inputs +
/// 2 hidden + 1], both views. The state is h and c. PyTorch has no such layer; in files its parameters go by the names here.
public struct PeepholeLSTM: RecurrentLayer {
  public let inputs: Int
  public let hidden: Int
  public let output: SequenceOutput
  public let order: SequenceOrder
  /// Where the forget gate's bias starts.
  public let forgetBias: Double
  public var stateParts: Int { 2 }

  /// - Parameters:
  ///   - output: what the layer hands on; the last state by default.
  ///   - forgetBias: where the forget gate's bias starts; 1 by default, as in the paper's program.
  public init(
    _ inputs: Int, _ hidden: Int, output: SequenceOutput = .last, order: SequenceOrder = .batchFirst, forgetBias: Double = 1
  ) {
    require(inputs > 0 && hidden > 0, "PeepholeLSTM: \(inputs) inputs and \(hidden) hidden units")
    self.inputs = inputs
    self.hidden = hidden
    self.output = output
    self.order = order
    self.forgetBias = forgetBias
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    for (map, groups) in [("gates", 3), ("output", 1)] {
      let width = groups * hidden
      var block = AffineBlock(
        name: "\(name).\(map)", outputs: width, fanIn: inputs + 2 * hidden, hasBias: true, offset: layout.count)
      layout.append("\(name).\(map).input", [inputs, width])
      layout.append("\(name).\(map).recurrent", [hidden, width])
      layout.append("\(name).\(map).cell", [hidden, width])
      layout.append("\(name).\(map).bias", [width], start: map == "gates" ? [0, forgetBias, 0] : [0])
      block.nonlinearity = nil
      block.gates = groups
      layout.declare(block)
    }
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    // What the inputs add to all steps is one product a map.
    let gateInputs = matmul(x, parameters[0]).activated(.identity, bias: parameters[3])
    let outputInputs = matmul(x, parameters[4]).activated(.identity, bias: parameters[7])
    var (h, c) = (state[row: 0], state[row: 1])
    let states = (0..<x.shape[0]).map { step in
      let a = gateInputs[row: step] + matmul(h, parameters[1]) + matmul(c, parameters[2])
      let gates = a.split(into: 3, axis: 1)
      let before = outputInputs[row: step] + matmul(h, parameters[5])
      c = gates[1].sigmoid() * c + gates[0].sigmoid() * gates[2].tanh()
      h = (before + matmul(c, parameters[6])).sigmoid() * c.tanh()
      return h
    }
    return RecurrentResult(states: Variable(stacking: states), final: Variable(stacking: [h, c]))
  }
}
