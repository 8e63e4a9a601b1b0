import Kappa
import TestSupport
import Testing

@Suite("A block of directions")
struct BlockTests {
  /// Rounding may differ: one wider product sums in another order than several narrow ones.
  private let exact = Tolerance(relative: 1e-12, absolute: 1e-13)

  // From sixteen directions on a recurrence of one example has them last in memory.
  @Test("carries through every primitive what single directions carry", arguments: PrimitiveCase.catalog, [3, 17])
  func primitives(_ example: PrimitiveCase, _ width: Int) {
    let function = linearize(at: example.inputs) { [example.function($0)] }
    for (index, input) in example.inputs.enumerated() {
      let block = Tensor<Double>.normal(Shape([width] + Array(input.shape)), seed: 41 + UInt64(index))
      let products = function.jacobianVectorProducts(ofInput: index, block)[0]
      for row in 0..<width {
        var single = example.inputs.map { Tensor<Double>(zeros: $0.shape) }
        single[index] = block[row: row]
        expectClose(
          products[row: row], function.jacobianVectorProduct(single)[0], exact, "\(example), input \(index), direction \(row)")
      }
    }
  }

  @Test("carries through every pullback what single directions carry", arguments: PrimitiveCase.catalog, [2, 16])
  func pullbacks(_ example: PrimitiveCase, _ width: Int) {
    let (_, cotangent) = example.directions(seed: 43)
    let function = linearize(at: example.inputs) { inputs in
      vectorJacobianProduct(of: example.function(inputs), withRespectTo: inputs, Variable(cotangent))
    }
    for (index, input) in example.inputs.enumerated() {
      let block = Tensor<Double>.normal(Shape([width] + Array(input.shape)), seed: 47 + UInt64(index))
      let products = function.jacobianVectorProducts(ofInput: index, block)
      for row in 0..<width {
        var single = example.inputs.map { Tensor<Double>(zeros: $0.shape) }
        single[index] = block[row: row]
        for (output, expected) in function.jacobianVectorProduct(single).enumerated() {
          expectClose(products[output][row: row], expected, exact, "\(example): \(output) by \(index), direction \(row)")
        }
      }
    }
  }

  private func check<S: TensorScalar>(_ type: S.Type, _ width: Int, _ tolerance: Tolerance) {
    let problem = Problem([4, 5, 3])
    let point = problem.function(of: S.self).linearization(at: problem.parameters())
    let directions = Tensor<S>(stacking: (0..<width).map { problem.direction(UInt64($0)) })
    let outputTangents = point.jacobianVectorProducts(directions)
    let cotangents = point.lossHessianProducts(outputTangents)
    let products = [
      (point.hessianVectorProducts(directions), "H", point.hessianVectorProduct),
      (point.gaussNewtonVectorProducts(directions), "G", point.gaussNewtonVectorProduct),
      (outputTangents, "J", point.jacobianVectorProduct),
    ]
    for row in 0..<width {
      for (block, name, single) in products {
        expectClose(block[row: row], single(directions[row: row]), tolerance, "\(name) v, row \(row), \(S.self)")
      }
      expectClose(cotangents[row: row], point.lossHessianProduct(outputTangents[row: row]), tolerance, "H_L u, row \(row)")
      expectClose(
        point.vectorJacobianProducts(cotangents)[row: row], point.vectorJacobianProduct(cotangents[row: row]), tolerance,
        "Jᵀ u, row \(row)")
    }
  }

  @Test("gives the rows of H V, G V, J V, H_L U and Jᵀ U", arguments: [1, 2, 16])
  func rows(_ width: Int) {
    check(Double.self, width, exact)
    check(Float.self, width, Tolerance(relative: 1e-4, absolute: 1e-5))
  }

  @Test("is carried in parts where tangents are large", arguments: [1, 2, 3, 5], [1 << 13, 1 << 14, 1 << 16])
  func parts(_ width: Int, _ rows: Int) {
    // Of [rows, 4] numbers: four directions at once, two, or one.
    let x = Tensor<Double>.normal([rows, 4], seed: 51)
    var layout = ParameterLayout()
    layout.append("w", [4])
    let function = Function<Double>(layout) { parameters in
      let z = (parameters[0] * Variable(x)).tanh()
      return Evaluation(loss: z.squared().mean(), outputs: z)
    }
    let point = function.linearization(at: .normal([4], seed: 52))
    let directions = Tensor<Double>.normal([width, 4], seed: 53)
    let (hessian, jacobian) = (point.hessianVectorProducts(directions), point.jacobianVectorProducts(directions))
    for row in 0..<width {
      expectClose(hessian[row: row], point.hessianVectorProduct(directions[row: row]), exact, "H v, row \(row)")
      expectClose(jacobian[row: row], point.jacobianVectorProduct(directions[row: row]), exact, "J v, row \(row)")
    }
  }

