import Kappa
import TestSupport
import Testing

@Suite("Initial parameters")
struct InitializationTests {
  /// One affine map that is no dense layer, outputs first as in a convolution, behind a parameter that belongs to no map.
  private struct OutputMajorModel: Model {
    var nonlinearity = Activation.tanh
    var layout: ParameterLayout {
      var layout = ParameterLayout()
      layout.append("scale", [5])
      layout.append("weight", [30, 20])
      layout.append("bias", [30])
      var block = AffineBlock(name: "map", outputs: 30, fanIn: 20, hasBias: true, order: .outputMajor, offset: 5)
      block.nonlinearity = nonlinearity
      layout.declare(block)
      return layout
    }
    func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> { inputs }
  }

  /// The incoming weights [outputs, inputs] and the biases of layer `index`.
  private func weightsAndBiases(
    _ model: some Model, layer index: Int = 0, _ initialization: Initialization, seed: UInt64 = 1
  ) -> (weights: Tensor<Double>, biases: Tensor<Double>?) {
    let block = model.layout.affineBlocks[index]
    let matrix = block.matrix(in: model.initialParameters(initialization, seed: seed, of: Double.self))
    let weights = matrix.sliced(axis: 1, 0..<block.fanIn)
    return (weights, block.hasBias ? matrix.sliced(axis: 1, block.fanIn..<block.columns).reshaped(to: [block.outputs]) : nil)
  }

  /// Within five standard deviations of the mean of so many draws.
  private func expectEstimate(
    _ estimate: Double, of value: Double, variance: Double, draws: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let deviation = (variance / draws).squareRoot()
    let distance = abs(estimate - value)
    #expect(distance < 5 * deviation, "\(what): \(estimate), not \(value)", sourceLocation: sourceLocation)
  }

  private func connections(_ weights: Tensor<Double>) -> [Int] {
    (0..<weights.shape[0]).map { weights[row: $0].elements.count { $0 != 0 } }
  }

  @Test func `that are sparse give each unit 15 distinct inputs, or all of fewer`() {
    let model = MLP([40, 60, 15, 7, 50], activation: .sigmoid)
    for (index, expected) in [15, 15, 15, 7].enumerated() {
      let (weights, biases) = weightsAndBiases(model, layer: index, .sparse(connections: 15))
      #expect(connections(weights).allSatisfy { $0 == expected }, "layer \(index)")
      #expect(biases?.elements.allSatisfy { $0 == 0 } == true, "biases of layer \(index)")
    }
  }

  @Test func `that are sparse have N(0, 1) weights on inputs that are all as likely`() {
    let units = 2000
    let (weights, _) = weightsAndBiases(MLP([100, units], activation: .sigmoid), .sparse(connections: 15))
    let values: [Double] = weights.elements.filter { $0 != 0 }
    let n = Double(values.count)
    #expect(values.count == 15 * units)
    expectEstimate(values.reduce(0, +) / n, of: 0, variance: 1, draws: n, "mean")
    expectEstimate(weights.squared().sum().scalar / n, of: 1, variance: 2, draws: n, "variance")
    let tails = Double(values.count { abs($0) > 1.959964 })
    expectEstimate(tails / n, of: 0.05, variance: 0.05 * 0.95, draws: n, "tails")
    for input in 0..<100 {
      let users = Double((0..<units).count { weights[$0, input] != 0 })
      expectEstimate(users / Double(units), of: 0.15, variance: 0.15 * 0.85, draws: Double(units), "users of input \(input)")
    }
    // Two units share 15 · 15 / 100 inputs on average, with the variance of draws without replacement.
    let inputs: [Set<Int>] = (0..<units).map { unit in Set((0..<100).filter { weights[unit, $0] != 0 }) }
    let shared: Int = zip(inputs, inputs.dropFirst()).map { $0.intersection($1).count }.reduce(0, +)
    let pairs = Double(units - 1)
    expectEstimate(Double(shared) / pairs, of: 2.25, variance: 1.642, draws: pairs, "shared inputs")
  }

