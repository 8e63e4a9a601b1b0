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
  /// value and the record. `directions` as for `tangent`.
  @specialized(where S == Float) @specialized(where S == Double)
  package func cotangentsTangent(
    _ du: Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, directions: Int? = nil, value y: Tensor<S>,
    record: RecurrenceRecord<S>, cotangents: Tensor<S>, inside: RecurrenceCotangents<S>, dy: Tensor<S>,
    tangents: RecurrenceRecordTangent<S>, withState: Bool
  ) -> Tensor<S> {
    let count = directions ?? 1
    let (rowsOfStep, plane) = (count * batch, count * area)
    let given = du.map { inOrderOfSteps($0, directions) }
    let states = stateCotangentTangents(given, dw, count, cotangents: cotangents, withState: withState)
    let result = Tensor<S>(uninitialized: [steps, count, batch, inputs])
    let running =
      cell == .lstm ? (given?.piece(plane: steps, of: plane).copied() ?? Tensor<S>(zeros: [plane])) : nil
    let zeros = dstate == nil && cell == .gru ? Tensor<S>(zeros: [plane]) : nil
    let start = dstate.map { inOrderOfSteps($0, directions) }
    let changes = inOrderOfSteps(dy, directions)
    let (out, dv, h, dh, weight, first) = (result.mutableBase, states.mutableBase, y.base, changes.base, w.base, state.base)
    let dfirst = start?.base ?? zeros?.base
    let (a, c, s) = (record.gates?.base, record.cells?.base, record.squashed?.base)
    let (da, dc) = (tangents.gates.base, tangents.cells?.base)
    let (v, total, dvc) = (inside.states.base, inside.cells?.base, running?.mutableBase)
    countProducts(withState ? steps : steps - 1, directions: count)
    parts(of: count) { rows in
      for t in stride(from: steps - 1, through: 0, by: -1) {
        eachDirection(in: rows) { n, row, example in
          let (wide, at) = ((t * batch + example) * inputs, t * area + example * width)
          let (dwide, dat) = ((t * rowsOfStep + row) * inputs, t * plane + row * width)
          let before = t == 0 ? first + example * width : h + at - area
          let (after, dafter, begin) = (at + area, dat + plane, row * width)
          dispatch(S.self) {
            switch cell {
            case .tanh:
              kappa_activation_gradient_tangent_f32(
                Activation.tanh.code, n * width, (dv + dafter).asFloat, (v + after).asFloat, (dh + dat).asFloat,
                (h + at).asFloat, 0, (out + dwide).asFloat)
            case .lstm:
              kappa_lstm_cotangent_tangent_f32(
                n, width, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, (da + dwide).asFloat, (dc! + dat).asFloat,
                (dc! + dafter).asFloat, (v + after).asFloat, (total! + at).asFloat, (dv + dafter).asFloat,
                (dvc! + begin).asFloat, (out + dwide).asFloat)
            case .gru:
              let dbefore = t == 0 ? dfirst! + begin : dh + dat - plane
              kappa_gru_cotangent_tangent_f32(
                n, width, (a! + wide).asFloat, before.asFloat, (da + dwide).asFloat, dbefore.asFloat, (v + after).asFloat,
                (dv + dafter).asFloat, (dv + dat).asFloat, (out + dwide).asFloat)
            }
          } double: {
            switch cell {
            case .tanh:
              kappa_activation_gradient_tangent_f64(
                Activation.tanh.code, n * width, (dv + dafter).asDouble, (v + after).asDouble, (dh + dat).asDouble,
                (h + at).asDouble, 0, (out + dwide).asDouble)
            case .lstm:
              kappa_lstm_cotangent_tangent_f64(
                n, width, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, (da + dwide).asDouble,
                (dc! + dat).asDouble, (dc! + dafter).asDouble, (v + after).asDouble, (total! + at).asDouble,
                (dv + dafter).asDouble, (dvc! + begin).asDouble, (out + dwide).asDouble)
            case .gru:
              let dbefore = t == 0 ? dfirst! + begin : dh + dat - plane
              kappa_gru_cotangent_tangent_f64(
                n, width, (a! + wide).asDouble, before.asDouble, (da + dwide).asDouble, dbefore.asDouble,
                (v + after).asDouble, (dv + dafter).asDouble, (dv + dat).asDouble, (out + dwide).asDouble)
            }
          }
        }
        if t > 0 || withState {
          addProduct(
            rows.count, inner, products, out + (t * rowsOfStep + rows.lowerBound) * inputs, inputs, weight, products,
            transposed: true, to: dv + t * plane + rows.lowerBound * width, width)
        }
      }
    }
    keepAlive(y, w, state)
    keepAlive(changes, cotangents, inside.states, tangents.gates)
    keepRecord(record)
    if let cells = inside.cells { keepAlive(cells) }
    if let cells = tangents.cells { keepAlive(cells) }
    if let start { keepAlive(start) }
    if let zeros { keepAlive(zeros) }
    // One direction behind the other: the inputs' tangents, then the first state's.
    let byDirection = count == 1 ? result : result.movingAxis(1, to: 0)
    var pieces = [byDirection.reshaped(to: [count, inputCount] as Shape)]
    if withState {
      let planes = running.map { [states, $0] } ?? [states]
      pieces += planes.map { $0.piece(plane: 0, of: plane).reshaped(to: [count, area] as Shape) }
    }
    let all = pieces.count == 1 ? pieces[0] : Tensor(concatenating: pieces, axis: 1)
    return directions == nil ? all.flattened() : all
  }

  /// What the given tangents and the weight's make of those of the states' cotangents, before the later steps' are known: [steps + 1,
  /// directions, batch, width], the first plane for the first state.
  private func stateCotangentTangents(
    _ given: Tensor<S>?, _ dw: Tensor<S>?, _ directions: Int, cotangents: Tensor<S>, withState: Bool
  ) -> Tensor<S> {
    let plane = directions * area
    let result = Tensor<S>(uninitialized: [steps + 1, directions, batch, width])
    result.mutableBase.update(repeating: 0, count: plane)
    if let given {
      (result.mutableBase + plane).update(from: given.base, count: steps * plane)
      keepAlive(given)
    } else {
      (result.mutableBase + plane).update(repeating: 0, count: steps * plane)
    }
    guard let dw, inner > 0 else { return result }
    // The cotangents are known: their products with a weight's tangent are one for all steps.
    let change = dw.contiguous()
    let skipped = withState ? 0 : 1
    if batch == 1 {
      // A step's row is that of all directions.
      addStackedProduct(
        steps - skipped, directions * inner, products, cotangents.base + skipped * inputs, inputs, change.base, products,
        transposed: true, to: result.mutableBase + skipped * plane, plane)
      keepAlive(change, cotangents)
      return result
    }
    let apart = directions == 1 ? result : result.movingAxis(1, to: 0).contiguous()
    for direction in 0..<directions {
      addStackedProduct(
        (steps - skipped) * batch, inner, products, cotangents.base + skipped * batch * inputs, inputs,
        change.base + direction * inner * products, products, transposed: true,
        to: apart.mutableBase + direction * (steps + 1) * area + skipped * area, width)
    }
    keepAlive(change, cotangents)
    return directions == 1 ? result : apart.movingAxis(0, to: 1).contiguous()
  }
}

extension Tensor where Scalar: TensorScalar {
  /// Block `index` of `count` elements of a contiguous tensor, flat: a view.
  fileprivate func piece(plane index: Int, of count: Int) -> Tensor {
    reshaped(to: [self.count] as Shape).piece(at: index * count, shape: [count])
  }
}
