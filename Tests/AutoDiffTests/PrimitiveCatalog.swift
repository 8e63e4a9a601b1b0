import Kappa
import TestSupport
import Testing

/// A primitive with inputs to try it on: smooth there, and at least 0.05 from any kink.
struct PrimitiveCase: Sendable, CustomTestStringConvertible {
  typealias Body = @Sendable ([Variable<Double>]) -> Variable<Double>

  /// The type's name in Sources/AutoDiff/Primitives.
  let primitive: String
  let variant: String
  let inputs: [Tensor<Double>]
  let function: Body

  /// Whether the function is itself a pullback: then its inputs have to be on a tape.
  var isPullback = false

  init(_ primitive: String, _ variant: String, _ inputs: [Tensor<Double>], _ function: @escaping Body) {
    self.primitive = primitive
    self.variant = variant
    self.inputs = inputs
    self.function = function
  }

  init(_ primitive: String, _ inputs: [Tensor<Double>], _ function: @escaping Body) {
    self.init(primitive, "", inputs, function)
  }

  /// (g, x, ...) -> (df/dx)^T g with respect to operand `operand`: how a rule that is itself a primitive is reached.
  init(_ primitive: String, _ variant: String = "", pullbackTo operand: Int = 0, _ inputs: [Tensor<Double>], _ f: @escaping Body) {
    self.init(primitive, variant, inputs) { arguments in
      let inputs = Array(arguments.dropFirst())
      return vectorJacobianProduct(of: f(inputs), withRespectTo: [inputs[operand]], arguments[0])[0]
    }
    isPullback = true
  }

  var testDescription: String { variant.isEmpty ? primitive : "\(primitive) (\(variant))" }

  func value(at inputs: [Tensor<Double>]) -> Tensor<Double> {
    let tape = Tape<Double>()
    return function(inputs.map { tape.variable($0) }).value
  }

  /// Random directions for the inputs and the result.
  func directions(seed: UInt64) -> (tangents: [Tensor<Double>], cotangent: Tensor<Double>) {
    let shapes = inputs.map(\.shape) + [value(at: inputs).shape]
    let all = shapes.enumerated().map { Tensor.normal($1, seed: seed + UInt64($0)) }
    return (Array(all.dropLast()), all.last!)
  }

  static let catalog =
    activations + elementary + arithmetic + choices + products + sums + reductions + statistics + shapes + slices + gathers + images
    + triangles + systems + decompositions + fullRank + parts + runningProducts + losses + recurrences + checkpoints
}

/// Elements of the given size from -1.7 to 1.9 that keep away from 0 and from each other.
func spread(_ shape: Shape, from low: Double = -1.7, by step: Double = 0.23) -> Tensor<Double> {
  // 7 is prime to every count used here, so the order is a shuffled one.
  let n = shape.elementCount
  return Tensor((0..<n).map { low + step * Double($0 * 7 % n) }, shape: shape)
}

func positive(_ shape: Shape) -> Tensor<Double> { spread(shape, from: 0.4, by: 0.17) }

extension PrimitiveCase {
  private static let functions: [(String, Activation)] = [
    ("identity", .identity), ("tanh", .tanh), ("sigmoid", .sigmoid), ("leaky ReLU", .leakyRelu(slope: 0.3)),
  ]

  private static let activations: [PrimitiveCase] =
    [
      PrimitiveCase("ActivationFunction", "tanh", [spread([2, 4])]) { $0[0].tanh() },
      PrimitiveCase("ActivationFunction", "sigmoid", [spread([2, 4])]) { $0[0].sigmoid() },
      PrimitiveCase("ActivationFunction", "ReLU", [spread([2, 4])]) { $0[0].relu() },
      PrimitiveCase("ActivationFunction", "leaky ReLU", [spread([2, 4])]) { $0[0].leakyRelu(slope: 0.3) },
      PrimitiveCase("ActivationGradient", "tanh", pullbackTo: 0, [.normal([2, 4], seed: 1), spread([2, 4])]) { $0[0].tanh() },
      PrimitiveCase("ActivationGradient", "sigmoid", pullbackTo: 0, [.normal([2, 4], seed: 2), spread([2, 4])]) { $0[0].sigmoid() },
      PrimitiveCase("ActivationGradient", "leaky ReLU", pullbackTo: 0, [.normal([2, 4], seed: 3), spread([2, 4])]) {
        $0[0].leakyRelu(slope: 0.3)
      },
    ]
    + functions.map { name, function in
      PrimitiveCase("BiasActivation", name, [spread([3, 4]), spread([4], from: -0.31, by: 0.11)]) {
        $0[0].activated(function, bias: $0[1])
      }
    }
    + functions.map { name, function in
      PrimitiveCase(
        "BiasActivation", "pullback of \(name) to the bias", pullbackTo: 1,
        [.normal([3, 4], seed: 4), spread([3, 4]), spread([4], from: -0.31, by: 0.11)]
      ) { $0[0].activated(function, bias: $0[1]) }
    }

