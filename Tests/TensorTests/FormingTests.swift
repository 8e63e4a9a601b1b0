import Tensor
import TestSupport
import Testing

@Suite("Products and sums formed in place")
struct FormingTests {
  /// Factors of a [3, 4] matrix: of its shape, transposed in memory, with rows alone, and of one element.
  private static let factors: [Tensor<Double>] = [
    .normal([3, 4], seed: 1), Tensor<Double>.normal([4, 3], seed: 2).transposed(), .normal([4], seed: 3), .normal([3, 1], seed: 4),
    Tensor([2.5]), Tensor(scalar: -1.5), .normal([3, 8], seed: 5).sliced(axis: 1, 0..<8, step: 2),
  ]
  private let start = Tensor<Double>.normal([3, 4], seed: 6)

  @Test("are the products and sums", arguments: factors.indices, factors.indices)
  func values(first: Int, second: Int) {
    let (a, b) = (Self.factors[first], Self.factors[second])
    expectFormed(start, by: a, b)
    // They grow to the shape of what they meet.
    expectFormed(a, by: start, b)
    var scaled = start.copied()
    scaled.formProduct(3)
    #expect(scaled == start * 3)
  }

  private func expectFormed(_ x: Tensor<Double>, by a: Tensor<Double>, _ b: Tensor<Double>) {
    var (product, sum) = (x.copied(), x.copied())
    product.formProduct(a)
    sum.formSum(product: a, b)
    #expect(product == x * a && sum == x + a * b)
  }

  @Test func `leave those alone who share the memory`() {
    let (before, shared) = (start.copied(), start.copied())
    var (product, sum, scaled, part) = (shared, shared, shared, shared[row: 1])
    product.formProduct(start)
    sum.formSum(product: start, start)
    scaled.formProduct(2)
    part.formProduct(2)
    part += 1
    #expect(shared == before && part == before[row: 1] * 2 + 1)
  }

  @Test(arguments: [1, 2, 31, 32, 33, 40_000]) func `with numbers are those with tensors of one element`(count: Int) {
    let x = Tensor<Double>.normal([count], seed: 7)
    let number = Tensor<Double>([0.7])
    var (a, b, c, d) = (x, x, x, x)
    a += 0.7
    b -= 0.7
    c *= 0.7
    d /= 0.7
    #expect(a == x + number && b == x - number && c == x * number && d == x / number)
    #expect(number - x == 0.7 - x && number / x == 0.7 / x && number * x == x * 0.7)
  }
}
