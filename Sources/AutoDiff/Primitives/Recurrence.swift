import Tensor

/// A recurrent layer run over a sequence as one operation: the states behind all steps.
///
/// All steps run on one thread for each part of the batch, and what is known for all steps at once (in derivatives most of the
/// products) is one product. `recurrentStep` is the same for a single step.
/// - Parameters:
///   - cell: what makes the next state; its groups of pre-activations and parts of the state are columns and planes below.
///   - x: what the inputs add to the pre-activations, biases included, [steps, batch, groups width].
///   - w: the weight of the previous state h, [width, product groups width].
///   - state: before the first step, [parts, batch, width]: h, and the LSTM's c behind it.
/// - Returns: h₁, ..., h_T, and the LSTM's c_T behind them: [steps + parts - 1, batch, width]. Its last `parts` planes are the
///   state behind the last step, to go on from.
/// - Complexity: one product [batch, width] x [width, product groups width] a step; as many more to carry a tangent or a cotangent
///   through the steps, and one over all steps for every other product.
@specialized(where S == Float) @specialized(where S == Double)
public func recurrence<S: TensorScalar>(
  _ cell: RecurrentCell, _ x: Variable<S>, weight w: Variable<S>, state: Variable<S>
) -> Variable<S> {
  let kernel = RecurrenceKernel(cell, inputs: x.shape, weight: w.value, state: state.value)
  let (value, record) = kernel.value(x.value)
  let startsAtZero = state.tape == nil && kernel.startsAtZero
  if kernel.mayPutLast { x.preferDirectionsLast() }
  return .recording(Recurrence(cell: cell, record: record, startsAtZero: startsAtZero), of: [x, w, state], value: value)
}

/// One step of a recurrent cell, for networks that do more between steps than a layer.
/// - Parameters:
///   - x: what adds to the pre-activations, [batch, groups width].
///   - w: the weight of the previous state h, as for `recurrence`; nil if `x` holds the pre-activations complete.
///   - state: before the step, [parts, batch, width]: h, and the LSTM's c behind it.
/// - Returns: the state behind the step, of the same shape.
@specialized(where S == Float) @specialized(where S == Double)
public func recurrentStep<S: TensorScalar>(
  _ cell: RecurrentCell, _ x: Variable<S>, weight w: Variable<S>? = nil, state: Variable<S>
) -> Variable<S> {
  require(x.shape.rank == 2, "recurrentStep(\(cell)): inputs of shape \(x.shape) are not [batch, groups width]")
  // A weight without rows multiplies nothing.
  let weight = w ?? Variable(Tensor(zeros: [0, cell.productGroups * (state.shape.rank == 3 ? state.shape[2] : 0)]))
  return recurrence(cell, x.reshaped(to: [1, x.shape[0], x.shape[1]] as Shape), weight: weight, state: state)
}

/// y = [h₁, ..., h_T] and the LSTM's c_T of x, w and the first state.
struct Recurrence<Scalar: TensorScalar>: VariadicPrimitive {
  let cell: RecurrentCell
  /// The gates of all steps and what else the derivatives read, kept from computing the value.
  let record: RecurrenceRecord<Scalar>
  /// Whether the first h is a constant zero, whose products are none.
  let startsAtZero: Bool

  var reads: ValuesRead { [.operands, .result] }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    RecurrenceKernel(cell, inputs: operands[0].shape, weight: operands[1], state: operands[2]).value(operands[0]).value
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let kernel = RecurrenceKernel(cell, inputs: p.operand(0).shape, weight: p.operand(1), state: p.operand(2))
    var dx = p.takeTangent(0)
    let (dy, change) = kernel.tangent(
      &dx, p.tangent(1), p.tangent(2), directions: p.blockWidth, value: p.y, record: record)
    p.leaveNote(change.tensors)
    sum.add(dy)
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let (x, w, state, y) = (p.operand(0), p.operand(1), p.operand(2), p.y)
    let kernel = RecurrenceKernel(cell, inputs: x.shape, weight: w.value, state: state.value)
    if kernel.mayPutLast { dy.preferDirectionsLast() }
    let withState = p.wants(2)
    let (value, inside) = kernel.cotangents(dy.value, value: y.value, record: record, withState: withState)
    let gradient = RecurrenceGradient(cell: cell, record: record, inside: inside, withState: withState)
    let all = Variable.recording(gradient, of: [dy, y, x, w, state], value: value)
    let (steps, batch, width) = (kernel.steps, kernel.batch, kernel.width)
    let gates = withState ? all.sliced(axis: 0, 0..<kernel.inputCount) : all
    if p.wants(0) { p.add(gates.reshaped(to: x.shape), to: 0) }
    if p.wants(1) && w.shape[0] > 0 {
      // hᵀ d of all steps in one product, but for the first h, which lies elsewhere.
      var d = gates.reshaped(to: [steps * batch, x.shape[2]] as Shape)
      if w.shape[1] < x.shape[2] { d = d.sliced(axis: 1, 0..<w.shape[1]) }
      let product = MatrixProduct<Scalar>(transposeA: true)
      if !startsAtZero {
        let first = state.sliced(axis: 0, 0..<1).reshaped(to: [batch, width] as Shape)
        p.add(product, first, steps == 1 ? d : d.sliced(axis: 0, 0..<batch), to: 1)
      }
      if steps > 1 {
        let later = y.sliced(axis: 0, 0..<steps - 1).reshaped(to: [(steps - 1) * batch, width] as Shape)
        p.add(product, later, d.sliced(axis: 0, batch..<steps * batch), to: 1)
      }
    }
    if withState { p.add(all.sliced(axis: 0, kernel.inputCount..<value.count).reshaped(to: state.shape), to: 2) }
  }

  /// The same from operations on single steps: what derivatives beyond the second are taken of.
  static func composed(
    _ cell: RecurrentCell, _ x: Variable<Scalar>, weight w: Variable<Scalar>, state: Variable<Scalar>
  ) -> Variable<Scalar> {
    var h = state[row: 0]
    var c = cell == .lstm ? state[row: 1] : h
    var states: [Variable<Scalar>] = []
    for step in 0..<x.shape[0] {
      var a = x[row: step].split(into: cell.inputGroups, axis: 1)
      if w.shape[0] > 0 {
        let products = matmul(h, w).split(into: cell.productGroups, axis: 1)
        for (group, product) in products.enumerated() { a[group] = a[group] + product }
      }
      switch cell {
      case .tanh:
        h = a[0].tanh()
      case .lstm:
        c = a[1].sigmoid() * c + a[0].sigmoid() * a[2].tanh()
        h = a[3].sigmoid() * c.tanh()
      case .gru:
        let n = (a[3] + a[0].sigmoid() * a[2]).tanh()
        h = n + a[1].sigmoid() * (h - n)
      }
      states.append(h)
    }
    if cell == .lstm { states.append(c) }
    return Variable(stacking: states)
  }
}

