import Kappa
import TestSupport
import Testing

@Suite("Every operation on variables that is put together from others")
struct TensorAgreementTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shapes: [Shape]
    let ofVariables: @Sendable ([Variable<Double>]) -> Variable<Double>
    let ofTensors: @Sendable ([Tensor<Double>]) -> Tensor<Double>

    init(
      _ name: String, _ shapes: Shape..., variables: @escaping @Sendable ([Variable<Double>]) -> Variable<Double>,
      tensors: @escaping @Sendable ([Tensor<Double>]) -> Tensor<Double>
    ) {
      testDescription = name
      self.shapes = shapes
      ofVariables = variables
      ofTensors = tensors
    }
  }

  static let shaped: [Pair] = [
    Pair("tiled", [2, 3]) {
      $0[0].tiled([2, 1, 3])
    } tensors: {
      $0[0].tiled([2, 1, 3])
    },
    Pair("tiled, counts for inner axes alone", [2, 3]) {
      $0[0].tiled([2])
    } tensors: {
      $0[0].tiled([2])
    },
    Pair("repeated", [2, 3, 2]) {
      $0[0].repeated(3, axis: -2)
    } tensors: {
      $0[0].repeated(3, axis: -2)
    },
    Pair("repeated not at all", [2, 3]) {
      $0[0].repeated(0, axis: 0)
    } tensors: {
      $0[0].repeated(0, axis: 0)
    },
    Pair("padded", [2, 3]) {
      $0[0].padded([(0, 1), (2, 0)], with: -4)
    } tensors: {
      $0[0].padded([(0, 1), (2, 0)], with: -4)
    },
    Pair("flipped", [2, 3]) {
      $0[0].flipped(axes: [-1])
    } tensors: {
      $0[0].flipped(axes: [-1])
    },
    Pair("a row", [3, 2]) {
      $0[0][row: -1]
    } tensors: {
      $0[0][row: -1]
    },
    Pair("one of parts of given sizes", [2, 6]) {
      $0[0].split(sizes: [1, 3, 2], axis: -1)[1]
    } tensors: {
      $0[0].split(sizes: [1, 3, 2], axis: -1)[1]
    },
    Pair("one of unstacked parts", [2, 3, 2]) {
      $0[0].unstacked(axis: 1)[2]
    } tensors: {
      $0[0].unstacked(axis: 1)[2]
    },
    Pair("a moved axis", [2, 3, 4]) {
      $0[0].movingAxis(0, to: -1)
    } tensors: {
      $0[0].movingAxis(0, to: -1)
    },
    Pair("an added axis", [2, 3]) {
      $0[0].expanded(axis: -2)
    } tensors: {
      $0[0].expanded(axis: -2)
    },
    Pair("a dropped axis", [2, 1, 3]) {
      $0[0].squeezed(axis: 1)
    } tensors: {
      $0[0].squeezed(axis: 1)
    },
    Pair("diagonals of other axes", [2, 3, 4]) {
      $0[0].diagonal(offset: 1, axes: (2, 0))
    } tensors: {
      $0[0].diagonal(offset: 1, axes: (2, 0))
    },
    Pair("matrices with a diagonal", [2, 3]) {
      Variable(diagonal: $0[0], offset: -1)
    } tensors: {
      Tensor(diagonal: $0[0], offset: -1)
    },
    Pair("sorted", [3, 4]) {
      $0[0].sorted(axis: 0)
    } tensors: {
      $0[0].sorted(axis: 0)
    },
    Pair("added where indices say", [3, 2], [4, 2]) {
      $0[0].scatteringAdd($0[1], at: Tensor<Int32>([2, 0, 2, -1]))
    } tensors: {
      $0[0].scatteringAdd($0[1], at: Tensor<Int32>([2, 0, 2, -1]))
    },
  ]

  static let computed: [Pair] = [
    Pair("product", [2, 3, 5]) {
      $0[0].product(axes: [0, -1])
    } tensors: {
      $0[0].product(axes: [0, -1])
    },
    Pair("product over nothing", [0, 3]) {
      $0[0].product(axes: [0])
    } tensors: {
      $0[0].product(axes: [0])
    },
    Pair("standard deviation", [4, 3]) {
      $0[0].standardDeviation(axes: [0], degreesOfFreedom: 1)
    } tensors: {
      $0[0].standardDeviation(axes: [0], degreesOfFreedom: 1)
    },
    Pair("1-norm", [2, 3]) {
      $0[0].norm(.one, axes: [1])
    } tensors: {
      $0[0].norm(.one, axes: [1])
    },
    Pair("2-norm", [2, 3]) {
      $0[0].norm(axes: [0], keepDimensions: true)
    } tensors: {
      $0[0].norm(.two, axes: [0], keepDimensions: true)
    },
    Pair("infinity norm", [2, 3]) {
      $0[0].norm(.infinity)
    } tensors: {
      $0[0].norm(.infinity)
    },
    Pair("log softmax", [2, 3, 2]) {
      $0[0].logSoftmax(axis: 1)
    } tensors: {
      $0[0].logSoftmax(axis: 1)
    },
    Pair("GELU by tanh", [7]) {
      $0[0].tanhGelu()
    } tensors: {
      $0[0].tanhGelu()
    },
    Pair("trace", [2, 3, 4]) {
      $0[0].trace()
    } tensors: {
      $0[0].trace()
    },
    Pair("outer product", [2], [3, 2]) {
      outer($0[0], $0[1])
    } tensors: {
      outer($0[0], $0[1])
    },
    Pair("Kronecker product", [3, 2, 3], [2, 2]) {
      kronecker($0[0], $0[1])
    } tensors: {
      kronecker($0[0], $0[1])
    },
    Pair("tensor product over one axis", [2, 3], [3, 4]) {
      tensorDot($0[0], $0[1], axes: 1)
    } tensors: {
      tensorDot($0[0], $0[1], axes: 1)
    },
    Pair("solution by a Cholesky factor", [3, 3], [3]) {
      try! $0[0].solveCholesky($0[1])
    } tensors: {
      try! $0[0].solveCholesky($0[1])
    },
    Pair("determinant", [2, 3, 3]) {
      try! $0[0].determinant()
    } tensors: {
      try! $0[0].determinant()
    },
    Pair("singular value decomposition", [3, 2]) {
      try! matmul($0[0].svd().u, $0[0].svd().vTransposed)
    } tensors: {
      try! matmul($0[0].svd().u, $0[0].svd().vTransposed)
    },
  ]

  static let norms: [MatrixNorm] = [.frobenius, .nuclear, .one, .two, .infinity]

  @Test("gives what the tensors' own operation gives", arguments: shaped + computed + rearranged + decomposed)
  func agrees(_ pair: Pair) {
    let inputs = pair.shapes.enumerated().map { Tensor.normal($1, seed: 80 + UInt64($0)) }
    let tolerance = Tolerance(relative: 1e-13, absolute: 1e-15)
    let tape = Tape<Double>()
    expectClose(pair.ofVariables(inputs.map { tape.variable($0) }).value, pair.ofTensors(inputs), tolerance, pair.testDescription)
    // Constants take the same way and record nothing.
    let count = tape.count
    expectClose(pair.ofVariables(inputs.map { Variable($0) }).value, pair.ofTensors(inputs), tolerance, "of constants")
    #expect(tape.count == count)
  }

  @Test("gives the tensors' matrix norms", arguments: norms)
  func norm(_ norm: MatrixNorm) throws {
    let x = Tensor.normal([2, 3, 4], seed: 90)
    expectClose(try Variable(x).matrixNorm(norm).value, try x.matrixNorm(norm), Tolerance(relative: 1e-13, absolute: 0), "\(norm)")
  }
}
