import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Files of parameters")
struct ModelFileTests {
  /// The modules of Tests/Fixtures/pytorch/make.py.
  static let models: [(name: String, model: Sequential)] = [
    (
      "mlp",
      Sequential {
        Dense(5, 7, activation: .tanh)
        ActivationLayer(.identity)
        Dense(7, 4, hasBias: false)
        ActivationLayer(.sigmoid)
        Dense(4, 3)
      }
    ),
    (
      "cnn",
      Sequential {
        Conv2D(2, 4, kernel: 3, stride: 2, padding: .explicit(1))
        ActivationLayer(.leakyRelu(slope: 0.1))
        Conv2D(4, 3, kernel: Extent2D(height: 3, width: 2), dilation: Extent2D(height: 1, width: 2))
        ActivationLayer(.tanh)
        AveragePool2D(Extent2D(height: 1, width: 2))
        Flatten()
        Dense(18, 4)
      }
    ),
    (
      "decoder",
      Sequential {
        ConvTranspose2D(3, 4, kernel: 4, stride: 2, padding: .explicit(1))
        LayerNorm([4, 6, 8])
        ActivationLayer(.tanh)
        ConvTranspose2D(4, 2, kernel: 3, stride: 2, padding: .explicit(1), outputPadding: 1)
      }
    ),
    ("rnn", .recurrent(RNN(3, 5), outputs: 2)), ("lstm", .recurrent(LSTM(3, 5), outputs: 2)),
    ("gru", .recurrent(GRU(3, 5), outputs: 2)), ("gru", .recurrent(GRU(3, 5, recurrentBias: .candidate), outputs: 2)),
    ("gru_unbiased", .recurrent(GRU(3, 5, hasBias: false), outputs: 2)),
    (
      "norm_unbiased",
      Sequential {
        Dense(5, 6)
        LayerNorm(6, hasBias: false)
        ActivationLayer(.tanh)
        Dense(6, 2)
      }
    ),
    ("lstm2", .recurrent(StackedRecurrent([LSTM(3, 5), LSTM(5, 5)], output: .last), outputs: 2)),
    (
      "gru3",
      .recurrent(
        StackedRecurrent(
          [StackedRecurrent([GRU(3, 5), GRU(5, 5)], output: .last), StackedRecurrent([GRU(5, 5)], output: .last)], output: .last),
        outputs: 2)
    ),
    (
      "block",
      Sequential {
        Dense(5, 4)
        Block()
        Dense(4, 2)
      }
    ),
    (
      "block",
      Sequential {
        Dense(5, 4)
        OwnBlock()
        Dense(4, 2)
      }
    ),
  ]

