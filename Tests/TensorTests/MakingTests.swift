import Kappa
import TestSupport
import Testing

@Suite("Tensors are made")
struct MakingTests {
  @Test func `of one value, zeros or ones`() {
    func check<E: TensorElement>(_ value: E) {
      for shape: Shape in [[], [3], [0], [2, 0, 3], [4, 5], [1, 1, 1, 1, 1, 1, 1, 1], [70_001]] {
        let x = Tensor(repeating: value, shape: shape)
        #expect(x.shape == shape && x.elements == Array(repeating: value, count: shape.elementCount))
        #expect(Tensor<E>(zeros: shape).elements == Array(repeating: .zero, count: shape.elementCount))
        var y = Tensor<E>(zeros: shape)
        y.fill(with: value)
        #expect(y == x)
      }
      #expect(Tensor(scalar: value).shape == [] && Tensor(scalar: value).scalar == value)
    }
    check(Float(2.5))
    check(-1e300)
    check(Int32.min)
    check(Int64.max)
    check(true)
    #expect(Tensor<Int32>(ones: [2]) == Tensor([1, 1]) && Tensor<Float>(ones: [1, 2]) == Tensor([[1, 1]]))
  }

  @Test func `of literals, nested to any depth`() {
    let vector: Tensor<Float> = [1, 2.5, -3]
    let matrix: Tensor<Double> = [[1, 2, 3], [4, 5, 6]]
    let block: Tensor<Int32> = [[[1], [2]], [[3], [4]], [[5], [6]]]
    let mask: Tensor<Bool> = [[true, false]]
    let deep: Tensor<Int64> = [[[[[1, 2]], [[3, 4]]]]]
    let (none, row): (Tensor<Float>, Tensor<Float>) = ([], [[]])
    #expect(vector.shape == [3] && vector.elements == [1, 2.5, -3])
    #expect(matrix.shape == [2, 3] && matrix.elements == [1, 2, 3, 4, 5, 6])
    #expect(block.shape == [3, 2, 1] && block.elements == [1, 2, 3, 4, 5, 6])
    #expect(mask.shape == [1, 2] && mask.elements == [true, false])
    #expect(deep.shape == [1, 1, 2, 1, 2] && deep.elements == [1, 2, 3, 4])
    #expect(none.shape == [0] && row.shape == [1, 0])
  }

  @Test func `of nested arrays`() {
    let (a, b): (Double, Double) = (1, 2)
    let rows: [[Double]] = [[a, b], [b, a], [a, a]]
    #expect(Tensor([a, b]).shape == [2])
    #expect(Tensor(rows).shape == [3, 2] && Tensor(rows).elements == [1, 2, 2, 1, 1, 1])
    let cube: [[[Float]]] = (0..<2).map { (i: Int) -> [[Float]] in
      (0..<3).map { (j: Int) -> [Float] in (0..<4).map { (k: Int) -> Float in Float(100 * i + 10 * j + k) } }
    }
    let x = Tensor(cube)
    #expect(x.shape == [2, 3, 4] && x[1, 2, 3] == 123 && x[0, 1, 0] == 10)
    let y = Tensor([cube, cube, cube])
    #expect(y.shape == [3, 2, 3, 4] && y[row: 2] == x)
    let (noRows, emptyRows): ([[Int32]], [[Int32]]) = ([], [[], []])
    #expect(Tensor(noRows).shape == [0, 0] && Tensor(emptyRows).shape == [2, 0])
    let (noMatrices, emptyMatrices): ([[[Bool]]], [[[Bool]]]) = ([], [[], []])
    #expect(Tensor(noMatrices).shape == [0, 0, 0] && Tensor(emptyMatrices).shape == [2, 0, 0])
    let noBlocks: [[[[Float]]]] = []
    #expect(Tensor(noBlocks).shape == [0, 0, 0, 0])
  }