  private static let elementary: [PrimitiveCase] = [
    PrimitiveCase("ElementaryFunction", "exp", [spread([5])]) { $0[0].exp() },
    PrimitiveCase("ElementaryFunction", "log", [positive([5])]) { $0[0].log() },
    PrimitiveCase("ElementaryFunction", "square root", [positive([5])]) { $0[0].squareRoot() },
    PrimitiveCase("ElementaryFunction", "square", [spread([5])]) { $0[0].squared() },
    PrimitiveCase("ElementaryFunction", "reciprocal", [positive([5])]) { $0[0].reciprocal() },
    PrimitiveCase("ElementaryFunction", "softplus", [spread([5])]) { $0[0].softplus() },
    PrimitiveCase("ElementaryFunction", "absolute value", [spread([5])]) { $0[0].abs() },
    PrimitiveCase("Power", "2.5", [positive([5])]) { $0[0].power(2.5) },
    PrimitiveCase("Power", "-1", [positive([5])]) { $0[0].power(-1) },
    PrimitiveCase("ElementaryFunction", "power of a variable", [positive([5]), spread([5])]) { $0[0].power($0[1]) },
    PrimitiveCase("ElementaryFunction", "exp - 1", [spread([5])]) { $0[0].expMinusOne() },
    PrimitiveCase("ElementaryFunction", "log(1 + x)", [positive([5])]) { $0[0].logOnePlus() },
    PrimitiveCase("ElementaryFunction", "sine", [spread([5])]) { $0[0].sin() },
    PrimitiveCase("ElementaryFunction", "cosine", [spread([5])]) { $0[0].cos() },
    PrimitiveCase("ElementaryFunction", "error function", [spread([5])]) { $0[0].erf() },
    PrimitiveCase("ElementaryFunction", "GELU", [spread([5])]) { $0[0].gelu() },
    PrimitiveCase("ActivationFunction", "GELU by tanh", [spread([5])]) { $0[0].tanhGelu() },
    PrimitiveCase("ElementaryFunction", "reciprocal square root", [positive([5])]) { $0[0].reciprocalSquareRoot() },
  ]

  private static let arithmetic: [PrimitiveCase] = [
    PrimitiveCase("Sum2", "sum", [spread([2, 3]), spread([2, 3])]) { $0[0] + $0[1] },
    PrimitiveCase("Sum2", "sum, stretched", [spread([2, 1]), spread([4, 1, 3])]) { $0[0] + $0[1] },
    PrimitiveCase("Sum2", "difference, stretched", [spread([3]), spread([2, 3])]) { $0[0] - $0[1] },
    PrimitiveCase("Product", "product", [spread([2, 3]), spread([2, 3])]) { $0[0] * $0[1] },
    PrimitiveCase("Product", "product, stretched", [spread([2, 1]), spread([4, 1, 3])]) { $0[0] * $0[1] },
    PrimitiveCase("Product", "quotient, stretched", [spread([2, 3]), positive([])]) { $0[0] / $0[1] },
    PrimitiveCase("Product", "square of one variable", [spread([2, 3])]) { $0[0] * $0[0] },
    PrimitiveCase("Affine", "negative", [spread([2, 3])]) { -$0[0] },
    PrimitiveCase("Affine", "3 - 2x", [spread([2, 3])]) { 3 - 2 * $0[0] },
    PrimitiveCase("Affine", "x + 1", [spread([2, 3])]) { $0[0] + 1 },
  ]

  private static let products: [PrimitiveCase] =
    [(false, false), (true, false), (false, true), (true, true)].map { ta, tb in
      PrimitiveCase(
        "MatrixProduct", "\(ta ? "a^T" : "a") \(tb ? "b^T" : "b")",
        [spread(ta ? [3, 2] : [2, 3]), spread(tb ? [4, 3] : [3, 4])]
      ) { matmul($0[0], $0[1], transposeA: ta, transposeB: tb) }
    } + [
      PrimitiveCase("MatrixProduct", "batches", [spread([2, 1, 2, 3]), spread([4, 3, 2])]) { matmul($0[0], $0[1]) },
      PrimitiveCase("MatrixProduct", "transposed batches", [spread([2, 3, 2]), spread([2, 4, 3])]) {
        matmul($0[0], $0[1], transposeA: true, transposeB: true)
      },
      PrimitiveCase("MatrixProduct", "batch and matrix", [spread([2, 2, 3]), spread([3, 4])]) { matmul($0[0], $0[1]) },
      PrimitiveCase("MatrixProduct", "matrix and vector", [spread([2, 3]), spread([3])]) { matmul($0[0], $0[1]) },
      PrimitiveCase("MatrixProduct", "vector and matrix", [spread([3]), spread([3, 2])]) { matmul($0[0], $0[1]) },
      PrimitiveCase("MatrixProduct", "vector and vector", [spread([3]), spread([3])]) { matmul($0[0], $0[1]) },
    ]

