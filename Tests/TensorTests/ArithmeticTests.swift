import Kappa
import TestSupport
import Testing

@Suite("Arithmetic")
struct ArithmeticTests {
  static let pairs: [([Int], [Int])] = [
    ([3, 4], [3, 4]), ([3, 4], [4]), ([3, 1], [1, 4]), ([2, 1, 5], [3, 1]), ([], [2, 3]), ([4], []), ([0, 3], [3]),
    ([2, 0], [1, 0]),
    ([5], [5]), ([1], [7]), ([2, 3, 4, 2], [3, 1, 2]), ([40, 33], [33]), ([33, 40], [33, 1]),
  ]

  private func check<S: TensorScalar>(_ left: Arrangement, _ right: Arrangement, of type: S.Type) {
    for (a, b) in Self.pairs {
      let x: Tensor<S> = left.tensor(a)
      let y: Tensor<S> = right.tensor(b)
      guard let shape = x.shape.broadcast(with: y.shape) else {
        Issue.record("\(a) and \(b) do not broadcast")
        continue
      }
      let (p, q) = (NaiveTensor(x), NaiveTensor(y))
      // Elements are eighths below 7, so all but quotients are exact in Float.
      let operations: [(String, (Tensor<S>, Tensor<S>) -> Tensor<S>, (Double, Double) -> Double)] = [
        ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }), ("*", { $0 * $1 }, { $0 * $1 }),
        ("/", { $0 / ($1 + 20) }, { Double(S($0) / S($1 + 20)) }),
        ("max", { maximum($0, $1) }, { Swift.max($0, $1) }), ("min", { minimum($0, $1) }, { Swift.min($0, $1) }),
      ]
      for (name, actual, expected) in operations {
        let naive = NaiveTensor(Array(shape)) { expected(p.stretched($0), q.stretched($0)) }
        expectClose(actual(x, y), naive.tensor(), .exact, "\(left) \(a) \(name) \(right) \(b)")
      }
    }
  }

  @Test("broadcasts as plain loops do, however the operands lie", arguments: Arrangement.allCases, Arrangement.allCases)
  func broadcasts(_ left: Arrangement, _ right: Arrangement) {
    check(left, right, of: Double.self)
    check(left, right, of: Float.self)
  }

  @Test("with a scalar is arithmetic with every element", arguments: Arrangement.allCases)
  func scalars(_ arrangement: Arrangement) {
    let x: Tensor<Double> = arrangement.tensor([3, 5])
    let p = NaiveTensor(x)
    func expect(_ actual: Tensor<Double>, _ f: (Double) -> Double, sourceLocation: SourceLocation = #_sourceLocation) {
      expectClose(actual, NaiveTensor(p.shape) { f(p[$0]) }.tensor(), .exact, "\(arrangement)", sourceLocation: sourceLocation)
    }
    expect(x + 3) { $0 + 3 }
    expect(3 + x) { $0 + 3 }
    expect(x - 3) { $0 - 3 }
    expect(3 - x) { 3 - $0 }
    expect(x * 3) { $0 * 3 }
    expect(3 * x) { $0 * 3 }
    expect(x / 3) { $0 / 3 }
    expect(3 / (x + 10)) { 3 / ($0 + 10) }
    expect(-x) { -$0 }
    expect(x.abs()) { abs($0) }
    expect(x.sign()) { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    expect(x.squared()) { $0 * $0 }
    expect(x.relu()) { max($0, 0) }
    expect(x.leakyRelu(slope: 0.25)) { $0 > 0 ? $0 : 0.25 * $0 }
  }

  @Test("in place gives the same as out of place", arguments: Arrangement.allCases)
  func inPlace(_ arrangement: Arrangement) {
    let x: Tensor<Double> = arrangement.tensor([4, 3])
    let y: Tensor<Double> = Arrangement.transposed.tensor([4, 3])
    let row: Tensor<Double> = arrangement.tensor([3])
    func expect(
      _ expected: Tensor<Double>, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout Tensor<Double>) -> Void
    ) {
      var z = x
      change(&z)
      expectClose(z, expected, .exact, "\(arrangement)", sourceLocation: sourceLocation)
    }
    expect(x + y) { $0 += y }
    expect(x - y) { $0 -= y }
    expect(x * y) { $0 *= y }
    expect(x / (y + 20)) { $0 /= y + 20 }
    expect(x + row) { $0 += row }
    expect(x + x) { $0 += $0 }
    expect(x + 2 * y) { $0.add(y, scaledBy: 2) }
    expect(2 * y - x) { $0.form(y, 2, plus: -1) }
    expect(x + 2 * (y * y)) { $0.add(productOf: y, y, scaledBy: 2) }
    expect(0.5 * x + 0.25 * (y * y)) { $0.accumulate(productOf: y, y, decay: 0.5, weight: 0.25) }
    expect(x - 0.5 * (y * y)) { $0.descend(along: y, scaledBy: y, rate: 0.5) }
  }

  @Test func `does not depend on the number of threads`() {
    let x: Tensor<Float> = RandomStream(seed: 1).normal([300_001])
    let y: Tensor<Float> = RandomStream(seed: 2).normal([300_001])
    let a: Tensor<Float> = RandomStream(seed: 3).normal([1500, 170])
    let operations: [(String, () -> Tensor<Float>)] = [
      ("sum of two", { x + y }), ("exp", { (x * 2).exp() }), ("tanh", { x.tanh() }), ("log1p", { x.squared().logOnePlus() }),
      ("dot", { Tensor(scalar: Float(x.dot(y))) }), ("sum", { x.sum() }), ("column sums", { a.sum(axes: [0]) }),
      ("row sums", { a.sum(axes: [1]) }), ("softmax", { a.softmax() }), ("log-sum-exp", { a.logSumExp(axes: [0]) }),
      ("transpose", { a.transposed().contiguous() }),
      (
        "update",
        {
          var z = x; z.accumulate(productOf: x, y, decay: 0.9); return z
        }
      ),
    ]
    for (name, operation) in operations {
      let results = onEachThreadCount(operation)
      #expect(results.allSatisfy { $0 == results[0] }, "\(name)")
    }
    // How a matrix product is cut may move its rounding errors, not more.
    let products = onEachThreadCount { matmul(a, a, transposeA: true) }
    for product in products { #expect(relativeGap(product, products[0]) < 1e-6) }
  }

  @Test func `is cut for another number of threads by whoever asks, on all threads that help, and by nobody else`() {
    let before = Parallel.threads
    Parallel.cutting(for: before + 3) {
      let seen = [Int](unsafeUninitializedCapacity: 8) { places, count in
        let base = places.baseAddress!
        Parallel.forEach(8) { base[$0] = Parallel.threads }
        count = 8
      }
      #expect(seen == Array(repeating: before + 3, count: 8))
      Parallel.cutting(for: 1) { #expect(Parallel.threads == 1) }
      #expect(Parallel.threads == before + 3)
    }
    #expect(Parallel.threads == before)
  }
}

/// What `body` returns with its work cut for 1, 2 and 3 threads.
func onEachThreadCount<R>(_ body: () -> R) -> [R] {
  // The number itself belongs to the process, in which other tests run at the same time.
  [1, 2, 3].map { Parallel.cutting(for: $0, body) }
}