extension Variable {
  /// Says that a recurrence reads this sequence whose steps want a block's directions last in memory, as do the operations that it
  /// is made by in the same order: a layer's bias, and what was reshaped.
  fileprivate func preferDirectionsLast() {
    guard let tape else { return }
    var node = node
    while node >= 0, let rules = tape.nodes[node].rules {
      tape.preferDirectionsLast(in: node)
      let primitive = rules.revealed
      guard primitive is Reshape<Scalar> || (primitive as? BiasActivation<Scalar>)?.function == .identity else { return }
      node = tape.operand(0, of: node)
    }
  }
}

/// The adjoint of `Recurrence`, flat: for a cotangent u of its value y, those of the inputs of all steps and, if asked for, of the
/// first state. That of the weight is a matrix product of these.
///
/// y is here for what its tangent rule found out on the way; as a function this is one of u, x, w and the state.
struct RecurrenceGradient<Scalar: TensorScalar>: VariadicPrimitive {
  let cell: RecurrentCell
  let record: RecurrenceRecord<Scalar>
  /// The cotangents of the states of all steps, kept from computing the value.
  let inside: RecurrenceCotangents<Scalar>
  let withState: Bool

  var reads: ValuesRead { [.operands, .result] }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let kernel = RecurrenceKernel(cell, inputs: operands[2].shape, weight: operands[3], state: operands[4])
    return kernel.cotangents(operands[0], value: operands[1], record: record, withState: withState).cotangents
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { p.tangent(1) != nil }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let kernel = RecurrenceKernel(cell, inputs: p.operand(2).shape, weight: p.operand(3), state: p.operand(4))
    if let dy = p.tangent(1) {
      guard let note = p.note(ofOperand: 1) else {
        fatalError(
          """
          recurrence: the tangent of its states was given from outside; differentiate with respect to its inputs. As the outputs of a \
          loss that holds a gradient through the recurrence its states cannot be named
          """)
      }
      var du = p.takeTangent(0)
      sum.add(
        kernel.cotangentsTangent(
          &du, p.tangent(3), p.tangent(4), directions: p.blockWidth, value: p.operand(1), record: record,
          cotangents: p.y,
          inside: inside, dy: dy, tangents: RecurrenceRecordTangent(tensors: note), withState: withState))
    } else if let du = p.tangent(0) {
      // The layer stays as it is, and it is linear in u.
      sum.add(kernel.cotangents(du, value: p.operand(1), record: record, withState: withState).cotangents)
    }
  }

  func addCotangents(of dz: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    p.addCotangents(of: dz, to: [0, 2, 3, 4]) { operands in
      let y = Recurrence.composed(cell, operands[1], weight: operands[2], state: operands[3])
      let inputs = withState ? [operands[1], operands[3]] : [operands[1]]
      let parts = vectorJacobianProduct(of: y, withRespectTo: inputs, operands[0])
      return Variable(concatenating: parts.map { $0.flattened() })
    }
  }
}

extension RecurrenceGradient: ExamplewisePrimitive {
  /// The cotangents of all steps' inputs, flat, are [steps, batch, groups width]; those of the first state behind them have
  /// examples as far apart as their width, so that no one place says where.
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    guard index == 0 && place.axis == 1 && !withState else { return .unknown }
    let inputs = point.shape(ofOperand: 2)
    return .kept(ExampleAxis(axis: 0, before: inputs[0] * place.before, after: place.after * inputs[2]))
  }
}
