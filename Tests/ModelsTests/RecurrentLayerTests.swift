import Kappa
import TestSupport
import Testing

@Suite("Recurrent layers")
struct RecurrentLayerTests {
  static let layers: [(name: String, layer: any RecurrentLayer)] = [
    ("RNN", RNN(2, 3)), ("LSTM", LSTM(2, 3)), ("GRU", GRU(2, 3)), ("GRU, reset before", GRU(2, 3, reset: .before)),
    ("GRU without biases", GRU(2, 3, hasBias: false)),
    ("GRU without biases, reset before", GRU(2, 3, reset: .before, hasBias: false)),
    ("GRU with the candidate's bias", GRU(2, 3, recurrentBias: .candidate)), ("peephole LSTM", PeepholeLSTM(2, 3)),
    ("two LSTMs", StackedRecurrent([LSTM(2, 3), LSTM(3, 3)], output: .last)),
    ("three RNNs", StackedRecurrent([RNN(2, 3), RNN(3, 3), RNN(3, 3)], output: .last)),
  ]
  private let x = Tensor<Double>.normal([5, 4, 2], seed: 1)

  private func parameters(_ layer: some RecurrentLayer) -> LayerParameters<Double> {
    let layout = Sequential([("layer", layer)]).layout
    return LayerParameters(Parameters(layout, constant: Tensor.normal([layout.count], seed: 2)))
  }

  private func state(_ layer: some RecurrentLayer, batch: Int = 4) -> Variable<Double> {
    Variable(Tensor.normal([layer.stateParts, batch, 3], seed: 5))
  }

  @Test("go on from a state as if they had not stopped", arguments: layers.indices)
  func continues(_ index: Int) {
    let (name, layer) = Self.layers[index]
    let (parameters, start) = (parameters(layer), state(layer))
    let whole = layer.run(Variable(x), parameters, from: start)
    let first = layer.run(Variable(x[rows: 0..<2]), parameters, from: start)
    let second = layer.run(Variable(x[rows: 2..<5]), parameters, from: first.final)
    expectClose(
      Tensor(concatenating: [first.states.value, second.states.value], axis: 0), whole.states.value, "\(name): states")
    expectClose(second.final.value, whole.final.value, "\(name): last state")
    expectClose(whole.states.value[row: 4], whole.final.value[row: layer.outputPart], .exact, "\(name): what is handed on")
  }

  @Test("with a mask make of each sequence what they make of it alone", arguments: layers.indices)
  func masked(_ index: Int) {
    let (name, layer) = Self.layers[index]
    let (parameters, start) = (parameters(layer), state(layer))
    let lengths = [5, 2, 0, 3]
    // What lies behind the end of a sequence is not read.
    var padded = x
    for (example, length) in lengths.enumerated() {
      for step in length..<5 { padded[step, example] = Tensor(repeating: .nan, shape: [2]) }
    }
    let all = layer.run(Variable(padded), parameters, from: start, mask: Tensor(sequenceLengths: lengths, time: 5))
    for (example, length) in lengths.enumerated() {
      let own = start.sliced(axis: 1, example..<example + 1)
      let final = all.final.sliced(axis: 1, example..<example + 1).value
      guard length > 0 else {
        expectClose(final, own.value, .exact, "\(name): no step")
        continue
      }
      let alone = layer.run(
        Variable(x[rows: 0..<length].sliced(axis: 1, example..<example + 1)), parameters, from: own)
      expectClose(final, alone.final.value, "\(name): sequence of \(length)")
      for step in 0..<5 {
        let expected = alone.states.value[row: min(step, length - 1)]
        expectClose(
          all.states.value[row: step].sliced(axis: 0, example..<example + 1), expected, "\(name): step \(step) of \(length)")
      }
    }
  }

  @Test("with holes in the mask pass over them", arguments: layers.indices)
  func holes(_ index: Int) {
    let (name, layer) = Self.layers[index]
    let (parameters, start) = (parameters(layer), state(layer))
    let mask = Tensor<Bool>([
      [false, true, false, true], [true, false, false, true], [false, false, false, true], [true, true, false, false],
      [true, true, false, true],
    ])
    let all = layer.run(Variable(x), parameters, from: start, mask: mask)
    for example in 0..<4 {
      var state = start.sliced(axis: 1, example..<example + 1)
      for step in 0..<5 {
        if mask[step, example] {
          let input = x[rows: step..<step + 1].sliced(axis: 1, example..<example + 1)
          state = layer.run(Variable(input), parameters, from: state).final
        }
        expectClose(
          all.states.value[step, example], state.value[layer.outputPart, 0], "\(name): example \(example), step \(step)")
      }
      expectClose(all.final.sliced(axis: 1, example..<example + 1).value, state.value, "\(name): example \(example), last state")
    }
  }