  @Test func `of collections, and give their elements back`() {
    let five: [Int64] = [1, 2, 3, 4, 5]
    #expect(Tensor(five, shape: [5, 1]).shape == [5, 1] && Tensor(five[1..<4], shape: [3]).elements == [2, 3, 4])
    let range: ClosedRange<Int32> = 1...4
    #expect(Tensor<Int32>(range, shape: [2, 2]).elements == [1, 2, 3, 4])
    #expect(Tensor<Double>((0..<4).lazy.map { Double($0) / 2 }, shape: [4]).elements == [0, 0.5, 1, 1.5])
    let x = Tensor<Double>([[1, 2, 3], [4, 5, 6]])
    x.withUnsafeElements { #expect(Tensor($0, shape: [6]).elements == x.elements) }
    #expect(x.transposed().elements == [1, 4, 2, 5, 3, 6] && Tensor<Float>(zeros: [0]).elements == [])
    var buffer = [Double](repeating: -1, count: 8)
    buffer.withUnsafeMutableBufferPointer { x.transposed().copyElements(to: $0) }
    #expect(buffer == [1, 4, 2, 5, 3, 6, -1, -1])
    Tensor<Double>(zeros: [3, 0]).copyElements(to: UnsafeMutableBufferPointer(start: nil, count: 0))
  }

  @Test func `by writing their memory`() throws {
    struct Stop: Error {}
    let x = Tensor<Int32>(unsafeUninitialized: [2, 3]) { buffer in
      #expect(buffer.count == 6 && Int(bitPattern: buffer.baseAddress!) % 64 == 0)
      for i in buffer.indices { buffer[i] = Int32(i * i) }
    }
    #expect(x == Tensor([[0, 1, 4], [9, 16, 25]]))
    #expect(throws: Stop.self) { _ = try Tensor<Float>(unsafeUninitialized: [1 << 20]) { _ throws(Stop) in throw Stop() } }
    var y = x
    y.withUnsafeMutableElements { $0[5] = -1 }
    #expect(y[1, 2] == -1 && x[1, 2] == 25)
    #expect(x.withUnsafeElements { $0.reduce(0, +) } == 55)
  }

  @Test func `with ones or vectors on diagonals`() {
    for (rows, columns) in [(3, 3), (2, 4), (4, 2), (1, 1), (0, 0), (0, 3), (3, 0)] {
      for offset in -5...5 {
        let x = Tensor<Double>(identity: rows, columns: columns, offset: offset)
        expectClose(
          x, NaiveTensor([rows, columns]) { $0[1] - $0[0] == offset ? 1 : 0 }.tensor(), .exact, "\(rows) by \(columns), \(offset)")
      }
    }
    #expect(Tensor<Int32>(identity: 2) == Tensor([[1, 0], [0, 1]]))
    for offset in -2...2 {
      let vectors = Tensor<Float>([[1, 2, 3], [4, 5, 6]])
      let x = Tensor(diagonal: vectors, offset: offset)
      let n = 3 + abs(offset)
      let naive = NaiveTensor([2, n, n]) { i in
        i[2] - i[1] == offset ? Double(vectors[i[0], min(i[1], i[2])]) : 0
      }
      expectClose(x, naive.tensor(), .exact, "offset \(offset)")
      #expect(x.diagonal(offset: offset) == vectors)
    }
    #expect(Tensor(diagonal: Tensor<Double>([])).shape == [0, 0] && Tensor(diagonal: Tensor<Int64>([7])) == Tensor([[7]]))
  }
}

/// numpy.arange and numpy.linspace; Tests/Fixtures/numpy/make_ranges.py asked them.
private struct RangeFixture: Decodable {
  struct Item: Decodable { let arguments, elements: [Double] }
  let arange, linspace, linspace32, integers: [Item]
}

@Suite("Evenly spaced numbers")
struct RangeTests {
  private let fixture: RangeFixture = numpyFixture("ranges")

  @Test func `up to an end are NumPy's`() {
    for item in fixture.arange {
      let (start, end, step) = (item.arguments[0], item.arguments[1], item.arguments[2])
      let x = Tensor<Double>(from: start, to: end, by: step)
      // NumPy multiplies the rounded difference of the first two by i, we the step: an ulp of the largest, and i times that of the
      // step.
      let size = max(abs(start), abs(end))
      expectClose(
        x, Tensor(item.elements), Tolerance(relative: 0, absolute: 4e-16 * size * Double(max(x.count, 1))), "\(item.arguments)")
      #expect(x.elements == x.elements.indices.map { start + Double($0) * step }, "\(item.arguments)")
      let y = Tensor<Float>(from: Float(start), to: Float(end), by: Float(step))
      let (first, width) = (Double(Float(start)), Double(Float(step)))
      #expect(y.elements == y.elements.indices.map { Float(first + Double($0) * width) }, "\(item.arguments)")
    }
    #expect(Tensor<Float>(to: 3) == Tensor([0, 1, 2]) && Tensor<Double>(from: 0, to: 1, by: .infinity).count == 0)
  }

  @Test func `through an end are NumPy's, which is exact`() {
    for item in fixture.linspace {
      let (start, end, count) = (item.arguments[0], item.arguments[1], Int(item.arguments[2]))
      let x = Tensor<Double>(from: start, through: end, count: count)
      #expect(x.elements == item.elements, "\(item.arguments)")
      #expect(count < 2 || (x[0] == start && x[-1] == end))
    }
    for item in fixture.linspace32 {
      let (start, end, count) = (Float(item.arguments[0]), Float(item.arguments[1]), Int(item.arguments[2]))
      // NumPy starts from numbers in double precision.
      let tolerance = Tolerance(relative: 2e-7, absolute: 2e-7 * Double(max(abs(start), abs(end))))
      expectClose(
        Tensor<Float>(from: start, through: end, count: count), Tensor(item.elements.map { Float($0) }), tolerance,
        "\(item.arguments)")
    }
    #expect(Tensor<Float>(from: 1, by: 0.5, count: 3) == Tensor([1, 1.5, 2]) && Tensor<Double>(from: 5, count: 0).count == 0)
  }

  @Test func `that are whole are NumPy's, to the ends of their types`() {
    for item in fixture.integers {
      let a = item.arguments.map { Int64($0) }
      #expect(Tensor<Int64>(from: a[0], to: a[1], by: a[2]).elements == item.elements.map { Int64($0) }, "\(a)")
      let b = a.map { Int32($0) }
      #expect(Tensor<Int32>(from: b[0], to: b[1], by: b[2]).elements == item.elements.map { Int32($0) }, "\(a)")
    }
    #expect(Tensor<Int64>(from: .min, to: .max, by: .max).elements == [.min, -1, .max - 1])
    #expect(Tensor<Int64>(from: .max, to: .min, by: .min).elements == [.max, -1])
    #expect(Tensor<Int64>(from: .max, by: .min, count: 2).elements == [.max, -1])
    #expect(Tensor<Int32>(from: .max - 2, count: 3).elements == [.max - 2, .max - 1, .max])
    #expect(Tensor<Int32>(from: 5, by: 0, count: 3).elements == [5, 5, 5] && Tensor<Int32>(from: 5, by: .max, count: 0).count == 0)
    #expect(Tensor<Int32>(to: 3).elements == [0, 1, 2])
  }
}
