import CKernels

extension RecurrenceKernel {
  /// The tangent of the value for those of the inputs, the weight and the state; nil is zero.
  ///
  /// With a number of `directions` all tangents have an axis of them in front, and a step's products are one for all. In memory,
  /// where the record's tangents stay, they lie as `BlockArrangement` says. `dx` is written over where its caller was its only
  /// owner.
  @specialized(where S == Float) @specialized(where S == Double)
  package func tangent(
    _ dx: inout Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, directions: Int? = nil, value y: Tensor<S>,
    record: RecurrenceRecord<S>
  ) -> (tangent: Tensor<S>, record: RecurrenceRecordTangent<S>) {
    let block = arrangement(directions)
    let plane = block.count * area
    var result = preactivationTangents(&dx, dw, block, value: y)
    // A tanh cell's states take the place of its pre-activations, which nobody asks for.
    let dy = cell == .tanh ? result.gates : Tensor(uninitialized: block.shape(resultShape[0], batch, width))
    let start = dstate.map { block.inMemory($0).contiguous() }
    let zeros = start == nil ? Tensor<S>(zeros: [plane]) : nil
    if cell == .lstm {
      result.cells = Tensor(uninitialized: block.shape(steps + 1, batch, width))
      result.cells!.mutableBase.update(from: start.map { $0.base + plane } ?? zeros!.base, count: plane)
    }
    let (da, dh, h, weight) = (result.gates.mutableBase, dy.mutableBase, y.base, w.base)
    let (first, dfirst) = (state.base, start?.base ?? zeros!.base)
    let (a, c, s, dc) = (record.gates?.base, record.cells?.base, record.squashed?.base, result.cells?.mutableBase)
    countProducts(start == nil ? steps - 1 : steps, directions: block.count)
    inParts(of: block) { part, pieces in
      for t in 0..<steps {
        let step = da + t * block.count * batch * inputs
        let dbefore = t == 0 ? dfirst : UnsafePointer(dh + (t - 1) * plane)
        if t > 0 || start != nil { addStateProduct(part, block, dbefore, weight, to: step) }
        for index in pieces.indices {
          let (example, gates, states) = (pieces[index].example, pieces[index].gates, pieces[index].states)
          let (wide, at) = ((t * batch + example) * inputs, t * area + example * width)
          let (da, dh, dbefore, dat) = (step + gates, dh + t * plane + states, dbefore + states, t * plane + states)
          let before = t == 0 ? first + example * width : h + at - area
          dispatch(S.self) {
            switch cell {
            case .tanh: kappa_tanh_tangent_f32(&pieces[index].layout, (h + at).asFloat, dh.asFloat)
            case .lstm:
              kappa_lstm_tangent_f32(
                &pieces[index].layout, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, da.asFloat, (dc! + dat).asFloat,
                (dc! + dat + plane).asFloat, dh.asFloat)
            case .gru:
              kappa_gru_tangent_f32(
                &pieces[index].layout, (a! + wide).asFloat, before.asFloat, da.asFloat, dbefore.asFloat, dh.asFloat)
            }
          } double: {
            switch cell {
            case .tanh: kappa_tanh_tangent_f64(&pieces[index].layout, (h + at).asDouble, dh.asDouble)
            case .lstm:
              kappa_lstm_tangent_f64(
                &pieces[index].layout, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, da.asDouble,
                (dc! + dat).asDouble,
                (dc! + dat + plane).asDouble, dh.asDouble)
            case .gru:
              kappa_gru_tangent_f64(
                &pieces[index].layout, (a! + wide).asDouble, before.asDouble, da.asDouble, dbefore.asDouble, dh.asDouble)
            }
          }
        }
      }
    }
    if let cells = result.cells { (dh + steps * plane).update(from: cells.base + steps * plane, count: plane) }
    keepAlive(y, w, state)
    keepRecord(record)
    if let start { keepAlive(start) }
    if let zeros { keepAlive(zeros) }
    return (block.asGiven(dy), result)
  }

  /// What the inputs' and the weight's tangents make of the pre-activations', before the states' tangents are known. The
  /// states themselves are known: their products with a weight's tangent are one for all steps.
  private func preactivationTangents(
    _ dx: inout Tensor<S>?, _ dw: Tensor<S>?, _ block: BlockArrangement, value y: Tensor<S>
  ) -> RecurrenceRecordTangent<S> {
    let dw = inner > 0 ? dw : nil
    if block.isLast { return preactivationTangentsOfOne(&dx, dw, block, value: y) }
    let result = Tensor<S>(uninitialized: [block.count, steps, batch, inputs])
    if let dx { dx.copy(into: result.mutableBase) } else { result.mutableBase.update(repeating: 0, count: result.count) }
    if let dw {
      let (change, isFirstZero) = (dw.contiguous(), startsAtZero)
      for direction in 0..<block.count {
        let (from, to) = (change.base + direction * inner * products, result.mutableBase + direction * inputCount)
        if !isFirstZero {
          addStackedProduct(batch, products, inner, state.base, width, from, products, transposed: false, to: to, inputs)
        }
        addStackedProduct(
          (steps - 1) * batch, products, inner, y.base, width, from, products, transposed: false, to: to + batch * inputs, inputs)
      }
      keepAlive(change)
    }
    return RecurrenceRecordTangent(gates: block.count == 1 ? result.movingAxis(0, to: 1) : result.movingAxis(0, to: 1).contiguous())
  }

  /// As above where the directions are last.
  private func preactivationTangentsOfOne(
    _ dx: inout Tensor<S>?, _ dw: Tensor<S>?, _ block: BlockArrangement, value y: Tensor<S>
  ) -> RecurrenceRecordTangent<S> {
    var gates = dx.take().map(block.inMemory) ?? Tensor(zeros: block.shape(steps, 1, inputs))
    gates.makeUnique()
    var result = RecurrenceRecordTangent(gates: gates)
    guard let dw else { return result }
    let change = block.inMemory(dw).contiguous()
    result.weight = change
    let (row, plane, to) = (products * block.count, inputs * block.count, gates.mutableBase)
    if !startsAtZero {
      Kernels.sharedDirectProduct(1, row, inner, state.base, width, 1, change.base, row, adds: true, to, plane)
    }
    Kernels.sharedDirectProduct(
      steps - 1, row, inner, y.base, width, 1, change.base, row, adds: true, to + plane, plane)
    keepAlive(change, y)
    return result
  }
}
