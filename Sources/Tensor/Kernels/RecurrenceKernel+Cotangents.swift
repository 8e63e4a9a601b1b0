import CKernels

extension RecurrenceKernel {
  /// The number of elements of `cotangents`.
  package func cotangentCount(withState: Bool) -> Int { inputCount + (withState ? cell.stateParts * area : 0) }

  /// The cotangents of the pre-activations and, if asked for, of the first state, one behind the other, given that of the value.
  @specialized(where S == Float) @specialized(where S == Double)
  package func cotangents(
    _ u: Tensor<S>, value y: Tensor<S>, record: RecurrenceRecord<S>, withState: Bool
  ) -> (cotangents: Tensor<S>, inside: RecurrenceCotangents<S>) {
    let result = Tensor<S>(uninitialized: [cotangentCount(withState: withState)])
    let states = Tensor<S>(uninitialized: [steps + 1, batch, width])
    let given = u.contiguous()
    states.mutableBase.update(repeating: 0, count: area)
    (states.mutableBase + area).update(from: given.base, count: steps * area)
    var inside = RecurrenceCotangents(states: states)
    // Of the cells, running from the last step to the first.
    let running = cell == .lstm ? given.piece(plane: steps, of: area).copied() : nil
    if cell == .lstm { inside.cells = Tensor(uninitialized: [steps, batch, width]) }
    let (out, v, h, weight, first) = (result.mutableBase, states.mutableBase, y.base, w.base, state.base)
    let (a, c, s) = (record.gates?.base, record.cells?.base, record.squashed?.base)
    let (vc, total) = (running?.mutableBase, inside.cells?.mutableBase)
    let transposed = transposedWeight(rows: batch)
    let turned = transposed?.base
    countProducts(withState ? steps : steps - 1)
    parts { rows in
      let (n, begin) = (rows.count, rows.lowerBound * width)
      for t in stride(from: steps - 1, through: 0, by: -1) {
        let (wide, at) = ((t * batch + rows.lowerBound) * inputs, t * area + begin)
        let before = t == 0 ? first + begin : h + at - area
        dispatch(S.self) {
          switch cell {
          case .tanh:
            kappa_activation_gradient_f32(
              Activation.tanh.code, n * width, (v + at + area).asFloat, (h + at).asFloat, 0, (out + wide).asFloat)
          case .lstm:
            kappa_lstm_cotangent_f32(
              n, width, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, (v + at + area).asFloat, (vc! + begin).asFloat,
              (total! + at).asFloat, (out + wide).asFloat)
          case .gru:
            kappa_gru_cotangent_f32(
              n, width, (a! + wide).asFloat, before.asFloat, (v + at + area).asFloat, (v + at).asFloat, (out + wide).asFloat)
          }
        } double: {
          switch cell {
          case .tanh:
            kappa_activation_gradient_f64(
              Activation.tanh.code, n * width, (v + at + area).asDouble, (h + at).asDouble, 0, (out + wide).asDouble)
          case .lstm:
            kappa_lstm_cotangent_f64(
              n, width, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, (v + at + area).asDouble,
              (vc! + begin).asDouble,
              (total! + at).asDouble, (out + wide).asDouble)
          case .gru:
            kappa_gru_cotangent_f64(
              n, width, (a! + wide).asDouble, before.asDouble, (v + at + area).asDouble, (v + at).asDouble, (out + wide).asDouble)
          }
        }
        if t > 0 || withState {
          addTransposedProduct(n, out + wide, inputs, weight, turned: turned, to: v + at)
        }
      }
    }
    if withState {
      (out + inputCount).update(from: v, count: area)
      if let vc { (out + inputCount + area).update(from: vc, count: area) }
    }
    keepAlive(y, w, state, given)
    keepRecord(record)
    if let transposed { keepAlive(transposed) }
    if let running { keepAlive(running) }
    return (result, inside)
  }
}

extension Tensor where Scalar: TensorScalar {
  /// Block `index` of `count` elements of a contiguous tensor, flat: a view.
  func piece(plane index: Int, of count: Int) -> Tensor {
    reshaped(to: [self.count] as Shape).piece(at: index * count, shape: [count])
  }
}
