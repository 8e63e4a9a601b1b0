import Kappa
import TestSupport
import Testing

@Suite("The affine maps of layers")
struct LayerAffineBlockTests {
  /// Layers whose maps make up all their parameters.
  static let layers: [(name: String, layer: any Layer)] = [
    ("dense", Dense(3, 4)), ("dense without bias", Dense(3, 4, hasBias: false)), ("convolution", Conv2D(2, 3, kernel: 2)),
    ("transposed convolution", ConvTranspose2D(2, 3, kernel: Extent2D(height: 3, width: 2))),
    ("transposed convolution without bias", ConvTranspose2D(2, 3, kernel: 2, hasBias: false)), ("RNN", RNN(2, 3)),
    ("LSTM", LSTM(2, 3)), ("GRU, reset before", GRU(2, 3, reset: .before)), ("GRU, reset after", GRU(2, 3)),
    ("GRU with the candidate's bias", GRU(2, 3, recurrentBias: .candidate)),
    ("GRU with one bias", GRU(2, 3, recurrentBias: GRU.RecurrentBias.absent)), ("GRU without biases", GRU(2, 3, hasBias: false)),
    ("GRU without biases, reset before", GRU(2, 3, reset: .before, hasBias: false)), ("peephole LSTM", PeepholeLSTM(2, 3)),
  ]

  @Test("have every parameter in one place, and are written as they are read", arguments: layers.indices)
  func partition(_ index: Int) {
    let (name, layer) = Self.layers[index]
    let layout = Sequential([("layer", layer)]).layout
    let theta = Tensor((0..<layout.count).map { Double($0) })
    let read = layout.affineBlocks.flatMap { $0.matrix(in: theta).elements }
    #expect(read.sorted() == theta.elements, "\(name): not every parameter once")
    var written = Tensor<Double>(repeating: -1, shape: theta.shape)
    for block in layout.affineBlocks {
      #expect(block.count == block.outputs * block.columns && block.columns == block.fanIn + (block.hasBias ? 1 : 0))
      block.write(block.matrix(in: theta), to: &written)
    }
    expectClose(written, theta, .exact, name)
  }

  @Test("without their biases are the weights alone", arguments: layers.indices)
  func withoutBias(_ index: Int) {
    let (name, layer) = Self.layers[index]
    let layout = layer.layout(name: "layer")
    let theta = Tensor((0..<layout.count).map { Double($0) })
    for block in layout.affineBlocks {
      guard let rest = block.withoutBias else {
        #expect(!block.hasBias, "\(name)")
        continue
      }
      #expect(!rest.hasBias && rest.columns == block.fanIn)
      expectClose(rest.matrix(in: theta), block.matrix(in: theta).sliced(axis: 1, 0..<block.fanIn), .exact, name)
    }
  }

  @Test func `know the nonlinearity behind them, if it is theirs`() {
    func last(@LayerList _ layers: () -> [NamedLayer]) -> Activation? { Sequential(layers).layout.affineBlocks.last!.nonlinearity }
    let plain = last {
      Dense(3, 4)
      ActivationLayer(.tanh)
    }
    let normalised = last {
      Dense(3, 4)
      LayerNorm(4)
      ActivationLayer(.tanh)
    }
    let recurrent = last {
      LSTM(3, 4)
      ActivationLayer(.tanh)
    }
    #expect(plain == .tanh && normalised == .identity && recurrent == nil)
  }

