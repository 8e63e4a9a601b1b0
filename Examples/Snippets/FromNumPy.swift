import Foundation
import Kappa

/// The Kappa column of docs/guide/from-numpy.md, cell by cell, compared with what NumPy prints of the same.
struct FromNumPy {
  private let a: Tensor<Double> = [[1, 2], [3, 4]]
  private let b: Tensor<Double> = [[2, 0.5], [1, 4]]
  private let s: Tensor<Double> = [[4, 2], [2, 3]]
  private let v: Tensor<Double> = [1, 2, 3]
  private let w = Tensor<Double>(ones: [1, 3, 1])
  private let x = Tensor<Double>(to: 12).reshaped(to: [2, 3, 2])
  private let y = Tensor<Double>(to: 4).reshaped(to: [2, 2])
  private let z = Tensor<Double>(zeros: [3])
  private let u: Tensor<Double> = [10, 20]
  private let i: Tensor<Int32> = [2, 0]
  private let j: Tensor<Int32> = [[0, 0], [1, 0]]
  private let m: Tensor<Bool> = [[true, false], [true, true]]
  private let n: Tensor<Bool> = [[false, false], [true, true]]
  private let values: [Double] = [1, 2, 3, 4, 5, 6]
  private let images = RandomStream(seed: 1).normal([2, 3, 8, 8], of: Float.self)
  private let kernels = RandomStream(seed: 2).normal([4, 3, 3, 3], of: Float.self)
  private let random = RandomStream(seed: 3)

  func run() throws {
    try making()
    try shape()
    try elementsAndParts()
    try arithmeticElementByElement()
    try reductions()
    try products()
    try linearAlgebra()
    try files()
  }

  private func making() throws {
    let a: Tensor<Double> = [[1, 2], [3, 4]]
    check(a, is: ["[[1. 2.]\n [3. 4.]]"])
    check(Tensor<Double>(zeros: [2, 3]), is: ["[[0. 0. 0.]\n [0. 0. 0.]]"])
    check(Tensor<Double>(ones: [2, 3]), is: ["[[1. 1. 1.]\n [1. 1. 1.]]"])
    check(Tensor<Double>(repeating: 7, shape: [2, 3]), is: ["[[7. 7. 7.]\n [7. 7. 7.]]"])
    check(Tensor<Double>(to: 6), is: ["[0. 1. 2. 3. 4. 5.]"])
    check(Tensor<Double>(from: 1, to: 2, by: 0.25), is: ["[1.   1.25 1.5  1.75]"])
    check(Tensor<Double>(from: 0, through: 1, count: 5), is: ["[0.   0.25 0.5  0.75 1.  ]"])
    check(Tensor<Double>(identity: 3), is: ["[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 1.]]"])
    check(Tensor(diagonal: v), is: ["[[1. 0. 0.]\n [0. 2. 0.]\n [0. 0. 3.]]"])
    check(Tensor<Double>(ones: [3, 3]).lowerTriangle(), is: ["[[1. 0. 0.]\n [1. 1. 0.]\n [1. 1. 1.]]"])
    check(Tensor(values, shape: [2, 3]), is: ["[[1. 2. 3.]\n [4. 5. 6.]]"])
    check(a.elements, is: ["[1.0, 2.0, 3.0, 4.0]"])
    check(a.sum().scalar, is: ["10.0"])
    check(a.converted(to: Float.self), is: ["[[1. 2.]\n [3. 4.]]"])
    check(random.normal([2, 3], of: Double.self))
    check(random.uniform([2, 3], of: Double.self))
    check(random.integers([5], in: 0..<10, of: Int32.self))
    check(random.permutation(5))
  }