  @Test func `that are sparse give tanh units biases of 0.5 and halve their weights, twice above tanh`() {
    let model = Sequential([
      ("a", Dense(30, 400, activation: .tanh)), ("b", Dense(400, 400, activation: .tanh)),
      ("c", Dense(400, 400, activation: .sigmoid)), ("d", Dense(400, 400, hasBias: false)), ("e", ActivationLayer(.tanh)),
      ("f", Dense(400, 400)),
    ])
    let scales: [Double] = [0.5, 0.25, 1, 0.5, 1]
    let expectedBiases: [Double?] = [0.5, 0.5, 0, nil, 0]
    for (index, scale) in scales.enumerated() {
      let (weights, biases) = weightsAndBiases(model, layer: index, .sparse(connections: 15))
      #expect(connections(weights).allSatisfy { $0 == 15 }, "layer \(index)")
      let meanSquare = weights.squared().sum().scalar / 6000
      expectEstimate(meanSquare / (scale * scale), of: 1, variance: 2, draws: 6000, "mean square in layer \(index)")
      let bias = expectedBiases[index]
      #expect((biases == nil) == (bias == nil), "layer \(index)")
      #expect(biases?.elements.allSatisfy { $0 == bias } ?? true, "layer \(index)")
    }
  }

  @Test func `are those of their seed, to the last bit, with the same connections in Float`() {
    let model = MLP([20, 30, 10], activation: .tanh)
    for initialization in [Initialization.sparse(connections: 6), .normal(standardDeviation: 0.1), .lecun] {
      let a = model.initialParameters(initialization, seed: 3, of: Double.self)
      #expect(a.shape == [model.layout.count])
      expectClose(model.initialParameters(initialization, seed: 3), a, .exact, "\(initialization), same seed")
      #expect(model.initialParameters(initialization, seed: 4, of: Double.self).elements != a.elements)
      let float = model.initialParameters(initialization, seed: 3, of: Float.self)
      #expect(float.elements.map { $0 == 0 } == a.elements.map { $0 == 0 }, "\(initialization), zeros in Float")
    }
    // Layers of the same sizes draw their own.
    let twins = MLP([20, 20, 20], activation: .sigmoid)
    for initialization in [Initialization.sparse(connections: 6), .normal(standardDeviation: 1), .lecun] {
      let (first, second) = (
        weightsAndBiases(twins, layer: 0, initialization).weights, weightsAndBiases(twins, layer: 1, initialization).weights
      )
      #expect(first.elements != second.elements)
    }
  }

  @Test func `that are normal have the given deviation or that of LeCun's rule, and biases of 0`() {
    let model = MLP([50, 400, 60], activation: .tanh)
    let rules: [(Initialization, [Double])] = [
      (.normal(standardDeviation: 0.3), [0.09, 0.09]), (.lecun, [1.0 / 50, 1.0 / 400]),
    ]
    for (initialization, variances) in rules {
      for (index, variance) in variances.enumerated() {
        let (weights, biases) = weightsAndBiases(model, layer: index, initialization)
        let (n, what) = (Double(weights.count), "\(initialization), layer \(index)")
        #expect(weights.elements.allSatisfy { $0 != 0 })
        expectEstimate(weights.sum().scalar / n, of: 0, variance: variance, draws: n, "\(what): mean")
        let meanSquare = weights.squared().sum().scalar / n
        expectEstimate(meanSquare / variance, of: 1, variance: 2, draws: n, "\(what): variance")
        #expect(biases?.elements.allSatisfy { $0 == 0 } == true)
      }
    }
  }

