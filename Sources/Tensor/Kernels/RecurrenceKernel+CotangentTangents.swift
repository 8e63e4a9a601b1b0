import CKernels

extension RecurrenceKernel {
  /// The tangent of `cotangents` for those of its operands; nil is zero. `dy` and `tangents` are what the operands' tangents make
  /// of the value and the record. `directions` as for `tangent`.
  @specialized(where S == Float) @specialized(where S == Double)
  package func cotangentsTangent(
    _ du: inout Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, directions: Int? = nil, value y: Tensor<S>,
    record: RecurrenceRecord<S>, cotangents: Tensor<S>, inside: RecurrenceCotangents<S>, dy: Tensor<S>,
    tangents: RecurrenceRecordTangent<S>, withState: Bool
  ) -> Tensor<S> {
    let block = arrangement(directions)
    let (count, plane) = (block.count, block.count * area)
    // Plane t of the states is for that before step t; a tanh cell asks for the one before the first step only with the state.
    let hasFirst = withState || cell != .tanh
    var given = du.take().map(block.inMemory)
    let running =
      cell == .lstm ? (given?.sliced(axis: 0, steps..<steps + 1).copied() ?? Tensor<S>(zeros: [plane])) : nil
    let states = stateCotangentTangents(
      &given, inner > 0 ? dw : nil, tangents, block, cotangents: cotangents, withState: withState, hasFirst: hasFirst)
    // Where the directions are last, a tanh cell's gates take the place of the states behind them.
    let isInPlace = block.isLast && !hasFirst
    let result = isInPlace ? states : Tensor<S>(uninitialized: block.shape(steps, batch, inputs))
    let zeros = dstate == nil && cell == .gru ? Tensor<S>(zeros: [plane]) : nil
    let start = dstate.map { block.inMemory($0).contiguous() }
    let changes = block.inMemory(dy).contiguous()
    let (out, h, dh, weight, first) = (result.mutableBase, y.base, changes.base, w.base, state.base)
    let dv = hasFirst ? states.mutableBase : states.mutableBase - plane
    let dfirst = start?.base ?? zeros?.base
    let (a, c, s) = (record.gates?.base, record.cells?.base, record.squashed?.base)
    let (da, dc) = (tangents.gates.base, tangents.cells?.base)
    let (v, total, dvc) = (inside.states.base, inside.cells?.base, running?.mutableBase)
    let transposed = block.isLast ? nil : transposedWeight(rows: count * batch)
    let turned = transposed?.base
    countProducts(withState ? steps : steps - 1, directions: count)
    inParts(of: block) { part, pieces in
      for t in stride(from: steps - 1, through: 0, by: -1) {
        let step = t * count * batch * inputs
        for index in pieces.indices {
          let (example, gates, states) = (pieces[index].example, pieces[index].gates, pieces[index].states)
          let (wide, at, dat) = ((t * batch + example) * inputs, t * area + example * width, t * plane + states)
          let before = t == 0 ? first + example * width : h + at - area
          let (after, dafter, da, out) = (at + area, dat + plane, da + step + gates, out + step + gates)
          dispatch(S.self) {
            switch cell {
            case .tanh:
              kappa_tanh_cotangent_tangent_f32(
                &pieces[index].layout, (h + at).asFloat, (v + after).asFloat, (dh + dat).asFloat, (dv + dafter).asFloat, out.asFloat
              )
            case .lstm:
              kappa_lstm_cotangent_tangent_f32(
                &pieces[index].layout, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, da.asFloat, (dc! + dat).asFloat,
                (dc! + dafter).asFloat, (v + after).asFloat, (total! + at).asFloat, (dv + dafter).asFloat, (dvc! + states).asFloat,
                out.asFloat)
            case .gru:
              let dbefore = t == 0 ? dfirst! + states : dh + dat - plane
              kappa_gru_cotangent_tangent_f32(
                &pieces[index].layout, (a! + wide).asFloat, before.asFloat, da.asFloat, dbefore.asFloat, (v + after).asFloat,
                (dv + dafter).asFloat, (dv + dat).asFloat, out.asFloat)
            }
          } double: {
            switch cell {
            case .tanh:
              kappa_tanh_cotangent_tangent_f64(
                &pieces[index].layout, (h + at).asDouble, (v + after).asDouble, (dh + dat).asDouble, (dv + dafter).asDouble,
                out.asDouble)
            case .lstm:
              kappa_lstm_cotangent_tangent_f64(
                &pieces[index].layout, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, da.asDouble,
                (dc! + dat).asDouble,
                (dc! + dafter).asDouble, (v + after).asDouble, (total! + at).asDouble, (dv + dafter).asDouble,
                (dvc! + states).asDouble, out.asDouble)
            case .gru:
              let dbefore = t == 0 ? dfirst! + states : dh + dat - plane
              kappa_gru_cotangent_tangent_f64(
                &pieces[index].layout, (a! + wide).asDouble, before.asDouble, da.asDouble, dbefore.asDouble, (v + after).asDouble,
                (dv + dafter).asDouble, (dv + dat).asDouble, out.asDouble)
            }
          }
        }
        if t > 0 || withState { addStateCotangentProduct(part, block, out + step, weight, turned: turned, to: dv + t * plane) }
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
    // The inputs' tangents, then the first state's.
    var sums = [block.asGiven(result).reshaped(to: [count, inputCount] as Shape)]
    if withState {
      for planes in [states, running].compactMap({ $0 }) {
        let first = planes.piece(plane: 0, of: plane).reshaped(to: block.shape(1, batch, width))
        sums.append(block.asGiven(first).reshaped(to: [count, area] as Shape))
      }
    }
    let all = sums.count == 1 ? sums[0] : Tensor(concatenating: sums, axis: 1)
    return directions == nil ? all.flattened() : all
  }

  /// What the given tangents and the weight's make of those of the states' cotangents, before the later steps' tangents are known:
  /// [steps + 1, batch, width] as `block` arranges them, the first plane for the first state, or without that plane. Over the given
  /// ones where that is the same and nobody else has them. The cotangents themselves are known: their products with a weight's tangent
  /// are one for all steps.
  private func stateCotangentTangents(
    _ given: inout Tensor<S>?, _ dw: Tensor<S>?, _ tangents: RecurrenceRecordTangent<S>, _ block: BlockArrangement,
    cotangents: Tensor<S>, withState: Bool, hasFirst: Bool
  ) -> Tensor<S> {
    let (count, plane) = (block.count, block.count * area)
    let planes = steps + (hasFirst ? 1 : 0)
    var result: Tensor<S>
    if var given = given.take() {
      if hasFirst {
        result = Tensor(uninitialized: block.shape(planes, batch, width))
        result.mutableBase.update(repeating: 0, count: plane)
        given.sliced(axis: 0, 0..<steps).copy(into: result.mutableBase + plane)
      } else {
        given.makeUnique()
        result = given.reshaped(to: block.shape(planes, batch, width))
      }
    } else {
      result = Tensor(zeros: block.shape(planes, batch, width))
    }
    guard let dw else { return result }
    let skipped = withState ? 0 : 1
    let start = hasFirst ? skipped : 0
    if block.isLast {
      let change = tangents.weight ?? block.inMemory(dw).contiguous()
      Kernels.directProducts(
        inner, steps - skipped, count, products, cotangents.base + skipped * inputs, inputs, 1, change.base,
        bApart: products * count, count, adds: true, result.mutableBase + start * plane, cApart: count, plane)
      keepAlive(change, cotangents)
      return result
    }
    let change = dw.contiguous()
    let apart = count == 1 ? result : result.movingAxis(1, to: 0).contiguous()
    for direction in 0..<count {
      addStackedProduct(
        (steps - skipped) * batch, inner, products, cotangents.base + skipped * batch * inputs, inputs,
        change.base + direction * inner * products, products, transposed: true,
        to: apart.mutableBase + direction * planes * area + start * area, width)
    }
    keepAlive(change, cotangents)
    return count == 1 ? result : apart.movingAxis(0, to: 1).contiguous()
  }
}
