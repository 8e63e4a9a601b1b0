import Kappa
import TestSupport
import Testing

@Suite("Comparisons, masks and integers")
struct ComparisonTests {
  @Test("broadcast as plain loops do, however the operands lie", arguments: Arrangement.allCases, Arrangement.allCases)
  func comparisons(_ left: Arrangement, _ right: Arrangement) {
    for (a, b) in ArithmeticTests.pairs {
      let (x, y): (Tensor<Double>, Tensor<Double>) = (left.tensor(a), right.tensor(b))
      let (p, q) = (NaiveTensor(x), NaiveTensor(y))
      let shape = x.shape.broadcast(with: y.shape)!
      let at = NaiveTensor.indices(of: Array(shape))
      let operations: [(String, (Tensor<Double>, Tensor<Double>) -> Tensor<Bool>, (Double, Double) -> Bool)] = [
        (".<", { $0 .< $1 }, { $0 < $1 }), (".<=", { $0 .<= $1 }, { $0 <= $1 }), (".>", { $0 .> $1 }, { $0 > $1 }),
        (".>=", { $0 .>= $1 }, { $0 >= $1 }), (".==", { $0 .== $1 }, { $0 == $1 }), (".!=", { $0 .!= $1 }, { $0 != $1 }),
      ]
      for (name, actual, expected) in operations {
        let mask = actual(x, y)
        #expect(mask.shape == shape && mask.elements == at.map { expected(p.stretched($0), q.stretched($0)) }, "\(a) \(name) \(b)")
        let chosen = select(x, where: mask, else: y)
        let naive = NaiveTensor(Array(shape)) { i in
          expected(p.stretched(i), q.stretched(i)) ? p.stretched(i) : q.stretched(i)
        }
        expectClose(chosen, naive.tensor(), .exact, "select by \(name)")
      }
    }
  }

  @Test func `of NaN are false but for unequal`() {
    let x = Tensor<Float>([.nan, 1, .infinity])
    let y = Tensor<Float>([.nan, .nan, .infinity])
    #expect((x .== y).elements == [false, false, true] && (x .!= y).elements == [true, true, false])
    #expect((x .< y).elements == [false, false, false] && (x .>= y).elements == [false, false, true])
    #expect(x.nanMask().elements == [true, false, false] && x.infiniteMask().elements == [false, false, true])
    #expect(x.finiteMask().elements == [false, true, false] && (x .> 0).elements == [false, true, true])
  }

  @Test func `combine by logic and choose`() {
    let (a, b) = (Tensor<Bool>([true, true, false, false]), Tensor<Bool>([true, false, true, false]))
    #expect((a .& b).elements == [true, false, false, false] && (a .| b).elements == [true, true, true, false])
    #expect((a .^ b).elements == [false, true, true, false] && (.!a).elements == [false, false, true, true])
    #expect((a.expanded(axis: 1) .& b).shape == [4, 4] && (a.expanded(axis: 1) .& b).countNonzero().scalar == 4)
    let x = Tensor<Int64>([1, 2, 3, 4])
    #expect(x.replacing(with: 0, where: a) == Tensor<Int64>([0, 0, 3, 4]))
    #expect(x.replacing(with: -x, where: b) == Tensor<Int64>([-1, 2, -3, 4]))
    #expect(x.elements(where: b) == Tensor<Int64>([1, 3]) && x.elements(where: a .& .!a).shape == [0])
    #expect(select(1.5, where: b, else: -1) == Tensor<Double>([1.5, -1, 1.5, -1]))
    let large: Tensor<Float> = RandomStream(seed: 1).normal([100_003])
    #expect(large.replacing(with: 0, where: large .< 0) == large.relu())
    #expect(large.elements(where: large .> 0).count == Int((large .> 0).countNonzero().scalar))
  }

  private func checkIntegers<I: TensorIndexScalar>(_ type: I.Type) {
    for (a, b): ([Int], [Int]) in ArithmeticTests.pairs {
      let x = Tensor<I>((0..<a.reduce(1, *)).map { I($0 * 37 % 101) - 50 }, shape: Shape(a))
      let y = Tensor<I>((0..<b.reduce(1, *)).map { I($0 * 31 % 97) - 40 }, shape: Shape(b))
      let shape = x.shape.broadcast(with: y.shape)!
      let (u, v) = (x.broadcast(to: shape).elements, y.broadcast(to: shape).elements)
      #expect((x + y).elements == zip(u, v).map { $0 + $1 } && (x - y).elements == zip(u, v).map { $0 - $1 })
      #expect((x * y).elements == zip(u, v).map { $0 * $1 } && (-x).elements == x.elements.map { 0 - $0 })
      #expect((x .< y).elements == zip(u, v).map { $0 < $1 } && (2 * x - 1).elements == x.elements.map { 2 * $0 - 1 })
    }
    var z = Tensor<I>([1, 2, 3])
    z += 4
    z *= Tensor<I>([1, 2, 3])
    z -= Tensor<I>(scalar: 1)
    #expect(z == Tensor<I>([4, 11, 20]))
    #expect(Tensor<I>([.max, .min]) + Tensor<I>([0, 0]) == Tensor<I>([.max, .min]) && Tensor<I>([.min]) * 1 == Tensor<I>([.min]))
  }

  @Test func `integers add, subtract and multiply as Swift's do`() {
    checkIntegers(Int32.self)
    checkIntegers(Int64.self)
  }

  @Test func `integers stop the program where a result does not fit`() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([1, .max]) + 1 }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([1, .min]) - Tensor<Int32>([0, 1]) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([65536]) * 65536 }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int64>([.max]) + 1 }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int64>([.max / 2]) * 3 }
    await #expect(processExitsWith: .failure) { _ = -Tensor<Int64>([.min]) }
  }

  @Test func `bounds and roundings are NumPy's`() {
    let x = Tensor<Double>([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.7, -2.7, .nan, .infinity])
    func expect(_ y: Tensor<Double>, _ z: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
      expectClose(y, Tensor(z), .exact, "rounding", sourceLocation: sourceLocation)
    }
    expect(x.rounded(), [-2, -2, 0, 0, 2, 2, 3, -3, .nan, .infinity])
    expect(x.floor(), [-3, -2, -1, 0, 1, 2, 2, -3, .nan, .infinity])
    expect(x.ceil(), [-2, -1, 0, 1, 2, 3, 3, -2, .nan, .infinity])
    expect(x.truncated(), [-2, -1, 0, 0, 1, 2, 2, -2, .nan, .infinity])
    expect(x.clipped(to: -1...2), [-1, -1, -0.5, 0.5, 1.5, 2, 2, -1, .nan, 2])
    expect(x.clipped(to: 0...), [0, 0, 0, 0.5, 1.5, 2.5, 2.7, 0, .nan, .infinity])
    expect(x.clipped(to: ...0), [-2.5, -1.5, -0.5, 0, 0, 0, 0, -2.7, .nan, 0])
    let y = Tensor<Double>([4, 9, 0.25])
    expectClose(y.reciprocalSquareRoot(), Tensor([0.5, 1.0 / 3, 2]), Tolerance(relative: 4e-16, absolute: 0), "reciprocal root")
    expectClose(multiplyAdd(y, y, y), y * y + y, Tolerance(relative: 1e-15, absolute: 0), "multiplyAdd")
    expectClose(multiplyAdd(y, Tensor(scalar: 2), y), 3 * y, .exact, "multiplyAdd, broadcast")
    var sum = y
    sum.add(quotientOf: y, y, scaledBy: 3)
    expectClose(sum, y + 3, .exact, "add quotient")
  }
}
