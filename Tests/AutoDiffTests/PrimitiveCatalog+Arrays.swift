import Kappa
import TestSupport

extension PrimitiveCase {
  private static let mask = Tensor<Bool>([true, false, false, true, true, false], shape: [2, 3])

  static let choices: [PrimitiveCase] = [
    PrimitiveCase("Choice", "two variables", [spread([2, 3]), spread([2, 3], from: -0.4)]) {
      select($0[0], where: mask, else: $0[1])
    },
    PrimitiveCase("Choice", "stretched operands", [spread([2, 1]), spread([4, 1, 3])]) { select($0[0], where: mask, else: $0[1]) },
    PrimitiveCase("Choice", "stretched by the mask alone", [spread([3]), spread([1])]) { select($0[0], where: mask, else: $0[1]) },
    PrimitiveCase("Choice", "a number", [spread([2, 3])]) { select(1.5, where: mask, else: $0[0]) },
    PrimitiveCase("Choice", "maximum", [spread([3, 2]), spread([2], from: -0.4, by: 0.9)]) { maximum($0[0], $0[1]) },
    PrimitiveCase("Choice", "minimum", [spread([2], from: -0.4, by: 0.9), spread([3, 2])]) { minimum($0[0], $0[1]) },
    PrimitiveCase("Choice", "clipped", [spread([2, 4])]) { $0[0].clipped(to: -1...(-0.3)) },
    PrimitiveCase("Choice", "clipped from below", [spread([2, 4])]) { $0[0].clipped(to: (-1)...) },
    PrimitiveCase("Choice", "clipped from above", [spread([2, 4])]) { $0[0].clipped(to: ...(-1)) },
  ]

  static let statistics: [PrimitiveCase] = [
    PrimitiveCase("Variance", "all axes", [spread([2, 3])]) { $0[0].variance() },
    PrimitiveCase("Variance", "outer axis, unbiased", [spread([4, 2])]) { $0[0].variance(axes: [0], degreesOfFreedom: 1) },
    PrimitiveCase("Variance", "standard deviation, kept", [spread([2, 3, 2])]) {
      $0[0].standardDeviation(axes: [0, 2], keepDimensions: true)
    },
    PrimitiveCase("EuclideanNorm", "all axes", [spread([2, 3])]) { $0[0].norm() },
    PrimitiveCase("EuclideanNorm", "inner axis kept", [spread([2, 3])]) { $0[0].norm(axes: [-1], keepDimensions: true) },
    PrimitiveCase("ElementaryFunction", "1-norm", [spread([2, 3])]) { $0[0].norm(.one, axes: [0]) },
    PrimitiveCase("Extreme", "infinity norm", [spread([2, 3])]) { $0[0].norm(.infinity, axes: [1]) },
  ]

