import Foundation
import Kappa

extension TensorAgreementTests {
  static let rearranged: [Pair] = [
    Pair("two axes exchanged", [2, 3, 4]) {
      $0[0].transposed(0, -1)
    } tensors: {
      $0[0].transposed(0, -1)
    },
    Pair("several added axes", [2, 3]) {
      $0[0].expanded(axes: [-1, 1])
    } tensors: {
      $0[0].expanded(axes: [-1, 1])
    },
    Pair("all dropped axes", [1, 2, 1, 3]) {
      $0[0].squeezed()
    } tensors: {
      $0[0].squeezed()
    },
    Pair("some dropped axes", [1, 2, 1, 3]) {
      $0[0].squeezed(axes: [-2])
    } tensors: {
      $0[0].squeezed(axes: [-2])
    },
    Pair("the last of uneven chunks", [7, 2]) {
      $0[0].chunks(ofLength: 3)[2]
    } tensors: {
      $0[0].chunks(ofLength: 3)[2]
    },
    Pair("repeated as counts say", [2, 3]) {
      $0[0].repeated([2, 0, 1], axis: -1)
    } tensors: {
      $0[0].repeated([2, 0, 1], axis: -1)
    },
    Pair("chosen by a mask", [2, 3]) {
      $0[0].elements(where: $0[0].value .> 0)
    } tensors: {
      $0[0].elements(where: $0[0] .> 0)
    },
    Pair("replaced by a number", [2, 3]) {
      $0[0].replacing(with: 4, where: $0[0].value .> 0)
    } tensors: {
      $0[0].replacing(with: 4, where: $0[0] .> 0)
    },
    Pair("replaced by another", [2, 3], [3]) {
      $0[0].replacing(with: $0[1], where: $0[0].value .> 0)
    } tensors: {
      $0[0].replacing(with: $0[1], where: $0[0] .> 0)
    },
    Pair("a diagonal by a subscript", [2, 3, 4]) {
      $0[0][diagonal: -1]
    } tensors: {
      $0[0][diagonal: -1]
    },
    Pair("an inner product", [2, 3], [2, 3]) {
      $0[0].dot($0[1])
    } tensors: {
      Tensor(scalar: $0[0].dot($0[1]))
    },
    Pair("a b + c", [2, 3], [2, 3], [3]) {
      multiplyAdd($0[0], $0[1], $0[2])
    } tensors: {
      multiplyAdd($0[0], $0[1], $0[2])
    },
    Pair("operations in place", [2, 3], [3]) {
      var y = $0[0]
      y += $0[1]
      y -= 3
      y *= $0[1]
      y /= $0[1]
      y -= $0[0]
      y /= 7
      y *= 3
      return y
    } tensors: {
      var y = $0[0]
      y += $0[1]
      y -= 3
      y *= $0[1]
      y /= $0[1]
      y -= $0[0]
      y /= 7
      y *= 3
      return y
    },
  ]

  /// Matrices far from singular: what the two ways to an inverse or a solution differ by is a matter of rounding alone.
  static let decomposed: [Pair] = [
    Pair("Q", [2, 5, 3]) {
      try! $0[0].qr().q
    } tensors: {
      try! $0[0].qr().q
    },
    Pair("R of wide matrices", [2, 2, 5]) {
      try! $0[0].qr().r
    } tensors: {
      try! $0[0].qr().r
    },
    Pair("QR of a matrix without columns", [3, 0]) {
      try! matmul($0[0].qr().q, $0[0].qr().r)
    } tensors: {
      try! matmul($0[0].qr().q, $0[0].qr().r)
    },
    Pair("QR of a matrix without rows", [0, 3]) {
      try! $0[0].qr().r
    } tensors: {
      try! $0[0].qr().r
    },
    Pair("least squares", [9, 3], [9, 2]) {
      try! $0[0].leastSquares($0[1])
    } tensors: {
      try! $0[0].leastSquares($0[1]).solution
    },
    Pair("least squares, vectors", [2, 9, 3], [9]) {
      try! $0[0].leastSquares($0[1])
    } tensors: {
      try! $0[0].leastSquares($0[1]).solution
    },
    Pair("smallest solutions", [3, 9], [4, 3, 2]) {
      try! $0[0].leastSquares($0[1])
    } tensors: {
      try! $0[0].leastSquares($0[1]).solution
    },
    Pair("least squares without unknowns", [3, 0], [3]) {
      try! $0[0].leastSquares($0[1])
    } tensors: {
      try! $0[0].leastSquares($0[1]).solution
    },
    Pair("smallest solutions without equations", [0, 3], [0, 2]) {
      try! $0[0].leastSquares($0[1])
    } tensors: {
      try! $0[0].leastSquares($0[1]).solution
    },
    Pair("pseudoinverses", [2, 3, 9]) {
      try! $0[0].pseudoInverse()
    } tensors: {
      try! $0[0].pseudoInverse()
    },
    Pair("a pseudoinverse by a tolerance", [5, 3]) {
      try! $0[0].pseudoInverse(relativeTolerance: 0.6)
    } tensors: {
      try! $0[0].pseudoInverse(relativeTolerance: 0.6)
    },
    Pair("square roots", [2, 3, 3]) {
      try! matmul($0[0], $0[0], transposeB: true).matrixSquareRoot()
    } tensors: {
      try! matmul($0[0], $0[0], transposeB: true).matrixSquareRoot()
    },
    Pair("powers", [2, 3, 3]) {
      try! matmul($0[0], $0[0], transposeB: true).matrixPower(2.5)
    } tensors: {
      try! matmul($0[0], $0[0], transposeB: true).matrixPower(2.5)
    },
    Pair("logarithms", [3, 9]) {
      try! matmul($0[0], $0[0], transposeB: true).matrixLogarithm()
    } tensors: {
      try! matmul($0[0], $0[0], transposeB: true).matrixLogarithm()
    },
    Pair("exponentials", [3, 3]) {
      try! matmul($0[0], $0[0], transposeB: true).symmetricFunction(SpectralExponential())
    } tensors: {
      try! matmul($0[0], $0[0], transposeB: true).symmetricFunction { exp($0) }
    },
    Pair("inverse square roots", [3, 9]) {
      try! matmul($0[0], $0[0], transposeB: true).inverseMatrixSquareRoot()
    } tensors: {
      try! matmul($0[0], $0[0], transposeB: true).inverseMatrixSquareRoot()
    },
    Pair("condition number", [2, 3, 9]) {
      try! $0[0].conditionNumber()
    } tensors: {
      try! $0[0].conditionNumber()
    },
    Pair("condition number in the 1-norm", [2, 3, 3]) {
      try! $0[0].conditionNumber(.one)
    } tensors: {
      try! $0[0].conditionNumber(.one)
    },
    Pair("condition number without elements", [2, 0, 0]) {
      try! $0[0].conditionNumber()
    } tensors: {
      try! $0[0].conditionNumber()
    },
  ]
}
