import Kappa
import TestSupport
import Testing

/// A primitive that stands for several operations, and those operations.
struct FusedCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let shapes: [Shape]
  let fused: @Sendable ([Variable<Double>]) -> Variable<Double>
  let composed: @Sendable ([Variable<Double>]) -> Variable<Double>

  private static let labels = Tensor<Int32>([2, 0, 3])
  private static let targets: Tensor<Double> = RandomStream(seed: 1).uniform([3, 4])

  private static func activation(
    _ kind: Activation, _ f: @escaping @Sendable (Variable<Double>) -> Variable<Double>
  ) -> FusedCase {
    FusedCase(
      testDescription: "bias and \(kind)", shapes: [[3, 4], [4]], fused: { $0[0].activated(kind, bias: $0[1]) },
      composed: { f($0[0] + $0[1]) })
  }

  static let all = [
    activation(.identity) { $0 },
    activation(.tanh) { $0.tanh() },
    activation(.sigmoid) { $0.sigmoid() },
    activation(.leakyRelu(slope: 0.25)) { $0.leakyRelu(slope: 0.25) },
    FusedCase(
      testDescription: "softmax cross-entropy", shapes: [[3, 4]], fused: { $0[0].softmaxCrossEntropy(labels) },
      composed: { z in
        let picked = Tensor<Double>([[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
        return z[0].exp().sum(axes: [1]).log() - (z[0] * picked).sum(axes: [1])
      }),
    FusedCase(
      testDescription: "sigmoid cross-entropy", shapes: [[3, 4]], fused: { $0[0].sigmoidCrossEntropy(targets) },
      composed: { z in ((1 + z[0].exp()).log() - z[0] * targets).sum(axes: [1]) }),
  ]
}

@Suite("A fused primitive")
struct FusedTests {
  @Test("has the value and the derivatives of the operations it stands for", arguments: FusedCase.all)
  func agrees(_ example: FusedCase) {
    func normal(_ seed: UInt64) -> [Tensor<Double>] {
      example.shapes.enumerated().map { RandomStream(seed: seed).split(UInt64($0)).normal($1) }
    }
    let (x, t) = (normal(3), normal(4))
    let u: Tensor<Double> = RandomStream(seed: 5).normal(example.composed(x.map { Variable($0) }).shape)
    let fused = DirectionalDerivatives(of: example.fused, at: x, along: t, cotangent: u)
    let composed = DirectionalDerivatives(of: example.composed, at: x, along: t, cotangent: u)
    expectClose(fused, composed, Tolerance(relative: 1e-13, absolute: 1e-14))
  }
}
