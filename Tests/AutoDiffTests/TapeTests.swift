import Kappa
import TestSupport
import Testing

@Suite("A tape")
struct TapeTests {
  @Test func `stops the program where variables of two tapes meet, and says what to do`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (a, b) = (Tape<Double>().variable(Tensor([1, 2])), Tape<Double>().variable(Tensor([3, 4])))
      _ = a * b
    }
    #expect(message(of: result).contains("variables of two tapes"))
  }

  @Test func `stops the program where its variables are used after it has ended`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var kept: Variable<Double>?
      _ = valueAndGradient(at: Tensor<Double>([1, 2])) { x in
        kept = x.exp()
        return kept!.sum()
      }
      _ = kept! * 2
    }
    #expect(message(of: result).contains("after its tape has ended"))
  }

  @Test func `stops the program where a gradient is asked for after it has ended`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var kept: (x: Variable<Double>, loss: Variable<Double>)?
      _ = valueAndGradient(at: Tensor<Double>([1, 2])) { x in
        kept = (x, x.exp().sum())
        return kept!.loss
      }
      _ = gradient(of: kept!.loss, withRespectTo: [kept!.x])
    }
    #expect(message(of: result).contains("after its tape has ended"))
  }

  /// Calls that are given a variable of another tape, the sum of the exponentials of [1, 2].
  enum Stranger: CaseIterable, Codable {
    case valueAndGradient, function, linearization, outputs, exampleLosses, penalty, hessian, input, cotangent, linearize
    case directional, tangent

    /// How the message names what does not belong.
    var name: String {
      switch self {
      case .valueAndGradient, .function: "valueAndGradient: the loss"
      case .linearization: "linearization: the loss"
      case .outputs: "linearization: outputs"
      case .exampleLosses: "linearization: exampleLosses"
      case .penalty: "linearization: the penalty"
      case .hessian: "hessian: the loss"
      case .input: "gradient: input 0"
      case .cotangent: "vectorJacobianProduct: the cotangent"
      case .linearize: "linearize: output 0"
      case .directional: "DirectionalDerivatives: the result"
      case .tangent: "jacobianVectorProduct: tangent 0"
      }
    }
  }

  @Test("stops the program where it is given a variable of another one", arguments: Stranger.allCases)
  func strangers(_ stranger: Stranger) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [stranger] in call(stranger) }
    #expect(message(of: result).contains("\(stranger.name) lies on another tape"), "\(stranger): \(message(of: result))")
  }

  @Test func `still lets the values be read after it has ended`() {
    var kept: Variable<Double>?
    _ = valueAndGradient(at: Tensor<Double>([1, 2])) { x in
      kept = x * 2
      return kept!.sum()
    }
    #expect(kept?.value == Tensor([2, 4]))
  }
}

private func call(_ stranger: TapeTests.Stranger) {
  let x = Tensor<Double>([1, 2])
  let other = Tape<Double>().variable(x)
  let loss = other.exp().sum()
  func function(_ evaluate: @escaping (Variable<Double>) -> Evaluation<Double>) -> Function<Double> {
    var layout = ParameterLayout()
    layout.append("x", [2])
    return Function(layout) { evaluate($0[0]) }
  }
  switch stranger {
  case .valueAndGradient: _ = valueAndGradient(at: x) { _ in loss }
  case .function: _ = function { _ in Evaluation(loss: loss) }.valueAndGradient(at: x)
  case .linearization: _ = function { _ in Evaluation(loss: loss) }.linearization(at: x)
  case .outputs: _ = function { Evaluation(loss: $0.sum(), outputs: other) }.linearization(at: x)
  case .exampleLosses: _ = function { Evaluation(loss: $0.sum(), exampleLosses: other) }.linearization(at: x)
  case .penalty:
    _ = function {
      var evaluation = Evaluation(loss: $0.sum())
      evaluation.penalty = loss
      return evaluation
    }.linearization(at: x)
  case .hessian: _ = hessian(at: x) { _ in loss }
  case .input: _ = gradient(of: Tape<Double>().variable(x).sum(), withRespectTo: [other])
  case .cotangent:
    let own = Tape<Double>().variable(x)
    _ = vectorJacobianProduct(of: own.reshaped(to: [2, 1]), withRespectTo: [own], other.reshaped(to: [2, 1]))
  case .linearize: _ = linearize(at: [x]) { _ in [loss] }
  case .tangent:
    let own = Tape<Double>().variable(x)
    _ = jacobianVectorProduct(of: own.exp(), withRespectTo: [own], [other])
  case .directional: _ = DirectionalDerivatives(of: { _ in loss }, at: [x], along: [x], cotangent: Tensor(scalar: 1))
  }
}
