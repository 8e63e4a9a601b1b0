import Kappa
import Testing

/// A programmer's error in making, indexing, viewing or converting tensors.
enum ElementError: String, CaseIterable, Codable, Sendable {
  case elementsForShape, negativeLength, raggedRows, raggedLiteral, flatLiteral, deepLiteral, scalarOfTwo, smallBuffer, rankNine,
    tooManyElements
  case zeroStep, endlessRange, integersOutOfRange, countNegative, diagonalOfScalar
  case indexBeyond, indexBefore, tooFewIndices, tooManyIndices, rangeBeyond, rangeBefore, rangeDownBeyond, stepZero, twoEllipses,
    tooManyNewAxes
  case emptyRangeBeyond, rowBeyond, rowsBeyond, rowsNegative, valueDoesNotStretch, valueStretchesPart, changedPartDoesNotStretch,
    diagonalOfVector
  case reshapedCount, reshapedUnknown, reshapedTwice, permutedTwice, slicedBeyond, slicedStep, expandedBeyond, squeezedLong,
    squeezedTwice
  case broadcastSmaller, sameAxes, splitSizes, splitNegative, splitUneven, chunkZero, axisBeyond
  case closenessShapes, tooLarge, notANumber, longTooLong, precisionNegative, edgeItemsZero

  /// What the program says before it stops.
  var message: [String] {
    switch self {
    case .elementsForShape: ["5 elements", "[2, 3]", "6"]
    case .negativeLength: ["negative length -1"]
    case .raggedRows: ["nested arrays differ", "element 1", "[3]", "[2]"]
    case .raggedLiteral: ["array literal has 1 elements", "2"]
    case .flatLiteral: ["an element where others have arrays"]
    case .deepLiteral: ["array literal has 1 elements", "none"]
    case .scalarOfTwo: ["scalar", "[2]"]
    case .smallBuffer: ["copyElements", "[2, 2]", "room for 3"]
    case .rankNine: ["at most 8 axes"]
    case .tooManyElements: ["[65536, 65536]", "at most 2147483647"]
    case .zeroStep: ["step is 0"]
    case .endlessRange: ["no tensor holds"]
    case .integersOutOfRange: ["3 values", "leave the range of Int32"]
    case .countNegative: ["negative length -2"]
    case .diagonalOfScalar: ["diagonal", "scalar"]
    case .indexBeyond: ["index 3", "axis 1", "[2, 3]"]
    case .indexBefore: ["index -3", "axis 0", "[2, 3]"]
    case .tooFewIndices: ["1 indices", "[2, 3]"]
    case .tooManyIndices: ["3 indices", "[2, 3]"]
    case .rangeBeyond: ["bound 4", "axis 1", "[2, 3]"]
    case .rangeBefore: ["bound -4", "axis 1", "[2, 3]"]
    case .rangeDownBeyond: ["down from 3", "axis 1"]
    case .stepZero: ["step of 0", "axis 1"]
    case .twoEllipses: ["more than one ellipsis"]
    case .tooManyNewAxes: ["at most 8 axes"]
    case .emptyRangeBeyond: ["bound 5", "axis 0"]
    case .rowBeyond: ["index 2", "axis 0", "[2, 3]"]
    case .rowsBeyond: ["bound 3", "axis 0", "[2, 3]"]
    case .rowsNegative: ["rows", "-1", "[2, 3]"]
    case .valueDoesNotStretch: ["value of shape [2]", "part of shape [3]"]
    case .valueStretchesPart: ["value of shape [2, 3]", "part of shape [3]"]
    case .changedPartDoesNotStretch: ["value of shape [2]", "part of shape [3]"]
    case .diagonalOfVector: ["diagonal", "[3]", "no matrices"]
    case .reshapedCount: ["reshaped", "[2, 3]", "[4]"]
    case .reshapedUnknown: ["reshaped", "[2, 3]", "4"]
    case .reshapedTwice: ["negative length -1"]
    case .permutedTwice: ["permuted", "[0, 0]", "[2, 3]"]
    case .slicedBeyond: ["sliced", "[2, 3]"]
    case .slicedStep: ["sliced", "step 0"]
    case .expandedBeyond: ["expanded", "axis 4", "[2, 3]"]
    case .squeezedLong: ["squeezed", "axis 1", "length 3"]
    case .squeezedTwice: ["squeezed", "repeat"]
    case .broadcastSmaller: ["broadcast", "[2, 3]", "[3]"]
    case .sameAxes: ["diagonal", "same"]
    case .splitSizes, .splitNegative: ["split", "[2, 3]"]
    case .splitUneven: ["split", "axis 1", "2 equal parts"]
    case .chunkZero: ["chunks", "0 is not positive"]
    case .axisBeyond: ["unstacked", "axis 2", "[2, 3]"]
    case .closenessShapes: ["allClose", "[2, 3]", "[2]"]
    case .tooLarge: ["element 1 of shape [2]", "2147483648", "Int32", "clamping"]
    case .notANumber: ["element 0", "nan", "Int64"]
    case .longTooLong: ["element 2", "Int32"]
    case .precisionNegative: ["precision -1"]
    case .edgeItemsZero: ["edge items 0"]
    }
  }

