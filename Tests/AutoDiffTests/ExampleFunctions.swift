import Kappa

/// A loss of each example of a batch, to try gradients of examples on.
protocol ExampleLosses: Sendable {
  /// The shapes of the parameters.
  var shapes: [Shape] { get }
  /// The losses of the examples of a batch of `count`, `[count]`.
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S>
  /// The parameters whose gradients of examples only tangent sweeps find.
  var swept: Set<Int> { get }
}

extension ExampleLosses {
  var swept: Set<Int> { [] }

  /// Random data that are the same numbers in every scalar type.
  func data<S: TensorScalar>(_ shape: Shape, seed: UInt64) -> Variable<S> {
    Variable(Tensor<Double>.normal(shape, seed: seed).converted())
  }

  var layout: ParameterLayout {
    var layout = ParameterLayout()
    for (index, shape) in shapes.enumerated() { layout.append("p\(index)", shape) }
    return layout
  }

  /// The mean of the losses; of `example` alone if that is given.
  func function<S: TensorScalar>(count: Int, example: Int? = nil, of type: S.Type = S.self) -> Function<S> {
    Function(layout) { parameters in
      let losses = losses(shapes.indices.map { parameters[$0] }, count: count)
      return Evaluation(loss: example.map { losses[row: $0] } ?? losses.mean(), exampleLosses: losses)
    }
  }
}

extension Variable {
  /// Sums over all axes but the first.
  fileprivate func sumOfExamples() -> Variable { sum(axes: Array(1..<shape.rank)) }
}

