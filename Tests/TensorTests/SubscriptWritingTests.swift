import Kappa
import TestSupport
import Testing

@Suite("Writing through a subscript")
struct SubscriptWritingTests {
  @Test func `changes what the subscript picks and nothing else, above all no copy`() {
    for example in SubscriptCase.all {
      let count = Int32(example.elements.count)
      let values = Tensor<Int32>(from: 100, count: Int(count)).reshaped(to: example.picked)
      for (arrangement, x) in example.arrays.enumerated() {
        let before = x.elements
        var (expected, single, raised) = (before, before, before)
        for (k, place) in example.elements.enumerated() {
          expected[place] = 100 + Int32(k)
          single[place] = -7
          raised[place] += 50
        }
        // One way to write them is enough for those that lie otherwise.
        for indices in example.spellings.prefix(arrangement == 0 ? 9 : 1) {
          var (y, z, w, v) = (x, x, x, x)
          y[list: indices] = values
          z[list: indices] = Tensor(scalar: -7)
          w[list: indices] += 50
          v[list: indices].fill(with: -7)
          let what = "\(example), arrangement \(arrangement)"
          #expect(y.elements == expected && z.elements == single && w.elements == raised && v == z, "\(what)")
          #expect(y.shape == x.shape && x.elements == before, "\(what): the copy")
        }
      }
    }
  }

  @Test func `of a tensor that is not shared writes in its storage`() {
    for example in SubscriptCase.all {
      for x in example.arrays {
        var y = x.copied().permuted(Array(0..<x.rank).reversed()).copied().permuted(Array(0..<x.rank).reversed())
        let place = ObjectIdentifier(y.storage)
        y[list: example.spellings[0]] = Tensor(scalar: -7)
        y[list: example.spellings[0]] += 1
        #expect(ObjectIdentifier(y.storage) == place, "\(example)")
      }
    }
  }

