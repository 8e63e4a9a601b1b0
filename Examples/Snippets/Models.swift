import Kappa

/// y = σ(x W + b) ⊙ tanh(x V): a layer whose linear map is gated by another.
struct GatedDense: Layer {
  let inputs, outputs: Int

  func declareParameters(in layout: inout ParameterLayout, name: String) {
    layout.appendAffine("\(name).gate", fanIn: inputs, outputs: outputs)
    layout.appendAffine("\(name).value", fanIn: inputs, outputs: outputs, hasBias: false)
  }

  func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    (matmul(x, parameters[0]) + parameters[1]).sigmoid() * matmul(x, parameters[2]).tanh()
  }
}

/// y = x + LayerNorm(tanh(x W + b)): a layer made of others.
struct Block: Layer {
  let dense: Dense, norm: LayerNorm
  var parts: [NamedLayer] { [dense.named("dense"), norm.named("norm")] }

  init(_ width: Int) { (dense, norm) = (Dense(width, width, activation: .tanh), LayerNorm(width)) }

  func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    x + norm(dense(x, parameters), parameters.dropFirst(dense.parameterCount))
  }
}

/// A model of sequences that end at different steps: the first feature is 1 while there is one.
struct MaskedClassifier: Model {
  let recurrent = GRU(2, 16)
  let head = Dense(16, 3)
  var parts: [NamedLayer] { [recurrent.named("recurrent"), head.named("head")] }

  func callAsFunction<S: TensorScalar>(_ inputs: Variable<S>, _ parameters: Parameters<S>) -> Variable<S> {
    let x = inputs.permuted([1, 0, 2])  // [time, batch, features]
    let mask = x.value.sliced(axis: 2, 0..<1).squeezed(axis: 2) .> 0
    let result = recurrent.run(x, LayerParameters(parameters), from: nil, mask: mask)
    return head(result.final[row: 0], LayerParameters(parameters, from: recurrent.parameterCount))
  }
}

/// The code of docs/guide/models.md.
enum ModelsGuide {
  static func network() throws {
    let network = Sequential {
      Conv2D(1, 8, kernel: 5, activation: .tanh).named("stem")
      AveragePool2D(2)
      for _ in 0..<2 {
        Residual(activation: .tanh) { Conv2D(8, 8, kernel: 3, padding: .same) }
      }
      Flatten()
      GatedDense(inputs: 8 * 12 * 12, outputs: 32).named("gated")
      Dense(32, 10).named("output")
    }
    print(network.summary(inputShape: [1, 28, 28]))
    let theta: Tensor<Float> = network.initialParameters(
      .glorotNormal, except: ["stem": .orthogonal(), "output.weight": .constant(0)], seed: 1)

    let images: Tensor<Float> = RandomStream(seed: 2).uniform([20, 1, 28, 28])
    let labels = Tensor<Int32>((0..<20).map { Int32($0 % 10) })
    let objective = Objective(network, loss: .softmaxCrossEntropy, penalty: L2Penalty(1e-4))
    let gradient = objective.on(inputs: images, targets: .labels(labels)).gradient(at: theta)
    for (layer, part) in network.layout.layerViews(of: gradient) { print(layer, part.norm()) }

    let small = Sequential {
      Dense(4, 3, activation: .tanh).named("hidden")
      Dense(3, 2).named("output")
    }
    let point = Objective(small, loss: .halfSquaredError)
      .on(inputs: Tensor<Double>(ones: [5, 4]), targets: .values(Tensor(zeros: [5, 2])))
      .linearization(at: small.initialParameters(.lecun, seed: 1))
    let hessian = point.hessianVectorProducts(Tensor(identity: small.layout.count))
    for (layer, block) in small.layout.layerBlocks(of: hessian) { print(layer, block.shape, block.norm()) }
    for (layer, part) in small.layout.layerViews(of: point.perExampleGradients()) { print(layer, part.shape) }

    let head = network.freezing(["stem", "2", "3"], at: theta)
    print(head.layout.count, "of", network.layout.count, "parameters are free")

    try network.save(theta, to: "/tmp/network.safetensors")
    let loaded: Tensor<Float> = try network.load("/tmp/network.safetensors")
    require(loaded == theta, "the guide's file holds other parameters")
  }

  /// The layer and the model above have right derivatives of first and second order.
  static func check() throws {
    let gated = Sequential { GatedDense(inputs: 3, outputs: 2) }
    let theta: Tensor<Double> = gated.initialParameters(.lecun, seed: 1)
    let x: Tensor<Double> = RandomStream(seed: 1).normal([4, 3])
    try checkDerivatives(of: { gated(Variable(x), Parameters(gated.layout, flat: $0)) }, at: theta)

    let stack = Sequential { Block(3).named("block") }
    let weights: Tensor<Double> = stack.initialParameters(.lecun, seed: 1)
    try checkDerivatives(of: { stack(Variable(x), Parameters(stack.layout, flat: $0)) }, at: weights)

    let model = MaskedClassifier()
    let sequences = Tensor<Double>([[[1, 0.5], [1, -0.2], [0, 0.9]], [[1, 0.3], [0, 0.9], [0, 0.9]]])
    let start: Tensor<Double> = 0.1 * RandomStream(seed: 2).normal([model.layout.count])
    try checkDerivatives(of: { model(Variable(sequences), Parameters(model.layout, flat: $0)) }, at: start, entries: 20)
    let tensors = model.namedTensors(of: start)
    require(tensors["recurrent.weight_ih_l0"]?.shape == [48, 2], "the guide's model has other names in files: \(tensors.names)")
    let read: Tensor<Double> = try model.parameters(from: tensors)
    require(read == start, "the guide's model reads other parameters than it wrote")
    print("layers and a model of one's own: derivatives agree with differences")
  }
}
