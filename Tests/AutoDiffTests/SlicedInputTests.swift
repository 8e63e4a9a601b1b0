import Foundation
import Kappa
import TestSupport
import Testing

@Suite("An input of which slices are taken")
struct SlicedInputTests {
  /// Mixes rows, columns and the whole of a matrix, in an order that has parts of all three kinds between one another.
  private static func mixture(_ x: Variable<Double>, rows: Int, columns: Int) -> Variable<Double> {
    var sum = (x * x.tanh()).sum()
    for index in 0..<Swift.max(rows, columns) {
      if index < rows { sum = sum + (x[rows: index..<index + 2].exp() * (Double(index) + 0.5)).sum() }
      if index == 1 { sum = sum + x.squared().squared().sum() }
      if index < columns { sum = sum + (x.sliced(axis: 1, index..<index + 1).sin() * sum).sum() }
    }
    return sum
  }

  private static let x = Tensor<Double>.normal([7, 6], seed: 1) * 0.5

  @Test(
    "has the derivatives that differences find, however many and along which axes",
    arguments: [(1, 0), (4, 0), (5, 0), (0, 4), (0, 6), (2, 2), (3, 2), (6, 5)])
  func isRight(rows: Int, columns: Int) throws {
    try checkDerivatives(of: { Self.mixture($0, rows: rows, columns: columns) }, at: Self.x)
    // Of a linearization and of a plain gradient, which adds blocks to their sum at once.
    var layout = ParameterLayout()
    layout.append("x", [7, 6])
    let function = Function<Double>(layout) { Evaluation(loss: Self.mixture($0[0], rows: rows, columns: columns)) }
    let theta = Self.x.flattened()
    expectClose(
      function.linearization(at: theta).gradient, function.gradient(at: theta), Tolerance(relative: 1e-12, absolute: 1e-12), "")
  }

  @Test(
    "has blocks of Hessian products that are its single products",
    arguments: [(1, 0), (4, 0), (5, 0), (2, 2), (3, 2), (6, 5)], [2, 5])
  func blocks(counts: (rows: Int, columns: Int), width: Int) {
    // Beside another parameter, so that rows of the block have gaps, and alone.
    for hasOther in [false, true] {
      var layout = ParameterLayout()
      layout.append("x", [7, 6])
      if hasOther { layout.append("y", [3]) }
      let function = Function<Double>(layout) { parameters in
        let mixture = Self.mixture(parameters[0], rows: counts.rows, columns: counts.columns)
        return Evaluation(loss: hasOther ? mixture * parameters["y"].squared().sum() : mixture)
      }
      let point = function.linearization(at: .normal([layout.count], seed: 2) * 0.5)
      let directions = Tensor<Double>.normal([width, layout.count], seed: 3)
      let products = point.hessianVectorProducts(directions)
      for row in 0..<width {
        expectClose(
          products[row: row], point.hessianVectorProduct(directions[row: row]), Tolerance(relative: 1e-11, absolute: 1e-11),
          "direction \(row)")
      }
    }
  }

  @Test("whose whole uses come last has the derivatives that differences find", arguments: [1, 3, 6])
  func wholeLast(rows: Int) throws {
    try checkDerivatives(
      of: { x in
        let slices = (0..<rows).map { x[rows: $0..<$0 + 1].exp() * x.sliced(axis: 1, 0..<6) }
        return slices.reduce(Variable(0)) { $0 + $1.sum() } * (x * x.tanh()).sum()
      }, at: Self.x)
  }

  @Test("in a linearization has a part for each of a few, and one for each axis of many", arguments: [1, 4, 5, 6])
  func count(rows: Int) {
    for columns in [0, 1, 4] {
      var layout = ParameterLayout()
      layout.append("x", [7, 6])
      let point = Function<Double>(layout) { Evaluation(loss: Self.mixture($0[0], rows: rows, columns: columns)) }
        .linearization(at: Self.x.flattened())
      _ = point.hessianVectorProduct(Self.x.flattened())
      func count(_ name: String) -> Int { point.recording.components(separatedBy: name).count - 1 }
      let isFew = rows + columns <= 4
      #expect(count("Placement") == (isFew ? rows + columns : 0))
      #expect(count("Assembly") == (isFew ? 0 : columns > 0 ? 2 : 1))
    }
  }

  @Test func `records one part for each axis where its gradient is a variable`() {
    let tape = Tape<Double>()
    let x = tape.variable(Self.x)
    _ = gradient(of: Self.mixture(x, rows: 2, columns: 1), withRespectTo: [x])
    #expect(tape.primitiveNames.filter { $0.hasPrefix("Assembly") }.count == 2)
    #expect(!tape.primitiveNames.contains { $0.hasPrefix("Placement") })
  }
}