  private func shape() throws {
    check(x.shape, x.rank, x.count, is: ["[2, 3, 2]", "3", "12"])
    check(x.reshaped(to: [3, -1]), is: ["[[ 0.  1.  2.  3.]\n [ 4.  5.  6.  7.]\n [ 8.  9. 10. 11.]]"])
    check(x.flattened(), is: ["[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11.]"])
    check(a.transposed(), is: ["[[1. 3.]\n [2. 4.]]"])
    check(x.permuted([2, 0, 1]), is: ["[[[ 0.  2.  4.]\n  [ 6.  8. 10.]]\n\n [[ 1.  3.  5.]\n  [ 7.  9. 11.]]]"])
    check(x.transposed(0, 1), is: ["[[[ 0.  1.]\n  [ 6.  7.]]\n\n [[ 2.  3.]\n  [ 8.  9.]]\n\n [[ 4.  5.]\n  [10. 11.]]]"])
    check(x.movingAxis(0, to: -1), is: ["[[[ 0.  6.]\n  [ 1.  7.]]\n\n [[ 2.  8.]\n  [ 3.  9.]]\n\n [[ 4. 10.]\n  [ 5. 11.]]]"])
    check(v.expanded(axis: 0), is: ["[[1. 2. 3.]]"])
    check(w.squeezed(), is: ["[1. 1. 1.]"])
    check(v.broadcast(to: [4, 3]), is: ["[[1. 2. 3.]\n [1. 2. 3.]\n [1. 2. 3.]\n [1. 2. 3.]]"])
    check(Tensor(concatenating: [a, b]), is: ["[[1.  2. ]\n [3.  4. ]\n [2.  0.5]\n [1.  4. ]]"])
    check(Tensor(stacking: [a, b], axis: 1), is: ["[[[1.  2. ]\n  [2.  0.5]]\n\n [[3.  4. ]\n  [1.  4. ]]]"])
    check(v.split(into: 3)[1], is: ["[2.]"])
    check(v.padded([(before: 1, after: 2)]), is: ["[0. 1. 2. 3. 0. 0.]"])
    check(v.tiled([2]), is: ["[1. 2. 3. 1. 2. 3.]"])
    check(v.repeated(2, axis: 0), is: ["[1. 1. 2. 2. 3. 3.]"])
    check(a.flipped(), is: ["[[4. 3.]\n [2. 1.]]"])
  }

  private func elementsAndParts() throws {
    check(a[0, 1], is: ["2.0"])
    check(x[row: 0], is: ["[[0. 1.]\n [2. 3.]\n [4. 5.]]"])
    check(x[0, 1..<3], is: ["[[2. 3.]\n [4. 5.]]"])
    check(x[.all, -1], is: ["[[ 4.  5.]\n [10. 11.]]"])
    check(x[..., 0], is: ["[[ 0.  2.  4.]\n [ 6.  8. 10.]]"])
    check(x[.all, .every(2)], is: ["[[[ 0.  1.]\n  [ 4.  5.]]\n\n [[ 6.  7.]\n  [10. 11.]]]"])
    check(v[.reversed], is: ["[3. 2. 1.]"])
    check(v[.from(-2)], is: ["[2. 3.]"])
    check(v[.all, .newAxis], is: ["[[1.]\n [2.]\n [3.]]"])
    var changed = a
    changed[row: 0] = Tensor(scalar: 9)
    changed[.all, 1] += 2
    changed[diagonal: 0] += 1
    check(changed, is: ["[[10. 11.]\n [ 3.  7.]]"])
    check(a, is: ["[[1. 2.]\n [3. 4.]]"])
    check(a.diagonal(), is: ["[1. 4.]"])
    check(a.lowerTriangle(), is: ["[[1. 0.]\n [3. 4.]]"])
    check(x.take(i, axis: 1), is: ["[[[ 4.  5.]\n  [ 0.  1.]]\n\n [[10. 11.]\n  [ 6.  7.]]]"])
    check(a.takeAlong(j, axis: 1), is: ["[[1. 1.]\n [4. 3.]]"])
    check(z.scatteringAdd(u, at: i), is: ["[20.  0. 10.]"])
    check(a.elements(where: a .> 1), is: ["[2. 3. 4.]"])
    check(select(a, where: a .> 1, else: 0), is: ["[[0. 2.]\n [3. 4.]]"])
    check(i.oneHot(classes: 4, of: Double.self), is: ["[[0. 0. 1. 0.]\n [1. 0. 0. 0.]]"])
  }

