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

  /// The tangent of `cotangents` for those of its operands; nil is zero. `dy` and `tangents` are what the operands' tangents make
  /// of the value and the record. `directions` as for `tangent`.
  @specialized(where S == Float) @specialized(where S == Double)
  package func cotangentsTangent(
    _ du: inout Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, directions: Int? = nil, value y: Tensor<S>,
    record: RecurrenceRecord<S>, cotangents: Tensor<S>, inside: RecurrenceCotangents<S>, dy: Tensor<S>,
    tangents: RecurrenceRecordTangent<S>, withState: Bool
  ) -> Tensor<S> {
    let count = directions ?? 1
    let (rowsOfStep, plane) = (count * batch, count * area)
    let hasFirst = withState || cell != .tanh
    var given = directions == nil ? du.take() : du.take()?.movingAxis(0, to: 1)
    let running =
      cell == .lstm ? (given?.sliced(axis: 0, steps..<steps + 1).copied() ?? Tensor<S>(zeros: [plane])) : nil
    let states = stateCotangentTangents(
      &given, dw, count, cotangents: cotangents, withState: withState, hasFirst: hasFirst)
    // One direction behind the other, as the caller wants them. A step's rows, for its product at equal distances, are that only
    // for one example; for more they are copied there at the end.
    let length = cotangentCount(withState: withState)
    let isInPlace = batch == 1
    let result = Tensor<S>(uninitialized: isInPlace ? [count, length] : [steps, count, batch, inputs])
    let (outStep, outRow) = isInPlace ? (inputs, length) : (rowsOfStep * inputs, inputs)
    let zeros = dstate == nil && cell == .gru ? Tensor<S>(zeros: [plane]) : nil
    let start = dstate.map { inOrderOfSteps($0, directions) }
    let changes = inOrderOfSteps(dy, directions)
    let (out, h, dh, weight, first) = (result.mutableBase, y.base, changes.base, w.base, state.base)
    let dv = hasFirst ? states.mutableBase : states.mutableBase - plane
    let dfirst = start?.base ?? zeros?.base
    let (a, c, s) = (record.gates?.base, record.cells?.base, record.squashed?.base)
    let (da, dc) = (tangents.gates.base, tangents.cells?.base)
    let (v, total, dvc) = (inside.states.base, inside.cells?.base, running?.mutableBase)
    let transposed = transposedWeight(rows: rowsOfStep)
    let turned = transposed?.base
    countProducts(withState ? steps : steps - 1, directions: count)
    parts(of: count) { rows in
      for t in stride(from: steps - 1, through: 0, by: -1) {
        if cell == .tanh {
          eachRun(in: rows) { n, row, example, apart in
            let (at, dat, to) = (t * area + example * width, t * plane + row * width, t * outStep + row * outRow)
            let (after, dafter) = (at + area, dat + plane)
            dispatch(S.self) {
              kappa_tanh_cotangent_tangent_f32(
                n, width, apart, (h + at).asFloat, (v + after).asFloat, (dh + dat).asFloat, (dv + dafter).asFloat,
                (out + to).asFloat, outRow)
            } double: {
              kappa_tanh_cotangent_tangent_f64(
                n, width, apart, (h + at).asDouble, (v + after).asDouble, (dh + dat).asDouble, (dv + dafter).asDouble,
                (out + to).asDouble, outRow)
            }
          }
        } else {
          eachDirection(in: rows) { n, row, example in
            let (wide, at) = ((t * batch + example) * inputs, t * area + example * width)
            let (dwide, dat) = ((t * rowsOfStep + row) * inputs, t * plane + row * width)
            let to = t * outStep + row * outRow
            let before = t == 0 ? first + example * width : h + at - area
            let (after, dafter, begin) = (at + area, dat + plane, row * width)
            dispatch(S.self) {
              switch cell {
              case .tanh: break
              case .lstm:
                kappa_lstm_cotangent_tangent_f32(
                  n, width, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, (da + dwide).asFloat, (dc! + dat).asFloat,
                  (dc! + dafter).asFloat, (v + after).asFloat, (total! + at).asFloat, (dv + dafter).asFloat,
                  (dvc! + begin).asFloat, (out + to).asFloat)
              case .gru:
                let dbefore = t == 0 ? dfirst! + begin : dh + dat - plane
                kappa_gru_cotangent_tangent_f32(
                  n, width, (a! + wide).asFloat, before.asFloat, (da + dwide).asFloat, dbefore.asFloat, (v + after).asFloat,
                  (dv + dafter).asFloat, (dv + dat).asFloat, (out + to).asFloat)
              }
            } double: {
              switch cell {
              case .tanh: break
              case .lstm:
                kappa_lstm_cotangent_tangent_f64(
                  n, width, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, (da + dwide).asDouble,
                  (dc! + dat).asDouble, (dc! + dafter).asDouble, (v + after).asDouble, (total! + at).asDouble,
                  (dv + dafter).asDouble, (dvc! + begin).asDouble, (out + to).asDouble)
              case .gru:
                let dbefore = t == 0 ? dfirst! + begin : dh + dat - plane
                kappa_gru_cotangent_tangent_f64(
                  n, width, (a! + wide).asDouble, before.asDouble, (da + dwide).asDouble, dbefore.asDouble,
                  (v + after).asDouble, (dv + dafter).asDouble, (dv + dat).asDouble, (out + to).asDouble)
              }
            }
          }
        }
        if t > 0 || withState {
          addTransposedProduct(
            rows.count, out + t * outStep + rows.lowerBound * outRow, outRow, weight, turned: turned,
            to: dv + t * plane + rows.lowerBound * width)
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
    if let transposed { keepAlive(transposed) }
    if isInPlace {
      if withState {
        for (part, first) in ([states] + (running.map { [$0] } ?? [])).enumerated() {
          for row in 0..<count {
            (out + row * length + inputCount + part * width).update(from: first.base + row * width, count: width)
          }
          keepAlive(first)
        }
      }
      keepAlive(states)
      return directions == nil ? result.flattened() : result
    }
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

  /// What the given tangents and the weight's make of those of the states' cotangents, before the later steps' are known: [steps +
  /// 1, directions, batch, width], the first plane for the first state, or without that plane. Over the given ones where that is
  /// the same and nobody else has them.
  private func stateCotangentTangents(
    _ given: inout Tensor<S>?, _ dw: Tensor<S>?, _ directions: Int, cotangents: Tensor<S>, withState: Bool, hasFirst: Bool
  ) -> Tensor<S> {
    let plane = directions * area
    let shape: Shape = [steps + (hasFirst ? 1 : 0), directions, batch, width]
    let result: Tensor<S>
    if var given = given.take() {
      if hasFirst {
        result = Tensor(uninitialized: shape)
        result.mutableBase.update(repeating: 0, count: plane)
        given.sliced(axis: 0, 0..<steps).copy(into: result.mutableBase + plane)
      } else {
        given.makeUnique()
        result = given.reshaped(to: shape)
      }
    } else {
      result = Tensor(zeros: shape)
    }
    guard let dw, inner > 0 else { return result }
    // The cotangents are known: their products with a weight's tangent are one for all steps.
    let change = dw.contiguous()
    let skipped = withState ? 0 : 1
    let planes = shape[0]
    let start = hasFirst ? skipped : 0
    if batch == 1 {
      // A step's row is that of all directions.
      addStackedProduct(
        steps - skipped, directions * inner, products, cotangents.base + skipped * inputs, inputs, change.base, products,
        transposed: true, to: result.mutableBase + start * plane, plane)
      keepAlive(change, cotangents)
      return result
    }
    let apart = directions == 1 ? result : result.movingAxis(1, to: 0).contiguous()
    for direction in 0..<directions {
      addStackedProduct(
        (steps - skipped) * batch, inner, products, cotangents.base + skipped * batch * inputs, inputs,
        change.base + direction * inner * products, products, transposed: true,
        to: apart.mutableBase + direction * planes * area + start * area, width)
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
