import Tensor

// First and second derivatives of functions of several tensors, in one call each. For many products at one point keep a
// `linearize(at:_:)` or, of a loss over a flat parameter vector, a `Linearization`.

/// Functions of several tensors, recorded at a point: `linearize(at: [x, w]) { v in [matmul(v[0], v[1])] }`.
public func linearize<S: TensorScalar>(
  at inputs: [Tensor<S>], _ f: ([Variable<S>]) -> [Variable<S>]
) -> LinearizedFunction<S> {
  LinearizedFunction(at: inputs, f)
}

/// f and ∂f/∂xᵢ of a function of several tensors with one element.
/// - Complexity: the function, and about twice as much again for the gradient; memory for the values that its rules read.
public func valueAndGradient<S: TensorScalar>(
  at inputs: [Tensor<S>], _ f: ([Variable<S>]) -> Variable<S>
) -> (value: Double, gradients: [Tensor<S>]) {
  let function = LinearizedFunction(at: inputs) { [f($0)] }
  let shape = function.values[0].shape
  require(shape.elementCount == 1, "valueAndGradient: a loss has one element, not shape \(shape)")
  return (Double(function.values[0].scalar), function.pullback([Tensor(repeating: 1, shape: shape)], consuming: true))
}

/// ∂f/∂xᵢ of a function of several tensors with one element.
public func gradient<S: TensorScalar>(at inputs: [Tensor<S>], _ f: ([Variable<S>]) -> Variable<S>) -> [Tensor<S>] {
  valueAndGradient(at: inputs, f).gradients
}

/// ∇f of a function of one tensor with one element.
public func gradient<S: TensorScalar>(at x: Tensor<S>, _ f: (Variable<S>) -> Variable<S>) -> Tensor<S> {
  valueAndGradient(at: x, f).gradient
}

/// The values yⱼ and Σⱼ (∂yⱼ/∂xᵢ)ᵀ uⱼ for each input i.
/// - Parameter cotangents: uⱼ, one of the shape of each output.
public func vectorJacobianProduct<S: TensorScalar>(
  at inputs: [Tensor<S>], cotangents: [Tensor<S>], _ f: ([Variable<S>]) -> [Variable<S>]
) -> (values: [Tensor<S>], cotangents: [Tensor<S>]) {
  let function = LinearizedFunction(at: inputs, f)
  return (function.values, function.pullback(cotangents, consuming: true))
}

/// The values yⱼ and Σᵢ (∂yⱼ/∂xᵢ) tᵢ for each output j.
/// - Parameter tangents: tᵢ, one of the shape of each input.
public func jacobianVectorProduct<S: TensorScalar>(
  at inputs: [Tensor<S>], tangents: [Tensor<S>], _ f: ([Variable<S>]) -> [Variable<S>]
) -> (values: [Tensor<S>], tangents: [Tensor<S>]) {
  let function = LinearizedFunction(at: inputs, f)
  return (function.values, function.jacobianVectorProduct(tangents))
}

/// H v of a function of several tensors with one element, exactly: Σₖ (∂²f/∂xᵢ∂xₖ) vₖ for each input i, forward over reverse.
/// - Parameter v: vₖ, one of the shape of each input.
public func hessianVectorProduct<S: TensorScalar>(
  at inputs: [Tensor<S>], along v: [Tensor<S>], _ f: ([Variable<S>]) -> Variable<S>
) -> [Tensor<S>] {
  requireShapes(v.map(\.shape), of: inputs.map(\.shape), "hessianVectorProduct", "vector")
  return recordedGradient(at: inputs, f, "hessianVectorProduct").jacobianVectorProduct(v)
}

/// H v of a function of one tensor with one element, exactly.
public func hessianVectorProduct<S: TensorScalar>(
  at x: Tensor<S>, along v: Tensor<S>, _ f: (Variable<S>) -> Variable<S>
) -> Tensor<S> {
  hessianVectorProduct(at: [x], along: [v]) { f($0[0]) }[0]
}

/// The gradient of `f` as a recorded function: its Jacobian is the Hessian.
func recordedGradient<S>(
  at inputs: [Tensor<S>], _ f: ([Variable<S>]) -> Variable<S>, _ operation: String
) -> LinearizedFunction<S> {
  LinearizedFunction(at: inputs) { variables in
    let loss = f(variables)
    require(loss.shape.elementCount == 1, "\(operation): a loss has one element, not shape \(loss.shape)")
    variables.first?.tape?.requireOwn(loss, operation, "the loss")
    return gradient(of: loss, withRespectTo: variables)
  }
}