  private func arithmeticElementByElement() throws {
    check((a + b) * (a - b) / b, is: ["[[-1.5  7.5]\n [ 8.   0. ]]"])
    check(2 * a - 1, is: ["[[1. 3.]\n [5. 7.]]"])
    var changed = a
    changed += b
    check(changed, is: ["[[3.  2.5]\n [4.  8. ]]"])
    check(a.squared(), a.squareRoot(), is: ["[[ 1.  4.]\n [ 9. 16.]]", "[[1.         1.41421356]\n [1.73205081 2.        ]]"])
    check(a.power(1.7), is: ["[[ 1.          3.24900959]\n [ 6.47300784 10.55606329]]"])
    check(
      a.exp(), a.expMinusOne(), a.log(), a.logOnePlus(),
      is: [
        "[[ 2.71828183  7.3890561 ]\n [20.08553692 54.59815003]]", "[[ 1.71828183  6.3890561 ]\n [19.08553692 53.59815003]]",
        "[[0.         0.69314718]\n [1.09861229 1.38629436]]", "[[0.69314718 1.09861229]\n [1.38629436 1.60943791]]",
      ])
    check(
      a.sin(), a.cos(), a.tanh(),
      is: [
        "[[ 0.84147098  0.90929743]\n [ 0.14112001 -0.7568025 ]]", "[[ 0.54030231 -0.41614684]\n [-0.9899925  -0.65364362]]",
        "[[0.76159416 0.96402758]\n [0.99505475 0.9993293 ]]",
      ])
    check(
      a.abs(), a.sign(), a.reciprocal(),
      is: ["[[1. 2.]\n [3. 4.]]", "[[1. 1.]\n [1. 1.]]", "[[1.         0.5       ]\n [0.33333333 0.25      ]]"])
    check(a.sigmoid(), a.erf())
    check(a.relu(), a.leakyRelu(slope: 0.3), a.softplus(), a.gelu())
    check(a.floor(), a.rounded(), is: ["[[1. 2.]\n [3. 4.]]", "[[1. 2.]\n [3. 4.]]"])
    check(a.clipped(to: 1...3), is: ["[[1. 2.]\n [3. 3.]]"])
    check(maximum(a, b), is: ["[[2. 2.]\n [3. 4.]]"])
    check(
      a .== b, a .< b, a .>= 2,
      is: ["[[False False]\n [False  True]]", "[[ True False]\n [False False]]", "[[False  True]\n [ True  True]]"])
    check(m .& .!n, m .| n, is: ["[[ True False]\n [False False]]", "[[ True False]\n [ True  True]]"])
    check(a.nanMask(), is: ["[[False False]\n [False False]]"])
    check(a == b, is: ["false"])
    check(a.allClose(to: b), is: ["false"])
    var z = a
    z.add(productOf: a, b, scaledBy: 2)
    check(z, is: ["[[ 5.  4.]\n [ 9. 36.]]"])
    check(fused(a, b) { a, b in a * b + a.tanh() - 0.5 * b }, is: ["[[ 1.76159416  1.71402758]\n [ 3.49505475 14.9993293 ]]"])
  }

  private func reductions() throws {
    check(a.sum(), a.mean(), is: ["10.0", "2.5"])
    check(x.sum(axes: [0, 2]), is: ["[14. 22. 30.]"])
    check(x.sum(axes: [1], keepDimensions: true), is: ["[[[ 6.  9.]]\n\n [[24. 27.]]]"])
    check(a.variance(axes: [0], degreesOfFreedom: 1), a.standardDeviation(axes: [0]), is: ["[2. 2.]", "[1. 1.]"])
    check(a.max(axes: [1]), a.min(axes: [1]), is: ["[2. 4.]", "[1. 3.]"])
    check(a.argMax(axis: 1), is: ["[1 1]"])
    check(a.product(), a.cumulativeSum(axis: 0), is: ["24.0", "[[1. 2.]\n [4. 6.]]"])
    check(m.any(), m.all(axes: [1]), is: ["True", "[False  True]"])
    check(a.logSumExp(axes: [1]), is: ["[2.31326169 4.31326169]"])
    check(a.softmax(axis: 1), is: ["[[0.26894142 0.73105858]\n [0.26894142 0.73105858]]"])
    check(v.norm(), v.norm(.one), is: ["3.7416573867739413", "6.0"])
    check(v.sorted(), v.argSort(), is: ["[1. 2. 3.]", "[0 1 2]"])
  }

