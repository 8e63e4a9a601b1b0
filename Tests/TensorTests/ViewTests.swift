import Kappa
import TestSupport
import Testing

@Suite("Views")
struct ViewTests {
  private static let shapes: [[Int]] = [[3, 4, 5], [2, 6, 1], [4, 0, 3], [7, 1, 2]]

  @Test("hold the elements that their indices say", arguments: Arrangement.allCases)
  func elements(_ arrangement: Arrangement) {
    for shape in Self.shapes {
      let x: Tensor<Double> = arrangement.tensor(shape)
      let p = NaiveTensor(x)
      func expect(
        _ view: Tensor<Double>, _ shape: [Int], sourceLocation: SourceLocation = #_sourceLocation, _ source: ([Int]) -> [Int]
      ) {
        let expected = NaiveTensor(shape) { p[source($0)] }.tensor(Double.self)
        expectClose(view, expected, .exact, "\(arrangement) \(x.shape)", sourceLocation: sourceLocation)
        expectClose(view.contiguous(), expected, .exact, "\(arrangement) copied", sourceLocation: sourceLocation)
        for index in NaiveTensor.indices(of: shape) where shape.count == 3 {
          #expect(view[index[0], index[1], index[2]] == p[source(index)], sourceLocation: sourceLocation)
        }
      }
      let (a, b, c) = (shape[0], shape[1], shape[2])
      expect(x.transposed(), [a, c, b]) { [$0[0], $0[2], $0[1]] }
      expect(x.permuted([2, 0, 1]), [c, a, b]) { [$0[1], $0[2], $0[0]] }
      expect(x.permuted([-1, -3, -2]), [c, a, b]) { [$0[1], $0[2], $0[0]] }
      expect(x.sliced(axis: 0, 1..<a, step: 2), [a / 2, b, c]) { [1 + 2 * $0[0], $0[1], $0[2]] }
      expect(x.sliced(axis: -1, 0..<c, step: 3), [a, b, (c + 2) / 3]) { [$0[0], $0[1], 3 * $0[2]] }
      expect(x[rows: 1..<a], [a - 1, b, c]) { [$0[0] + 1, $0[1], $0[2]] }
      expect(x[row: a - 1], [b, c]) { [a - 1, $0[0], $0[1]] }
      expect(x.expanded(axis: 1), [a, 1, b, c]) { [$0[0], $0[2], $0[3]] }
      expect(x.expanded(axis: -1).squeezed(axis: -1), [a, b, c]) { $0 }
      expect(x.broadcast(to: [2, a, b, c] as Shape), [2, a, b, c]) { Array($0.dropFirst()) }
      expect(x.transposed().sliced(axis: 1, 0..<1), [a, 1, b]) { [$0[0], $0[2], 0] }
    }
  }

  @Test("reshaped keep the row-major order", arguments: Arrangement.allCases)
  func reshaped(_ arrangement: Arrangement) {
    let x: Tensor<Double> = arrangement.tensor([4, 6])
    for shape in [[24], [2, 12], [-1, 3], [2, 2, -1, 3], [1, 24, 1]] {
      let y = x.reshaped(to: shape)
      #expect(y.elements == x.elements)
      #expect(y.count == 24)
    }
    #expect(x.reshaped(to: [2, -1]).shape == [2, 12])
    #expect(Tensor<Double>(zeros: [3, 0]).reshaped(to: [0, 5]).shape == [0, 5])
  }

  @Test func `of pieces of a matrix's rows hold them and copy nothing`() {
    let whole: Tensor<Double> = Arrangement.offset.tensor([5, 12])
    for matrix in [whole, whole[rows: 3..<5]] {
      for rows in [0..<matrix.shape[0], 1..<2, 0..<0] {
        for (start, shape) in [(2, [3, 3]), (0, [12]), (5, [1, 1, 1]), (11, [0, 4])] as [(Int, Shape)] {
          let expected = matrix[rows: rows].sliced(axis: 1, start..<start + shape.elementCount)
          let piece = matrix.piece(at: start, shape: shape, ofRows: rows)
          #expect(piece.shape == Shape([rows.count] + Array(shape)) && piece.elements == expected.elements)
          #expect(piece.storage === whole.storage)
        }
      }
    }
  }

  @Test("of pieces outside a matrix stop the program", arguments: [(8, 0..<2), (-1, 0..<2), (0, 1..<3), (0, -1..<1)])
  func piecesOutside(start: Int, rows: Range<Int>) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [start, rows] in
      _ = Tensor<Float>(zeros: [2, 12]).piece(at: start, shape: [5], ofRows: rows)
    }
    #expect(message(of: result).contains("of shape [2, 12]"))
  }

  @Test func `share memory until one of them is written to`() {
    var x = Tensor<Float>(from: 0, count: 1 << 20)
    let views = [x, x[rows: 5..<900], x.reshaped(to: [1024, 1024]).transposed(), x.broadcast(to: [3, 1 << 20])]
    #expect(views.allSatisfy { $0.storage === x.storage })
    let kept = views.map(\.elements)
    x[7] = -1
    x += x
    x *= 3
    #expect(views.map(\.elements) == kept)
  }

  @Test func `written to leave their origin alone`() {
    let x = Tensor<Double>([[1, 2, 3], [4, 5, 6]])
    let writes: [(inout Tensor<Double>) -> Void] = [
      { $0[0, 0] = 100 }, { $0 += $0 }, { $0 *= 2 }, { $0.add($0, scaledBy: 3) }, { $0.form($0, 1, plus: 1) },
      { $0.accumulate(productOf: $0, $0) }, { $0.descend(along: $0, scaledBy: $0, rate: 1) },
      { $0.withUnsafeMutableElements { $0[0] = 9 } }, { $0.makeUnique() },
    ]
    for (index, write) in writes.enumerated() {
      for view in [x, x.transposed(), x[rows: 0..<1], x.reshaped(to: [3, 2]), x.broadcast(to: [2, 2, 3])[row: 1]] {
        var changed = view
        let copy = changed
        write(&changed)
        #expect(x == Tensor([[1, 2, 3], [4, 5, 6]]), "write \(index) to \(view.shape)")
        #expect(copy == view, "write \(index) to \(view.shape)")
      }
    }
  }

  @Test func `convert between scalar types`() {
    let x = Tensor<Double>([[1.5, -2], [0.1, 3]])
    #expect(x.transposed().converted(to: Float.self) == Tensor<Float>([[1.5, 0.1], [-2, 3]]))
    #expect(x.converted(to: Double.self) == x)
    #expect(Tensor<Double>(counter: 123_456_789_012).counter == 123_456_789_012)
    #expect(Tensor<Float>(counter: 987_654_321_012).counter == 987_654_321_012)
  }
}
