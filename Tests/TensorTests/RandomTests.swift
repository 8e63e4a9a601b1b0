import Kappa
import TestSupport
import Testing

@Suite("Random streams")
struct RandomTests {
  @Test func `are Philox4x32-10: the published known answers`() {
    // Random123 1.14, tests/kat_vectors: counter, key, result; words as (low, high) pairs.
    func answer(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
      func wide(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
      let words = RandomStream.block(
        seed: wide(key[0], key[1]), stream: wide(counter[2], counter[3]), index: wide(counter[0], counter[1]))
      return [words.0, words.1, words.2, words.3]
    }
    let ones = UInt32.max
    #expect(answer([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(answer([ones, ones, ones, ones], [ones, ones]) == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      answer([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test func `turn words into numbers as documented`() {
    let stream = RandomStream(seed: 5, stream: 9)
    var generator = stream.generator()
    let words = (0..<64).map { _ in generator.next() }
    let narrow = words.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] }
    // A Float takes the upper 24 bits of a word, a Double the upper 53 of two, the first of them on top.
    #expect(stream.uniform([128], of: Float.self).elements == narrow.map { Float($0 >> 8) / 0x1p24 })
    let pairs = words.map { ($0 << 32 | $0 >> 32) >> 11 }
    #expect(stream.uniform([64], of: Double.self).elements == pairs.map { Double($0) / 0x1p53 })
  }

  private func moments<S: TensorScalar>(_ x: Tensor<S>, mean: Double, variance: Double, fourth: Double, _ name: String) {
    let n = Double(x.count)
    let values = x.elements.map { Double($0) - mean }
    // Five standard errors: one such test in a million fails by chance, and seeds are fixed.
    #expect(abs(values.reduce(0, +) / n) < 5 * (variance / n).squareRoot(), "mean of \(name)")
    let second = values.map { $0 * $0 }.reduce(0, +) / n
    #expect(abs(second - variance) <= 5 * ((fourth - variance * variance) / n).squareRoot(), "variance of \(name)")
    let neighbours = zip(values, values.dropFirst()).map { $0 * $1 }.reduce(0, +) / n
    #expect(abs(neighbours) < 5 * variance / n.squareRoot(), "correlation of neighbours of \(name)")
    let halves = zip(values.prefix(x.count / 2), values.suffix(x.count / 2)).map { $0 * $1 }.reduce(0, +) / (n / 2)
    #expect(abs(halves) < 5 * variance / (n / 2).squareRoot(), "correlation of halves of \(name)")
  }

  private func checkMoments<S: TensorScalar>(of type: S.Type) {
    let stream = RandomStream(seed: 11)
    let normal: Tensor<S> = stream.normal([200_000])
    moments(normal, mean: 0, variance: 1, fourth: 3, "normal \(S.self)")
    // P(|x| < 1) = 0.682689...
    let inside = Double(normal.elements.count { $0.magnitude < 1 }) / 200_000
    #expect(abs(inside - 0.682689) < 5 * (0.6827 * 0.3173 / 200_000).squareRoot())
    #expect(normal.isFinite)
    let uniform: Tensor<S> = stream.uniform([200_000])
    moments(uniform, mean: 0.5, variance: 1 / 12.0, fourth: 1 / 80.0, "uniform \(S.self)")
    #expect(uniform.elements.allSatisfy { $0 >= 0 && $0 < 1 })
    let signs: Tensor<S> = stream.rademacher([200_000])
    moments(signs, mean: 0, variance: 1, fourth: 1, "Rademacher \(S.self)")
    #expect(signs.elements.allSatisfy { $0 == 1 || $0 == -1 })
  }

  @Test func `have the moments of their distributions`() {
    checkMoments(of: Float.self)
    checkMoments(of: Double.self)
  }

  @Test func `do not depend on the number of threads, nor on how much is drawn`() {
    let stream = RandomStream(seed: 3, stream: 4)
    for count in [1, 3, 127, 129, 100_001] {
      let draws = onEachThreadCount {
        [
          stream.normal([count], of: Double.self).elements, stream.uniform([count], of: Double.self).elements,
          stream.rademacher([count], of: Double.self).elements,
          stream.normal([count], of: Float.self).elements.map { Double($0) },
          stream.uniform([count], of: Float.self).elements.map { Double($0) },
          stream.rademacher([count], of: Float.self).elements.map { Double($0) },
        ]
      }
      #expect(draws.allSatisfy { $0 == draws[0] })
      #expect(draws[0][0] == Array(stream.normal([100_001], of: Double.self).elements.prefix(count)))
      #expect(draws[0][5] == Array(stream.rademacher([100_001], of: Float.self).elements.prefix(count).map { Double($0) }))
    }
  }

  @Test func `with different seeds, streams or keys differ everywhere`() {
    let base = RandomStream(seed: 1)
    let streams = [
      base, RandomStream(seed: 2), RandomStream(seed: 1, stream: 1), base.split(0), base.split(1), base.split(0).split(1),
      base.split(1).split(0), RandomStream(seed: 2).split(0),
    ]
    let draws = streams.map { $0.uniform([100], of: Double.self).elements }
    #expect(Set(draws.joined()).count == 100 * streams.count)
    #expect(base.split(7) == base.split(7))
  }

  @Test func `permute all numbers once`() {
    let order = RandomStream(seed: 6).permutation(1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    #expect(order == RandomStream(seed: 6).permutation(1000))
  }
}