  @Test func `reach maps that lie outputs first and leave parameters of no map at 0`() {
    let model = OutputMajorModel()
    let (weights, biases) = weightsAndBiases(model, .sparse(connections: 15))
    #expect(connections(weights).allSatisfy { $0 == 15 })
    #expect(biases?.elements.allSatisfy { $0 == 0.5 } == true)
    let theta = model.initialParameters(.sparse(connections: 15), seed: 1, of: Double.self)
    #expect(model.layout.view("scale", of: theta).elements.allSatisfy { $0 == 0 })
    expectClose(model.layout.view("weight", of: theta), weights, .exact, "weight")
    #expect(model.layout.view("bias", of: theta).elements.allSatisfy { $0 == 0.5 })
    let (dense, none) = weightsAndBiases(model, .lecun)
    #expect(dense.elements.allSatisfy { $0 != 0 } && none?.elements.allSatisfy { $0 == 0 } == true)
  }

  @Test func `that are sparse need connections, and exceptions a name that is there`() async {
    await #expect(processExitsWith: .failure) {
      _ = MLP([4, 3], activation: .tanh).initialParameters(.sparse(connections: 0), seed: 1, of: Double.self)
    }
    await #expect(processExitsWith: .failure) {
      _ = OutputMajorModel().initialParameters(.lecun, except: ["mop": .he], seed: 1, of: Double.self)
    }
  }
}

@Suite("Rules for initial parameters")
struct InitializationRuleTests {
  private func weights(_ model: some Model, _ rule: Initialization, block: Int = 0) -> Tensor<Double> {
    let map = model.layout.affineBlocks[block]
    return map.matrix(in: model.initialParameters(rule, seed: 1, of: Double.self)).sliced(axis: 1, 0..<map.fanIn)
  }

  @Test func `have the variances of their papers, for convolutions too`() {
    // Fan-in 100 and 8 · 9 = 72, fan-out 300 and 200 · 9.
    let dense = Sequential { Dense(100, 300) }
    let convolution = Sequential { Conv2D(8, 200, kernel: 3) }
    let rules: [(Initialization, dense: Double, convolution: Double)] = [
      (.he, 2.0 / 100, 2.0 / 72), (.lecun, 1.0 / 100, 1.0 / 72), (.glorotNormal, 2.0 / 400, 2.0 / 1872),
      (.glorotUniform, 2.0 / 400, 2.0 / 1872), (.uniform(bound: 0.3), 0.03, 0.03), (.normal(standardDeviation: 0.2), 0.04, 0.04),
    ]
    for (rule, first, second) in rules {
      for (model, variance) in [(dense, first), (convolution, second)] {
        let drawn = weights(model, rule)
        let n = Double(drawn.count)
        // Five standard deviations of the mean square of normal numbers.
        expectClose(drawn.squared().mean().scalar, variance, Tolerance(relative: 5 * (2 / n).squareRoot(), absolute: 0), "\(rule)")
        expectClose(drawn.mean().scalar, 0, Tolerance(relative: 0, absolute: 5 * (variance / n).squareRoot()), "\(rule): mean")
      }
    }
    let bound = (6.0 / 400).squareRoot()
    let uniform = weights(dense, .glorotUniform)
    let elements = uniform.elements
    #expect(elements.max()! < bound && elements.max()! > 0.98 * bound && elements.min()! >= -bound)
    #expect(weights(dense, .constant(0.25)).elements.allSatisfy { $0 == 0.25 })
  }

  @Test func `draw orthogonal matrices, one for each group of a recurrent weight`() {
    let drawn = weights(Sequential { Dense(8, 5) }, .orthogonal(gain: 2))
    expectClose(matmul(drawn, drawn.transposed()), 4 * Tensor(identity: 5), Tolerance(relative: 0, absolute: 1e-12), "rows")
    let model = Sequential { LSTM(2, 6).named("lstm") }
    let theta: Tensor<Double> = model.initialParameters(.lecun, except: ["lstm.recurrent": .orthogonal()], seed: 1)
    for (index, gate) in model.layout.view("lstm.recurrent", of: theta).split(into: 4, axis: 1).enumerated() {
      expectClose(matmul(gate, gate.transposed()), Tensor(identity: 6), Tolerance(relative: 0, absolute: 1e-12), "gate \(index)")
    }
  }

