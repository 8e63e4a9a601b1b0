import Kappa
import TestSupport
import Testing

// Long expressions that mix tensors, scalars and literals. That they compile, without helper variables and in seconds, is half
// of what this target tests; the other half is that each mixture means what it says, with one element in place of a tensor.
@Suite("A long expression")
struct ExpressionTests {
  @Test func `of tensors and literals in Double is the arithmetic of its elements`() {
    let (a, b, c) = (0.7, -1.3, 2.9)
    let x = Tensor<Double>([a, a]), y = Tensor<Double>([b, b]), z = Tensor<Double>([c, c])
    func expect(_ tensor: Tensor<Double>, _ number: Double, sourceLocation: SourceLocation = #_sourceLocation) {
      expectClose(
        tensor, Tensor([number, number]), Tolerance(relative: 1e-14, absolute: 0), "expression", sourceLocation: sourceLocation)
    }
    let polynomial = 1 + x * (2 + x * (3 + x * (4 + x * (5 + x * (6 + x * (7 + x * 8))))))
    expect(polynomial, 1 + a * (2 + a * (3 + a * (4 + a * (5 + a * (6 + a * (7 + a * 8)))))))
    let mixture = 2 * x + 3 * y - 4 * z + x * y / 5 - 6 / z + (x - y) * (y - z) * (z - x) - 0.5 * x * x + 1
    let first: Double = 2 * a + 3 * b - 4 * c + a * b / 5
    let second: Double = (a - b) * (b - c) * (c - a) - 0.5 * a * a + 1
    expect(mixture, first - 6 / c + second)
    let negated = -x * 2 + -(y - 1) * -z / -3 - -x
    expect(negated, -a * 2 + (b - 1) * -c / 3 + a)
    let sum = x + 1 + y + 2 + z + 3 + x + 4 + y + 5 + z + 6 + x + 7 + y + 8 + z + 9 + x + 10
    expect(sum, 4 * a + 3 * b + 3 * c + 55)
    let quotient = 1 / (1 / (1 / (x + 2) + y / 3) + z / 4) - (x + y + z) / (x * y * z) * 0.25 + 1e-3
    let inner: Double = 1 / (1 / (a + 2) + b / 3) + c / 4
    expect(quotient, 1 / inner - (a + b + c) / (a * b * c) * 0.25 + 1e-3)
  }

  @Test func `of tensors and literals in Float is the arithmetic of its elements`() {
    let (a, b): (Float, Float) = (0.75, -1.5)
    let x = Tensor<Float>([a]), y = Tensor<Float>([b])
    let rate: Float = 0.125
    let result = 0.5 * x * x - rate * (y - 2) * (3 - x) / 4 + rate * y - 2 * rate * x + 1 - x / rate + 8 * (x + y) * (x - y)
    let first: Float = 0.5 * a * a - rate * (b - 2) * (3 - a) / 4
    let second: Float = rate * b - 2 * rate * a + 1 - a / rate
    expectClose(result, Tensor([first + second + 8 * (a + b) * (a - b)]), Tolerance(relative: 1e-6, absolute: 0), "expression")
  }

  @Test func `of an optimizer's step reads as its formula`() {
    let (g, m, v, t) = (0.3, 0.1, 0.02, 7.0)
    let gradient = Tensor<Double>([g]), mean = Tensor<Double>([m]), square = Tensor<Double>([v])
    let (beta1, beta2, rate, epsilon) = (0.9, 0.999, 1e-3, 1e-8)
    let step =
      -rate * ((beta1 * mean + (1 - beta1) * gradient) / (1 - 0.9 * t / 10))
      / (((beta2 * square + (1 - beta2) * gradient * gradient) / (1 - beta2 / 2)).squareRoot() + epsilon)
    let above: Double = (beta1 * m + (1 - beta1) * g) / (1 - 0.9 * t / 10)
    let below: Double = ((beta2 * v + (1 - beta2) * g * g) / (1 - beta2 / 2)).squareRoot() + epsilon
    expectClose(step, Tensor([-rate * above / below]), Tolerance(relative: 1e-14, absolute: 0), "step")
  }