  static let slices: [PrimitiveCase] = [
    PrimitiveCase("Slice", "rows", [spread([5, 2])]) { $0[0][rows: 1..<4] },
    PrimitiveCase("Slice", "one row", [spread([5, 2])]) { $0[0][row: -2] },
    PrimitiveCase("Slice", "columns by steps", [spread([2, 8])]) { $0[0].sliced(axis: -1, 1..<7, step: 3) },
    PrimitiveCase("Slice", "steps up to the end", [spread([2, 5])]) { $0[0].sliced(axis: 1, 0..<5, step: 2) },
    PrimitiveCase("Slice", "several, that overlap", [spread([4, 2])]) {
      $0[0][rows: 0..<2] * $0[0][rows: 1..<3] + $0[0][rows: 2..<4].squared()
    },
    PrimitiveCase("Placement", "zeros around", [spread([2, 3])]) { $0[0].padded([(1, 2), (0, 3)]) },
    PrimitiveCase("Placement", "a number around", [spread([2, 3])]) { $0[0].padded([(0, 1), (2, 0)], with: 1.5) },
    PrimitiveCase("Placement", "pullback of steps", pullbackTo: 0, [.normal([2, 2], seed: 8), spread([2, 8])]) {
      $0[0].sliced(axis: 1, 1..<7, step: 3)
    },
    PrimitiveCase("Placement", "pullback of a single one of steps", pullbackTo: 0, [.normal([2, 1], seed: 9), spread([2, 8])]) {
      $0[0].sliced(axis: 1, 6..<8, step: 3)
    },
    PrimitiveCase("Assembly", "of overlapping rows", pullbackTo: 0, [.normal([2, 2], seed: 14), spread([4, 2])]) {
      let y = $0[0].exp()
      return y[rows: 0..<2] * y[rows: 1..<3]
    },
    PrimitiveCase("Assembly", "of columns, and one row", pullbackTo: 0, [.normal([2, 2], seed: 15), spread([2, 6])]) {
      let y = $0[0].tanh()
      let parts = y.split(into: 3, axis: 1)
      return parts[0] * parts[2] + y[row: 0].sliced(axis: 0, 1..<3)
    },
    PrimitiveCase("Flip", "inner axis", [spread([2, 3])]) { $0[0].flipped(axes: [-1]) },
    PrimitiveCase("Flip", "all axes", [spread([2, 3])]) { $0[0].flipped() },
    PrimitiveCase("Broadcast", "repeated", [spread([2, 3, 2])]) { $0[0].repeated(3, axis: 1) },
    PrimitiveCase("Broadcast", "tiled", [spread([2, 3])]) { $0[0].tiled([2, 1, 3]) },
    PrimitiveCase("Concatenation", "three along columns", [spread([2, 3]), spread([2, 1]), spread([2, 2])]) {
      Variable(concatenating: $0, axis: 1)
    },
    PrimitiveCase(
      "Concatenation", "five along rows", [spread([1, 2]), spread([2, 2]), spread([3, 2]), spread([1, 2]), spread([2, 2])]
    ) { Variable(concatenating: $0 + [$0[1]]).squared() },
    PrimitiveCase("Concatenation", "with a constant", [spread([1, 2]), spread([2, 2])]) {
      Variable(concatenating: [$0[0], Variable(Tensor([[4, 5]])), $0[1].exp(), Variable(Tensor([[6, 7]]))])
    },
    PrimitiveCase("Concatenation", "stacked", [spread([2, 3]), spread([2, 3], from: 0.1)]) { Variable(stacking: $0, axis: -1) },
    PrimitiveCase("Slice", "split and put together", [spread([2, 6])]) { x in
      let parts = x[0].split(into: 3, axis: 1)
      return parts[0] * parts[1].tanh() + parts[2]
    },
    PrimitiveCase("Slice", "unstacked", [spread([2, 3])]) { x in
      let columns = x[0].unstacked(axis: 1)
      return columns[0] * columns[2]
    },
  ]

  private static let indices = Tensor<Int32>([2, 0, 2, -1], shape: [2, 2])
  private static let along = Tensor<Int32>([1, 0, 2, 2, -1, 0, 1, 1], shape: [4, 2])

  static let gathers: [PrimitiveCase] = [
    PrimitiveCase("Take", "rows, some twice", [spread([3, 2])]) { $0[0].take(indices) },
    PrimitiveCase("Take", "columns by 64-bit indices", [spread([2, 3])]) { $0[0].take(Tensor<Int64>([2, 2, 0]), axis: -1) },
    PrimitiveCase("Scatter", "rows, some twice", [spread([3, 2]), .normal([2, 2, 2], seed: 11)]) {
      $0[0].scatteringAdd($0[1], at: indices)
    },
    PrimitiveCase("Take", "sorted: an index for each position", [spread([2, 4])]) { $0[0].sorted(descending: true) },
    PrimitiveCase("Take", "rows: an index for each position", [spread([3, 2])]) { $0[0].takeAlong(along, axis: 0) },
    PrimitiveCase("Scatter", "an index for each position", [spread([3, 2]), .normal([4, 2], seed: 12)]) {
      $0[0].scatteringAddAlong($0[1], at: along, axis: -2)
    },
  ]

  private static let uneven = Convolution2D(
    stride: Extent2D(height: 2, width: 1), padding: Padding2D(top: 1, bottom: 0, left: 2, right: 1),
    dilation: Extent2D(height: 1, width: 2))
  private static let positions = Tensor<Int32>([0, 4, 4, 5], shape: [1, 2, 1, 2])

