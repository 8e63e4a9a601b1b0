import Tensor

/// Einstein's summation convention; see the function on tensors for the subscripts.
///
///     einsum("ij->ji", a)                 einsum("ii", a)
///     einsum("bij,bjk->bik", a, b)        einsum("...i,i->...", a, v)
public func einsum<S: TensorScalar>(_ subscripts: String, _ operands: Variable<S>...) -> Variable<S> {
  einsum(subscripts, operands)
}

/// As above, for operands in an array.
public func einsum<S: TensorScalar>(_ subscripts: String, _ operands: [Variable<S>]) -> Variable<S> {
  .recording(Einsum(subscripts), of: operands, value: einsum(subscripts, operands.map(\.value)))
}

/// The sum of products over the last `axes` axes of `a` and the first `axes` of `b`; see the function on tensors.
public func tensorDot<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>, axes: Int) -> Variable<S> {
  require(
    axes >= 0 && axes <= a.shape.rank && axes <= b.shape.rank,
    "tensorDot: \(axes) axes of shapes \(a.shape) and \(b.shape)")
  return tensorDot(a, b, axes: Array(a.shape.rank - axes..<a.shape.rank), Array(0..<axes))
}

/// The sum of products over axes `axesOfA` of `a` and, pair by pair, `axesOfB` of `b`; see the function on tensors.
public func tensorDot<S: TensorScalar>(
  _ a: Variable<S>, _ b: Variable<S>, axes axesOfA: [Int], _ axesOfB: [Int]
) -> Variable<S> {
  let value = tensorDot(a.value, b.value, axes: axesOfA, axesOfB)
  let left = axesOfA.map { a.shape.position(ofAxis: $0, in: "tensorDot") }
  let right = axesOfB.map { b.shape.position(ofAxis: $0, in: "tensorDot") }
  let alphabet = "abcdefghijklmnop".map { $0 }
  let namesOfA = Array(alphabet.prefix(a.shape.rank))
  let namesOfB = b.shape.indices.map { axis in
    right.firstIndex(of: axis).map { namesOfA[left[$0]] } ?? alphabet[a.shape.rank + axis]
  }
  let free = (namesOfA + namesOfB).filter { !namesOfA.contains($0) || !namesOfB.contains($0) }
  return .recording(Einsum(terms: [String(namesOfA), String(namesOfB)], result: String(free)), of: [a, b], value: value)
}

/// All products of an element of `a` and one of `b`: `[a.shape..., b.shape...]`.
public func outer<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>) -> Variable<S> {
  a.reshaped(to: Shape(Array(a.shape) + Array(repeating: 1, count: b.shape.rank))) * b
}

/// The Kronecker product A ⊗ B of matrices `[..., m, n]` and `[..., p, q]`: `[..., m p, n q]`. Leading axes broadcast.
public func kronecker<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>) -> Variable<S> {
  require(a.shape.rank >= 2 && b.shape.rank >= 2, "kronecker: shapes \(a.shape) and \(b.shape) are not those of matrices")
  let product = a.expanded(axis: -2).expanded(axis: -1) * b.expanded(axis: -2).expanded(axis: -4)
  let (rows, columns) = (a.shape[-2] * b.shape[-2], a.shape[-1] * b.shape[-1])
  return product.reshaped(to: Shape(product.shape.dropLast(4) + [rows, columns]))
}

/// Sums of products of operands with named axes: linear in each operand, with an adjoint that is another one.
struct Einsum<Scalar: TensorScalar>: VariadicPrimitive {
  /// The names of each operand's axes; "..." stands for those without.
  let terms: [String]
  /// The names of the result's axes.
  let result: String

  init(terms: [String], result: String) {
    self.terms = terms
    self.result = result
  }

  /// From subscripts that a computation has accepted.
  init(_ subscripts: String) {
    let text = subscripts.filter { $0 != " " }
    let arrow = text.firstRange(of: "->")
    terms = text[..<(arrow?.lowerBound ?? text.endIndex)].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if let arrow {
      result = String(text[arrow.upperBound...])
    } else {
      let all = terms.joined().filter(\.isLetter)
      let once = Set(all).filter { name in all.count { $0 == name } == 1 }.sorted()
      result = (text.contains("...") ? "..." : "") + String(once)
    }
  }

  private var subscripts: String { terms.joined(separator: ",") + "->" + result }