  @Test func `is carried one by one where a tangent has as many axes as a tensor may have`() {
    let function = Function<Double>(count: 2) { $0.reshaped(to: [1, 1, 1, 1, 1, 1, 1, 2]).exp().sum() }
    let point = function.linearization(at: [0, 1])
    let directions: Tensor<Double> = [[1, 0], [0, 1], [1, 2]]
    let products = point.hessianVectorProducts(directions)
    for row in 0..<3 { expectClose(products[row: row], point.hessianVectorProduct(directions[row: row]), exact, "H v, row \(row)") }
  }

  @Test func `is zero where the outputs are constant, and so are single products`() {
    let function = Function<Double>(ParameterLayout()) { _ in
      let outputs = Variable(Tensor<Double>([1, 2]))
      return Evaluation(loss: outputs.squared().sum(), outputs: outputs)
    }
    let point = function.linearization(at: Tensor(zeros: [0]))
    #expect(point.lossHessianProduct([3, 4]) == [0, 0])
    #expect(point.lossHessianProducts([[3, 4], [5, 6]]) == [[0, 0], [0, 0]])
  }

  @Test("is zero in parameters that the loss does not depend on, or only linearly", arguments: [1, 2, 3])
  func zeros(_ width: Int) {
    var layout = ParameterLayout()
    for name in ["curved", "straight", "unused"] { layout.append(name, [2]) }
    let function = Function<Double>(layout) { parameters in
      Evaluation(loss: parameters[0].squared().sum() + parameters[1].sum())
    }
    let directions = Tensor<Double>.normal([width, 6], seed: 54)
    // Memory that held other numbers before.
    for _ in 0..<3 { _ = Tensor<Double>(repeating: .nan, shape: [width, 6]) }
    let products = function.linearization(at: .normal([6], seed: 55)).hessianVectorProducts(directions)
    let curved = directions * Tensor([2, 2, 0, 0, 0, 0])
    #expect(products == curved)
  }

  @Test func `is zero where the rules of single directions add nothing`() {
    // A ReLU's slope is flat. So many numbers that directions go one by one.
    let count = 5000
    let function = Function<Double>(count: count) { $0.relu().sum() }
    for _ in 0..<3 { _ = Tensor<Double>(repeating: .nan, shape: [16, count]) }
    let products = function.linearization(at: .normal([count], seed: 56)).hessianVectorProducts(.normal([16, count], seed: 57))
    #expect(products == Tensor(zeros: [16, count]))
  }

  @Test("may lie in memory in any way, and be one vector all over", arguments: [2, 4])
  func layouts(_ width: Int) {
    let problem = Problem([4, 5, 3])
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let directions = Tensor<Double>(stacking: (0..<width).map { problem.direction(UInt64($0)) })
    let (products, wide) = (point.hessianVectorProducts(directions), Tensor(concatenating: [directions, directions], axis: 1))
    for same in [directions.transposed().contiguous().transposed(), wide.sliced(axis: 1, 0..<point.layout.count)] {
      #expect(!same.isContiguous && point.hessianVectorProducts(same) == products)
    }
    let v: Tensor<Double> = problem.direction(5)
    let repeated = point.hessianVectorProducts(v.expanded(axis: 0).broadcast(to: [width, v.count]))
    for row in 0..<width { expectClose(repeated[row: row], point.hessianVectorProduct(v), exact, "row \(row)") }
  }

  @Test("adds up what rules give for all directions and what they give for single ones", arguments: [2, 3], [false, true])
  func wholeAndSingle(_ width: Int, _ isReversed: Bool) {
    let x = Tensor<Double>.normal([6], seed: 61)
    // A product takes blocks, a reversal of the order goes direction by direction; what is recorded last has its part first.
    let function = Function<Double>(count: 6) { p in
      func whole() -> Variable<Double> { p.squared().squared().sum() }
      func single() -> Variable<Double> { p.flipped().exp().sum() }
      return isReversed ? whole() + single() : single() + whole()
    }
    let point = function.linearization(at: x)
    let directions = Tensor<Double>.normal([width, 6], seed: 62)
    let expected = directions * (x.exp() + 12 * x.squared())
    expectClose(point.hessianVectorProducts(directions), expected, Tolerance(relative: 1e-12, absolute: 1e-12), "H V")
  }

  @Test func `may be empty`() {
    let problem = Problem([4, 5, 3])
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    #expect(point.hessianVectorProducts(Tensor(zeros: [0, point.layout.count])).shape == [0, point.layout.count])
  }

  @Test func `leaves later single products as they were`() {
    let problem = Problem([4, 5, 3])
    let point = problem.function(of: Double.self).linearization(at: problem.parameters())
    let v: Tensor<Double> = problem.direction(5)
    let before = point.hessianVectorProduct(v)
    _ = point.hessianVectorProducts(Tensor(stacking: [problem.direction(6), problem.direction(7)]))
    #expect(point.hessianVectorProduct(v) == before)
  }

  @Test func `stops the program when it has another length than the parameters`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let problem = Problem([4, 5, 3])
      let point = problem.function(of: Double.self).linearization(at: problem.parameters())
      _ = point.hessianVectorProducts(Tensor(zeros: [2, 3]))
    }
    #expect(message(of: result).contains("hessianVectorProducts: vectors of shape [2, 3], not [k, "))
  }
}
