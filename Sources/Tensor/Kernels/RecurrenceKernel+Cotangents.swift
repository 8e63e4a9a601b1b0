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
          addProduct(n, inner, products, out + wide, inputs, weight, products, transposed: true, to: v + at, width)
        }
      }
    }
    if withState {
      (out + inputCount).update(from: v, count: area)
      if let vc { (out + inputCount + area).update(from: vc, count: area) }
    }
    keepAlive(y, w, state, given)
    keepRecord(record)
    if let running { keepAlive(running) }
    return (result, inside)
  }

  /// The tangent of `cotangents` for those of its operands; nil is zero. `dy` and `tangents` are what the operands' tangents make of the
  /// value and the record; nil if all of these are zero.
  @specialized(where S == Float) @specialized(where S == Double)
  package func cotangentsTangent(
    _ du: Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, value y: Tensor<S>, record: RecurrenceRecord<S>,
    cotangents: Tensor<S>, inside: RecurrenceCotangents<S>, dy: Tensor<S>, tangents: RecurrenceRecordTangent<S>, withState: Bool
  ) -> Tensor<S> {
    let result = Tensor<S>(uninitialized: [cotangentCount(withState: withState)])
    let states = Tensor<S>(uninitialized: [steps + 1, batch, width])
    states.mutableBase.update(repeating: 0, count: area)
    let given = du?.contiguous()
    if let given {
      (states.mutableBase + area).update(from: given.base, count: steps * area)
    } else {
      (states.mutableBase + area).update(repeating: 0, count: steps * area)
    }
    // The cotangents are known: their products with the weight's tangent are one for all steps.
    if let dw, inner > 0 {
      let change = dw.contiguous()
      let skipped = withState ? 0 : 1
      addStackedProduct(
        (steps - skipped) * batch, inner, products, cotangents.base + skipped * batch * inputs, inputs, change.base, products,
        transposed: true, to: states.mutableBase + skipped * area, width)
      keepAlive(change)
    }
    let running = cell == .lstm ? (given?.piece(plane: steps, of: area).copied() ?? Tensor<S>(zeros: [area])) : nil
    let zeros = dstate == nil && cell == .gru ? Tensor<S>(zeros: [area]) : nil
    let start = dstate?.contiguous()
    let (out, dv, h, dh, weight, first) = (result.mutableBase, states.mutableBase, y.base, dy.base, w.base, state.base)
    let dfirst = start?.base ?? zeros?.base
    let (a, c, s) = (record.gates?.base, record.cells?.base, record.squashed?.base)
    let (da, dc) = (tangents.gates.base, tangents.cells?.base)
    let (v, total, dvc) = (inside.states.base, inside.cells?.base, running?.mutableBase)
    countProducts(withState ? steps : steps - 1)
    parts { rows in
      let (n, begin) = (rows.count, rows.lowerBound * width)
      for t in stride(from: steps - 1, through: 0, by: -1) {
        let (wide, at) = ((t * batch + rows.lowerBound) * inputs, t * area + begin)
        let before = t == 0 ? first + begin : h + at - area
        let after = at + area
        dispatch(S.self) {
          switch cell {
          case .tanh:
            kappa_activation_gradient_tangent_f32(
              Activation.tanh.code, n * width, (dv + after).asFloat, (v + after).asFloat, (dh + at).asFloat, (h + at).asFloat, 0,
              (out + wide).asFloat)
          case .lstm:
            kappa_lstm_cotangent_tangent_f32(
              n, width, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, (da + wide).asFloat, (dc! + at).asFloat,
              (dc! + after).asFloat, (v + after).asFloat, (total! + at).asFloat, (dv + after).asFloat, (dvc! + begin).asFloat,
              (out + wide).asFloat)
          case .gru:
            let dbefore = t == 0 ? dfirst! + begin : dh + at - area
            kappa_gru_cotangent_tangent_f32(
              n, width, (a! + wide).asFloat, before.asFloat, (da + wide).asFloat, dbefore.asFloat, (v + after).asFloat,
              (dv + after).asFloat, (dv + at).asFloat, (out + wide).asFloat)
          }
        } double: {
          switch cell {
          case .tanh:
            kappa_activation_gradient_tangent_f64(
              Activation.tanh.code, n * width, (dv + after).asDouble, (v + after).asDouble, (dh + at).asDouble, (h + at).asDouble,
              0,
              (out + wide).asDouble)
          case .lstm:
            kappa_lstm_cotangent_tangent_f64(
              n, width, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, (da + wide).asDouble, (dc! + at).asDouble,
              (dc! + after).asDouble, (v + after).asDouble, (total! + at).asDouble, (dv + after).asDouble, (dvc! + begin).asDouble,
              (out + wide).asDouble)
          case .gru:
            let dbefore = t == 0 ? dfirst! + begin : dh + at - area
            kappa_gru_cotangent_tangent_f64(
              n, width, (a! + wide).asDouble, before.asDouble, (da + wide).asDouble, dbefore.asDouble, (v + after).asDouble,
              (dv + after).asDouble, (dv + at).asDouble, (out + wide).asDouble)
          }
        }
        if t > 0 || withState {
          addProduct(n, inner, products, out + wide, inputs, weight, products, transposed: true, to: dv + at, width)
        }
      }
    }
    if withState {
      (out + inputCount).update(from: dv, count: area)
      if let dvc { (out + inputCount + area).update(from: dvc, count: area) }
    }
    keepAlive(y, w, state, states)
    keepAlive(dy, cotangents, inside.states, tangents.gates)
    keepRecord(record)
    if let given { keepAlive(given) }
    if let running { keepAlive(running) }
    if let cells = inside.cells { keepAlive(cells) }
    if let cells = tangents.cells { keepAlive(cells) }
    if let start { keepAlive(start) }
    if let zeros { keepAlive(zeros) }
    return result
  }
}

extension Tensor where Scalar: TensorScalar {
  /// Block `index` of `count` elements of a contiguous tensor, flat: a view.
  fileprivate func piece(plane index: Int, of count: Int) -> Tensor {
    reshaped(to: [self.count] as Shape).piece(at: index * count, shape: [count])
  }
}