  static let images: [PrimitiveCase] = [
    PrimitiveCase("Convolution", "plain", [spread([1, 2, 3, 4]), spread([2, 2, 2, 2])]) { conv2d($0[0], $0[1]) },
    PrimitiveCase("Convolution", "uneven", [spread([2, 1, 4, 4]), spread([2, 1, 2, 3])]) { conv2d($0[0], $0[1], uneven) },
    PrimitiveCase("ConvolutionInputGradient", "uneven", [spread([2, 2, 2, 3]), spread([2, 1, 2, 3])]) {
      conv2dInputGradient($0[0], $0[1], inputSize: Extent2D(height: 4, width: 4), uneven)
    },
    PrimitiveCase("ConvolutionInputGradient", "transposed", [spread([1, 2, 2, 3]), spread([2, 1, 2, 3])]) {
      convTranspose2d($0[0], $0[1], Convolution2D(stride: 2), outputPadding: 1)
    },
    PrimitiveCase("ConvolutionWeightGradient", "uneven", [spread([2, 1, 4, 4]), spread([2, 2, 2, 3])]) {
      conv2dWeightGradient($0[0], $0[1], kernelSize: Extent2D(height: 2, width: 3), uneven)
    },
    PrimitiveCase("AveragePool", "overlapping", [spread([1, 2, 4, 3])]) { averagePool2d($0[0], window: 2, stride: 1) },
    PrimitiveCase("AveragePool", "with a rest", [spread([1, 1, 5, 4])]) { averagePool2d($0[0], window: 2) },
    PrimitiveCase("AveragePoolAdjoint", [spread([1, 2, 2, 2])]) {
      averagePool2dAdjoint($0[0], inputSize: Extent2D(height: 5, width: 4), window: 2)
    },
    PrimitiveCase("PixelGather", "maximum pooling", [spread([1, 2, 4, 4])]) { maxPool2d($0[0], window: 3, stride: 1) },
    PrimitiveCase("PixelGather", "fixed positions", [spread([1, 2, 2, 3])]) { gatherPixels($0[0], at: positions) },
    PrimitiveCase("PixelScatter", [spread([1, 2, 1, 2])]) {
      scatterPixels($0[0], at: positions, inputSize: Extent2D(height: 2, width: 3))
    },
  ]

  static let sums: [PrimitiveCase] =
    [
      ("ij,jk->ik", [[2, 3], [3, 2]]), ("bij,bkj->bik", [[2, 2, 3], [2, 4, 3]]), ("ij->ji", [[2, 3]]), ("ij->", [[2, 3]]),
      ("ii", [[3, 3]]), ("iji->j", [[2, 3, 2]]), ("iii->i", [[2, 2, 2]]), ("...i,i->...", [[2, 3, 4], [4]]),
      ("...ij,...jk->...ik", [[2, 1, 2, 3], [4, 3, 2]]), ("i...,i->...", [[3, 2, 4], [3]]), ("...i->i", [[2, 3, 4]]),
      ("i,j", [[2], [3]]), ("ij,jk,kl->il", [[2, 3], [3, 2], [2, 4]]), ("ij,j,i,i->", [[2, 3], [3], [2], [2]]),
      ("ik,j->j", [[2, 3], [4]]), ("ij,ij->i", [[2, 3], [1, 3]]), ("ij,jk->ik", [[2, 3], [1, 4]]),
    ].map { subscripts, shapes in
      PrimitiveCase("Einsum", "\(subscripts) of \(shapes)", shapes.map { spread(Shape($0)) }) { einsum(subscripts, $0) }
    } + [
      PrimitiveCase("Einsum", "tensor product over one axis", [spread([2, 3]), spread([3, 2, 2])]) {
        tensorDot($0[0], $0[1], axes: 1)
      },
      PrimitiveCase("Einsum", "tensor product over two axes", [spread([2, 3, 4]), spread([4, 2, 2])]) {
        tensorDot($0[0], $0[1], axes: [0, 2], [-1, 0])
      },
      PrimitiveCase("Product", "outer product", [spread([2]), spread([3, 2])]) { outer($0[0], $0[1]) },
      PrimitiveCase("Product", "Kronecker product", [spread([2, 3]), spread([2, 2, 1])]) { kronecker($0[0], $0[1]) },
    ]
}