  @Test("without biases are those whose biases are 0", arguments: [GRU.Reset.before, .after])
  func unbiased(_ reset: GRU.Reset) {
    let (plain, biased) = (GRU(2, 3, reset: reset, hasBias: false), GRU(2, 3, reset: reset))
    let weights = Tensor<Double>.normal([plain.layout(name: "layer").count], seed: 8)
    let layout = biased.layout(name: "layer")
    let theta = Tensor(concatenating: [weights, Tensor(zeros: [layout.count - weights.count])])
    let found = plain.run(
      Variable(x), LayerParameters(Parameters(plain.layout(name: "layer"), constant: weights)), from: state(plain))
    let expected = biased.run(Variable(x), LayerParameters(Parameters(layout, constant: theta)), from: state(biased))
    expectClose(found.states.value, expected.states.value, .exact, "\(reset)")
  }

  @Test func `refuse a recurrent bias where there is none`() async {
    await #expect(processExitsWith: .failure) { _ = GRU(2, 3, recurrentBias: .all, hasBias: false) }
  }

  @Test("make nothing of no sequences, masked or not", arguments: layers.indices)
  func noSequences(_ index: Int) {
    let (name, layer) = Self.layers[index]
    let (none, start) = (Variable(Tensor<Double>(zeros: [5, 0, 2])), state(layer, batch: 0))
    for mask in [nil, Tensor<Bool>(repeating: true, shape: [5, 0])] {
      let result = layer.run(none, parameters(layer), from: start, mask: mask)
      #expect(result.states.shape == [5, 0, 3] && result.final.shape == [layer.stateParts, 0, 3], "\(name)")
    }
  }

