import Tensor

// Dense derivatives, for functions that are small enough to hold them.

/// The Jacobians ∂yⱼ/∂xᵢ: `result[j][i]` has the axes of output j, then those of input i.
/// - Complexity: one product with the Jacobian for each element of the inputs, or with its transpose for each element of the
///   outputs, whichever are fewer.
public func jacobian<S: TensorScalar>(
  at inputs: [Tensor<S>], _ f: ([Variable<S>]) -> [Variable<S>]
) -> [[Tensor<S>]] {
  dense(LinearizedFunction(at: inputs, f), inputs.map(\.shape))
}

/// The Jacobian ∂y/∂x of a function of one tensor: the axes of y, then those of x.
public func jacobian<S: TensorScalar>(at x: Tensor<S>, _ f: (Variable<S>) -> Variable<S>) -> Tensor<S> {
  jacobian(at: [x]) { [f($0[0])] }[0][0]
}

/// The second derivatives ∂²f/∂xᵢ∂xₖ of a function of several tensors with one element: `result[i][k]` has the axes of xᵢ, then
/// those of xₖ.
/// - Complexity: one Hessian-vector product for each element of the inputs, in blocks.
public func hessian<S: TensorScalar>(at inputs: [Tensor<S>], _ f: ([Variable<S>]) -> Variable<S>) -> [[Tensor<S>]] {
  columns(recordedGradient(at: inputs, f, "hessian"), inputs.map(\.shape))
}

/// The Hessian of a function of one tensor with one element: the axes of x twice.
public func hessian<S: TensorScalar>(at x: Tensor<S>, _ f: (Variable<S>) -> Variable<S>) -> Tensor<S> {
  hessian(at: [x]) { f($0[0]) }[0][0]
}

private func dense<S>(_ function: LinearizedFunction<S>, _ inputs: [Shape]) -> [[Tensor<S>]] {
  let outputs = function.values.map(\.shape)
  func size(_ shapes: [Shape]) -> Int { shapes.reduce(0) { $0 + $1.elementCount } }
  if size(inputs) <= size(outputs) { return columns(function, inputs) }
  // Rows: one product with the transpose for each element of an output.
  return outputs.indices.map { j in
    var rows = inputs.map { Tensor<S>(uninitialized: [outputs[j].elementCount, $0.elementCount]) }
    for row in 0..<outputs[j].elementCount {
      let products = function.vectorJacobianProduct(unitVectors(outputs, j, row))
      for i in inputs.indices { rows[i][row: row] = products[i].flattened() }
    }
    return zip(rows, inputs).map { $0.reshaped(to: Shape(Array(outputs[j]) + Array($1))) }
  }
}

/// One product for each element of an input, whose results are columns; in blocks of directions.
private func columns<S>(_ function: LinearizedFunction<S>, _ inputs: [Shape]) -> [[Tensor<S>]] {
  let outputs = function.values.map(\.shape)
  // Rows of the transposes, so that each product is written in one piece.
  var transposes = outputs.map { y in inputs.map { Tensor<S>(uninitialized: [$0.elementCount, y.elementCount]) } }
  for i in inputs.indices {
    let count = inputs[i].elementCount
    // Wide enough to pay for what an operation costs beside its arithmetic, and no more memory than a few such vectors.
    let width = max(1, min(64, 1 << 20 / max(count, 1)))
    for start in stride(from: 0, to: count, by: width) {
      let rows = start..<min(start + width, count)
      let products = function.jacobianVectorProducts(ofInput: i, unitVectors(inputs[i], rows))
      for j in outputs.indices { transposes[j][i][rows: rows] = products[j].reshaped(to: [rows.count, outputs[j].elementCount]) }
    }
  }
  return outputs.indices.map { j in
    inputs.indices.map { i in
      transposes[j][i].transposed().contiguous().reshaped(to: Shape(Array(outputs[j]) + Array(inputs[i])))
    }
  }
}

/// The unit vectors of the elements in `range`, under the given shape, one after the other along a leading axis.
private func unitVectors<S: TensorScalar>(_ shape: Shape, _ range: Range<Int>) -> Tensor<S> {
  var units = Tensor<S>(zeros: [range.count, shape.elementCount])
  for (row, element) in range.enumerated() { units[row, element] = 1 }
  return units.reshaped(to: Shape([range.count] + Array(shape)))
}

/// Zeros of the given shapes but for a 1 at an element of one of them.
private func unitVectors<S: TensorScalar>(_ shapes: [Shape], _ index: Int, _ element: Int) -> [Tensor<S>] {
  var result = shapes.map { Tensor<S>(zeros: $0) }
  var unit = Tensor<S>(zeros: [shapes[index].elementCount])
  unit[element] = 1
  result[index] = unit.reshaped(to: shapes[index])
  return result
}
