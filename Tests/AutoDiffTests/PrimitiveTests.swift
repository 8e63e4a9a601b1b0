import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Every primitive")
struct PrimitiveTests {
  @Test func `has an entry in the catalogue`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Sources").standardized
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)).compactMap { $0 as? URL }
    // A type, or an extension of one, whose header names a protocol of primitives, on however many lines.
    let header = /(?:^|\n)[a-z ]*\b(struct|class|enum|extension|protocol) (\w+)[^{:]*:([^{]*)\{/
    let headers = try files.filter { $0.pathExtension == "swift" }.flatMap { file in
      try String(contentsOf: file, encoding: .utf8).matches(of: header).map {
        (kind: $0.1, name: String($0.2), conformances: Set($0.3.matches(of: /\w+/).map { String($0.0) }))
      }
    }
    // Protocols that refine one of primitives are such, too.
    var protocols: Set = ["Primitive"]
    var known = 0
    while known < protocols.count {
      known = protocols.count
      for header in headers where header.kind == "protocol" && !header.conformances.isDisjoint(with: protocols) {
        protocols.insert(header.name)
      }
    }
    let declared = Set(
      headers.filter { $0.kind != "protocol" && !$0.conformances.isDisjoint(with: protocols) }.map(\.name)
    ).subtracting(protocols)
    #expect(declared.count >= 50, "the scan of \(folder.path) found only \(declared.sorted())")
    #expect(declared == Set(PrimitiveCase.catalog.map(\.primitive)))
  }

  @Test("is recorded by its entry", arguments: PrimitiveCase.catalog)
  func isRecorded(_ example: PrimitiveCase) {
    let tape = Tape<Double>()
    _ = example.function(example.inputs.map { tape.variable($0) })
    #expect(tape.primitiveNames.contains { $0.hasPrefix("\(example.primitive)<Double") })
  }

  @Test("has a tangent and a cotangent rule that are adjoint", arguments: PrimitiveCase.catalog)
  func rulesAreAdjoint(_ example: PrimitiveCase) {
    let (tangents, cotangent) = example.directions(seed: 7)
    let d = DirectionalDerivatives(of: example.function, at: example.inputs, along: tangents, cotangent: cotangent)
    // <u, J t> = <J^T u, t> holds exactly; only rounding remains.
    let (left, right) = (cotangent.dot(d.tangent), zip(d.cotangents, tangents).map { $0.dot($1) }.reduce(0, +))
    let scale = cotangent.norm() * d.tangent.norm() + 1
    #expect(abs(left - right) < 1e-12 * scale, "<u, Jt> = \(left), <J'u, t> = \(right)")
  }

  @Test("has the tangent that central differences find", arguments: PrimitiveCase.catalog)
  func tangentIsRight(_ example: PrimitiveCase) {
    let (tangents, cotangent) = example.directions(seed: 11)
    let d = DirectionalDerivatives(of: example.function, at: example.inputs, along: tangents, cotangent: cotangent)
    let expected = centralDifference { h in example.value(at: zip(example.inputs, tangents).map { $0 + h * $1 }) }
    expectClose(d.value, example.value(at: example.inputs), Tolerance(relative: 1e-15, absolute: 1e-15), "\(example): value")
    expectClose(d.tangent, expected, Tolerance(relative: 1e-8, absolute: 1e-9), "\(example): tangent")
  }

  @Test("has the second derivative that central differences find", arguments: PrimitiveCase.catalog)
  func secondOrderIsRight(_ example: PrimitiveCase) {
    let (tangents, cotangent) = example.directions(seed: 13)
    func derivatives(at h: Double) -> DirectionalDerivatives<Double> {
      DirectionalDerivatives(
        of: example.function, at: zip(example.inputs, tangents).map { $0 + h * $1 }, along: tangents, cotangent: cotangent)
    }
    let d = derivatives(at: 0)
    for index in example.inputs.indices {
      let expected = centralDifference { derivatives(at: $0).cotangents[index] }
      expectClose(
        d.cotangentTangents[index], expected, Tolerance(relative: 1e-8, absolute: 1e-9), "\(example): derivative of vjp \(index)")
    }
  }

  @Test("has a symmetric second derivative", arguments: PrimitiveCase.catalog)
  func secondOrderIsSymmetric(_ example: PrimitiveCase) {
    // The Hessian of <u, f> is symmetric: <s, H t> = <t, H s>.
    let (s, cotangent) = example.directions(seed: 17)
    let t = example.directions(seed: 19).tangents
    func product(_ direction: [Tensor<Double>], with other: [Tensor<Double>]) -> Double {
      let d = DirectionalDerivatives(of: example.function, at: example.inputs, along: direction, cotangent: cotangent)
      return zip(d.cotangentTangents, other).map { $0.dot($1) }.reduce(0, +)
    }
    let (left, right) = (product(s, with: t), product(t, with: s))
    #expect(abs(left - right) < 1e-11 * (1 + abs(left)), "<t, Hs> = \(left), <s, Ht> = \(right)")
  }

  @Test("has the same second derivative in all orders of forward and reverse", arguments: PrimitiveCase.catalog)
  func ordersAgree(_ example: PrimitiveCase) {
    let (tangents, cotangent) = example.directions(seed: 29)
    let tape = Tape<Double>()
    let inputs = example.inputs.map { tape.variable($0) }
    let pullback = vectorJacobianProduct(of: example.function(inputs), withRespectTo: inputs, Variable(cotangent))
    let product = inner(pullback, tangents)
    let tangent = jacobianVectorProduct(of: example.function(inputs), withRespectTo: inputs, tangents.map { Variable($0) })
    let reverseOverForward = gradient(of: inner([tangent], [cotangent]), withRespectTo: inputs)
    let reverseOverReverse = gradient(of: product, withRespectTo: inputs)
    let d = DirectionalDerivatives(of: example.function, at: example.inputs, along: tangents, cotangent: cotangent)
    let tolerance = Tolerance(relative: 1e-10, absolute: 1e-11)
    expectClose(tangent.value, d.tangent, tolerance, "\(example): tangent by two reverse passes")
    for index in inputs.indices {
      let expected = d.cotangentTangents[index]
      expectClose(reverseOverForward[index].value, expected, tolerance, "\(example): reverse over forward, input \(index)")
      expectClose(reverseOverReverse[index].value, expected, tolerance, "\(example): reverse over reverse, input \(index)")
    }
  }

  @Test("has the third derivative that central differences find", arguments: PrimitiveCase.catalog)
  func thirdOrderIsRight(_ example: PrimitiveCase) {
    let (t, cotangent) = example.directions(seed: 31)
    let s = example.directions(seed: 37).tangents
    let tape = Tape<Double>()
    let inputs = example.inputs.map { tape.variable($0) }
    let pullback = vectorJacobianProduct(of: example.function(inputs), withRespectTo: inputs, Variable(cotangent))
    let second = gradient(of: inner(pullback, t), withRespectTo: inputs)
    let third = gradient(of: inner(second, s), withRespectTo: inputs)
    for index in inputs.indices {
      let expected = centralDifference { h in
        DirectionalDerivatives(
          of: example.function, at: zip(example.inputs, s).map { $0 + h * $1 }, along: t, cotangent: cotangent
        ).cotangentTangents[index]
      }
      expectClose(third[index].value, expected, Tolerance(relative: 1e-7, absolute: 1e-8), "\(example): input \(index)")
    }
  }

  private func inner(_ a: [Variable<Double>], _ b: [Tensor<Double>]) -> Variable<Double> {
    zip(a, b).map { ($0 * $1).sum() }.reduce(Variable(0), +)
  }

  @Test(
    "has rules that treat a constant operand as a zero tangent",
    arguments: PrimitiveCase.catalog.filter { $0.inputs.count > 1 && !$0.isPullback })
  func operandsStandAlone(_ example: PrimitiveCase) {
    let (tangents, cotangent) = example.directions(seed: 23)
    let all = DirectionalDerivatives(of: example.function, at: example.inputs, along: tangents, cotangent: cotangent)
    var sum = Tensor<Double>(zeros: all.value.shape)
    for index in example.inputs.indices {
      let alone = DirectionalDerivatives(
        of: { variable in
          var inputs = example.inputs.map { Variable($0) }
          inputs[index] = variable[0]
          return example.function(inputs)
        }, at: [example.inputs[index]], along: [tangents[index]], cotangent: cotangent)
      sum += alone.tangent
      expectClose(
        alone.cotangents[0], all.cotangents[index], Tolerance(relative: 1e-14, absolute: 1e-14),
        "\(example): vjp of operand \(index)")
    }
    expectClose(sum, all.tangent, Tolerance(relative: 1e-13, absolute: 1e-13), "\(example): sum of the operands' tangents")
  }
}
