import Kappa
import TestSupport
import Testing

@Suite("Layers")
struct LayerTests {
  private func images(_ shape: Shape) -> Tensor<Double> { Tensor.normal(shape, seed: 3) }

  private func parameters(_ model: some Model, seed: UInt64 = 4) -> Tensor<Double> {
    Tensor.normal([model.layout.count], seed: seed)
  }

  @Test func `go by their names, or else by their position`() {
    let isDeep = true
    let network = Sequential {
      Conv2D(1, 2, kernel: 3)
      Flatten()
      if isDeep { Dense(8, 5, activation: .tanh).named("hidden") }
      for _ in 0..<2 { Dense(5, 5) }
      Sequential {
        Dense(5, 4)
        LayerNorm(4)
      }.named("head")
    }
    #expect(
      network.layout.entries.map(\.name) == [
        "0.weight", "0.bias", "hidden.weight", "hidden.bias", "3.weight", "3.bias", "4.weight", "4.bias", "head.0.weight",
        "head.0.bias", "head.1.weight", "head.1.bias",
      ])
    #expect(network.layout.layers.map(\.name) == ["0", "hidden", "3", "4", "head.0", "head.1"])
    #expect(network.layout.affineBlocks.map(\.name) == ["0", "hidden", "3", "4", "head.0"])
  }

  @Test func `parts of a vector by layer are its entries, in order`() {
    let layout = MLP([3, 4, 2], activation: .tanh).layout
    let vector = Tensor((0..<layout.count).map { Double($0) })
    let parts = layout.layerViews(of: vector)
    #expect(parts.map(\.name) == ["layer0", "layer1"])
    #expect(parts.map(\.part.elements) == [(0..<16).map { Double($0) }, (16..<26).map { Double($0) }])
  }

  @Test func `parts of anything whose last axis is that of the parameters are views by layer`() {
    let layout = MLP([3, 4, 2], activation: .tanh).layout
    let rows = Tensor<Double>.normal([2, 5, 26], seed: 1)
    let parts = layout.layerViews(of: rows)
    #expect(parts.map(\.name) == ["layer0", "layer1"] && parts.map(\.part.shape) == [[2, 5, 16], [2, 5, 10]])
    expectClose(Tensor(concatenating: parts.map(\.part), axis: 2), rows, .exact, "parts")
    // Every second element of a longer vector.
    let strided = Tensor<Double>.normal([52], seed: 2).sliced(axis: 0, 0..<52, step: 2)
    expectClose(layout.layerViews(of: strided)[1].part, strided.sliced(axis: 0, 16..<26), .exact, "strided")
  }

  @Test func `blocks of a Hessian by layer are those of its rows and columns`() {
    let model = MLP([3, 4, 2], activation: .tanh)
    let (layout, theta) = (model.layout, parameters(model))
    let (x, t) = (Tensor<Double>.normal([5, 3], seed: 1), Tensor<Double>.normal([5, 2], seed: 2))
    let point = Objective(model, loss: .halfSquaredError).on(inputs: x, targets: .values(t)).linearization(at: theta)
    let hessian = point.hessianVectorProducts(Tensor(identity: 26))
    let blocks = layout.layerBlocks(of: hessian)
    #expect(blocks.map(\.name) == ["layer0", "layer1"] && blocks.map(\.block.shape) == [[16, 16], [10, 10]])
    // A direction within one layer sees its block, and beside it the one that leads to the other layer.
    let v = Tensor<Double>.normal([10], seed: 3)
    let product = layout.layerViews(of: point.hessianVectorProduct(Tensor(concatenating: [Tensor(zeros: [16]), v])))
    expectClose(matmul(blocks[1].block, v), product[1].part, "on the diagonal")
    expectClose(matmul(layout.layerBlock("layer0", "layer1", of: hessian), v), product[0].part, "beside it")
    let stack = Tensor(stacking: [hessian, 2 * hessian])
    expectClose(layout.layerBlocks(of: stack)[0].block[row: 1], 2 * blocks[0].block, .exact, "of two matrices")
  }

  @Test func `parts by layer are of nothing else`() async {
    await #expect(processExitsWith: .failure) {
      _ = MLP([3, 2], activation: .tanh).layout.layerViews(of: Tensor<Double>(zeros: [8, 3]))
    }
    await #expect(processExitsWith: .failure) {
      _ = MLP([3, 2], activation: .tanh).layout.layerBlocks(of: Tensor<Double>(zeros: [3, 8]))
    }
    await #expect(processExitsWith: .failure) {
      _ = MLP([3, 2], activation: .tanh).layout.layerBlock("layer0", "layer1", of: Tensor<Double>(zeros: [8, 8]))
    }
  }

  @Test func `of convolution are the operation, its bias and its nonlinearity`() {
    let layer = Conv2D(3, 4, kernel: Extent2D(height: 3, width: 2), stride: 2, padding: .explicit(1), activation: .tanh)
    let model = Sequential([("c", layer)])
    let (x, theta) = (images([2, 3, 7, 8]), parameters(model))
    let product = conv2d(x, model.layout.view("c.weight", of: theta), Convolution2D(stride: 2, padding: 1))
    expectClose(model(x, at: theta), (product + model.layout.view("c.bias", of: theta).reshaped(to: [4, 1, 1])).tanh(), "Conv2D")
  }

  @Test("of convolution keep the size divided by the stride, rounded up", arguments: 1...3, [4, 5, 7, 8])
  func same(stride: Int, size: Int) {
    for kernel in 1...5 {
      let model = Sequential { Conv2D(1, 1, kernel: Extent2D(kernel), stride: Extent2D(stride), padding: .same) }
      let shape = model(images([1, 1, size, size]), at: parameters(model)).shape
      #expect(shape == [1, 1, (size + stride - 1) / stride, (size + stride - 1) / stride], "kernel \(kernel)")
    }
  }

  @Test func `of convolution put the odd one of their zeros below and right`() {
    let (x, theta) = (images([1, 1, 5, 4]), Tensor<Double>.normal([2 * 4], seed: 3))
    let kernel = Extent2D(height: 2, width: 4)
    let same = Sequential { Conv2D(1, 1, kernel: kernel, padding: .same, hasBias: false) }
    let padding = Padding2D(top: 0, bottom: 1, left: 1, right: 2)
    let expected = Sequential { Conv2D(1, 1, kernel: kernel, padding: .explicit(padding), hasBias: false) }
    expectClose(same(x, at: theta), expected(x, at: theta), .exact, "same")
  }

  @Test("of transposed convolution are the adjoint of the convolution back", arguments: 1...3)
  func transposed(stride: Int) {
    for kernel in 1...4 {
      let up = Sequential {
        ConvTranspose2D(2, 3, kernel: Extent2D(kernel), stride: Extent2D(stride), padding: .same, hasBias: false)
      }
      let down = Sequential { Conv2D(3, 2, kernel: Extent2D(kernel), stride: Extent2D(stride), padding: .same, hasBias: false) }
      let theta = parameters(up)
      let x = images([1, 2, 4, 5])
      let y = up(x, at: theta)
      #expect(y.shape == [1, 3, 4 * stride, 5 * stride], "kernel \(kernel)")
      let z: Tensor<Double> = Tensor.normal(y.shape, seed: 9)
      // The same numbers: [2, 3, kernel, kernel] both times.
      expectClose(y.dot(z), x.dot(down(z, at: theta)), Tolerance(relative: 1e-12, absolute: 1e-12), "kernel \(kernel)")
    }
  }

  @Test func `of normalisation have mean 0 and variance 1 before their gain and bias`() {
    let model = Sequential { LayerNorm([3, 4]) }
    let x = 3 * images([5, 3, 4]) + 7
    var start: Tensor<Double> = model.initialParameters(.lecun, seed: 1)
    let y = model(x, at: start).reshaped(to: [5, 12])
    expectClose(y.mean(axes: [1]), Tensor(zeros: [5]), Tolerance(relative: 0, absolute: 1e-12), "mean")
    expectClose(y.squared().mean(axes: [1]), Tensor(ones: [5]), Tolerance(relative: 0, absolute: 1e-5), "variance")
    start += 1
    expectClose(model(x, at: start).reshaped(to: [5, 12]), 2 * y + 1, "gain 2 and bias 1")
    let centered = x - x.mean(axes: [1, 2], keepDimensions: true)
    let variance = centered.squared().mean(axes: [1, 2], keepDimensions: true)
    expectClose(y.reshaped(to: [5, 3, 4]), centered / (variance + 1e-5).squareRoot(), "by the formula")
  }

  @Test func `past others are added to what these make`() {
    let model = Sequential {
      Residual(activation: .tanh) { Dense(4, 4).named("inner") }
      Residual(shortcut: Dense(4, 2, hasBias: false)) {
        Dense(4, 3, activation: .sigmoid)
        Dense(3, 2)
      }
    }
    #expect(
      model.layout.entries.map(\.name) == [
        "0.body.inner.weight", "0.body.inner.bias", "1.body.0.weight", "1.body.0.bias", "1.body.1.weight", "1.body.1.bias",
        "1.shortcut.weight",
      ])
    let (x, theta) = (images([3, 4]), parameters(model))
    func view(_ name: String) -> Tensor<Double> { model.layout.view(name, of: theta) }
    let h = (matmul(x, view("0.body.inner.weight")) + view("0.body.inner.bias") + x).tanh()
    let inner = (matmul(h, view("1.body.0.weight")) + view("1.body.0.bias")).sigmoid()
    let expected = matmul(inner, view("1.body.1.weight")) + view("1.body.1.bias") + matmul(h, view("1.shortcut.weight"))
    expectClose(model(x, at: theta), expected, "outputs")
  }

  @Test func `of pooling and shape are the operations`() {
    let x = images([2, 2, 6, 6])
    let empty = Tensor<Double>(zeros: [0])
    expectClose(Sequential { AveragePool2D(2) }(x, at: empty), averagePool2d(x, window: 2), .exact, "average")
    expectClose(Sequential { MaxPool2D(3, stride: 1) }(x, at: empty), maxPool2d(x, window: 3, stride: 1).values, .exact, "largest")
    expectClose(Sequential { Flatten() }(x, at: empty), x.reshaped(to: [2, 72]), .exact, "flat")
    expectClose(Sequential { Unflatten([4, 18]) }(x, at: empty), x.reshaped(to: [2, 4, 18]), .exact, "unflat")
  }

  @Test func `of a wrong shape stop and say so`() async {
    await #expect(processExitsWith: .failure) {
      let model = Sequential { Conv2D(3, 4, kernel: 3) }
      _ = model(Tensor<Double>(zeros: [2, 1, 8, 8]), at: Tensor(zeros: [model.layout.count]))
    }
    await #expect(processExitsWith: .failure) {
      let model = Sequential { Residual { Dense(4, 3) } }
      _ = model(Tensor<Double>(zeros: [2, 4]), at: Tensor(zeros: [model.layout.count]))
    }
    await #expect(processExitsWith: .failure) {
      let model = Sequential { LayerNorm(5) }
      _ = model(Tensor<Double>(zeros: [2, 4]), at: Tensor(zeros: [model.layout.count]))
    }
    await #expect(processExitsWith: .failure) {
      let model = Sequential { LSTM(3, 4) }
      _ = model(Tensor<Double>(zeros: [2, 5, 2]), at: Tensor(zeros: [model.layout.count]))
    }
  }
}
