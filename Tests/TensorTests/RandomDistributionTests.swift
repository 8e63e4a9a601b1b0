import Foundation
import Kappa
import TestSupport
import Testing

/// √n sup |F_n - F|. Kolmogorov's law: above 2.6 with probability 2 exp(-2·2.6²) = 3e-6, and seeds are fixed.
private func kolmogorov<S: TensorScalar>(_ x: Tensor<S>, _ distribution: (Double) -> Double) -> Double {
  let sorted = x.elements.map { Double($0) }.sorted()
  let n = Double(sorted.count)
  return sorted.enumerated().reduce(0) { worst, next in
    let f = distribution(next.element)
    return max(worst, abs(f - Double(next.offset) / n), abs(f - Double(next.offset + 1) / n))
  } * n.squareRoot()
}

/// Whether counts of equally likely outcomes are plausible: χ² exceeds d + 2√(14 d) + 28 with probability below e⁻¹⁴ = 8e-7
/// (Laurent and Massart, Annals of Statistics 28 (2000), lemma 1).
private func areEquallyLikely(_ counts: [Int]) -> Bool {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  let statistic = counts.map { (Double($0) - expected) * (Double($0) - expected) / expected }.reduce(0, +)
  let d = Double(counts.count - 1)
  return statistic <= d + 2 * (14 * d).squareRoot() + 28
}

