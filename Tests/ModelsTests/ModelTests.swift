import Kappa
import TestSupport
import Testing

@Suite("Models")
struct ModelTests {
  @Test func `are summarised layer by layer`() {
    let summary = Sequential.psgdClassifier().summary(inputShape: [1, 32, 32])
    #expect(
      summary.rows.map(\.kind) == ["Conv2D", "Conv2D", "AveragePool2D", "Conv2D", "Conv2D", "AveragePool2D", "Flatten", "Dense"])
    #expect(summary.rows.map(\.outputShape)[0] == [32, 30, 30] && summary.rows.map(\.outputShape)[7] == [10])
    #expect(summary.rows[0].parameters == 32 * 9 + 32 && summary.parameters == Sequential.psgdClassifier().layout.count)
    #expect(summary.rows[0].flops == 2 * 30 * 30 * 32 * 9 && summary.rows[7].flops == 2 * 800 * 10)
    let lines = summary.description.split(separator: "\n")
    #expect(lines.count == 10 && lines[0].hasPrefix("layer") && lines[9].hasPrefix("total"))
    #expect(lines[9].contains("36,074"))
    let nested = Sequential {
      Sequential { Dense(3, 4) }.named("body")
      Scale()
    }
    #expect(nested.summary(inputShape: [3]).rows.map(\.name) == ["body.0", "1"])
  }

  @Test func `have summaries that count what a GRU multiplies`() {
    // 7 steps of 3 inputs and 5 units, three groups of columns; a product and a sum each. Resetting after the product, inputs meet
    // a fourth group, of zeros.
    #expect(Sequential { GRU(3, 5, reset: .before) }.summary(inputShape: [7, 3]).flops == 2 * 7 * (3 + 5) * 15)
    #expect(Sequential { GRU(3, 5, reset: .after) }.summary(inputShape: [7, 3]).flops == 2 * 7 * (3 * 20 + 5 * 15))
  }

  @Test func `are summarised down to the layers in residual stacks`() {
    let model = Sequential.residualClassifier(size: 8, maps: 4, stages: 2, blocks: 1)
    let summary = model.summary(inputShape: [3, 8, 8])
    #expect(
      summary.rows.map(\.name) == [
        "0", "1", "2", "3.body.0", "3.body.1", "3.body.2", "3.body.3", "3.body.4", "4.body.0", "4.body.1", "4.body.2", "4.body.3",
        "4.body.4", "4.shortcut.0", "4.shortcut.1", "5", "6", "7",
      ])
    #expect(summary.rows.count { $0.kind == "Conv2D" } == 6 && summary.rows.count { $0.kind == "LayerNorm" } == 6)
    #expect(summary.parameters == model.layout.count && summary.outputShape == [10])
    // The shortcut reads what the body reads.
    #expect(summary.rows[13].outputShape == [8, 4, 4] && summary.rows[13].flops == 2 * 4 * 4 * 8 * 4)
    let first: Int = 2 * 8 * 8 * 4 * 9 * (3 + 4 + 4)
    let second: Int = 2 * 4 * 4 * 8 * 9 * (4 + 8) + 2 * 4 * 4 * 8 * 4
    #expect(summary.flops == first + second + 2 * 8 * 10)
    for (name, entries) in model.layout.layers {
      let row = summary.rows.first { $0.name == name }
      #expect(row?.parameters == entries.reduce(0) { $0 + $1.count }, "\(name)")
    }
    let frozen = model.freezing(["3"], at: Tensor<Double>(zeros: [model.layout.count])).summary(inputShape: [3, 8, 8])
    // Two convolutions without biases and two normalisations.
    let hidden = 2 * (4 * 4 * 9) + 2 * (2 * 4 * 8 * 8)
    let counted = frozen.rows.map(\.frozen).reduce(0, +)
    #expect(counted == hidden)
  }

  /// A layer and a model of a user's own, made of parts.
  private struct Block: Layer {
    let a = Dense(3, 4, activation: .tanh), b = Sequential { Dense(4, 3) }
    var parts: [NamedLayer] { [b.named("b"), a.named("a")] }
    func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
      x + b(a(x, parameters.dropFirst(b.parameterCount)), parameters)
    }
  }
  private struct Twice: Model {
    let block = Block(), head = Dense(3, 2)
    var parts: [NamedLayer] { [block.named("block"), head.named("head")] }
    func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
      let own = LayerParameters(parameters)
      return head(block(block(inputs, own), own), own.dropFirst(block.parameterCount))
    }
  }

  @Test func `are summarised down to the parts of a user's own layers and models`() {
    let summary = Sequential { Block().named("block") }.summary(inputShape: [3])
    #expect(summary.rows.map(\.name) == ["block.b.0", "block.a"] && summary.rows.map(\.kind) == ["Dense", "Dense"])
    #expect(summary.rows.map(\.parameters) == [15, 16] && summary.rows.map(\.flops) == [24, 24])
    #expect(summary.rows.map(\.outputShape) == [nil, nil] && summary.outputShape == [3])
    let twice = Twice().summary(inputShape: [3])
    #expect(twice.rows.map(\.name) == ["block.b.0", "block.a", "head"] && twice.rows.map(\.flops) == [48, 48, 12])
    #expect(twice.rows.map(\.parameters) == [15, 16, 8] && twice.outputShape == [2])
  }

  @Test func `of sequences are summarised for one example, whatever the order of axes`() {
    let first = Sequential {
      RNN(1, 2, order: .timeFirst)
      Dense(2, 1)
    }
    // Two products a step, [1, 1] x [1, 2] and [1, 2] x [2, 2], and one behind.
    #expect(first.summary(inputShape: [5, 1]).flops == 5 * (4 + 8) + 4)
    for order in [SequenceOrder.batchFirst, .timeFirst] {
      let model = Sequential {
        RNN(1, 2, output: .all, order: order)
        Residual { LSTM(2, 2, output: .all, order: order) }
        StackedRecurrent([GRU(2, 3), GRU(3, 3)], output: .last, order: order)
        Dense(3, 1)
      }
      let summary = model.summary(inputShape: [5, 1])
      #expect(summary.rows.map(\.name) == ["0", "1.body.0", "2.0", "2.1", "3"])
      #expect(summary.rows.map(\.outputShape) == [[5, 2], [5, 2], [5, 3], [3], [1]], "\(order)")
      #expect(summary.rows[0].flops == 5 * (4 + 8) && summary.rows[1].flops == 5 * (32 + 32), "\(order)")
      #expect(summary.parameters == model.layout.count)
    }
  }

  /// A layer of a user's own.
  private struct Scale: Layer {
    func declareParameters(in layout: inout ParameterLayout, name: String) { layout.append("\(name).scale", [4], start: [1]) }
    func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> { x * parameters[0] }
  }

  @Test func `with frozen parameters are functions of the others`() throws {
    let model = MLP([3, 4, 4, 2], activation: .tanh)
    let theta = Tensor<Double>.normal([model.layout.count], seed: 1)
    let frozen = model.freezing(["layer1", "layer2.bias"], at: theta)
    #expect(frozen.layout.entries.map(\.name) == ["layer0.weight", "layer0.bias", "layer2.weight"])
    // Of the last map all but the bias is free.
    #expect(frozen.layout.affineBlocks.map(\.name) == ["layer0", "layer2"])
    #expect(frozen.layout.affineBlocks.map(\.hasBias) == [true, false])
    expectClose(
      frozen.layout.affineBlocks[1].matrix(in: frozen.free(theta)), model.layout.view("layer2.weight", of: theta).transposed(),
      .exact,
      "layer2")
    #expect(frozen.summary(inputShape: [3]).rows.map(\.frozen) == [0, 20, 2])
    #expect(frozen.summary(inputShape: [3]).description.contains("frozen"))
    #expect(!model.summary(inputShape: [3]).description.contains("frozen"))
    let free = frozen.free(theta)
    expectClose(frozen.merged(free), theta, .exact, "merged")
    let (x, t) = (Tensor<Double>.normal([5, 3], seed: 2), Tensor<Double>.normal([5, 2], seed: 3))
    let whole = Objective(model, loss: .halfSquaredError).on(inputs: x, targets: .values(t))
    let part = Objective(frozen, loss: .halfSquaredError).on(inputs: x, targets: .values(t))
    expectClose(part.value(at: free), whole.value(at: theta), .exact, "value")
    expectClose(part.gradient(at: free), frozen.free(whole.gradient(at: theta)), "gradient")
    // The part of H that belongs to the free parameters.
    let v = Tensor<Double>.normal([frozen.layout.count], seed: 4)
    var embedded = Tensor<Double>(zeros: theta.shape)
    embedded = model.freezing(["layer1", "layer2.bias"], at: embedded).merged(v)
    expectClose(
      part.hessianVectorProduct(at: free, v), frozen.free(whole.hessianVectorProduct(at: theta, embedded)), "Hv")
    expectClose(
      part.linearization(at: free).gaussNewtonVectorProduct(v),
      frozen.free(whole.linearization(at: theta).gaussNewtonVectorProduct(embedded)), "Gv")
    // Blocks behind what was taken out still find their numbers.
    let later = model.freezing(["layer0"], at: theta)
    let blocks = later.layout.affineBlocks
    #expect(blocks.map(\.name) == ["layer1", "layer2"])
    for block in blocks {
      let original = model.layout.affineBlocks.first { $0.name == block.name }!
      expectClose(block.matrix(in: later.free(theta)), original.matrix(in: theta), .exact, block.name)
    }
    // In the other scalar type too.
    let float = Objective(frozen, loss: .halfSquaredError).on(inputs: x.converted(to: Float.self), targets: .values(t.converted()))
    expectClose(float.value(at: free.converted()), part.value(at: free), Tolerance(relative: 1e-5, absolute: 0), "Float")
  }

  @Test("with frozen weights keep the maps of the others", arguments: LayerAffineBlockTests.layers.indices)
  func frozenWeights(_ index: Int) {
    let (name, layer) = LayerAffineBlockTests.layers[index]
    let model = Sequential([("first", Dense(2, 2)), ("layer", layer)])
    let full = model.layout
    let numbers = Tensor((0..<full.count).map { Double($0) })
    // Every subset of the layer's parameters, with the numbers at their places in place of weights.
    let own = full.entries.filter { $0.name.hasPrefix("layer.") }
    for subset in 0..<1 << own.count {
      let names = own.indices.filter { subset >> $0 & 1 == 1 }.map { own[$0].name }
      let frozen = model.freezing(["first.weight"] + names, at: numbers)
      let free = frozen.free(numbers)
      var expected: [String: [[Double]]] = [:]
      for block in full.affineBlocks where block.name != "first" {
        let columns = block.matrix(in: numbers).transposed().unstacked().map(\.elements)
        let kept = columns.indices.filter { column in
          !own.contains { names.contains($0.name) && ($0.offset..<$0.offset + $0.count).contains(Int(columns[column][0])) }
        }
        if kept.contains(where: { $0 < block.fanIn }) { expected[block.name] = kept.map { columns[$0] } }
      }
      let blocks = frozen.layout.affineBlocks
      #expect(Set(blocks.map(\.name)) == Set(expected.keys), "\(name) without \(names)")
      for block in blocks {
        #expect(block.matrix(in: free).transposed().unstacked().map(\.elements) == expected[block.name], "\(name) without \(names)")
        #expect(block.layerFanIn == full.affineBlocks.first { $0.name == block.name }!.fanIn)
        let last = expected[block.name]?.last?.first
        #expect(
          block.hasBias
            == own.contains {
              $0.name.hasSuffix("ias") && last != nil && $0.offset <= Int(last!) && Int(last!) < $0.offset + $0.count
            })
      }
    }
  }

  @Test func `with frozen weights draw the others as the whole layer would`() {
    let model = Sequential {
      Dense(2, 2, activation: .tanh).named("first")
      RNN(2, 300).named("rnn")
      Dense(300, 1).named("out")
    }
    let theta = Tensor<Double>(zeros: [model.layout.count])
    let frozen = model.freezing(["first", "rnn.recurrent"], at: theta)
    #expect(frozen.layout.affineBlocks.map(\.name) == ["rnn", "out"])
    let drawn = frozen.layout.view("rnn.input", of: frozen.initialParameters(.lecun, seed: 1, of: Double.self))
    // N(0, 1 / 302), within five standard deviations.
    let (n, meanSquare) = (600.0, drawn.squared().mean().scalar)
    expectClose(meanSquare, 1.0 / 302, Tolerance(relative: 5 * (2 / n).squareRoot(), absolute: 0), "variance")
    // Tanh above a frozen tanh.
    let sparse = frozen.initialParameters(.sparse(connections: 2), seed: 1, of: Double.self)
    let square = frozen.layout.view("rnn.input", of: sparse).squared().mean().scalar
    expectClose(square, 0.0625, Tolerance(relative: 5 * (2 / n).squareRoot(), absolute: 0), "sparse")
    #expect(frozen.layout.view("rnn.bias", of: sparse).elements.allSatisfy { $0 == 0.5 })
    // A bias alone is no map, and no layer's exception changes it.
    let bias = model.freezing(["out.weight"], at: theta)
    let start = bias.initialParameters(.lecun, except: ["out": .constant(2)], seed: 1, of: Double.self)
    #expect(bias.layout.affineBlocks.map(\.name) == ["first", "rnn"] && bias.layout.view("out.bias", of: start).elements == [0])
  }

  @Test func `freeze a layer by its name, and none beside it`() async {
    let model = Sequential {
      Dense(3, 3).named("a")
      Flatten()
      Dense(3, 3).named("a.b")
      Residual { LayerNorm(3) }.named("c")
      Sequential {
        Dense(3, 2).named("d")
        Dense(2, 2).named("e")
      }.named("body")
    }
    let theta = Tensor<Double>.normal([model.layout.count], seed: 1)
    func free(_ names: [String]) -> [String] { model.freezing(names, at: theta).layout.layers.map(\.name) }
    let all = ["a", "a.b", "c.body.0", "body.d", "body.e"]
    #expect(free(["a"]) == Array(all.dropFirst()))
    #expect(free(["a.b"]) == ["a"] + all.dropFirst(2))
    #expect(free(["1"]) == all)
    #expect(free(["c.body", "body.e"]) == ["a", "a.b", "body.d"])
    #expect(free(["body"]) == ["a", "a.b", "c.body.0"])
    let frozen = model.freezing(["a", "body.d"], at: theta)
    #expect(frozen.summary(inputShape: [3]).rows.map(\.frozen) == [12, 0, 0, 0, 8, 0])
    // Again, what is frozen already too.
    let twice = frozen.freezing(["a", "1", "body"], at: frozen.free(theta))
    #expect(twice.layout.layers.map(\.name) == ["a.b", "c.body.0"])
    #expect(twice.summary(inputShape: [3]).rows.map(\.frozen) == [12, 0, 0, 0, 8, 6])
    // Layers that share the first part of their names are one.
    let grouped = Sequential([("encoder.0", Dense(3, 2)), ("encoder.1", Dense(2, 2)), ("decoder", Dense(2, 3))])
    let zeros = Tensor<Double>(zeros: [grouped.layout.count])
    #expect(grouped.freezing(["encoder"], at: zeros).layout.layers.map(\.name) == ["decoder"])
    // Weights of a layer by the name of their map.
    let peephole = Sequential([("lstm", PeepholeLSTM(2, 3))])
    let half = peephole.freezing(["lstm.gates"], at: Tensor<Double>(zeros: [peephole.layout.count]))
    #expect(half.layout.affineBlocks.map(\.name) == ["lstm.output"])
  }

  /// A layer that has a parameter beside its part's, and a model of the same kind.
  private struct ScaledDense: Layer {
    let dense = Dense(3, 3)
    var parts: [NamedLayer] { [dense.named("dense")] }
    func declareParameters(in layout: inout ParameterLayout, name: String) {
      layout.append("\(name).scale", [3], start: [1])
      parts.declareParameters(in: &layout, name: name)
    }
    func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
      dense(x, parameters.dropFirst(1)) * parameters[0]
    }
  }
  private struct ScaledModel: Model {
    let dense = Dense(3, 3)
    var parts: [NamedLayer] { [dense.named("dense")] }
    var layout: ParameterLayout {
      var layout = dense.layout(name: "dense")
      layout.append("scale", [3], start: [1])
      return layout
    }
    func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
      dense(inputs, LayerParameters(parameters)) * parameters["scale"]
    }
  }

  @Test func `that are partly frozen start as whole ones do`() {
    let model = Sequential {
      LSTM(2, 3, forgetBias: 1).named("lstm")
      LayerNorm(3).named("norm")
      Dense(3, 2)
    }
    let frozen = model.freezing(["2"], at: Tensor<Double>(zeros: [model.layout.count]))
    let theta: Tensor<Double> = frozen.initialParameters(.lecun, seed: 1)
    #expect(frozen.layout.view("norm.weight", of: theta).elements == [1, 1, 1])
    #expect(frozen.layout.view("lstm.bias", of: theta).elements == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
  }

  @Test func `with frozen parameters beside those of parts count each once`() {
    func frozen(_ model: some Model, _ names: [String]) -> [Int] {
      model.freezing(names, at: Tensor<Double>(zeros: [model.layout.count])).summary(inputShape: [3]).rows.map(\.frozen)
    }
    let layered = Sequential {
      ScaledDense().named("s")
      Dense(3, 2)
    }
    #expect(frozen(layered, ["s.dense"]) == [12, 0, 0] && frozen(layered, ["s.scale"]) == [0, 3, 0])
    #expect(frozen(layered, ["s"]) == [12, 3, 0] && frozen(layered, ["s.dense.bias", "1"]) == [3, 0, 8])
    #expect(frozen(ScaledModel(), ["scale"]) == [0, 3] && frozen(ScaledModel(), ["dense", "scale"]) == [12, 3])
  }

  @Test func `do not freeze what they do not have`() async {
    await #expect(processExitsWith: .failure) {
      let model = MLP([3, 2], activation: .tanh)
      _ = model.freezing(["layer"], at: Tensor<Double>(zeros: [model.layout.count]))
    }
    // A map is neither a parameter nor a layer: the two of this state share one weight.
    await #expect(processExitsWith: .failure) {
      let model = Sequential { GRU(2, 3, recurrentBias: .candidate).named("gru") }
      _ = model.freezing(["gru.candidate"], at: Tensor<Double>(zeros: [model.layout.count]))
    }
  }

  static let ready: [(name: String, model: Sequential, input: Shape, classes: Int?)] = [
    ("PSGD's classifier", .psgdClassifier(size: 16, maps: 4), [6, 1, 16, 16], 10),
    ("PSGD's leaky classifier", .psgdLeakyClassifier(size: 8, maps: 4, hidden: 6), [6, 3, 8, 8], 10),
    ("PSGD's autoencoder", .psgdAutoencoder(maps: 4), [6, 3, 16, 16], nil),
    ("a residual network", .residualClassifier(size: 8, maps: 4, stages: 2, blocks: 2), [6, 3, 8, 8], 10),
    ("an RNN", .recurrent(RNN(2, 6)), [6, 8, 2], nil), ("an LSTM", .recurrent(LSTM(2, 6)), [6, 8, 2], nil),
    ("a GRU", .recurrent(GRU(2, 6)), [6, 8, 2], nil), ("a peephole LSTM", .recurrent(PeepholeLSTM(2, 6)), [6, 8, 2], nil),
  ]

  @Test("that are ready learn their batch, and have symmetric H and non-negative G", arguments: ready.indices)
  func learns(_ index: Int) throws {
    let (name, model, shape, classes) = Self.ready[index]
    let x = RandomStream(seed: 1).normal(shape, of: Float.self)
    let output = model(x, at: Tensor(zeros: [model.layout.count])).shape
    let targets: Targets<Float>
    if let classes {
      #expect(output == [shape[0], classes])
      targets = .labels(Tensor((0..<shape[0]).map { Int32($0 % classes) }))
    } else if shape.rank == 4 {
      #expect(output == shape)
      targets = .values(x * 0.5)
    } else {
      #expect(output == [shape[0], 1])
      targets = .values(Tensor((0..<shape[0]).map { $0 % 2 == 0 ? 1 : -1 }, shape: output))
    }
    var theta: Tensor<Float> = model.initialParameters(.glorotUniform, seed: 2)
    func train(_ loss: some Loss) throws {
      let objective = Objective(model, loss: loss)
      let function = objective.on(inputs: x, targets: targets)
      let start = function.value(at: theta)
      var optimizer = PreconditionedSGD(learningRate: 0.01, preconditioner: RMSProp<Float>())
      for _ in 0..<30 { _ = try optimizer.step(&theta, on: objective.at(inputs: x, targets: targets)) }
      #expect(function.value(at: theta) < 0.85 * start, "\(name): \(start) to \(function.value(at: theta))")
      let point = function.linearization(at: theta)
      let (u, v) = (
        RandomStream(seed: 3).normal(theta.shape, of: Float.self), RandomStream(seed: 4).normal(theta.shape, of: Float.self)
      )
      let scale = point.hessianVectorProduct(v).norm() * u.norm()
      expectClose(
        u.dot(point.hessianVectorProduct(v)), v.dot(point.hessianVectorProduct(u)),
        Tolerance(relative: 1e-3, absolute: 1e-5 * scale), "\(name): H")
      #expect(v.dot(point.gaussNewtonVectorProduct(v)) >= 0, "\(name): G")
    }
    if classes != nil {
      try train(SoftmaxCrossEntropyLoss())
    } else if shape.rank == 4 {
      try train(MeanSquaredErrorLoss())
    } else {
      try train(LogisticLoss())
    }
  }
}
