import Kappa
import TestSupport
import Testing

@Suite("Elements convert")
struct ConversionTests {
  /// Numbers at the edges of all types.
  private static let numbers: [Double] = {
    let powers: [Double] = [24, 31, 32, 53, 62, 63, 64].flatMap { (n: Double) -> [Double] in
      let p = Double(sign: .plus, exponent: Int(n), significand: 1)
      return [p, p.nextUp, p.nextDown, p + 1, p - 1, -p, -p.nextUp, -p.nextDown, -p - 1, -p + 1]
    }
    let small: [Double] = [
      0, -0.0, 0.5, -0.5, 0.999999, 1, 1.5, 2.5, -2.5, 7.99, 1e-40, .leastNonzeroMagnitude, 16777217, 16777219,
    ]
    return small + powers + [1e10, 1e19, 1e38, 3.5e38, 1e300, -1e300, .infinity, -.infinity, .nan, .greatestFiniteMagnitude]
  }()
  private static let integers: [Int64] = [
    0, 1, -1, 2, 100, 1 << 24, 1 << 24 + 1, 1 << 31 - 1, 1 << 31, -1 << 31, -1 << 31 - 1, 1 << 32, 1 << 53, 1 << 53 + 1,
    1 << 62 + 1, .max, .min, .max - 1, .min + 1, 0x7fff_ffbf_ffff_ffff,
  ]

  private func same<S: TensorScalar>(_ a: [S], _ b: [S]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || ($0 == $1 && $0.sign == $1.sign) }
  }

  /// `x` in another order in memory, with a stride.
  private func arrangements<E: TensorElement>(_ elements: [E]) -> [Tensor<E>] {
    let x = Tensor(elements)
    return [x, Tensor(stacking: [x, x], axis: 1)[.all, 1], x.flipped().copied().flipped()]
  }

  private func checkReals<S: TensorScalar>(_ numbers: [S]) {
    for x in arrangements(numbers) {
      #expect(same(x.converted(to: Float.self).elements, numbers.map { Float($0) }))
      #expect(same(x.converted(to: Double.self).elements, numbers.map { Double($0) }))
      #expect(x.converted(to: Bool.self).elements == numbers.map { $0 != 0 })
      func check<I: TensorIndexScalar>(_ type: I.Type) {
        let fitting = numbers.filter { I(exactly: $0.rounded(.towardZero)) != nil }
        #expect(fitting.count > 20)
        #expect(Tensor(fitting).converted(to: I.self).elements == fitting.map { I($0) })
        let clamped = numbers.map { number -> I in
          if number.isNaN { return 0 }
          return I(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
        }
        #expect(x.converted(to: I.self, clamping: true).elements == clamped)
      }
      check(Int32.self)
      check(Int64.self)
    }
  }

  @Test func `from Double to every type`() { checkReals(Self.numbers) }
  @Test func `from Float to every type`() { checkReals(Self.numbers.map { Float($0) }) }

  private func checkIntegers<I: TensorIndexScalar>(_ numbers: [I]) {
    for x in arrangements(numbers) {
      #expect(x.converted(to: Float.self).elements == numbers.map { Float($0) })
      #expect(x.converted(to: Double.self).elements == numbers.map { Double($0) })
      #expect(x.converted(to: Bool.self).elements == numbers.map { $0 != 0 })
      #expect(x.converted(to: Int64.self).elements == numbers.map { Int64($0) })
      #expect(x.converted(to: Int32.self, clamping: true).elements == numbers.map { Int32(clamping: $0) })
      let fitting = numbers.filter { Int32(exactly: $0) != nil }
      #expect(Tensor(fitting).converted(to: Int32.self).elements == fitting.map { Int32($0) } && fitting.count > 5)
    }
  }

  @Test func `from Int32 to every type`() { checkIntegers(Self.integers.compactMap { Int32(exactly: $0) }) }
  @Test func `from Int64 to every type`() { checkIntegers(Self.integers) }

  @Test func `from Bool to every type`() {
    for x in arrangements([true, false, false, true, true]) {
      #expect(x.converted(to: Float.self).elements == [1, 0, 0, 1, 1] && x.converted(to: Double.self).elements == [1, 0, 0, 1, 1])
      #expect(x.converted(to: Int32.self).elements == [1, 0, 0, 1, 1] && x.converted(to: Int64.self).elements == [1, 0, 0, 1, 1])
      #expect(x.converted(to: Bool.self) == x)
    }
  }

  @Test func `keep their shape, and their storage where the type stays`() {
    let x = Tensor<Double>(from: 0, count: 24).reshaped(to: [2, 3, 4]).transposed()
    #expect(x.converted(to: Double.self).storage === x.storage)
    #expect(x.converted(to: Int64.self) == Tensor(x.elements.map { Int64($0) }, shape: x.shape))
    let y: Tensor<Float> = x.converted()
    #expect(y.shape == [2, 4, 3] && y.isContiguous)
    #expect(Tensor<Float>(zeros: [0, 3]).converted(to: Int32.self).shape == [0, 3])
    #expect(Tensor<Float>(scalar: 2.75).converted(to: Int32.self).scalar == 2)
  }

  @Test func `the same on every number of threads`() {
    // Enough elements for several slices; the last one does not fit.
    let x = Tensor<Double>(from: 0, by: 0.5, count: 100_003)
    #expect(x.converted(to: Int32.self).elements == x.elements.map { Int32($0) })
    var y = x
    y[100_002] = 1e10
    #expect(y.converted(to: Int32.self, clamping: true)[100_002] == .max)
    #expect(y.converted(to: Int32.self, clamping: true)[rows: 0..<100_002] == x.converted(to: Int32.self)[rows: 0..<100_002])
  }
}