  var reads: ValuesRead { .operands }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> { einsum(subscripts, operands) }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    var operands = terms.indices.map(p.operand)
    for index in terms.indices {
      guard let tangent = p.tangent(index) else { continue }
      let operand = operands[index]
      operands[index] = tangent
      sum.add(value(operands))
      operands[index] = operand
    }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let operands = terms.indices.map(p.operand)
    for index in terms.indices where p.wants(index) { p.add(cotangent(dy, operands, to: index), to: index) }
  }

  /// The names of a term's axes; nil for those without.
  fileprivate func names(_ term: String, _ shape: Shape) -> [Character?] {
    guard let dots = term.firstRange(of: "...") else { return term.map { $0 } }
    let (before, after) = (term[..<dots.lowerBound], term[dots.upperBound...])
    let hidden = Array<Character?>(repeating: nil, count: shape.rank - before.count - after.count)
    return before.map { $0 } + hidden + after.map { $0 }
  }

  /// What the cotangent `dy` means for operand `index`: the sum of products of dy and the other operands with the operand's own
  /// names.
  private func cotangent(_ dy: Variable<Scalar>, _ operands: [Variable<Scalar>], to index: Int) -> Variable<Scalar> {
    var lengths: [Character: Int] = [:]
    for (term, operand) in zip(terms, operands) {
      for (axis, name) in names(term, operand.shape).enumerated() {
        if let name { lengths[name] = Swift.max(lengths[name] ?? 0, operand.shape[axis]) }
      }
    }
    let shape = operands[index].shape
    // An axis of length 1 whose name is longer elsewhere is a factor that does not depend on that index.
    let axes = names(terms[index], shape).enumerated().filter { axis, name in name.map { lengths[$0] == shape[axis] } ?? true }
    let own = axes.compactMap(\.element)
    let unique = own.enumerated().filter { own.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    let hidden = axes.filter { $0.element == nil }.map { shape[$0.offset] }

    let others = terms.indices.filter { $0 != index }
    let known = result + others.map { terms[$0] }.joined()
    let kept = unique.filter(known.contains)
    let factors = [result] + others.map { terms[$0] }
    var sum = einsum(factors.joined(separator: ",") + "->..." + String(kept), [dy] + others.map { operands[$0] })

    // Names that the operand alone has were summed over: their cotangent is the same everywhere.
    let found = Array(sum.shape)
    let foundHidden = found.count - kept.count
    let spread = Shape(
      found.prefix(foundHidden) + unique.map { name in kept.firstIndex(of: name).map { found[foundHidden + $0] } ?? 1 })
    let target = Shape(hidden + unique.map { lengths[$0]! })
    sum = sum.reshaped(to: spread).broadcast(to: spread.broadcast(with: target)!).summed(to: target)

    // A name that stands twice took a diagonal, and puts it back.
    var order: [Character?] = hidden.map { _ in nil } + unique.map { $0 }
    for name in unique {
      for _ in 1..<own.count(where: { $0 == name }) {
        let place = order.firstIndex(of: name)!
        sum = Variable(diagonal: sum.movingAxis(place, to: -1))
        order.remove(at: place)
        order += [name, name]
      }
    }
    let places = axes.map { axis in
      let place = order.firstIndex { $0 == axis.element }!
      // Each place serves once; no axis has an empty name.
      order[place] = "."
      return place
    }
    return sum.permuted(places).reshaped(to: shape)
  }
}

extension Einsum: ExamplewiseSum {
  /// The name of the axis with the examples; nil if it has none, or stands twice.
  private func name(of place: ExampleAxis, in index: Int, _ shape: Shape) -> Character? {
    let all = names(terms[index], shape)
    return all[place.axis].flatMap { name in all.count { $0 == name } == 1 ? name : nil }
  }

  /// The axis of operand `index` with the given name, if it is as long as that of the examples; a shorter one is stretched.
  private func axis(_ name: Character, of index: Int, _ length: Int, at point: ExamplePoint<Scalar>) -> Int? {
    let shape = point.shape(ofOperand: index)
    return names(terms[index], shape).firstIndex(of: name).flatMap { shape[$0] == length ? $0 : nil }
  }

  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    guard let name = name(of: place, in: index, point.shape(ofOperand: index)) else { return .unknown }
    if let axis = names(result, point.resultShape).firstIndex(of: name) { return .kept(place.moved(to: axis)) }
    return terms.contains { $0.count { $0 == name } > 1 } ? .unknown : .summed
  }

  func terms(
    of range: Range<Int>, at place: ExampleAxis, ofOperand index: Int, at point: ExamplePoint<Scalar>
  ) -> ExampleTerms<Scalar> {
    let shape = point.shape(ofOperand: index)
    let name = name(of: place, in: index, shape)!
    let example = "abcdefghijklmnopqrstuvwxyz".first { !terms.joined().contains($0) }!
    var (operands, named): ([Tensor<Scalar>], [String]) = ([], [])
    for (other, term) in terms.enumerated() {
      if let axis = axis(name, of: other, shape[place.axis], at: point) {
        operands.append(point.examples(range, ofOperand: other, at: place.moved(to: axis)))
        named.append(String(example) + term)
      } else {
        operands.append(point.operand(other))
        named.append(term)
      }
    }
    return .tensor(einsum(named.joined(separator: ",") + "->" + String(example) + result, operands))
  }
}
