/// Einstein's summation convention with the subscripts of NumPy and PyTorch: `einsum("ij,jk->ik", a, b)` is the matrix product.
///
/// Letters name axes; axes of one name have one length (1 stretches) and are multiplied element by element, and names that the part
/// behind `->` leaves out are summed over. A name that one operand has twice takes its diagonal. `...` stands for any number of
/// further axes, which broadcast. Without `->` the result has the names that occur once, in alphabetical order.
///
/// Two operands at a time are put together, first those whose product is smallest compared with them (greedy, as `opt_einsum` does
/// by default). Each such step is one (batched) matrix product, or an element-wise one where nothing is summed.
///
///     einsum("ij->ji", a)                 einsum("ii", a)
///     einsum("bij,bjk->bik", a, b)        einsum("...i,i->...", a, v)
public func einsum<S: TensorScalar>(_ subscripts: String, _ operands: Tensor<S>...) -> Tensor<S> {
  einsum(subscripts, operands)
}

/// As above, for operands in an array.
public func einsum<S: TensorScalar>(_ subscripts: String, _ operands: [Tensor<S>]) -> Tensor<S> {
  let expression = EinsumExpression(subscripts, operands.map(\.shape))
  var lengths: [EinsumExpression.Label: Int] = [:]
  for (operand, labels) in zip(operands, expression.operands) {
    for (axis, label) in labels.enumerated() {
      let (known, length) = (lengths[label] ?? 1, operand.shape[axis])
      require(
        known == length || known == 1 || length == 1,
        "einsum \"\(subscripts)\": \"\(EinsumExpression.letter(label))\" has the lengths \(known) and \(length)")
      if known == 1 { lengths[label] = length }
    }
  }
  var terms = zip(operands, expression.operands).map { Term($0, $1, lengths) }
  while terms.count > 1 {
    let (i, j) = cheapestPair(terms, lengths, expression.result)
    let b = terms.remove(at: j)
    let a = terms.remove(at: i)
    let needed = Set(expression.result).union(terms.flatMap(\.labels))
    terms.append(a.contracted(with: b, keeping: needed))
  }
  return terms[0].summed(to: Set(expression.result)).arranged(expression.result, lengths)
}

/// The pair whose product has the fewest elements compared with its factors.
private func cheapestPair<S>(
  _ terms: [Term<S>], _ lengths: [EinsumExpression.Label: Int], _ result: [EinsumExpression.Label]
) -> (Int, Int) {
  if terms.count == 2 { return (0, 1) }
  var best = (0, 1)
  var bestCost = Double.infinity
  func size(_ labels: some Sequence<Int>) -> Double { labels.reduce(1) { $0 * Double(lengths[$1] ?? 1) } }
  for i in terms.indices {
    for j in terms.indices where j > i {
      let others = terms.indices.filter { $0 != i && $0 != j }.flatMap { terms[$0].labels }
      let needed = Set(result).union(others)
      let kept = Set(terms[i].labels).union(terms[j].labels).intersection(needed)
      let cost = size(kept) - size(terms[i].labels) - size(terms[j].labels)
      if cost < bestCost { (best, bestCost) = ((i, j), cost) }
    }
  }
  return best
}

/// A tensor whose axes have names, no two the same; axes of length 1 that stretch are left out.
private struct Term<S: TensorScalar> {
  var tensor: Tensor<S>
  var labels: [EinsumExpression.Label]

  init(tensor: Tensor<S>, labels: [EinsumExpression.Label]) {
    self.tensor = tensor
    self.labels = labels
  }

  init(_ operand: Tensor<S>, _ names: [EinsumExpression.Label], _ lengths: [EinsumExpression.Label: Int]) {
    tensor = operand
    labels = names
    // An axis of length 1 whose name is longer elsewhere is a factor that does not depend on that index.
    for axis in labels.indices.reversed() where tensor.shape[axis] == 1 && lengths[labels[axis]] != 1 {
      tensor = tensor.squeezed(axis: axis)
      labels.remove(at: axis)
    }
    // A repeated name walks both axes at once: a diagonal is a view whose step is the sum of theirs.
    for axis in labels.indices.reversed() {
      guard let first = labels.firstIndex(of: labels[axis]), first < axis else { continue }
      let step = tensor.strides[axis]
      var view = tensor
      view.strides[first] += step
      view.shape.remove(at: axis)
      for later in axis..<(tensor.rank - 1) { view.strides[later] = tensor.strides[later + 1] }
      tensor = view
      labels.remove(at: axis)
    }
  }

  /// With all names beside `needed` summed over.
  func summed(to needed: Set<EinsumExpression.Label>) -> Term {
    let axes = labels.indices.filter { !needed.contains(labels[$0]) }
    if axes.isEmpty { return self }
    return Term(tensor: tensor.sum(axes: axes), labels: labels.filter(needed.contains))
  }

  /// With the axes in the order of `names`, stretched where this term does not depend on a name.
  func arranged(_ names: [EinsumExpression.Label], _ lengths: [EinsumExpression.Label: Int]) -> Tensor<S> {
    aligned(names).broadcast(to: Shape(names.map { lengths[$0] ?? 1 })).contiguous()
  }

  /// The product with `other`, summed over the names that are not `needed` any more.
  func contracted(with other: Term, keeping needed: Set<EinsumExpression.Label>) -> Term {
    let (mine, theirs) = (Set(labels), Set(other.labels))
    let a = summed(to: needed.union(theirs))
    let b = other.summed(to: needed.union(mine))
    let shared = a.labels.filter(b.labels.contains)
    let batch = shared.filter(needed.contains)
    let contracted = shared.filter { !needed.contains($0) }
    let (freeA, freeB) = (a.labels.filter { !shared.contains($0) }, b.labels.filter { !shared.contains($0) })
    let names = batch + freeA + freeB
    if contracted.isEmpty {
      // Nothing is summed: a broadcast product.
      return Term(tensor: a.aligned(names) * b.aligned(names), labels: names)
    }
    if freeA.isEmpty && freeB.isEmpty {
      let order = batch + contracted
      if batch.isEmpty { return Term(tensor: Tensor(scalar: S(a.aligned(order).dot(b.aligned(order)))), labels: []) }
      return Term(
        tensor: (a.aligned(order) * b.aligned(order)).sum(axes: Array(batch.count..<order.count)), labels: batch)
    }
    let product = BatchedProduct.multiply(a.factor(batch, freeA, contracted), b.factor(batch, freeB, contracted))
    let lengths = batch.map(a.length) + freeA.map(a.length) + freeB.map(b.length)
    return Term(tensor: product.reshaped(to: Shape(lengths)), labels: names)
  }

  private func length(_ label: EinsumExpression.Label) -> Int { tensor.shape[labels.firstIndex(of: label)!] }

  /// A view with an axis for each of `names`, of length 1 for those this term does not have.
  private func aligned(_ names: [EinsumExpression.Label]) -> Tensor<S> {
    var result = tensor.permuted(names.compactMap { labels.firstIndex(of: $0) })
    for (axis, name) in names.enumerated() where !labels.contains(name) { result = result.expanded(axis: axis) }
    return result
  }

  private func factor(
    _ batch: [EinsumExpression.Label], _ free: [EinsumExpression.Label], _ contracted: [EinsumExpression.Label]
  ) -> BatchedProduct.Factor<S> {
    func axes(_ names: [EinsumExpression.Label]) -> [Int] { names.map { labels.firstIndex(of: $0)! } }
    return BatchedProduct.Factor(tensor, batch: axes(batch), free: axes(free), contracted: axes(contracted))
  }
}