  /// A layer of a user's own, of parts: Block of make.py.
  private struct Block: Layer {
    let gate = Dense(4, 4, activation: .sigmoid), value = Dense(4, 4, activation: .tanh, hasBias: false), norm = LayerNorm(4)
    var parts: [NamedLayer] { [gate.named("gate"), value.named("value"), norm.named("norm")] }
    func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
      x + gate(x, parameters) * value(norm(x, parameters.dropFirst(3)), parameters.dropFirst(2))
    }
  }

  /// The same with parameters of its own, which lie in another order.
  private struct OwnBlock: Layer {
    func declareParameters(in layout: inout ParameterLayout, name: String) {
      LayerNorm(4).declareParameters(in: &layout, name: "\(name).norm")
      layout.appendAffine("\(name).gate", fanIn: 4, outputs: 4)
      layout.appendAffine("\(name).value", fanIn: 4, outputs: 4, hasBias: false)
    }
    func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
      let normed = LayerNorm(4)(x, parameters)
      return x + (matmul(x, parameters[2]) + parameters[3]).sigmoid() * matmul(normed, parameters[4]).tanh()
    }
  }

  /// Parts of its own and what no part has.
  private struct Scaled: Layer {
    let recurrent = GRU(3, 5)
    var parts: [NamedLayer] { [recurrent.named("inner")] }
    func declareParameters(in layout: inout ParameterLayout, name: String) {
      layout.append("\(name).scale", [5], start: [1])
      parts.declareParameters(in: &layout, name: name)
    }
    func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
      recurrent(x, parameters.dropFirst(1)) * parameters[0]
    }
  }

  /// A model that is no sequence of layers.
  private struct Classifier: Model {
    let recurrent = GRU(3, 5), output = Dense(5, 2)
    var parts: [NamedLayer] { [recurrent.named("recurrent"), output.named("output")] }
    func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
      let x = inputs.permuted([1, 0, 2])
      let mask = Tensor<Bool>(sequenceLengths: Array(repeating: x.shape[0], count: x.shape[1]), time: x.shape[0])
      let states = recurrent.run(x, LayerParameters(parameters), from: nil, mask: mask)
      return output(states.final[row: 0], LayerParameters(parameters, from: recurrent.parameterCount))
    }
  }

  private func path(_ file: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/pytorch/\(file)").path
  }

  private func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kappa-models-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }

  @Test("that PyTorch wrote make the same outputs here", arguments: models.indices)
  func fromPyTorch(_ index: Int) throws {
    let (name, model) = Self.models[index]
    let data = try NumPyArchive(path("\(name).npz"))
    let (input, output) = (try data.read("input", as: Double.self), try data.read("output", as: Double.self))
    let theta = try model.load(path("\(name).safetensors"), of: Double.self)
    expectClose(model(input, at: theta), output, Tolerance(relative: 1e-12, absolute: 1e-13), name)
    let float = try model.load(path("\(name).safetensors"), conversion: .rounding, of: Float.self)
    expectClose(
      model(input.converted(to: Float.self), at: float).converted(), output, Tolerance(relative: 1e-6, absolute: 1e-6),
      "\(name), Float")
  }

  @Test("come back as they were written, and under PyTorch's names", arguments: models.indices)
  func roundTrip(_ index: Int) throws {
    let (name, model) = Self.models[index]
    let theta = Tensor<Double>.normal([model.layout.count], seed: 1)
    try withFolder { folder in
      for file in ["a.safetensors", "a.npz"] {
        for convention in [ParameterConvention.pytorch, .kappa] {
          try model.save(theta, to: "\(folder)/\(file)", as: convention)
          expectClose(try model.load("\(folder)/\(file)", as: convention), theta, .exact, "\(name), \(file), \(convention)")
        }
      }
      try model.save(theta, to: "\(folder)/b.safetensors")
      let (ours, theirs) = (
        try SafetensorsFile("\(folder)/b.safetensors").readAll(), try SafetensorsFile(path("\(name).safetensors")).readAll()
      )
      #expect(Set(ours.names) == Set(theirs.names))
      for (tensor, value) in ours { #expect(value.shape == theirs[tensor]?.shape, "\(name): \(tensor)") }
    }
  }

  @Test func `of layers that PyTorch does not have go by the names here, each by its own`() throws {
    let models: [Sequential] = [
      .recurrent(StackedRecurrent([PeepholeLSTM(3, 3), PeepholeLSTM(3, 3)], output: .last)),
      .recurrent(
        StackedRecurrent(
          [StackedRecurrent([LSTM(3, 3), LSTM(3, 3)], output: .all), StackedRecurrent([LSTM(3, 3)], output: .all)], output: .last)),
      .recurrent(GRU(2, 3, reset: .before)), .recurrent(GRU(2, 3, recurrentBias: .absent)),
    ]
    for model in models {
      let theta = Tensor<Double>.normal([model.layout.count], seed: 1)
      expectClose(try model.parameters(from: model.namedTensors(of: theta)), theta, .exact, "\(model.layout.entries[0].name)")
    }
    // A reset before the product is not PyTorch's.
    let before = Sequential.recurrent(GRU(3, 5, reset: .before, recurrentBias: .all), outputs: 2)
    #expect(throws: TensorFileError.self) { try before.load(path("gru.safetensors"), of: Double.self) }
  }

  @Test func `of a model of one's own go by the names of its parts`() throws {
    let (model, data) = (Classifier(), try NumPyArchive(path("gru.npz")))
    let theta = try model.load(path("gru.safetensors"), of: Double.self)
    let (x, y) = (try data.read("input", as: Double.self), try data.read("output", as: Double.self))
    expectClose(model(x, at: theta), y, Tolerance(relative: 1e-12, absolute: 1e-13), "PyTorch's output")
    expectClose(theta, try Sequential.recurrent(GRU(3, 5), outputs: 2).load(path("gru.safetensors")), .exact, "the order of parts")
    expectClose(try model.parameters(from: model.namedTensors(of: theta)), theta, .exact, "written and read")
  }

  @Test func `of a layer that has more than its parts hold all of it`() throws {
    let model = Sequential { Scaled().named("s") }
    let theta = Tensor<Double>.normal([model.layout.count], seed: 1)
    let tensors = model.namedTensors(of: theta)
    #expect(
      Set(tensors.names) == [
        "s.inner.weight_ih_l0", "s.inner.weight_hh_l0", "s.inner.bias_ih_l0", "s.inner.bias_hh_l0", "s.scale",
      ])
    expectClose(try model.parameters(from: tensors), theta, .exact, "written and read")
  }

  @Test func `of stacks number layers that are alike, and name others each by itself`() {
    func names(_ stack: some RecurrentLayer) -> Set<String> {
      let model = Sequential { stack.named("r") }
      return Set(model.namedTensors(of: Tensor<Double>(zeros: [model.layout.count])).names)
    }
    let alike = StackedRecurrent(
      [StackedRecurrent([RNN(3, 3)], output: .all), StackedRecurrent([RNN(3, 3), RNN(3, 3)], output: .all)], output: .last)
    let kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    #expect(names(alike) == Set(kinds.flatMap { kind in (0..<3).map { "r.\(kind)_l\($0)" } }))
    // PyTorch has a bias in all layers of a module or in none.
    let mixed = StackedRecurrent([LSTM(3, 3), LSTM(3, 3, hasBias: false)], output: .last)
    #expect(names(mixed) == Set(kinds.map { "r.0.\($0)_l0" } + ["r.1.weight_ih_l0", "r.1.weight_hh_l0"]))
    let nested = StackedRecurrent([mixed, mixed], output: .last)
    #expect(names(nested).count == 12 && names(nested).isSuperset(of: ["r.0.0.bias_ih_l0", "r.1.1.weight_hh_l0"]))
    let foreign = StackedRecurrent([GRU(3, 3), GRU(3, 3, reset: .before)], output: .last)
    #expect(names(foreign).isSuperset(of: ["r.0.weight_ih_l0", "r.1.input"]))
  }

  @Test func `are made with the folders on the way to them`() throws {
    try withFolder { folder in
      let model = Sequential { Dense(2, 2) }
      try model.save(Tensor<Double>(zeros: [6]), to: "\(folder)/a/b/c.safetensors")
      #expect(FileManager.default.fileExists(atPath: "\(folder)/a/b/c.safetensors"))
    }
  }

  @Test func `of which something is missing, too much or of another shape are refused by name`() throws {
    let model = Sequential { Dense(5, 7).named("first") }
    let theta = Tensor<Double>.normal([42], seed: 1)
    func defect(_ change: (inout NamedTensors) -> Void) -> TensorFileError? {
      var tensors = model.namedTensors(of: theta)
      change(&tensors)
      do throws(TensorFileError) {
        _ = try model.parameters(from: tensors, of: Double.self)
        return nil
      } catch { return error }
    }
    #expect(defect { _ in } == nil)
    let missing = defect { $0["first.bias"] = nil }
    #expect(missing?.member == "first.bias" && missing?.defect == .missing(available: ["first.weight"]))
    let more = defect { $0.set("second.bias", to: theta) }
    #expect(more?.defect == .unexpected(names: ["second.bias"]))
    let shape = defect { $0.set("first.weight", to: Tensor<Double>(zeros: [5, 7])) }
    #expect(shape?.member == "first.weight" && shape?.defect == .wrongShape(found: [5, 7], expected: [7, 5]))
    #expect(shape?.description.contains("[7, 5]") == true && more?.description.contains("second.bias") == true)
    let type = defect { $0.set("first.bias", to: Tensor<Int64>(zeros: [7])) }
    #expect(type?.member == "first.bias")
    var tensors = model.namedTensors(of: theta)
    tensors.set("second.bias", to: theta)
    expectClose(try model.parameters(from: tensors, allowingOthers: true), theta, .exact, "with others allowed")
    try withFolder { folder in
      let error = #expect(throws: TensorFileError.self) { try model.load("\(folder)/none.safetensors", of: Double.self) }
      #expect(error?.path == "\(folder)/none.safetensors")
      try SafetensorsFile.write(["other": .double(theta)], to: "\(folder)/other.safetensors")
      let other = #expect(throws: TensorFileError.self) { try model.load("\(folder)/other.safetensors", of: Double.self) }
      #expect(other?.path == "\(folder)/other.safetensors" && other?.member == "first.weight")
    }
  }
}