  @Test func `know the nonlinearity behind a residual sum, and what made their inputs`() {
    func nonlinearities(@LayerList _ layers: () -> [NamedLayer]) -> [[Activation?]] {
      Sequential(layers).layout.affineBlocks.map { [$0.inputNonlinearity, $0.nonlinearity] }
    }
    let plain = nonlinearities {
      Dense(4, 4, activation: .sigmoid)
      Residual(activation: .tanh) {
        Dense(4, 4, activation: .tanh)
        Dense(4, 4)
      }
      Dense(4, 4, activation: .tanh)
    }
    #expect(plain == [[.identity, .sigmoid], [.sigmoid, .tanh], [.tanh, .tanh], [.tanh, .tanh]])
    // Both ways of the sum read the inputs; without an activation the sum is no layer of tanh units.
    let ways = nonlinearities {
      Dense(4, 4, activation: .sigmoid)
      Residual(shortcut: Dense(4, 4), activation: .tanh) { Dense(4, 4) }
      Residual { Dense(4, 4, activation: .tanh) }
      Dense(4, 4)
    }
    #expect(
      ways == [[.identity, .sigmoid], [.sigmoid, .tanh], [.sigmoid, .tanh], [.tanh, .tanh], [.identity, .identity]])
    // A sum without maps says nothing of the map before it, nor does one that ends in a normalisation.
    let none = nonlinearities {
      Dense(4, 4)
      Residual(activation: .tanh) { ActivationLayer(.identity) }
      Residual(activation: .tanh) {
        Dense(4, 4)
        LayerNorm(4)
      }
      LSTM(4, 4)
      Dense(4, 4)
    }
    #expect(none == [[.identity, .identity], [.tanh, .identity], [.tanh, nil], [nil, .identity]])
    // Of what a layer that is no map's hands on the next one knows too.
    let normalised = nonlinearities {
      Dense(4, 4)
      LayerNorm(4)
      ActivationLayer(.tanh)
      Dense(4, 4)
    }
    #expect(normalised == [[.identity, .identity], [.tanh, .identity]])
    // And whether a model's last layer is one is no difference between layouts.
    func layout(_ last: Activation) -> ParameterLayout {
      Sequential {
        LayerNorm(4)
        ActivationLayer(last)
      }.layout
    }
    #expect(layout(.tanh) == layout(.identity) && layout(.tanh).hashValue == layout(.identity).hashValue)
  }

  private func theta(_ model: Sequential) -> Tensor<Double> { Tensor.normal([model.layout.count], seed: 7) }

  /// Θ [x; 1] of map `index`, as a row.
  private func mapped(_ model: Sequential, _ index: Int, _ inputs: [Tensor<Double>]) -> Tensor<Double> {
    let block = model.layout.affineBlocks[index]
    let one: [Tensor<Double>] = block.hasBias ? [Tensor([1])] : []
    return matmul(block.matrix(in: theta(model)), Tensor(concatenating: inputs.map { $0.flattened() } + one))
  }

  @Test func `of a transposed convolution take the channels and pixels that an output pixel is made of`() {
    let model = Sequential { ConvTranspose2D(2, 3, kernel: 2) }
    // Two by two pixels with kernels of two by two: the middle pixel of three by three is made of all, the kernel turned around.
    let x: Tensor<Double> = Tensor.normal([1, 2, 2, 2], seed: 1)
    let middle = model(x, at: theta(model))[0..., 0..., 1, 1].flattened()
    expectClose(mapped(model, 0, [x.flipped(axes: [2, 3])]), middle, "outputs")
  }

  @Test func `of recurrent layers take inputs, state and 1`() {
    let (x, h, c) = (
      Tensor<Double>.normal([1, 2], seed: 1), Tensor<Double>.normal([1, 3], seed: 2), Tensor<Double>.normal([1, 3], seed: 3)
    )
    /// The state behind one step from h (and c).
    func step(_ layer: some RecurrentLayer) -> (model: Sequential, state: Tensor<Double>) {
      let model = Sequential([("layer", layer)])
      let parameters = LayerParameters(Parameters(model.layout, constant: theta(model)))
      let state = Tensor(stacking: layer.stateParts == 2 ? [h, c] : [h])
      return (model, layer.run(Variable(x.reshaped(to: [1, 1, 2])), parameters, from: Variable(state)).final.value)
    }
    func parts(_ a: Tensor<Double>, _ count: Int) -> [Tensor<Double>] { a.reshaped(to: [count, 3]).unstacked() }

    let (rnn, rnnState) = step(RNN(2, 3))
    expectClose(mapped(rnn, 0, [x, h]).tanh(), rnnState.flattened(), "RNN")

    let (lstm, lstmState) = step(LSTM(2, 3))
    let a = parts(mapped(lstm, 0, [x, h]), 4)
    let cell = a[1].sigmoid() * c.flattened() + a[0].sigmoid() * a[2].tanh()
    expectClose(Tensor(concatenating: [a[3].sigmoid() * cell.tanh(), cell]), lstmState.flattened(), "LSTM")

    let (peephole, peepholeState) = step(PeepholeLSTM(2, 3))
    let gates = parts(mapped(peephole, 0, [x, h, c]), 3)
    let next = gates[1].sigmoid() * c.flattened() + gates[0].sigmoid() * gates[2].tanh()
    let output = mapped(peephole, 1, [x, h, next]).sigmoid()
    expectClose(Tensor(concatenating: [output * next.tanh(), next]), peepholeState.flattened(), "peephole LSTM")

    let (before, beforeState) = step(GRU(2, 3, reset: .before))
    let g = parts(mapped(before, 0, [x, h]), 3)
    let (r, z) = (g[0].sigmoid(), g[1].sigmoid())
    let n = parts(mapped(before, 0, [x, r * h.flattened()]), 3)[2].tanh()
    expectClose((1 - z) * n + z * h.flattened(), beforeState.flattened(), "GRU, reset before")

    for bias in [GRU.RecurrentBias.absent, .candidate, .all] {
      let (after, afterState) = step(GRU(2, 3, recurrentBias: bias))
      let own = parts(mapped(after, 0, [x]), 3)
      let others =
        bias == .candidate
        ? parts(mapped(after, 1, [h]), 2) + [mapped(after, 2, [h])] : parts(mapped(after, 1, [h]), 3)
      let (r, z) = ((own[0] + others[0]).sigmoid(), (own[1] + others[1]).sigmoid())
      let n = (own[2] + r * others[2]).tanh()
      expectClose((1 - z) * n + z * h.flattened(), afterState.flattened(), "GRU, reset after, bias \(bias)")
    }
  }
}