/// A loop over steps of x `[B, T, 2]` with two shared weights; the loss looks at all states.
struct RecurrentLoop: ExampleLosses {
  var steps = 4
  /// Input products of all steps in one product.
  var isJoined = false
  var shapes: [Shape] { [[2, 3], [3, 3], [3]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let x: Variable<S> = data([count, steps, 2], seed: 1)
    let all = isJoined ? matmul(x, p[0]) : nil
    var h = Variable(Tensor<S>(zeros: [count, 3]))
    var total = Variable(Tensor<S>(zeros: [count]))
    for t in 0..<steps {
      func step(_ y: Variable<S>) -> Variable<S> { y.sliced(axis: 1, t..<t + 1).squeezed(axis: 1) }
      h = (all.map(step) ?? matmul(step(x), p[0]) + matmul(h, p[1])).activated(.tanh, bias: p[2])
      if isJoined { h = h + matmul(h, p[1]).sigmoid() }
      total = total + (h - data([count, 3], seed: 20 + UInt64(t))).squared().sumOfExamples()
    }
    return total
  }
}

/// Steps outermost: x `[T, B, 2]`, one product for all, rows T B; hidden states stacked along the first axis again.
struct TimeMajor: ExampleLosses {
  let steps = 3
  var shapes: [Shape] { [[2, 4], [4, 4], [4, 2]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let inputs = matmul(data([steps, count, 2], seed: 2).reshaped(to: [steps * count, 2]), p[0])
    var h = Variable(Tensor<S>(zeros: [count, 4]))
    let states = (0..<steps).map { t in
      h = (inputs[rows: t * count..<(t + 1) * count] + matmul(h, p[1])).tanh()
      return h
    }
    let outputs = matmul(Variable(concatenating: states), p[2]).reshaped(to: [steps, count, 2])
    return (outputs - data([steps, count, 2], seed: 3)).squared().sum(axes: [0, 2])
  }
}

/// A recurrent layer as one operation, behind a dense layer for all steps and before another.
struct RecurrentLayer: ExampleLosses {
  let cell: RecurrentCell
  var steps = 4
  var shapes: [Shape] { [[2, 3 * cell.inputGroups], [3 * cell.inputGroups], [3, 3 * cell.productGroups], [3, 2]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let x: Variable<S> = data([steps, count, 2], seed: 19)
    let inputs = matmul(x, p[0]).activated(.identity, bias: p[1])
    let start = Variable(Tensor<S>(repeating: 0.3, shape: [cell.stateParts, count, 3]))
    let states = recurrence(cell, inputs, weight: p[2], state: start)[rows: 0..<steps]
    return (matmul(states, p[3]) - data([steps, count, 2], seed: 3)).squared().sum(axes: [0, 2])
  }
}

/// As above, with a first state that is a parameter's: the cotangents of inputs and state are one vector.
struct TrainedState: ExampleLosses {
  var shapes: [Shape] { [[2, 12], [3, 12], [2, 1, 3]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let inputs = matmul(data([3, count, 2], seed: 19), p[0])
    let states = recurrence(.lstm, inputs, weight: p[1], state: p[2].broadcast(to: [2, count, 3]))
    return states[rows: 2..<3].squared().sum(axes: [0, 2])
  }
  var swept: Set<Int> { [0, 1, 2] }
}

/// A sequence model with a loss at each step: dense on `[B, T, H]`, labels `[B, T]`.
struct SequenceLabels: ExampleLosses {
  var shapes: [Shape] { [[3, 4], [4], [4, 3], [3]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let hidden = matmul(data([count, 5, 3], seed: 4), p[0]).activated(.sigmoid, bias: p[1])
    let states = Variable(stacking: hidden.unstacked(axis: 1).reversed(), axis: 1).cumulativeSum(axis: 1)
    let classes: [Int32] = (0..<Int32(count) * 5).map { $0 * 7 % 3 }
    let labels = Tensor(classes, shape: [count, 5])
    return matmul(states, p[2]).activated(.identity, bias: p[3]).softmaxCrossEntropy(labels).sum(axes: [1])
  }
}

/// One weight in two layers and, transposed, in a third.
struct TiedWeights: ExampleLosses {
  var shapes: [Shape] { [[3, 3], [3]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let h = matmul(matmul(data([count, 3], seed: 5), p[0]).activated(.tanh, bias: p[1]), p[0])
    let z = matmul(h.leakyRelu(slope: 0.2), p[0], transposeB: true) + p[1]
    return z.sigmoidCrossEntropy(Tensor<S>.random([count, 3]))
  }
}

extension Tensor where Scalar: TensorScalar {
  fileprivate static func random(_ shape: Shape) -> Tensor { RandomStream(seed: 6).uniform(shape, of: Double.self).converted() }
}

/// Convolutions with strides and padding, biases of channels, both poolings, a transposed convolution and a dense layer.
struct Convolutional: ExampleLosses {
  var shapes: [Shape] { [[3, 2, 3, 3], [3, 1, 1], [3, 2, 2, 2], [2], [18, 2]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let images: Variable<S> = data([count, 2, 6, 6], seed: 7)
    let first = (conv2d(images, p[0], Convolution2D(padding: 1)) + p[1]).tanh()
    let second = convTranspose2d(averagePool2d(first, window: 2), p[2], Convolution2D(stride: 2))
    let pooled = maxPool2d(second + p[3].reshaped(to: [2, 1, 1]), window: 2)
    return (matmul(pooled.reshaped(to: [count, 18]).sigmoid(), p[4]) - data([count, 2], seed: 8)).squared().sumOfExamples() * 0.5
  }
}

/// Rows of a table, named by the examples, some of them twice.
struct Embedding: ExampleLosses {
  var shapes: [Shape] { [[5, 3], [3]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let rows: [Int32] = (0..<Int32(count) * 4).map { i in i * 3 % 5 - (i % 2) * 5 }
    let words = Tensor(rows, shape: [count, 4])
    return (p[0].take(words).sum(axes: [1]) * p[1]).tanh().sumOfExamples()
  }
}

/// Gram matrices of each example's steps, weights of each example: batches of products.
struct Attention: ExampleLosses {
  var shapes: [Shape] { [[3, 2], [3, 2], [3, 4], [4]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let x: Variable<S> = data([count, 3, 3], seed: 9)
    let scores = matmul(matmul(x, p[0]), matmul(x, p[1]), transposeB: true).softmax()
    return (matmul(scores, matmul(x, p[2])).permuted([1, 2, 0]) * p[3].reshaped(to: [1, 4, 1])).tanh().sum(axes: [0, 1])
  }
}

/// Products by their names; one sums a weight's axis with data of two axes.
struct NamedProducts: ExampleLosses {
  var shapes: [Shape] { [[3, 4], [2, 4], [4, 4]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let y = einsum("btf,fh,th->bh", data([count, 2, 3], seed: 10), p[0], p[1]).tanh()
    return einsum("bh,hk,bk->b", y, p[2], y)
  }
}

/// Two views of each example side by side on the first axis: B rows behind B rows.
struct Siamese: ExampleLosses {
  var shapes: [Shape] { [[3, 4], [4]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let pairs: Variable<S> = Variable(concatenating: [data([count, 3], seed: 11), data([count, 3], seed: 12)])
    let z = matmul(pairs, p[0]).activated(.tanh, bias: p[1]).flipped(axes: [1])
    return (z[rows: 0..<count] - z[rows: count..<2 * count]).squared().sumOfExamples()
  }
}

/// All parameters in one vector, and a weight normalised column by column: functions of sums over examples.
struct FlatVector: ExampleLosses {
  var shapes: [Shape] { [[17]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let (w, v) = (p[0][rows: 0..<6].reshaped(to: [3, 2]), p[0][rows: 8..<16].reshaped(to: [2, 4]))
    let h = matmul(data([count, 3], seed: 13), w / w.norm(axes: [0])).activated(.tanh, bias: p[0][rows: 6..<8])
    return matmul(h, v).squared().sumOfExamples()
  }
  var swept: Set<Int> { [0] }
}

/// A vector as a matrix of several shapes, as it is, and as rows of a table.
struct ManyShapes: ExampleLosses {
  var shapes: [Shape] { [[6]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let h = matmul(matmul(data([count, 3], seed: 18), p[0].reshaped(to: [3, 2])).tanh(), p[0].reshaped(to: [2, 3])).tanh()
    let z = matmul(h, p[0].reshaped(to: [3, 2]))
    let rows: [Int32] = (0..<Int32(count)).map { $0 % 2 }
    let words = Tensor(rows)
    return (z * z).sumOfExamples() + (p[0].reshaped(to: [2, 3]).take(words) * h).sumOfExamples()
  }
}

/// Each example's loss has a penalty on the parameters.
struct Penalized: ExampleLosses {
  var shapes: [Shape] { [[3, 2], [2]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let z = matmul(data([count, 3], seed: 14), p[0]).activated(.sigmoid, bias: p[1])
    return z.sumOfExamples() + p[0].squared().sum() * 0.3
  }
  var swept: Set<Int> { [0] }
}

/// Examples that share their batch's mean and variance: each loss depends on all of them.
struct Normalized: ExampleLosses {
  var shapes: [Shape] { [[3, 4], [4], [4, 2]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let h = matmul(data([count, 3], seed: 15), p[0])
    let unit = (h - h.mean(axes: [0])) / (h.variance(axes: [0]) + 0.1).squareRoot()
    return matmul((unit * p[1]).tanh(), p[2]).squared().sumOfExamples()
  }
  var swept: Set<Int> { [0] }
}

/// A parameter for each example, and one that no loss depends on.
struct OwnParameters: ExampleLosses {
  let count: Int
  var shapes: [Shape] { [[count, 2], [4], [2]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    (p[0] * p[2] - data([count, 2], seed: 16)).squared().sumOfExamples()
  }
  var swept: Set<Int> { [0] }
}

/// Losses that are the parameters.
struct BareParameters: ExampleLosses {
  let count: Int
  var shapes: [Shape] { [[count]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> { p[0] }
  var swept: Set<Int> { [0] }
}

/// Two steps of a weight so large that its gradients of examples are found in several blocks.
struct LargeWeight: ExampleLosses {
  var shapes: [Shape] { [[300, 300], [300]] }
  func losses<S: TensorScalar>(_ p: [Variable<S>], count: Int) -> Variable<S> {
    let x: Variable<S> = data([count, 300], seed: 17) * 0.1
    let h = (matmul(x, p[0]) * 0.05).activated(.tanh, bias: p[1])
    return (matmul(h, p[0]) * 0.05).tanh().sumOfExamples()
  }
}