  @Test("draw the inputs' weight of each gate apart, whatever its size", arguments: [2, 6, 8, 24])
  func gates(_ inputs: Int) {
    let model = Sequential {
      LSTM(inputs, 6).named("lstm")
      GRU(6, 3, recurrentBias: .candidate).named("gru")
    }
    let theta: Tensor<Double> = model.initialParameters(
      .lecun, except: ["lstm.input": .orthogonal(), "gru.recurrent": .orthogonal()], seed: 1)
    for (name, parts) in [("lstm.input", 4), ("gru.recurrent", 3)] {
      for (index, gate) in model.layout.view(name, of: theta).split(into: parts, axis: 1).enumerated() {
        let isWide = gate.shape[0] < gate.shape[1]
        let product = isWide ? matmul(gate, gate.transposed()) : matmul(gate.transposed(), gate)
        let tolerance = Tolerance(relative: 0, absolute: 1e-12)
        expectClose(product, Tensor(identity: min(gate.shape[0], gate.shape[1])), tolerance, "\(name), gate \(index)")
      }
    }
  }

  @Test func `leave biases where their layers start them`() {
    let model = Sequential { LSTM(4, 3, forgetBias: 1).named("lstm") }
    for rule in [Initialization.sparse(connections: 2), .lecun, .orthogonal()] {
      let theta: Tensor<Double> = model.initialParameters(rule, seed: 1)
      #expect(model.layout.view("lstm.bias", of: theta).elements == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0], "\(rule)")
    }
  }