private func normalDistribution(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

@Suite("Random tensors")
struct RandomDistributionTests {
  private let stream = RandomStream(seed: 77)

  private func checkLaws<S: TensorScalar>(_ type: S.Type) {
    let n = 200_000
    #expect(kolmogorov(stream.split(1).uniform([n], of: S.self)) { $0 } < 2.6)
    let stretched: Tensor<S> = stream.split(2).uniform([n], in: -3..<5)
    #expect(kolmogorov(stretched) { ($0 + 3) / 8 } < 2.6)
    #expect(stretched.elements.allSatisfy { $0 >= -3 && $0 < 5 })
    #expect(kolmogorov(stream.split(3).normal([n], of: S.self), normalDistribution) < 2.6)
    let moved: Tensor<S> = stream.split(4).normal([n], mean: 3, standardDeviation: 0.5)
    #expect(kolmogorov(moved) { normalDistribution(($0 - 3) / 0.5) } < 2.6)
  }

  @Test func `follow their laws (Kolmogorov and Smirnov)`() {
    checkLaws(Float.self)
    checkLaws(Double.self)
  }

  @Test func `have the tails of the normal law`() {
    func check<S: TensorScalar>(_ type: S.Type) {
      let n = 2_000_000
      let x = stream.split(5).normal([n], of: S.self).elements
      for z in [3.0, 4.0, 4.5] {
        let expected = Double(n) * 2 * normalDistribution(-z)
        // Counts of rare events are Poisson: five standard deviations.
        #expect(abs(Double(x.count { Double($0.magnitude) > z }) - expected) < 5 * expected.squareRoot(), "beyond \(z)")
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("stretched to a range never reach its end, even where rounding would", arguments: [1, 1e6, -1e-30] as [Float])
  func halfOpen(_ low: Float) {
    let x = stream.uniform([100_000], in: low..<low.nextUp.nextUp.nextUp)
    #expect(x.elements.allSatisfy { $0 >= low && $0 < low.nextUp.nextUp.nextUp })
    #expect(Set(x.elements).count == 3)
  }

  @Test(
    "cut to a range follow the normal law within it",
    arguments: [(-2.0, 2.0), (-1, 3), (0.5, 0.75), (4, 6), (-9, -7), (20, 21), (-2, .infinity), (-.infinity, -3)])
  func truncated(_ bounds: (Double, Double)) {
    let (low, high) = bounds
    // On the side where probabilities are small they keep their digits.
    let flip = low > 0
    let (from, to) = flip ? (-high, -low) : (low, high)
    let (below, all) = (normalDistribution(from), normalDistribution(to) - normalDistribution(from))
    func law(_ z: Double) -> Double {
      let part = (normalDistribution(flip ? -z : z) - below) / all
      return flip ? 1 - part : part
    }
    let x: Tensor<Double> = stream.split(6).truncatedNormal([50_000], in: low...high)
    #expect(x.elements.allSatisfy { $0 >= low && $0 <= high })
    #expect(kolmogorov(x, law) < 2.6)
    let y: Tensor<Float> = stream.split(7).truncatedNormal(
      [50_000], in: Float(10 + 2 * low)...Float(10 + 2 * high), mean: 10, standardDeviation: 2)
    #expect(y.elements.allSatisfy { $0 >= Float(10 + 2 * low) && $0 <= Float(10 + 2 * high) })
    // A Float near 50 has a step of 4e-6, which is 2e-6 deviations: nothing against 1 / √n.
    #expect(kolmogorov(y) { law(($0 - 10) / 2) } < 2.6)
  }

  @Test func `that are not cut invert the normal distribution function`() {
    let x: Tensor<Double> = stream.truncatedNormal([100_000], in: -.infinity ... .infinity)
    var generator = stream.generator()
    for z in x.elements {
      let word = generator.next()
      let p = (Double((word << 32 | word >> 32) >> 11) + 0.5) / 0x1p53
      // An error e of z moves the logarithm of a tail's probability by z e, of z itself some ulp; 1 - p loses digits of p near 1.
      let q = normalDistribution(-abs(z))
      #expect(abs(q - min(p, 1 - p)) <= 2e-15 * (1 + z * z) * q + 2e-16)
    }
  }

  @Test func `of Booleans are true as often as asked, and the same as ones and zeros`() {
    let n = 300_000
    for p in [0, 1e-4, 0.3, 0.5, 0.999, 1] {
      let mask = stream.bernoulli([n], probability: p)
      let count = Double(mask.elements.count { $0 })
      #expect(abs(count - p * Double(n)) <= 5 * (p * (1 - p) * Double(n)).squareRoot())
      #expect(stream.bernoulli([n], probability: p, of: Float.self).elements == mask.elements.map { $0 ? 1 : 0 })
      #expect(stream.bernoulli([n], probability: p, of: Double.self).elements == mask.elements.map { $0 ? 1 : 0 })
    }
  }

  @Test func `of integers take every number of the range equally often`() {
    let narrow: Tensor<Int32> = stream.integers([140_000], in: -3..<4)
    #expect(areEquallyLikely((-3..<4).map { value in narrow.elements.count { $0 == value } }))
    let wide: Tensor<Int64> = stream.integers([100_000], in: 5_000_000_000..<5_000_001_000)
    var counts = [Int](repeating: 0, count: 1000)
    for value in wide.elements { counts[Int(value - 5_000_000_000)] += 1 }
    #expect(areEquallyLikely(counts))
    // Of 2⁶⁴ draws a range of 3·2⁶² numbers refuses a quarter; whoever does not meets multiples of three half of the time.
    let low = Int64.min
    let huge: Tensor<Int64> = stream.integers([30_000], in: low..<low &+ 3 << 62)
    let distances = huge.elements.map { UInt64(bitPattern: $0 &- low) }
    #expect(distances.allSatisfy { $0 < 3 << 62 })
    #expect(areEquallyLikely((0..<3).map { rest in distances.count { $0 % 3 == rest } }))
    #expect(areEquallyLikely((0..<3).map { part in distances.count { $0 >> 62 == part } }))
    #expect(stream.integers([100], in: 7..<8, of: Int32.self).elements.allSatisfy { $0 == 7 })
    let full: Tensor<Int32> = stream.integers([40_000], in: Int32.min..<Int32.max)
    #expect(areEquallyLikely((0..<16).map { part in full.elements.count { Int(UInt32(bitPattern: $0) >> 28) == part } }))
  }

  @Test func `do not depend on the number of threads, nor on how much is drawn`() {
    for count in [1, 127, 129, 50_001] {
      let draws: [[[Double]]] = onEachThreadCount {
        [
          stream.truncatedNormal([count], in: -1...2, of: Double.self).elements,
          stream.truncatedNormal([count], in: -1...2, of: Float.self).elements.map { Double($0) },
          stream.uniform([count], in: -2..<7, of: Double.self).elements,
          stream.normal([count], mean: 1, standardDeviation: 3, of: Double.self).elements,
          stream.bernoulli([count], probability: 0.2).elements.map { $0 ? 1 : 0 },
          stream.integers([count], in: 0..<1000, of: Int32.self).elements.map { Double($0) },
          stream.integers([count], in: 0..<3 << 61, of: Int64.self).elements.map { Double($0) },
        ]
      }
      #expect(draws.allSatisfy { $0 == draws[0] })
      #expect(draws[0][0] == Array(stream.truncatedNormal([50_001], in: -1...2, of: Double.self).elements.prefix(count)))
      #expect(draws[0][6] == stream.integers([50_001], in: 0..<3 << 61, of: Int64.self).elements.prefix(count).map { Double($0) })
    }
  }

  @Test func `of different streams are not correlated`() {
    let n = 20_000
    let streams = (0..<12).map { stream.split($0) } + [RandomStream(seed: 78), RandomStream(seed: 77, stream: 1)]
    let draws = streams.map { $0.normal([n], of: Double.self) }
    for (i, a) in draws.enumerated() {
      // Five standard errors, for 91 pairs at two lags.
      for b in draws[(i + 1)...] {
        #expect(abs(a.dot(b)) < 5 * Double(n).squareRoot())
        #expect(abs(a[rows: 1..<n].dot(b[rows: 0..<n - 1])) < 5 * Double(n).squareRoot())
      }
    }
  }
}

@Suite("Random choices")
struct RandomChoiceTests {
  @Test func `order four things in every way equally often`() {
    var counts: [[Int]: Int] = [:]
    for key in 0..<24_000 { counts[RandomStream(seed: 1).split(UInt64(key)).permutation(4), default: 0] += 1 }
    #expect(counts.count == 24 && areEquallyLikely(Array(counts.values)))
  }

  @Test func `without replacement take every pair of five equally often`() {
    var counts: [[Int]: Int] = [:]
    for key in 0..<20_000 { counts[RandomStream(seed: 2).split(UInt64(key)).sample(2, of: 5), default: 0] += 1 }
    #expect(counts.count == 20 && areEquallyLikely(Array(counts.values)))
  }

  @Test("are the beginning of the permutation, few or many", arguments: [0, 1, 30, 62, 63, 500, 999, 1000])
  func samples(_ count: Int) {
    let stream = RandomStream(seed: 3)
    #expect(stream.sample(count, of: 1000) == Array(stream.permutation(1000).prefix(count)))
    #expect(stream.permutation(1000).sorted() == Array(0..<1000))
    #expect(Set(stream.sample(count, of: 1 << 50)).count == count)
  }

  @Test func `of an order stay as they were in earlier versions`() {
    // Runs are reproduced from their seeds: a new algorithm would shuffle their data differently.
    #expect(RandomStream(seed: 6).permutation(8) == [3, 0, 1, 6, 4, 2, 5, 7])
    var generator = RandomStream(seed: 6).generator()
    #expect(RandomStream(seed: 6).permutation(8) == Array(0..<8).shuffled(using: &generator))
  }

  @Test func `move whole rows`() {
    let stream = RandomStream(seed: 5)
    let x = Tensor<Double>(from: 0, count: 60).reshaped(to: [20, 3])
    let order = stream.permutation(20)
    for arrangement in [x, x.transposed().contiguous().transposed()] {
      #expect(
        stream.shuffledRows(arrangement) == Tensor(order.flatMap { row in (0..<3).map { Double(row * 3 + $0) } }, shape: [20, 3]))
    }
    #expect(stream.shuffledRows(Tensor<Bool>([true, false, true])).elements.count { $0 } == 2)
    #expect(stream.shuffledRows(Tensor<Float>(zeros: [0, 4])).shape == [0, 4])
  }

  @Test("of rotations are orthonormal", arguments: [[4, 4], [9, 4], [4, 9], [3, 2, 5], [1, 1], [0, 3], [3, 0]] as [Shape])
  func orthogonal(_ shape: Shape) {
    func check<S: TensorScalar>(_ type: S.Type) {
      let q = RandomStream(seed: 8).orthogonal(shape, of: S.self)
      #expect(q.shape == shape)
      let isWide = shape[shape.rank - 2] < shape[shape.rank - 1]
      let product = matmul(q, q, transposeA: !isWide, transposeB: isWide)
      let identity = Tensor<S>(identity: Swift.min(shape[shape.rank - 1], shape[shape.rank - 2])).broadcast(to: product.shape)
      #expect((product - identity).abs().elements.allSatisfy { $0 < 20 * S.ulpOfOne })
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func `of rotations prefer no direction`() throws {
    let n = 20_000
    let q: Tensor<Double> = RandomStream(seed: 9).orthogonal([n, 3, 3])
    // Elements of a uniform 3 x 3 rotation are uniform in [-1, 1] (Archimedes); without the signs of R the diagonal would not be.
    for i in 0..<3 {
      for j in 0..<3 {
        let element = q.sliced(axis: 1, i..<i + 1).sliced(axis: 2, j..<j + 1)
        #expect(kolmogorov(element) { ($0 + 1) / 2 } < 2.6, "element \(i), \(j)")
      }
    }
    let positive = try q.determinant().elements.count { $0 > 0 }
    #expect(abs(Double(positive) - Double(n) / 2) < 5 * (Double(n) / 4).squareRoot())
  }
}