  @Test func `of methods, products and reductions needs no help`() {
    let x: Tensor<Double> = [[1, 2], [3, 4]]
    let y: Tensor<Double> = [[0.5, -0.5], [0.25, 2]]
    let gate = (x * 2 - y + 0.1).sigmoid() * (1 - (x - 1).tanh()) + 0.5 * (y * y + 1e-6).squareRoot() - 3 * x.sum() / 4
    #expect(gate.shape == [2, 2])
    let energy = 0.5 * matmul(x, y).squared().sum() + 2 * (x - y).abs().mean() - (x * y).sum() / 2 + 0.25 * y.squared().sum()
    // x·y = [[1, 3.5], [2.5, 6.5]], of squares 61.75; |x - y| = 0.5, 2.5, 2.75, 2; x y sums to 8.25; y² to 4.5625.
    #expect(abs(energy.scalar - (0.5 * 61.75 + 2 * 7.75 / 4 - 8.25 / 2 + 0.25 * 4.5625)) < 1e-12)
  }

  @Test func `of elements and parts mixes subscripts with numbers`() {
    let x: Tensor<Double> = [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
    let (i, j) = (1, 2)
    let determinant =
      x[0, 0] * (x[1, 1] * x[2, 2] - x[1, 2] * x[2, 1]) - x[0, 1] * (x[1, 0] * x[2, 2] - x[1, 2] * x[2, 0])
      + x[0, 2] * (x[1, 0] * x[2, 1] - x[1, 1] * x[2, 0])
    #expect(determinant == -3)
    let differences = 0.5 * x[2..., 1...] - 2 * x[i..<j, 1...] + x[..<1, ..<2] * x[0, 1] + 3
    #expect(differences == [[-1, 0]])
    let row = 2 * x[.all, 0] + x[0, .all] * x[i, j] - x[.reversed, 1] / 2 + x[0, .all] - 1
    #expect(row == [4, 18.5, 33])
    let element = x[0, 0] + x[i, j] * 2 - x[j, i] + 4 * x[0, j] - x[i, 0] / x[0, 0] + 1
    #expect(element == 14)
  }

  @Test func `of what is fused is the arithmetic of its elements`() {
    let (x, y) = (Tensor<Float>([0.75]), Tensor<Float>([-1.5]))
    let fusedValue = fused(x, y) { a, b in 1 + a * (2 + b * (3 + a * (4 + b * (5 + a * 6)))) - 2 * a / b + 0.5 * (a - b) * (1 - a) }
    let value = 1 + x * (2 + y * (3 + x * (4 + y * (5 + x * 6)))) - 2 * x / y + 0.5 * (x - y) * (1 - x)
    #expect(fusedValue == value)
  }

  @Test func `of variables records the same arithmetic`() {
    let x = Tensor<Double>([0.75, -1.5])
    let (_, slope) = valueAndGradient(at: x) { a in
      let polynomial = 1 + a * (2 + a * (3 + a * (4 + a * (5 + a * (6 + a * (7 + a * 8))))))
      let mixture = 2 * a - 4 * a + a * a / 5 - 6 / a + (a - 1) * (1 - a) * (a - 2) - 0.5 * a * a + 1
      return (polynomial + mixture).sum()
    }
    let expected = x.elements.map { (a: Double) -> Double in
      let polynomial: Double = 2 + 2 * 3 * a + 3 * 4 * a * a + 4 * 5 * a * a * a
      let powers: Double = 5 * 6 * a * a * a * a + 6 * 7 * a * a * a * a * a + 7 * 8 * a * a * a * a * a * a
      let mixture: Double = -2 + 2 * a / 5 + 6 / (a * a) - a
      // d/da of (a - 1)(1 - a)(a - 2) = -(a - 1)²(a - 2).
      let product: Double = -(2 * (a - 1) * (a - 2) + (a - 1) * (a - 1))
      return polynomial + powers + mixture + product
    }
    expectClose(slope, Tensor(expected), Tolerance(relative: 1e-13, absolute: 0), "slope")
  }

  @Test func `of a generic function is no different`() {
    expect(Float.self)
    expect(Double.self)
  }

  private func expect<S: TensorScalar>(_ type: S.Type) {
    let (x, y): (Tensor<S>, Tensor<S>) = ([3], [5])
    let polynomial = 1 + x * (2 + x * (3 + x * (4 + x * (5 + x * (6 + x * (7 + x * 8))))))
    #expect(polynomial == [24_604])
    let rate: S = 0.5
    let mixture = 2 * x - rate * y + x * y / 5 - (y - 1) * (2 - x) + 1
    #expect(mixture == [11.5])
  }
}