  /// A map that is called as its weight is.
  private struct Namesakes: Model {
    var layout: ParameterLayout {
      var layout = ParameterLayout()
      layout.append("w", [4, 3])
      layout.append("b", [3])
      var block = AffineBlock(name: "w", outputs: 3, fanIn: 4, hasBias: true, offset: 0)
      block.nonlinearity = .tanh
      layout.declare(block)
      return layout
    }
    func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
      (matmul(inputs, parameters[0]) + parameters[1]).tanh()
    }
  }

  @Test func `draw a parameter alone where a map is called as it is`() {
    let model = Namesakes()
    let theta: Tensor<Double> = model.initialParameters(.lecun, except: ["w": .sparse(connections: 2)], seed: 1)
    #expect(model.layout.view("b", of: theta).elements == [0, 0, 0])
    #expect(model.layout.view("w", of: theta).elements.count { $0 != 0 } == 6)
  }

  @Test func `refuse a deviation that is no number`() async {
    await #expect(processExitsWith: .failure) {
      let _: Tensor<Double> = MLP([2, 2], activation: .tanh).initialParameters(.normal(standardDeviation: .nan), seed: 1)
    }
  }

  @Test func `make exceptions of layers and parameters by name`() {
    let model = MLP([4, 5, 3], activation: .tanh)
    let plain: Tensor<Double> = model.initialParameters(.lecun, seed: 1)
    let theta: Tensor<Double> = model.initialParameters(
      .lecun, except: ["layer1": .constant(2), "layer1.bias": .constant(-1), "layer0.bias": .normal(standardDeviation: 3)], seed: 1)
    let layout = model.layout
    expectClose(layout.view("layer0.weight", of: theta), layout.view("layer0.weight", of: plain), .exact, "not an exception")
    #expect(layout.view("layer1.weight", of: theta).elements.allSatisfy { $0 == 2 })
    #expect(layout.view("layer1.bias", of: theta).elements.allSatisfy { $0 == -1 })
    #expect(layout.view("layer0.bias", of: theta).elements.allSatisfy { $0 != 0 })
    let later: Tensor<Double> = model.initialParameters(
      .sparse(connections: 2), except: ["layer0.weight": .constant(1), "layer0": .constant(2)], seed: 1)
    #expect(layout.view("layer0.weight", of: later).elements.allSatisfy { $0 == 2 })
    #expect(layout.view("layer0.bias", of: later).elements.allSatisfy { $0 == 0 })
    // A kernel by its own name is drawn as by its layer's.
    let kernel = Sequential { Conv2D(3, 64, kernel: 3).named("conv") }
    let drawn: Tensor<Double> = kernel.initialParameters(.lecun, except: ["conv.weight": .orthogonal()], seed: 1)
    let matrix = kernel.layout.view("conv.weight", of: drawn).reshaped(to: [64, 27])
    expectClose(matmul(matrix.transposed(), matrix), Tensor(identity: 27), Tolerance(relative: 0, absolute: 1e-12), "kernel")
  }

  @Test func `draw one orthogonal matrix for the weight of a layer, by whatever name`() {
    let tight = Tolerance(relative: 0, absolute: 1e-12)
    let model = Sequential {
      Dense(3, 9).named("d")
      RNN(9, 18).named("rnn")
      GRU(18, 3).named("gru")
    }
    let theta: Tensor<Double> = model.initialParameters(
      .lecun,
      except: [
        "d.weight": .orthogonal(), "rnn.input": .orthogonal(), "gru.recurrent": .orthogonal(), "d.bias": .orthogonal(gain: 2),
      ], seed: 1)
    for (name, rows) in [("d.weight", 3), ("rnn.input", 9)] {
      let weight = model.layout.view(name, of: theta)
      expectClose(matmul(weight, weight.transposed()), Tensor(identity: rows), tight, name)
    }
    for (index, gate) in model.layout.view("gru.recurrent", of: theta).split(into: 3, axis: 1).enumerated() {
      expectClose(matmul(gate, gate.transposed()), Tensor(identity: 3), tight, "gate \(index)")
    }
    expectClose(model.layout.view("d.bias", of: theta).norm(), 2, tight, "bias")
    #expect(Set(model.layout.view("d.bias", of: theta).elements.map(abs)).count == 9)
  }

  @Test func `make exceptions of layers that have no map, and of what they contain`() {
    let model = Sequential {
      Dense(3, 3, activation: .tanh).named("a")
      LayerNorm(3)
      Residual { LayerNorm(3) }
      Dense(3, 3, activation: .tanh).named("a.b")
    }
    let layout = model.layout
    let theta: Tensor<Double> = model.initialParameters(.lecun, except: ["1": .constant(2), "a": .constant(3)], seed: 1)
    #expect(layout.view("1.weight", of: theta).elements + layout.view("1.bias", of: theta).elements == [2, 2, 2, 2, 2, 2])
    #expect(layout.view("a.weight", of: theta).elements.allSatisfy { $0 == 3 })
    #expect(layout.view("a.b.weight", of: theta).elements.allSatisfy { $0 != 3 && $0 != 0 })
    let inner: Tensor<Double> = model.initialParameters(.lecun, except: ["2.body": .constant(4)], seed: 1)
    #expect(layout.view("2.body.0.weight", of: inner).elements + layout.view("1.weight", of: inner).elements == [4, 4, 4, 1, 1, 1])
  }

  @Test func `that are sparse may be those of a weight, or of its columns, which leaves the bias`() {
    let model = Sequential {
      RNN(6, 40).named("rnn")
      Dense(40, 50, activation: .tanh).named("out")
      GRU(50, 7, recurrentBias: .candidate).named("gru")
    }
    let theta: Tensor<Double> = model.initialParameters(
      .lecun,
      except: [
        "out.weight": .sparse(connections: 2), "rnn.recurrent": .sparse(connections: 3), "gru.recurrent": .sparse(connections: 4),
      ],
      seed: 1)
    for (name, connections) in [("out.weight", 2), ("rnn.recurrent", 3), ("gru.recurrent", 4)] {
      let units = model.layout.view(name, of: theta).transposed()
      #expect((0..<units.shape[0]).allSatisfy { units[row: $0].elements.count { $0 != 0 } == connections }, "\(name)")
    }
    #expect(model.layout.view("out.bias", of: theta).elements.allSatisfy { $0 == 0 })
    #expect(model.layout.view("rnn.input", of: theta).elements.allSatisfy { $0 != 0 })
    // A tanh unit above tanh units: N(0, 1/16).
    let square = model.layout.view("out.weight", of: theta).squared().sum().scalar / 100
    expectClose(square, 0.0625, Tolerance(relative: 5 * 0.02.squareRoot(), absolute: 0), "out")
  }

  @Test func `that are sparse know the tanh units of residual sums`() {
    let model = Sequential {
      Residual(activation: .tanh) { Dense(400, 400).named("inside") }
      Dense(400, 400, activation: .tanh).named("above")
    }
    let theta: Tensor<Double> = model.initialParameters(.sparse(connections: 15), seed: 1)
    for (name, deviation) in [("0.body.inside", 0.5), ("above", 0.25)] {
      let meanSquare = model.layout.view("\(name).weight", of: theta).squared().sum().scalar / 6000
      let tolerance = Tolerance(relative: 5 * (2.0 / 6000).squareRoot(), absolute: 0)
      expectClose(meanSquare, deviation * deviation, tolerance, name)
      #expect(model.layout.view("\(name).bias", of: theta).elements.allSatisfy { $0 == 0.5 }, "\(name)")
    }
  }

  @Test func `with replacement make all their draws, of fewer inputs too`() {
    let drawn = weights(Sequential { Dense(10, 2000) }, .sparse(connections: 15, withReplacement: true))
    // 10 (1 - (9/10)^15) distinct inputs on average, with a deviation below 1 a unit.
    let mean = Double(drawn.elements.count { $0 != 0 }) / 2000
    expectClose(mean, 10 * (1 - 0.205891), Tolerance(relative: 0, absolute: 5 / 2000.0.squareRoot()), "distinct inputs")
  }

  /// Ways to ask for what is not there, and what the program says before it stops.
  static let mistakes: [(rule: Initialization, except: KeyValuePairs<String, Initialization>, message: String)] = [
    (.uniform(bound: -1), [:], "uniform numbers with the bound -1.0,"), (.lecun, ["3": .he], "no parameter or layer is named 3"),
    (.lecun, ["1": .he], "layer 1 has no parameters"), (.lecun, ["2": .sparse(connections: 2)], "2.weight is no weight"),
    (.lecun, ["0.bias": .sparse(connections: 2)], "0.bias is no weight"),
  ]

  @Test("say what cannot be drawn", arguments: mistakes.indices)
  func mistake(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [index] in
      let (rule, exceptions, _) = Self.mistakes[index]
      let model = Sequential {
        Dense(3, 4)
        Flatten()
        LayerNorm(4)
      }
      _ = model.initialParameters(rule, except: exceptions, seed: 1, of: Double.self)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.mistakes[index].message), "\(text)")
  }

  @Test func `with replacement may draw an input twice, and then have fewer connections`() {
    let model = MLP([20, 400], activation: .sigmoid)
    let drawn = weights(model, .sparse(connections: 15, withReplacement: true))
    let counts = (0..<400).map { unit in drawn[row: unit].elements.count { $0 != 0 } }
    #expect(counts.max()! <= 15 && counts.contains { $0 < 15 })
    // 20 (1 - (19/20)^15) distinct inputs on average.
    let mean = Double(counts.reduce(0, +)) / 400
    expectClose(mean, 20 * (1 - 0.46329), Tolerance(relative: 0.03, absolute: 0), "distinct inputs")
  }
}