  @Test func `takes no memory but that of the part`() async {
    await #expect(processExitsWith: .success) {
      var x = Tensor<Float>(zeros: [1024, 1024])
      var list = [Tensor<Float>(zeros: [1024, 1024])]
      let row = Tensor<Float>(from: 0, count: 1024)
      Memory.resetPeak()
      let before = Memory.statistics.inUse
      for i in 0..<1024 {
        x[i, 2] = 5
        x[row: i] = row
        x[row: i] += row
        x[.all, i] *= 2
        x[i..<(i + 1), .reversed] = x[i..<(i + 1), .all]
        x[diagonal: 0] -= row
        list[0][i, 3..<5].fill(with: 1)
        x[1..., i].fill(with: 2)
        list[0][row: i] += row
      }
      // A row and what a column or a diagonal takes while it is computed with: 16 KiB are four of them.
      require(Memory.statistics.peak - before <= 16 << 10, "\(Memory.statistics.peak - before) bytes")
    }
  }

  @Test func `stretches the value as NumPy does`() {
    let shape: Shape = [2, 3, 4]
    let values: [Shape] = [[], [1], [4], [3, 1], [3, 4], [1, 1, 1], [2, 1, 4], [2, 3, 4], [1, 2, 3, 4], [1, 1, 1, 1, 4]]
    for form in values {
      let value = Tensor<Double>(from: 1, count: form.elementCount).reshaped(to: form)
      var (x, y) = (Tensor<Double>(zeros: shape), Tensor<Double>(zeros: [2, 5, 3, 4]))
      x[...] = value
      y[.all, 2] = value
      let inner = form.rank > 3 ? value.reshaped(to: Array(form.suffix(3))) : value
      #expect(x == inner.broadcast(to: shape), "\(form)")
      #expect(y.sum() == x.sum(), "\(form)")
      let part: Tensor<Double> = y[.all, 2]
      #expect(part == x, "\(form)")
    }
  }

  @Test func `may read what it overwrites`() {
    let n = 7
    for step in [-3, -2, -1, 1, 2, 3] {
      for length in 0...3 {
        // All starts from which `length` steps stay within.
        let starts = (0..<n).filter { (0..<n).contains($0 + max(length - 1, 0) * step) }
        for (from, to) in starts.flatMap({ from in starts.map { (from, $0) } }) {
          func part(_ start: Int) -> TensorIndex {
            let end = start + length * step
            return .range(start, end < 0 ? nil : min(end, n), step: step)
          }
          var x = Tensor<Int32>(from: 0, count: n)
          var expected = x.elements
          for k in 0..<length { expected[to + k * step] = Int32(from + k * step) }
          if length == 0 {
            x[0..<0] = x[0..<0]
          } else {
            x[part(to)] = x[part(from)]
          }
          #expect(x.elements == expected, "\(from) to \(to) by \(step), \(length) elements")
        }
      }
    }
    var x = Tensor<Float>(from: 0, count: 9).reshaped(to: [3, 3])
    x[...] = x.transposed()
    #expect(x == [[0, 3, 6], [1, 4, 7], [2, 5, 8]])
    x[.all, 0] = x[1]
    #expect(x == [[1, 3, 6], [4, 4, 7], [7, 5, 8]])
    x[1...] = x[..<2]
    #expect(x == [[1, 3, 6], [1, 3, 6], [4, 4, 7]])
    x[1...] += x[..<2]
    #expect(x == [[1, 3, 6], [2, 6, 12], [5, 7, 13]])
    x[...] -= x
    #expect(x == Tensor(zeros: [3, 3]))
  }

  @Test func `to a part of a stretched tensor changes one place`() {
    let row = Tensor<Double>([1, 2, 3])
    var x = row.broadcast(to: [2, 3])
    x[0, 1] = 9
    #expect(x == [[1, 9, 3], [1, 2, 3]] && row == [1, 2, 3])
    var y = Tensor<Double>(scalar: 4).broadcast(to: [3])
    y[1...] += 1
    #expect(y == [4, 5, 5])
  }

  @Test func `goes through properties, arrays and closures in place`() {
    struct Layer { var weight: Tensor<Float> }
    var layers = [Layer(weight: Tensor(zeros: [2, 3])), Layer(weight: Tensor(ones: [2, 3]))]
    let places = layers.map { ObjectIdentifier($0.weight.storage) }
    let kept = layers[1].weight.copied()
    layers[1].weight[0] = Tensor([5, 6, 7])
    layers[1].weight[.all, 2] *= 2
    layers[0].weight[1, 1...] += 3
    func raise(_ x: inout Tensor<Float>) { x += 1 }
    raise(&layers[0].weight[0, ..<2])
    #expect(layers[0].weight == [[1, 1, 0], [0, 3, 3]] && layers[1].weight == [[5, 6, 14], [1, 1, 2]])
    #expect(layers.map { ObjectIdentifier($0.weight.storage) } == places && kept == Tensor(ones: [2, 3]))
  }

  @Test func `leaves what was taken from the tensor before as it was`() {
    var x = Tensor<Double>(from: 0, count: 12).reshaped(to: [3, 4])
    var kept: [(part: Tensor<Double>, elements: [Double])] = []
    func keep() {
      let parts: [Tensor<Double>] = [x, x[1], x[.all, 2], x.transposed(), x.diagonal(), x[.reversed, .every(2)]]
      for part in parts { kept.append((part, part.elements)) }
    }
    keep()
    x[1] = Tensor(scalar: -1)
    keep()
    x[.all, 2] += 10
    keep()
    x[diagonal: 1] *= 3
    keep()
    x[2, 3] = 0
    keep()
    x[...] = Tensor(scalar: 8)
    for (index, (part, elements)) in kept.enumerated() { #expect(part.elements == elements, "part \(index)") }
    #expect(x == Tensor(repeating: 8, shape: [3, 4]))
  }

  @Test func `has nothing to do with copies of a part that were kept while it changed`() {
    var kept: [Tensor<Float>] = []
    func keep(_ part: inout Tensor<Float>, before: Bool) {
      if before { kept.append(part) }
      part += 1
      if !before { kept.append(part.flipped()) }
    }
    for before in [true, false] {
      var x = Tensor<Float>([1, 2, 3, 4])
      keep(&x[1..<3], before: before)
      keep(&x[...][.every(2)], before: before)
      let elements = kept.map(\.elements)
      for index in kept.indices { kept[index] *= 100 }
      #expect(x == [2, 3, 5, 4], "the tensor, copies kept \(before ? "before" : "after")")
      for index in kept.indices { #expect(kept[index].elements == elements[index].map { 100 * $0 }, "copy \(index)") }
      let copies = kept
      x *= 7
      x[1..<3] -= 1
      #expect(kept == copies)
      kept = []
    }
  }

  @Test func `keeps a part that a failing change had changed so far`() {
    struct Stop: Error {}
    func change(_ x: inout Tensor<Float>) throws {
      x += 1
      throw Stop()
    }
    var x = Tensor<Float>([1, 2, 3, 4])
    let copy = x
    #expect(throws: Stop.self) { try change(&x[1..<3]) }
    // As with Swift's arrays.
    #expect(x == [1, 3, 4, 4] && copy == [1, 2, 3, 4])
  }

  @Test func `may put a tensor of another shape in a part if it stretches`() {
    func replace(_ x: inout Tensor<Float>) { x = Tensor([5]) }
    func exchange(_ x: inout Tensor<Float>, _ y: inout Tensor<Float>) { swap(&x, &y) }
    var x = Tensor<Float>(zeros: [2, 3])
    replace(&x[1])
    #expect(x == [[0, 0, 0], [5, 5, 5]])
    var y = Tensor<Float>([1, 2, 3])
    exchange(&x[1], &y)
    #expect(x == [[0, 0, 0], [1, 2, 3]] && y == [5, 5, 5])
    // The part that went out has nothing to do with the tensor any more.
    y += 1
    x[row: 1] *= 2
    #expect(x == [[0, 0, 0], [2, 4, 6]] && y == [6, 6, 6])
  }
}
