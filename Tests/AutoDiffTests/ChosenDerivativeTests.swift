import Kappa
import TestSupport
import Testing

@Suite("Derivatives where there is a choice")
struct ChosenDerivativeTests {
  /// Checks the gradient of Σ w f(x), w = 1, 2, ..., at `x`.
  private func expect(
    _ slopes: [Double], at x: Tensor<Double>, sourceLocation: SourceLocation = #_sourceLocation,
    _ f: (Variable<Double>) -> Variable<Double>
  ) {
    let gradient = valueAndGradient(at: x) { input in
      let y = f(input).flattened()
      return (y * Tensor((1...y.shape[0]).map { Double($0) })).sum()
    }.gradient
    expectClose(
      gradient, Tensor(slopes, shape: x.shape), Tolerance(relative: 1e-15, absolute: 0), "gradient", sourceLocation: sourceLocation)
  }

  @Test func `are shared by equal extremes`() {
    expect([1.0 / 3, 0, 1.0 / 3, 1.0 / 3], at: Tensor([3, 1, 3, 3])) { $0.max() }
    expect([0, 1, 1, 1], at: Tensor([[2, 1], [0, 1]])) { $0.min(axes: [0]) }
  }

  @Test func `go to the first of two equal operands`() {
    let x = Tensor<Double>([1, 2])
    expect([1, 2], at: x) { maximum($0, Variable(x)) }
    expect([0, 0], at: x) { maximum(Variable(x), $0) }
    expect([1, 2], at: x) { minimum($0, Variable(x)) }
    expect([0, 0], at: x) { minimum(Variable(x), $0) }
  }

  @Test func `pass on the bounds of a clipped variable and not outside`() {
    let x = Tensor<Double>([-2, -1, 0, 1, 2])
    expect([0, 2, 3, 4, 0], at: x) { $0.clipped(to: -1...1) }
    expect([0, 2, 3, 4, 5], at: x) { $0.clipped(to: (-1)...) }
    expect([1, 2, 3, 4, 0], at: x) { $0.clipped(to: ...1) }
  }

  @Test func `go to the first of equal pixels of a window`() {
    let x = Tensor<Double>([[5, 5, 1, 1], [5, 5, 1, 1]]).reshaped(to: [1, 1, 2, 4] as Shape)
    expect([1, 0, 2, 0, 0, 0, 0, 0], at: x) { maxPool2d($0, window: 2) }
  }

  @Test func `are zero to any order where a norm is zero`() {
    let x = Tensor<Double>([[0, 0], [3, 4]])
    expect([0, 0, 2 * 3.0 / 5, 2 * 4.0 / 5], at: x) { $0.norm(axes: [1]) }
    let product = Function<Double>(count: 2) { $0.norm() }.hessianVectorProduct(at: Tensor([0, 0]), Tensor([1, 1]))
    #expect(product.elements == [0, 0])
  }

  @Test func `add up where an element is taken twice`() {
    expect([2, 0, 1 + 3 + 4], at: Tensor([1, 2, 3])) { $0.take(Tensor<Int32>([2, 0, 2, -1])) }
  }

  @Test func `of a product of all elements are right where one or two of them are zero`() {
    expect([0, 210, 0, 0, 0], at: Tensor([2, 0, 3, 5, 7])) { $0.product() }
    expect([0, 0, 0, 0, 0], at: Tensor([2, 0, 3, 0, 7])) { $0.product() }
    let product = Function<Double>(count: 3) { $0.product() }.hessianVectorProduct(at: Tensor([0, 0, 3]), Tensor([1, 0, 0]))
    #expect(product.elements == [0, 3, 0])
  }
}