  func make() {
    var x = Tensor<Double>(zeros: [2, 3])
    let one: [Int] = [1]
    switch self {
    case .elementsForShape: _ = Tensor<Float>([1, 2, 3, 4, 5], shape: [2, 3])
    case .negativeLength: _ = Tensor<Float>(zeros: [2, -1])
    case .raggedRows: _ = Tensor<Float>([[1, 2], [1, 2, 3]] as [[Float]])
    case .raggedLiteral: _ = [[1, 2], [3]] as Tensor<Float>
    case .flatLiteral: _ = [[1, 2], 3] as Tensor<Float>
    case .deepLiteral: _ = [1, [3]] as Tensor<Float>
    case .scalarOfTwo: _ = Tensor<Float>([1, 2]).scalar
    case .smallBuffer:
      var buffer = [Float](repeating: 0, count: 3)
      buffer.withUnsafeMutableBufferPointer { Tensor<Float>(zeros: [2, 2]).copyElements(to: $0) }
    case .rankNine: _ = Tensor<Float>(zeros: [1, 1, 1, 1, 1, 1, 1, 1, 1])
    case .tooManyElements: _ = Tensor<Bool>(zeros: [65536, 65536])
    case .zeroStep: _ = Tensor<Float>(from: 0, to: 1, by: 0)
    case .endlessRange: _ = Tensor<Float>(from: 0, to: .infinity)
    case .integersOutOfRange: _ = Tensor<Int32>(from: .max - 1, count: 3)
    case .countNegative: _ = Tensor<Float>(from: 0, count: -2)
    case .diagonalOfScalar: _ = Tensor(diagonal: Tensor<Float>(scalar: 1))
    case .indexBeyond: _ = x[1, 3]
    case .indexBefore: x[-3, 0] = 1
    case .tooFewIndices: _ = x[one[0]] as Double
    case .tooManyIndices: _ = x[0, 0, 0, .ellipsis]
    case .rangeBeyond: _ = x[.all, 1..<4]
    case .rangeBefore: _ = x[.all, (-4)...]
    case .rangeDownBeyond: _ = x[0, .range(3, nil, step: -1)]
    case .stepZero: _ = x[0, .every(0)]
    case .twoEllipses: _ = x[.ellipsis, .ellipsis]
    case .tooManyNewAxes: _ = x[.newAxis, .newAxis, .newAxis, .newAxis, .newAxis, .newAxis, .newAxis]
    case .emptyRangeBeyond: _ = x[5..<5]
    case .rowBeyond: x[row: 2] += 1
    case .rowsBeyond: _ = x[rows: 1..<3]
    case .rowsNegative: x[rows: -1..<1] = Tensor(scalar: 0)
    case .valueDoesNotStretch: x[0] = Tensor([1, 2])
    case .valueStretchesPart: x[0] = x
    case .changedPartDoesNotStretch:
      func change(_ part: inout Tensor<Double>) { part = Tensor([1, 2]) }
      change(&x[0])
    case .diagonalOfVector:
      var y = Tensor<Double>(zeros: [3])
      y[diagonal: 0] += 1
    case .reshapedCount: _ = x.reshaped(to: [4])
    case .reshapedUnknown: _ = x.reshaped(to: [4, -1])
    case .reshapedTwice: _ = x.reshaped(to: [-1, -1])
    case .permutedTwice: _ = x.permuted([0, 0])
    case .slicedBeyond: _ = x.sliced(axis: 0, 1..<3)
    case .slicedStep: _ = x.sliced(axis: 0, 0..<2, step: 0)
    case .expandedBeyond: _ = x.expanded(axis: 4)
    case .squeezedLong: _ = x.squeezed(axis: 1)
    case .squeezedTwice: _ = Tensor<Float>(zeros: [1, 3]).squeezed(axes: [0, -2])
    case .broadcastSmaller: _ = x.broadcast(to: [3] as Shape)
    case .sameAxes: _ = x.diagonal(axes: (0, -2))
    case .splitSizes: _ = x.split(sizes: [1, 2])
    case .splitNegative: _ = x.split(sizes: [3, -1])
    case .splitUneven: _ = x.split(into: 2, axis: 1)
    case .chunkZero: _ = x.chunks(ofLength: 0)
    case .axisBeyond: _ = x.unstacked(axis: 2)
    case .closenessShapes: _ = x.allClose(to: Tensor([1, 2]))
    case .tooLarge: _ = Tensor<Double>([0, 2_147_483_648]).converted(to: Int32.self)
    case .notANumber: _ = Tensor<Float>([.nan]).converted(to: Int64.self)
    case .longTooLong: _ = Tensor<Int64>([0, 1, 1 << 31]).converted(to: Int32.self)
    case .precisionNegative: _ = TensorFormat(precision: -1)
    case .edgeItemsZero: _ = TensorFormat(edgeItems: 0)
    }
  }
}

@Suite("A mistake with elements, subscripts or views")
struct ElementErrorTests {
  @Test("stops the program and says what is wrong", arguments: ElementError.allCases)
  func stops(_ error: ElementError) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [error] in error.make() }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("Fatal error: "), "\(text.prefix(400))")
    for part in error.message { #expect(text.contains(part), "\(part) is not in: \(text.prefix(400))") }
  }
}
