import Kappa

/// A small random network with a batch of data: what curvature and optimizers are tried on.
package struct Problem: Sendable, CustomStringConvertible {
  package var sizes: [Int]
  package var activation = Activation.tanh
  package var loss = NamedLoss.softmax_cross_entropy
  package var batch = 6
  package var seed: UInt64 = 1

  package init(
    _ sizes: [Int], _ activation: Activation = .tanh, _ loss: NamedLoss = .softmax_cross_entropy, batch: Int = 6, seed: UInt64 = 1
  ) {
    self.sizes = sizes
    self.activation = activation
    self.loss = loss
    self.batch = batch
    self.seed = seed
  }

  package var description: String { "\(sizes) \(activation) \(loss.rawValue)" }

  /// One of each loss and activation, and nets of one, two and three layers.
  package static let all = [
    Problem([4, 3]),
    Problem([4, 5, 3], .sigmoid),
    Problem([3, 4, 4, 2], .tanh, .half_squared_error),
    Problem([3, 5, 4], .leakyRelu(slope: 0.3), .sigmoid_cross_entropy),
    Problem([5, 3, 2, 3, 5], .sigmoid, .sigmoid_cross_entropy),
  ]

  package var model: MLP { MLP(sizes, activation: activation) }

  /// The objective on rows `range` of the batch; all by default. The data are the same numbers in every scalar type.
  package func function<S: TensorScalar>(
    _ range: Range<Int>? = nil, reduction: Reduction = .mean, of type: S.Type = S.self
  ) -> BatchObjective<MLP, ReducedLoss<NamedLoss>, S> {
    let rows = range ?? 0..<batch
    let stream = RandomStream(seed: seed).split(100)
    let inputs: Tensor<Double> = stream.split(0).normal([batch, sizes[0]])
    let targets: Targets<S>
    if loss == .softmax_cross_entropy {
      let classes = stream.split(1).uniform([batch], of: Double.self).elements.map { Int32($0 * Double(sizes.last!)) }
      targets = .labels(Tensor(Array(classes[rows])))
    } else {
      let values: Tensor<Double> = stream.split(1).uniform([batch, sizes.last!])
      targets = .values(values[rows: rows].contiguous().converted())
    }
    return Objective(model, loss: loss.reduced(by: reduction))
      .on(inputs: inputs[rows: rows].contiguous().converted(), targets: targets)
  }

  /// theta, with biases that are not 0.
  package func parameters<S: TensorScalar>(of type: S.Type = S.self) -> Tensor<S> {
    let theta: Tensor<Double> = 0.6 * RandomStream(seed: seed).split(200).normal([model.layout.count])
    return theta.converted()
  }

  /// A random vector in the layout of theta.
  package func direction<S: TensorScalar>(_ number: UInt64, of type: S.Type = S.self) -> Tensor<S> {
    let v: Tensor<Double> = RandomStream(seed: seed).split(300 + number).normal([model.layout.count])
    return v.converted()
  }
}

extension ScalarFunction {
  /// The columns of a curvature matrix from its products with unit vectors.
  package func matrix(at theta: Tensor<Scalar>, _ product: (Linearization<Scalar>, Tensor<Scalar>) -> Tensor<Scalar>) -> Tensor<
    Scalar
  > {
    let point = linearization(at: theta)
    let identity = Tensor<Scalar>(identity: layout.count)
    // Curvature matrices are symmetric, so rows will do.
    return Tensor((0..<layout.count).flatMap { product(point, identity[row: $0]).elements }, shape: identity.shape)
  }
}

/// f(x) = x^T A x / 2 - b^T x.
package func quadratic(_ a: Tensor<Double>, _ b: Tensor<Double>? = nil) -> Function<Double> {
  Function(count: a.shape[0]) { x in
    let half = (x * matmul(Variable(a), x)).sum() * 0.5
    return b.map { half - (x * $0).sum() } ?? half
  }
}
