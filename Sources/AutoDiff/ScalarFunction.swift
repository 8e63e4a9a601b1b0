import Tensor

/// A scalar function of a flat parameter vector: what Kappa differentiates and minimises.
///
/// Conform to it, or use `Function` with a closure. A function that also names its outputs z, L(θ) = loss(z(θ)), has
/// Gauss-Newton products; one that names its examples' losses has gradients of examples.
public protocol ScalarFunction<Scalar> {
  associatedtype Scalar: TensorScalar
  /// How θ is made up.
  var layout: ParameterLayout { get }
  /// Computes the function from the given parameters. Called anew for every evaluation; it must not keep the variables.
  func evaluate(_ parameters: Parameters<Scalar>) -> Evaluation<Scalar>
}

/// What a `ScalarFunction` computes.
public struct Evaluation<Scalar: TensorScalar> {
  /// One element; the penalty is part of it.
  public var loss: Variable<Scalar>
  /// The outputs z on which the loss acts; all dependence on the parameters but a penalty's passes through them. Nil if not told
  /// apart.
  public var outputs: Variable<Scalar>?
  /// The losses of the examples of a batch, `[B]`, before they are put together. Nil if not told apart.
  public var exampleLosses: Variable<Scalar>?
  /// What the parameters cost by themselves, past the outputs: one element, added to the loss. Its Hessian is part of G. Nil if
  /// nothing.
  public var penalty: Variable<Scalar>?

  /// An evaluation; stops the program if the loss or the penalty has not one element, or the examples' losses are no vector.
  /// - Parameters:
  ///   - loss: without the penalty, which is added to it.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public init(
    loss: Variable<Scalar>, outputs: Variable<Scalar>? = nil, exampleLosses: Variable<Scalar>? = nil,
    penalty: Variable<Scalar>? = nil
  ) {
    require(loss.shape.elementCount == 1, "a loss has one element, not shape \(loss.shape)")
    if let penalty { require(penalty.shape.elementCount == 1, "a penalty has one element, not shape \(penalty.shape)") }
    if let exampleLosses {
      require(exampleLosses.shape.rank == 1, "losses of examples have one axis, [B], not shape \(exampleLosses.shape)")
    }
    self.loss = loss
    if let penalty { self.loss = loss + penalty.reshaped(to: loss.shape) }
    self.outputs = outputs
    self.exampleLosses = exampleLosses
    self.penalty = penalty
  }
}

/// A `ScalarFunction` from a closure.
public struct Function<Scalar: TensorScalar>: ScalarFunction {
  public let layout: ParameterLayout
  private let body: (Parameters<Scalar>) -> Evaluation<Scalar>

  /// A function of parameters of the given layout.
  public init(_ layout: ParameterLayout, _ body: @escaping (Parameters<Scalar>) -> Evaluation<Scalar>) {
    self.layout = layout
    self.body = body
  }

  /// A function of one vector of `count` unnamed parameters.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public init(count: Int, _ body: @escaping (Variable<Scalar>) -> Variable<Scalar>) {
    var layout = ParameterLayout()
    layout.append("parameters", [count])
    self.init(layout) { Evaluation(loss: body($0[0])) }
  }

  public func evaluate(_ parameters: Parameters<Scalar>) -> Evaluation<Scalar> { body(parameters) }
}

extension ScalarFunction {
  /// L(θ). Nothing is recorded, unless the function differentiates on its way.
  public func value(at theta: Tensor<Scalar>) -> Double {
    ConstantEvaluation.run {
      Double(evaluate(Parameters(layout, constant: theta)).loss.value.scalar)
    } onTape: {
      Double(evaluate(Parameters(layout, theta, on: Tape())).loss.value.scalar)
    }
  }

  /// L(θ) and ∇L(θ), in the layout of θ.
  ///
  /// Activations are let go as the backward pass uses them up, and every parameter's gradient is written straight to its place.
  /// - Complexity: for a dense layer three matrix products, two for a first layer.
  public func valueAndGradient(at theta: Tensor<Scalar>) -> (value: Double, gradient: Tensor<Scalar>) {
    plainGradient(layout, at: theta, evaluate)
  }

  /// ∇L(θ).
  public func gradient(at theta: Tensor<Scalar>) -> Tensor<Scalar> { valueAndGradient(at: theta).gradient }

  /// ∇²L(θ) v, exactly; one product. For several at one point keep a `linearization(at:)`.
  public func hessianVectorProduct(at theta: Tensor<Scalar>, _ v: Tensor<Scalar>) -> Tensor<Scalar> {
    linearization(at: theta).hessianVectorProduct(v)
  }

  /// The function recorded at θ, for any number of curvature products there.
  public func linearization(at theta: Tensor<Scalar>) -> Linearization<Scalar> { Linearization(self, at: theta) }
}

@specialized(where S == Float) @specialized(where S == Double)
private func plainGradient<S: TensorScalar>(
  _ layout: ParameterLayout, at theta: Tensor<S>, _ evaluate: (Parameters<S>) -> Evaluation<S>
) -> (value: Double, gradient: Tensor<S>) {
  let tape = Tape<S>()
  let parameters = Parameters(layout, theta, on: tape)
  let loss = evaluate(parameters).loss
  tape.requireOwn(loss, "valueAndGradient", "the loss")
  let gradient = Tensor<S>(uninitialized: Shape(ofVector: layout.count))
  // Before the sweep lets values go: that of a recorded gradient is not computed before it is asked for.
  let value = Double(loss.value.scalar)
  guard loss.tape != nil else { return (value, Tensor(zeros: [layout.count])) }
  let inputs = layout.entries.indices.map { (node: parameters[$0].node, place: Optional(layout.view($0, of: gradient))) }
  let sweep = ReverseSweep(tape, inputs: inputs, end: loss.node + 1)
  sweep.seed(loss.node, Variable(Tensor(repeating: 1, shape: loss.shape)))
  sweep.run(0..<loss.node + 1, consuming: true)
  for input in inputs where sweep.cotangent(of: input.node) == nil { input.place!.writeZeros() }
  return (value, gradient)
}

extension Tensor where Scalar: TensorScalar {
  /// Sets all elements of memory that the caller alone may write.
  func writeZeros() { mutableBase.update(repeating: 0, count: count) }
}