  private static let reductions: [PrimitiveCase] = [
    PrimitiveCase("LogSumExp", "all axes", [spread([2, 3])]) { $0[0].logSumExp() },
    PrimitiveCase("LogSumExp", "inner axis", [spread([2, 3])]) { $0[0].logSumExp(axes: [-1]) },
    PrimitiveCase("LogSumExp", "outer axes kept", [spread([2, 3, 2])]) { $0[0].logSumExp(axes: [0, 2], keepDimensions: true) },
    PrimitiveCase("Softmax", "inner axis", [spread([2, 3])]) { $0[0].softmax() },
    PrimitiveCase("Softmax", "outer axis", [spread([4, 2])]) { $0[0].softmax(axis: 0) },
    PrimitiveCase("LogSumExp", "log softmax", [spread([2, 3])]) { $0[0].logSoftmax() },
    PrimitiveCase("Softmax", "middle axis", [spread([2, 3, 2])]) { $0[0].softmax(axis: 1) },
    PrimitiveCase("LogSumExp", "log softmax, middle axis", [spread([2, 3, 2])]) { $0[0].logSoftmax(axis: -2) },
    PrimitiveCase("Extreme", "largest, all axes", [spread([2, 3])]) { $0[0].max() },
    PrimitiveCase("Extreme", "largest, outer axis", [spread([3, 2])]) { $0[0].max(axes: [0]) },
    PrimitiveCase("Extreme", "smallest, all axes", [spread([2, 3])]) { $0[0].min() },
    PrimitiveCase("Extreme", "smallest, middle axis kept", [spread([2, 3, 2])]) { $0[0].min(axes: [1], keepDimensions: true) },
    PrimitiveCase("CumulativeSum", "outer axis", [spread([3, 2])]) { $0[0].cumulativeSum(axis: 0) },
    PrimitiveCase("CumulativeSum", "inner axis", [spread([3, 2])]) { $0[0].cumulativeSum(axis: -1) },
    PrimitiveCase("CumulativeSum", "reversed", [spread([3, 2])]) { $0[0].cumulativeSum(axis: 0, reversed: true) },
    PrimitiveCase("Product", "of all elements", [spread([5])]) { $0[0].product() },
    PrimitiveCase("Product", "over two axes", [spread([3, 2, 2])]) { $0[0].product(axes: [0, -1]) },
    PrimitiveCase("Product", "over one axis kept", [spread([2, 3])]) { $0[0].product(axes: [1], keepDimensions: true) },
    PrimitiveCase("SumTo", "all axes", [spread([2, 3])]) { $0[0].sum() },
    PrimitiveCase("SumTo", "columns", [spread([2, 3])]) { $0[0].summed(to: [3]) },
    PrimitiveCase("SumTo", "split axes", [spread([2, 3, 4])]) { $0[0].summed(to: [1, 3, 1]) },
    PrimitiveCase("SumTo", "mean", [spread([2, 3, 4])]) { $0[0].mean(axes: [1]) },
  ]

  private static let shapes: [PrimitiveCase] = [
    PrimitiveCase("Reshape", [spread([2, 6])]) { $0[0].reshaped(to: [3, -1]) },
    PrimitiveCase("Permute", "three axes", [spread([2, 3, 4])]) { $0[0].permuted([2, 0, 1]) },
    PrimitiveCase("Permute", "transpose", [spread([2, 3, 4])]) { $0[0].transposed() },
    PrimitiveCase("Broadcast", [spread([3, 1])]) { $0[0].broadcast(to: [2, 3, 4]) },
  ]

  private static let targets = Tensor<Double>([0, 0.3, 1, 0.9, 0.2, 0.5], shape: [2, 3])
  private static let labels = Tensor<Int32>([2, 0])

  private static let losses: [PrimitiveCase] = [
    PrimitiveCase("SigmoidCrossEntropy", [spread([2, 3])]) { $0[0].sigmoidCrossEntropy(targets) },
    PrimitiveCase("SigmoidCrossEntropyGradient", pullbackTo: 0, [.normal([2], seed: 5), spread([2, 3])]) {
      $0[0].sigmoidCrossEntropy(targets)
    },
    PrimitiveCase("SoftmaxCrossEntropy", [spread([2, 3])]) { $0[0].softmaxCrossEntropy(labels) },
    PrimitiveCase("SoftmaxCrossEntropyGradient", pullbackTo: 0, [.normal([2], seed: 6), spread([2, 3])]) {
      $0[0].softmaxCrossEntropy(labels)
    },
  ]

  private static let checkpoints: [PrimitiveCase] = [
    PrimitiveCase("Checkpoint", "of one variable", [spread([2, 3])]) { checkpointed($0[0]) { ($0.tanh() * $0).sum(axes: [0]) } },
    PrimitiveCase("Checkpoint", "of two, with two results", [spread([2, 3]), spread([3, 2], by: 0.19)]) {
      let results = checkpointed($0) { v in
        let product = matmul(v[0], v[1])
        return [product.sigmoid(), (product * product).sum()]
      }
      return results[0] * results[1]
    },
    PrimitiveCase("Checkpoint", "inside another", [spread([3])]) {
      checkpointed($0[0]) { x in x * checkpointed(x) { $0.exp() } }
    },
  ]
}
