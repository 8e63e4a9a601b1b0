import Kappa
import TestSupport
import Testing

@Suite("A subscript")
struct SubscriptTests {
  @Test func `picks what NumPy picks, as a view, however it is written and the array lies`() {
    #expect(SubscriptCase.all.count > 1500)
    for example in SubscriptCase.all {
      for (arrangement, x) in example.arrays.enumerated() {
        for indices in example.spellings {
          let part = x[list: indices]
          #expect(
            part.shape == Shape(example.picked) && part.elements == example.elements.map(Int32.init),
            "\(example), arrangement \(arrangement), as \(indices)")
          #expect(part.storage === x.storage, "\(example) is copied")
        }
      }
    }
  }

  @Test func `after the whole picks from the last axes`() {
    let x = Tensor<Int32>(from: 0, count: 24).reshaped(to: [2, 3, 4])
    #expect(x[..., 0] == x[.all, .all, 0] && x[..., 1..<3] == x[.ellipsis, 1..<3] && x[..., 1, (-2)...] == x[.all, 1, 2...])
    #expect(x[..., .newAxis].shape == [2, 3, 4, 1] && x[...] == x)
  }

  @Test func `of integers is an element, or a part where a tensor is asked for`() {
    var x = Tensor<Double>([[1, 2, 3], [4, 5, 6]])
    #expect(x[1, 2] == 6 && x[-1, -3] == 4 && x[0, -1] == 3)
    let row: Tensor<Double> = x[1]
    let element: Tensor<Double> = x[1, 0]
    #expect(row == [4, 5, 6] && element.rank == 0 && element.scalar == 4)
    x[-2, -1] = 7
    x[1, 0] *= 10
    #expect(x == [[1, 2, 7], [40, 5, 6]] && row == [4, 5, 6])
    #expect(Tensor<Float>(scalar: 3)[] == 3)
  }

  @Test func `of rows counts as arrays do`() {
    var x = Tensor<Int64>(from: 0, count: 12).reshaped(to: [4, 3])
    #expect(x[rows: 1..<3] == [[3, 4, 5], [6, 7, 8]] && x[rows: 2..<2].shape == [0, 3] && x[row: -1] == [9, 10, 11])
    x[rows: 0..<2] = [[1, 1, 1], [2, 2, 2]]
    x[row: -1] = [7, 8, 9]
    x[row: 2] += 1
    #expect(x == [[1, 1, 1], [2, 2, 2], [7, 8, 9], [7, 8, 9]])
  }

  @Test func `of a tensor of each type reads and writes`() {
    func check<E: TensorElement>(_ elements: [E], _ other: E) {
      var x = Tensor(elements)
      let copy = x
      x[1..<3] = Tensor(repeating: other, shape: [2])
      x[0] = other
      #expect(x.elements == [other, other, other] + elements[3...] && copy.elements == elements)
    }
    check([1, 2, 3, 4] as [Float], 9)
    check([1, 2, 3, 4] as [Double], 9)
    check([1, 2, 3, 4] as [Int32], 9)
    check([1, 2, 3, 4] as [Int64], 9)
    check([true, false, true, false], true)
  }
}