  @Test func `refuse ends that are none`() async {
    await #expect(processExitsWith: .failure) {
      let layer = RNN(2, 3)
      let layout = layer.layout(name: "layer")
      _ = layer.run(
        Variable(Tensor<Double>(zeros: [3, 1, 2])), LayerParameters(Parameters(layout, constant: Tensor(zeros: [layout.count]))),
        from: Variable(Tensor(zeros: [1, 1, 3])), inside: Tensor<Bool>([[true], [false], [true]]))
    }
  }

  @Test func `stacked in stacks hand on the state of the highest`() {
    let layer = StackedRecurrent([StackedRecurrent([LSTM(2, 3), LSTM(3, 3)], output: .last)], output: .last)
    #expect(layer.outputPart == 2)
    let start = state(layer, batch: 1)
    let result = layer.run(
      Variable(x.sliced(axis: 1, 0..<1)), parameters(layer), from: start, mask: Tensor(repeating: false, shape: [5, 1]))
    expectClose(result.states.value[row: 4], start.value[row: 2], .exact, "no step")
    expectClose(result.final.value, start.value, .exact, "last state")
  }

  @Test("have right derivatives in their parameters, inputs and first state, masked or not", arguments: layers.indices)
  func derivatives(_ index: Int) throws {
    let (name, layer) = Self.layers[index]
    try checkLayer(layer, name)
  }

  private func checkLayer(_ layer: some RecurrentLayer, _ name: String) throws {
    let layout = Sequential([("layer", layer)]).layout
    let theta = layout.entries.map { 0.5 * Tensor<Double>.normal($0.shape, seed: UInt64($0.offset + 10)) }
    let small = x[rows: 0..<3].sliced(axis: 1, 0..<2)
    let holes = Tensor<Bool>([[false, true], [true, false], [true, true]])
    for mask in [nil, Tensor<Bool>(sequenceLengths: [3, 2], time: 3), holes] {
      func run(_ inputs: [Variable<Double>]) -> [Variable<Double>] {
        let parameters = LayerParameters(Parameters(layout, Array(inputs.prefix(theta.count))))
        let result = layer.run(inputs[theta.count], parameters, from: inputs[theta.count + 1], mask: mask)
        return [result.states, result.final]
      }
      try checkDerivatives(of: run, at: theta + [small, state(layer, batch: 2).value], entries: 6)
    }
  }

  @Test func `with a mask have finite derivatives whatever lies where there is no input, and holes anywhere`() {
    let layer = GRU(2, 3)
    let layout = Sequential([("layer", layer)]).layout
    let theta = Tensor<Double>.normal([layout.count], seed: 2)
    let mask = Tensor<Bool>([[false, true], [true, false], [true, true], [false, true], [true, false]])
    func loss(_ x: Tensor<Double>, at theta: Variable<Double>) -> Variable<Double> {
      layer.run(Variable(x), LayerParameters(Parameters(layout, flat: theta)), from: nil, mask: mask).final.squared().sum()
    }
    let clean = x.sliced(axis: 1, 0..<2).contiguous()
    var damaged = clean
    for step in 0..<5 {
      for example in 0..<2 where !mask[step, example] { damaged[step, example] = Tensor(repeating: .nan, shape: [2]) }
    }
    expectClose(gradient(at: theta) { loss(damaged, at: $0) }, gradient(at: theta) { loss(clean, at: $0) }, .exact, "gradient")
    // The steps that are there, one behind the other.
    let own = Tensor(stacking: [clean[1, 0], clean[2, 0], clean[4, 0]]).reshaped(to: [3, 1, 2])
    let alone = layer.run(Variable(own), LayerParameters(Parameters(layout, constant: theta)), from: nil, mask: nil).final.value
    let all = layer.run(Variable(clean), LayerParameters(Parameters(layout, constant: theta)), from: nil, mask: mask).final.value
    expectClose(all.sliced(axis: 1, 0..<1), alone, "a sequence with holes")
  }

  @Test func `hand on the last state or all, batch or time first`() {
    let theta: Tensor<Double> = Tensor.normal([Sequential { LSTM(2, 3) }.layout.count], seed: 2)
    let byTime = Sequential { LSTM(2, 3, output: .all, order: .timeFirst) }(x, at: theta)
    let byBatch = Sequential { LSTM(2, 3, output: .all) }(x.permuted([1, 0, 2]), at: theta)
    expectClose(byBatch.permuted([1, 0, 2]), byTime, .exact, "all states")
    expectClose(Sequential { LSTM(2, 3) }(x.permuted([1, 0, 2]), at: theta), byTime[row: 4], .exact, "the last")
    expectClose(Sequential { LSTM(2, 3, order: .timeFirst) }(x, at: theta), byTime[row: 4], .exact, "the last, time first")
  }

  @Test func `stacked are one behind the other`() {
    let stack = Sequential { StackedRecurrent([GRU(2, 3), GRU(3, 3)], output: .last, order: .timeFirst) }
    let apart = Sequential {
      GRU(2, 3, output: .all, order: .timeFirst)
      GRU(3, 3, order: .timeFirst)
    }
    let theta: Tensor<Double> = Tensor.normal([stack.layout.count], seed: 2)
    #expect(stack.layout.entries.map(\.shape) == apart.layout.entries.map(\.shape))
    expectClose(stack(x, at: theta), apart(x, at: theta), .exact, "outputs")
  }

  @Test func `without peepholes are the LSTM`() {
    let (plain, peephole) = (Sequential { LSTM(2, 3) }, Sequential { PeepholeLSTM(2, 3) })
    let theta: Tensor<Double> = Tensor.normal([plain.layout.count], seed: 2)
    var wide = Tensor<Double>(zeros: [peephole.layout.count])
    for part in ["input", "recurrent", "bias"] {
      let own = plain.layout.view("0.\(part)", of: theta)
      let columns = own.rank == 1 ? own.reshaped(to: [1, 12]) : own
      for (map, range) in [("gates", 0..<9), ("output", 9..<12)] {
        let entry = peephole.layout.entries[peephole.layout.index(of: "0.\(map).\(part)")!]
        wide[rows: entry.offset..<entry.offset + entry.count] = columns.sliced(axis: 1, range).flattened()
      }
    }
    let sequences = x.permuted([1, 0, 2])
    expectClose(peephole(sequences, at: wide), plain(sequences, at: theta), "outputs")
  }

  @Test func `start with the forget gate open where that is asked for`() {
    let model = Sequential { LSTM(2, 3, forgetBias: 1).named("lstm") }
    let theta: Tensor<Double> = model.initialParameters(.lecun, seed: 1)
    #expect(model.layout.view("lstm.bias", of: theta).elements == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    let peephole = Sequential { PeepholeLSTM(2, 3).named("lstm") }
    let other: Tensor<Double> = peephole.initialParameters(.normal(standardDeviation: 0.1), seed: 1)
    #expect(peephole.layout.view("lstm.gates.bias", of: other).elements == [0, 0, 0, 1, 1, 1, 0, 0, 0])
  }
}
