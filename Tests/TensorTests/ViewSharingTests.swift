import Kappa
import TestSupport
import Testing

@Suite("Views of views")
struct ViewSharingTests {
  /// All ways to write `count` as a product of one to three lengths, with axes of length 1 among them.
  private func shapes(of count: Int) -> [[Int]] {
    let divisors = (1...max(count, 1)).filter { count % $0 == 0 }
    return [[count], [1, count, 1]]
      + divisors.flatMap { a in
        [[a, count / a]] + divisors.filter { (count / a) % $0 == 0 }.map { [a, $0, count / a / $0] }
      }
  }

  /// Views of 0, 1, 2, ...: each element says where in the storage it lies.
  private let sources: [Tensor<Int32>] = {
    let x = Tensor<Int32>(from: 0, count: 720).reshaped(to: [6, 4, 30])
    return [
      x[..<2, ..<3, ..<4], x[..<2, ..<3, .all], x[.all, .all, 3], x[..<3, 1], x.permuted([2, 0, 1])[..<4, ..<3, ..<2],
      x.transposed(0, 1),
      x.flipped(), x.flipped(axes: [0, 1])[..<2, ..<3], x[.all, 0, .every(10)], x[.every(3), .all, .every(-5)],
      x[1].broadcast(to: [2, 4, 30]),
      Tensor<Int32>(from: 0, count: 4).expanded(axis: 1).broadcast(to: [4, 6]), x[2, 1, 5..<6], x[0, .every(2), .newAxis, ..<12],
      x.reshaped(to: [6, 2, 2, 30]).permuted([0, 2, 1, 3]), x.diagonal(axes: (0, 1)),
      Tensor<Int32>(from: 0, count: 1).broadcast(to: [12]),
    ]
  }()

  @Test func `are reshaped without a copy exactly where strides can say it`() {
    var (viewed, copied) = (0, 0)
    for x in sources {
      let places = x.elements
      for shape in shapes(of: x.count) {
        let y = x.reshaped(to: shape)
        #expect(y.shape == Shape(shape) && y.elements == places, "\(x.shape) to \(shape)")
        // Strides exist if the place of each element follows from those one step along each axis.
        var steps: [Int32] = []
        for axis in shape.indices {
          steps.append(shape[axis] > 1 ? places[shape[(axis + 1)...].reduce(1, *)] - places[0] : 0)
        }
        let isAffine = zip(NaiveTensor.indices(of: shape), places).allSatisfy { index, place in
          place == places[0] + zip(index, steps).map { Int32($0) * $1 }.reduce(0, +)
        }
        #expect((y.storage === x.storage) == isAffine, "\(x.shape) to \(shape)")
        if isAffine { viewed += 1 } else { copied += 1 }
      }
    }
    #expect(viewed > 300 && copied > 300, "\(viewed) views and \(copied) copies")
  }

