import Kappa
import TestSupport
import Testing

@Suite("Fused chains")
struct FusionTests {
  private func check<S: TensorScalar>(_ type: S.Type, _ shape: Shape) {
    let x: Tensor<S> = RandomStream(seed: 1).normal(shape)
    let y: Tensor<S> = RandomStream(seed: 2).uniform(shape) + 0.5
    let z: Tensor<S> = RandomStream(seed: 3).normal(shape)
    let what = "\(S.self) \(shape)"
    expectClose(fused(x, y) { x, y in x * y + x.tanh() - 0.5 * y }, x * y + x.tanh() - 0.5 * y, .exact, what)
    expectClose(fused(x) { 1 - (-$0).exp() / 2 }, 1 - (-x).exp() / 2, .exact, what)
    expectClose(
      fused(x, y, z) { a, b, c in maximum(a, b) / (1 + minimum(b, c).squared()) }, maximum(x, y) / (1 + minimum(y, z).squared()),
      .exact, what)
    expectClose(
      fused(x, y, z, y) { a, b, c, d in (a - b) * (b - c) + (c + d) * (a + d).sigmoid() },
      (x - y) * (y - z) + (z + y) * (x + y).sigmoid(), .exact, what)
    // A value used twice, at different depths, and a result that is an operand.
    expectClose(
      fused(x) { x in
        let t = x.tanh()
        return t * t + (t + 1).squareRoot() * t
      }, x.tanh() * x.tanh() + (x.tanh() + 1).squareRoot() * x.tanh(), .exact, what)
    expectClose(fused(x, y) { $1 - 0 * $0 }, y, .exact, what)
    expectClose(fused(x) { $0 }, x, .exact, what)
    // Products that are added or subtracted run with the sum in one step; those that are read twice do not.
    expectClose(fused(x, y, z) { $0 * $1 - $2 }, x * y - z, .exact, what)
    expectClose(fused(x, y, z) { $0 - $1 * $2 }, x - y * z, .exact, what)
    expectClose(fused(x, y, z) { $2 + $0 * $1 }, z + x * y, .exact, what)
    expectClose(fused(x) { 3 - $0 * 0.7 }, 3 - x * 0.7, .exact, what)
    expectClose(fused(x, y) { $0 * $0 - $0 * $1 }, x * x - x * y, .exact, what)
    expectClose(
      fused(x, y) { x, y in
        let product = x * y
        return (product + 1) * (product - x)
      }, (x * y + 1) * (x * y - x), .exact, what)
    expectClose(fused(y) { $0.power(1.5).clipped(to: 0.6...1.2) }, y.power(1.5).clipped(to: 0.6...1.2), .exact, what)
  }

  @Test(
    "give the same numbers as the single operations", arguments: [[], [0], [1], [7], [3, 5], [4095], [2048], [2049], [300, 301]])
  func agree(_ shape: [Int]) {
    check(Float.self, Shape(shape))
    check(Double.self, Shape(shape))
  }

  @Test("broadcast, however the operands lie", arguments: Arrangement.allCases)
  func broadcast(_ arrangement: Arrangement) {
    let x: Tensor<Double> = arrangement.tensor([4, 3])
    let row: Tensor<Double> = arrangement.tensor([3])
    let one = Tensor<Double>(scalar: 2)
    expectClose(fused(x, row, one) { ($0 - $1) * $2.squared() }, (x - row) * 4, .exact, "\(arrangement)")
    expectClose(fused(one, row) { $0.exp() + $1 }, one.exp() + row, .exact, "\(arrangement)")
    expectClose(fused(x, one, row) { $0 * $1 + $2 }, x * 2 + row, .exact, "\(arrangement)")
    expectClose(fused(x, one) { $0 * $0 - $1 }, x * x - 2, .exact, "\(arrangement)")
    expectClose(fused(x, one) { $1 - 0.3 * $0 }, 2 - 0.3 * x, .exact, "\(arrangement)")
    expectClose(fused(one, x) { $0 * $0 + $1 }, 4 + x, .exact, "\(arrangement)")
  }

  @Test func `do not depend on the number of threads`() {
    let x: Tensor<Float> = RandomStream(seed: 1).normal([100_003])
    let results = onEachThreadCount { fused(x) { $0.exp() - $0 * 3 } }
    for y in results { #expect(y == results[0]) }
  }

  @Test func `stop the program where shapes do not fit`() async {
    await #expect(processExitsWith: .failure) { _ = fused(Tensor<Float>(zeros: [2]), Tensor<Float>(zeros: [3])) { $0 + $1 } }
  }
}
