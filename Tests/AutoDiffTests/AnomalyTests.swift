import Kappa
import TestSupport
import Testing

@Suite("Detecting anomalies")
struct AnomalyTests {
  private func anomaly(_ body: () throws -> Void) -> Anomaly? {
    do {
      try detectAnomaly(body)
      return nil
    } catch { return error as? Anomaly }
  }

  /// The end of a location that is `offset` lines below the caller's.
  private func line(_ offset: Int, line: Int = #line) -> String { "Tests/AutoDiffTests/AnomalyTests.swift:\(line + offset)" }

  @Test func `names the operation whose value is NaN, and the line that recorded it`() throws {
    let here = line(1)
    let result = anomaly { _ = valueAndGradient(at: Tensor<Double>([[1, -1], [2, 3]])) { $0.log().sum() } }
    let found = try #require(result)
    #expect(found.quantity == .value && found.primitive.contains("log"))
    #expect(found.shape == [2, 2] && found.position == [0, 1])
    #expect(found.location?.hasSuffix(here) == true, "\(found)")
    #expect(!found.followsInfinity)
  }

  @Test func `names the operation whose cotangent is NaN, in plain gradients and in recorded ones`() throws {
    // √(x²) at 0: the cotangent of the root is infinite, that of the square 0 times it.
    let here = line(1)
    func norm(_ x: Variable<Double>) -> Variable<Double> { x.squared().squareRoot().sum() }
    let x = Tensor<Double>([1, 0])
    let plain = try #require(anomaly { _ = valueAndGradient(at: x, norm) })
    #expect(plain.quantity == .cotangent && plain.primitive.contains("square") && plain.position == [1])
    #expect(plain.followsInfinity)
    #expect(plain.location?.hasSuffix(here) == true, "\(plain)")
    let recorded = try #require(anomaly { _ = hessianVectorProduct(at: x, along: x, norm) })
    #expect(recorded.quantity == .cotangent && recorded.primitive.contains("square"))
    #expect(recorded.location?.hasSuffix(here) == true, "\(recorded)")
  }

  @Test func `names the operation whose cotangent is NaN where it was not computed before somebody asked`() throws {
    // exp overflows: the weight's gradient, xᵀ D, multiplies a 0 of the data with the infinity.
    let x = Variable(Tensor<Double>([[0, 1]]))
    var layout = ParameterLayout()
    layout.append("weight", [2, 1])
    let here = line(1)
    let function = Function<Double>(layout) { Evaluation(loss: matmul(x, $0[0]).exp().sum()) }
    let result = anomaly { _ = function.linearization(at: Tensor([0, 1000])).gradient }
    let found = try #require(result)
    #expect(found.quantity == .cotangent && found.primitive.contains("MatrixProduct") && found.position == [0, 0])
    #expect(found.followsInfinity)
    #expect(found.location?.hasSuffix(here) == true, "\(found)")
  }

  @Test func `names the operation whose tangent is NaN`() throws {
    let found = try #require(
      anomaly {
        _ = jacobianVectorProduct(at: [Tensor<Double>([4, 0])], tangents: [Tensor([1, 0])]) { [$0[0].squareRoot()] }
      })
    #expect(found.quantity == .tangent && found.primitive.contains("squareRoot"))
  }

  @Test func `names it in a block of directions, too`() throws {
    let result = anomaly {
      let function = linearize(at: [Tensor<Double>([4, 0])]) { [$0[0].squareRoot()] }
      _ = function.jacobianVectorProducts(ofInput: 0, Tensor([[1, 1], [1, 0]]))
    }
    let found = try #require(result)
    #expect(found.quantity == .tangent && found.primitive.contains("squareRoot") && found.position == [1])
  }

  @Test func `says that an input was NaN from the start`() throws {
    let found = try #require(anomaly { _ = valueAndGradient(at: Tensor<Float>([1, .nan])) { ($0 * 2).sum() } })
    #expect(found.quantity == .input && found.position == [1])
    #expect("\(found)".contains("an input that was NaN from the start"))
  }

  @Test func `returns the result, or throws the body's own error, where there is no NaN`() throws {
    struct Other: Error {}
    #expect(try detectAnomaly { valueAndGradient(at: Tensor<Double>([1, 2])) { $0.log().sum() }.gradient } == Tensor([1, 0.5]))
    #expect(throws: Other.self) { try detectAnomaly { throw Other() } }
  }

  @Test func `prefers the first NaN to the error it led to`() {
    struct Other: Error {}
    #expect(throws: Anomaly.self) {
      try detectAnomaly {
        _ = valueAndGradient(at: Tensor<Double>([-1])) { $0.log().sum() }
        throw Other()
      }
    }
  }

  @Test func `watches nothing outside its body`() {
    _ = try? detectAnomaly {}
    #expect(valueAndGradient(at: Tensor<Double>([-1])) { $0.log().sum() }.value.isNaN)
  }
}