  @Test func `of no elements are reshaped to any shape without elements`() {
    let x = Tensor<Float>(zeros: [4, 0, 3]).transposed()
    for shape: Shape in [[0], [5, 0], [0, 0], [4, 3, 0]] { #expect(x.reshaped(to: shape).shape == shape) }
    #expect(x.reshaped(to: [4, 3, -1]).shape == [4, 3, 0])
  }

  @Test("that split an axis are its parts, in order, and copy nothing", arguments: Arrangement.allCases)
  func split(_ arrangement: Arrangement) {
    let x: Tensor<Double> = arrangement.tensor([6, 5, 4])
    let p = NaiveTensor(x)
    func expect(_ parts: [Tensor<Double>], _ lengths: [Int], axis: Int, sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(parts.map { $0.shape[axis] } == lengths, sourceLocation: sourceLocation)
      var start = 0
      for (part, length) in zip(parts, lengths) {
        var shape = [6, 5, 4]
        shape[axis] = length
        let naive = NaiveTensor(shape) { i in p[i.enumerated().map { $0.offset == axis ? $0.element + start : $0.element }] }
        expectClose(part, naive.tensor(), .exact, "axis \(axis) from \(start)", sourceLocation: sourceLocation)
        #expect(part.storage === x.storage, sourceLocation: sourceLocation)
        start += length
      }
    }
    expect(x.split(sizes: [1, 0, 3, 2]), [1, 0, 3, 2], axis: 0)
    expect(x.split(sizes: [2, 3], axis: -2), [2, 3], axis: 1)
    expect(x.split(into: 3), [2, 2, 2], axis: 0)
    expect(x.split(into: 4, axis: 2), [1, 1, 1, 1], axis: 2)
    expect(x.chunks(ofLength: 4), [4, 2], axis: 0)
    expect(x.chunks(ofLength: 2, axis: 1), [2, 2, 1], axis: 1)
    expect(x.chunks(ofLength: 100, axis: -1), [4], axis: 2)
    for axis in 0..<3 {
      let parts = x.unstacked(axis: axis)
      #expect(Tensor(stacking: parts, axis: axis) == x && parts.allSatisfy { $0.rank == 2 && $0.storage === x.storage })
      #expect(Tensor(concatenating: x.chunks(ofLength: 2, axis: axis), axis: axis) == x)
    }
    let empty = Tensor<Double>(zeros: [0, 2])
    #expect(empty.chunks(ofLength: 3).isEmpty && empty.unstacked().isEmpty && empty.split(sizes: []).isEmpty)
    #expect(empty.split(into: 2).map(\.shape) == [[0, 2], [0, 2]])
  }

  @Test("of diagonals read and write what their indices say", arguments: Arrangement.allCases)
  func diagonals(_ arrangement: Arrangement) {
    for shape in [[3, 4], [4, 3], [2, 3, 5], [2, 5, 3, 4], [1, 1]] {
      let x: Tensor<Double> = arrangement.tensor(shape)
      let p = NaiveTensor(x)
      let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
      for offset in -5...5 {
        let length = max(0, min(rows - max(0, -offset), columns - max(0, offset)))
        let d = x.diagonal(offset: offset)
        let naive = NaiveTensor(shape.dropLast(2) + [length]) { i in
          p[i.dropLast() + [i.last! + max(0, -offset), i.last! + max(0, offset)]]
        }
        expectClose(d, naive.tensor(), .exact, "\(shape), offset \(offset)")
        #expect(d.storage === x.storage && x[diagonal: offset] == d)
        var (written, scaled) = (x, x)
        written[diagonal: offset] = d + 100
        scaled[diagonal: offset] *= 3
        func changed(_ change: (Double) -> Double) -> Tensor<Double> {
          NaiveTensor(shape) { i in i[shape.count - 1] - i[shape.count - 2] == offset ? change(p[i]) : p[i] }.tensor()
        }
        expectClose(written, changed { $0 + 100 }, .exact, "written, \(shape), offset \(offset)")
        expectClose(scaled, changed { 3 * $0 }, .exact, "scaled, \(shape), offset \(offset)")
        #expect(NaiveTensor(x).elements == p.elements)
      }
    }
    let y: Tensor<Double> = arrangement.tensor([3, 4, 5])
    let p = NaiveTensor(y)
    expectClose(
      y.diagonal(offset: 1, axes: (2, 0)), NaiveTensor([4, 2]) { p[[$0[1] + 1, $0[0], $0[1]]] }.tensor(), .exact, "axes 2 and 0")
  }

  @Test func `move, add and drop axes as they say`() {
    let x = Tensor<Double>(from: 0, count: 24).reshaped(to: [2, 3, 4])
    #expect(x.movingAxis(0, to: 2) == x.permuted([1, 2, 0]) && x.movingAxis(-1, to: 0) == x.permuted([2, 0, 1]))
    #expect(x.movingAxis(1, to: 1) == x && x.transposed(0, -1) == x.permuted([2, 1, 0]))
    #expect(x.expanded(axes: [0, 2, -1]).shape == [1, 2, 1, 3, 4, 1] && x.expanded(axes: []).shape == [2, 3, 4])
    #expect(x.expanded(axes: [0, 2, -1]).squeezed() == x && x.expanded(axes: [-1, 0]).squeezed(axes: [0]).shape == [2, 3, 4, 1])
    #expect(
      x.sliced(axis: 1, 1..<3, step: .max).elements == x[.all, 1..<2].elements && x.sliced(axis: 0, 1..<1, step: 3).count == 0)
  }
}