  private func products() throws {
    check(matmul(a, b), is: ["[[ 4.   8.5]\n [10.  17.5]]"])
    check(matmul(a, b, transposeA: true), is: ["[[ 5.  12.5]\n [ 8.  17. ]]"])
    check(v.dot(v), is: ["14.0"])
    check(outer(v, v), is: ["[[1. 2. 3.]\n [2. 4. 6.]\n [3. 6. 9.]]"])
    check(tensorDot(x, y, axes: 1), is: ["[[[ 2.  3.]\n  [ 6. 11.]\n  [10. 19.]]\n\n [[14. 27.]\n  [18. 35.]\n  [22. 43.]]]"])
    check(einsum("bij,jk->bik", x, y), is: ["[[[ 2.  3.]\n  [ 6. 11.]\n  [10. 19.]]\n\n [[14. 27.]\n  [18. 35.]\n  [22. 43.]]]"])
    check(kronecker(a, b), is: ["[[ 2.   0.5  4.   1. ]\n [ 1.   4.   2.   8. ]\n [ 6.   1.5  8.   2. ]\n [ 3.  12.   4.  16. ]]"])
    check(conv2d(images, kernels, Convolution2D(padding: 1)))
    check(maxPool2d(images, window: 2))
  }

  private func linearAlgebra() throws {
    check(try a.solve(b), is: ["[[-3.    3.  ]\n [ 2.5  -1.25]]"])
    check(try a.inverse(), try a.determinant())
    check(try s.cholesky(), is: ["[[2.         0.        ]\n [1.         1.41421356]]"])
    check(try s.symmetricEigen())
    check(try a.svd())
    check(try a.qr())
    check(try a.leastSquares(b))
    check(try a.pseudoInverse(), try a.matrixRank())
    check(try a.signAndLogDeterminant())
    check(try s.matrixSquareRoot())
    check(try s.matrixLogarithm(), is: ["[[1.20371283 0.65596824]\n [0.65596824 0.87572871]]"])
    check(try s.matrixPower(1.5), is: ["[[8.80180241 5.52523976]\n [5.52523976 6.03918253]]"])
    check(try s.symmetricFunction(exp), is: ["[[163.26644734 124.18428352]\n [124.18428352 101.17430557]]"])
  }

  private func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kappa-snippets-\(getpid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (path, archive, weights) = (folder + "/a.npy", folder + "/all.npz", folder + "/all.safetensors")
    let tensors: NamedTensors = ["a": AnyTensor(a), "i": AnyTensor(i)]
    try NumPyFile.write(a, to: path)
    check(try NumPyFile.read(path, as: Double.self), is: ["[[1. 2.]\n [3. 4.]]"])
    check(try NumPyFile.map(path, as: Double.self))
    try NumPyArchive.write(tensors, to: archive)
    check(try NumPyArchive(archive).read("a", as: Double.self), is: ["[[1. 2.]\n [3. 4.]]"])
    try SafetensorsFile.write(tensors, to: weights)
    check(try SafetensorsFile(weights).readAll())
  }

  /// Stops the program unless the values print as NumPy's do.
  private func check(_ values: Any..., is expected: [String] = []) {
    for (value, text) in zip(values, expected) where "\(value)" != text {
      fatalError("from-numpy.md: \(value)\nwhere NumPy has\n\(text)")
    }
    precondition(expected.isEmpty || expected.count == values.count)
  }
}
