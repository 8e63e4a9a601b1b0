import CKernels

extension RecurrenceKernel {
  /// The states [h₁, ..., h_T] and the LSTM's c_T behind them.
  @specialized(where S == Float) @specialized(where S == Double)
  package func value(_ x: Tensor<S>) -> (value: Tensor<S>, record: RecurrenceRecord<S>) {
    let y = Tensor<S>(uninitialized: resultShape)
    var record = RecurrenceRecord<S>()
    // Pre-activations grow in place from the inputs and become the gates.
    let gates = Tensor<S>(uninitialized: [steps, batch, inputs])
    x.copy(into: gates.mutableBase)
    if cell != .tanh { record.gates = gates }
    if cell == .lstm {
      record.cells = Tensor(uninitialized: [steps + 1, batch, width])
      record.squashed = Tensor(uninitialized: [steps, batch, width])
      record.cells!.mutableBase.update(from: state.base + area, count: area)
    }
    let (a, h, first, weight) = (gates.mutableBase, y.mutableBase, state.base, w.base)
    let (c, s) = (record.cells?.mutableBase, record.squashed?.mutableBase)
    countProducts(steps)
    parts { rows in
      let n = rows.count
      for t in 0..<steps {
        let (wide, at) = ((t * batch + rows.lowerBound) * inputs, t * area + rows.lowerBound * width)
        let before = t == 0 ? first + rows.lowerBound * width : UnsafePointer(h + at - area)
        addProduct(n, products, inner, before, width, weight, products, transposed: false, to: a + wide, inputs)
        dispatch(S.self) {
          switch cell {
          case .tanh: kappa_unary_f32(UnaryKernel.tanh.rawValue, n * width, (a + wide).asFloat, 0, (h + at).asFloat)
          case .lstm:
            kappa_lstm_step_f32(
              n, width, (a + wide).asFloat, (c! + at).asFloat, (c! + at + area).asFloat, (s! + at).asFloat, (h + at).asFloat)
          case .gru: kappa_gru_step_f32(n, width, (a + wide).asFloat, before.asFloat, (h + at).asFloat)
          }
        } double: {
          switch cell {
          case .tanh: kappa_unary_f64(UnaryKernel.tanh.rawValue, n * width, (a + wide).asDouble, 0, (h + at).asDouble)
          case .lstm:
            kappa_lstm_step_f64(
              n, width, (a + wide).asDouble, (c! + at).asDouble, (c! + at + area).asDouble, (s! + at).asDouble, (h + at).asDouble)
          case .gru: kappa_gru_step_f64(n, width, (a + wide).asDouble, before.asDouble, (h + at).asDouble)
          }
        }
      }
    }
    if let cells = record.cells { (h + steps * area).update(from: cells.base + steps * area, count: area) }
    keepAlive(gates, w, state)
    return (y, record)
  }

  /// The tangent of the value for those of the inputs, the weight and the state; nil is zero.
  ///
  /// With a number of `directions` all tangents have an axis of them in front, and a step's products are one for all. In the steps'
  /// order, in which the record's tangents stay, that axis comes behind the steps. `dx` is written over where its caller was its
  /// only owner.
  @specialized(where S == Float) @specialized(where S == Double)
  package func tangent(
    _ dx: inout Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, directions: Int? = nil, value y: Tensor<S>,
    record: RecurrenceRecord<S>
  ) -> (tangent: Tensor<S>, record: RecurrenceRecordTangent<S>) {
    let count = directions ?? 1
    let (rowsOfStep, plane) = (count * batch, count * area)
    let gates = preactivationTangents(&dx, dw, count, value: y)
    // A tanh cell's states take the place of its pre-activations, which nobody asks for.
    let dy =
      cell == .tanh
      ? gates.reshaped(to: [steps, count, batch, width] as Shape) : Tensor(uninitialized: [resultShape[0], count, batch, width])
    let start = dstate.map { inOrderOfSteps($0, directions) }
    var result = RecurrenceRecordTangent(gates: gates)
    let zeros = start == nil ? Tensor<S>(zeros: [plane]) : nil
    if cell == .lstm {
      result.cells = Tensor(uninitialized: [steps + 1, rowsOfStep, width])
      result.cells!.mutableBase.update(from: start.map { $0.base + plane } ?? zeros!.base, count: plane)
    }
    let (da, dh, h, weight) = (gates.mutableBase, dy.mutableBase, y.base, w.base)
    let (first, dfirst) = (state.base, start?.base ?? zeros!.base)
    let (a, c, s, dc) = (record.gates?.base, record.cells?.base, record.squashed?.base, result.cells?.mutableBase)
    countProducts(start == nil ? steps - 1 : steps, directions: count)
    parts(of: count) { rows in
      for t in 0..<steps {
        if t > 0 || start != nil {
          let from = t == 0 ? dfirst : UnsafePointer(dh + (t - 1) * plane)
          addProduct(
            rows.count, products, inner, from + rows.lowerBound * width, width, weight, products, transposed: false,
            to: da + (t * rowsOfStep + rows.lowerBound) * inputs, inputs)
        }
        if cell == .tanh {
          eachRun(in: rows) { n, row, example, apart in
            let (at, dat) = (t * area + example * width, t * plane + row * width)
            dispatch(S.self) {
              kappa_tanh_tangent_f32(n, width, apart, (h + at).asFloat, (dh + dat).asFloat)
            } double: {
              kappa_tanh_tangent_f64(n, width, apart, (h + at).asDouble, (dh + dat).asDouble)
            }
          }
          continue
        }
        eachDirection(in: rows) { n, row, example in
          let (wide, at) = ((t * batch + example) * inputs, t * area + example * width)
          let (dwide, dat) = ((t * rowsOfStep + row) * inputs, t * plane + row * width)
          let before = t == 0 ? first + example * width : h + at - area
          let dbefore = t == 0 ? dfirst + row * width : UnsafePointer(dh + dat - plane)
          dispatch(S.self) {
            switch cell {
            case .tanh: break
            case .lstm:
              kappa_lstm_tangent_f32(
                n, width, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, (da + dwide).asFloat, (dc! + dat).asFloat,
                (dc! + dat + plane).asFloat, (dh + dat).asFloat)
            case .gru:
              kappa_gru_tangent_f32(
                n, width, (a! + wide).asFloat, before.asFloat, (da + dwide).asFloat, dbefore.asFloat, (dh + dat).asFloat)
            }
          } double: {
            switch cell {
            case .tanh: break
            case .lstm:
              kappa_lstm_tangent_f64(
                n, width, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, (da + dwide).asDouble, (dc! + dat).asDouble,
                (dc! + dat + plane).asDouble, (dh + dat).asDouble)
            case .gru:
              kappa_gru_tangent_f64(
                n, width, (a! + wide).asDouble, before.asDouble, (da + dwide).asDouble, dbefore.asDouble, (dh + dat).asDouble)
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
    return (directions == nil ? dy.reshaped(to: resultShape) : dy.movingAxis(1, to: 0), result)
  }

  /// What the inputs' and the weight's tangents make of the pre-activations', before the states' are known: [steps, directions,
  /// batch, groups width].
  private func preactivationTangents(
    _ dx: inout Tensor<S>?, _ dw: Tensor<S>?, _ directions: Int, value y: Tensor<S>
  ) -> Tensor<S> {
    // Below a few steps (chosen, not measured) the products are not worth the copy of the weights' tangents.
    if batch == 1 && directions > 1 && inputs == products && steps >= 4 {
      return preactivationTangentsOfOne(&dx, dw, directions, value: y)
    }
    let result = Tensor<S>(uninitialized: [directions, steps, batch, inputs])
    if let dx { dx.copy(into: result.mutableBase) } else { result.mutableBase.update(repeating: 0, count: result.count) }
    // The states are known: their products with a weight's tangent are one for all steps.
    if let dw, inner > 0 {
      let (change, isFirstZero) = (dw.contiguous(), startsAtZero)
      for direction in 0..<directions {
        let (from, to) = (change.base + direction * inner * products, result.mutableBase + direction * inputCount)
        if !isFirstZero {
          addStackedProduct(batch, products, inner, state.base, width, from, products, transposed: false, to: to, inputs)
        }
        addStackedProduct(
          (steps - 1) * batch, products, inner, y.base, width, from, products, transposed: false, to: to + batch * inputs, inputs)
      }
      keepAlive(change)
    }
    return directions == 1 ? result : result.movingAxis(0, to: 1).contiguous()
  }

  /// As above for a batch of one example: what a step's state makes of all directions' weights stands in one row, so that the
  /// products with all of them are one.
  private func preactivationTangentsOfOne(
    _ dx: inout Tensor<S>?, _ dw: Tensor<S>?, _ directions: Int, value y: Tensor<S>
  ) -> Tensor<S> {
    let result: Tensor<S>
    if var rows = dx.take()?.movingAxis(0, to: 1) {
      rows.makeUnique()
      result = rows
    } else {
      result = Tensor(zeros: [steps, directions, 1, inputs])
    }
    guard let dw, inner > 0 else { return result }
    let change = dw.movingAxis(0, to: 1).contiguous()
    let row = directions * products
    if !startsAtZero {
      addStackedProduct(1, row, inner, state.base, width, change.base, row, transposed: false, to: result.mutableBase, row)
    }
    addStackedProduct(
      steps - 1, row, inner, y.base, width, change.base, row, transposed: false, to: result.mutableBase + row, row)
    keepAlive(change, y)
    return result
  }

  /// Tangents with an axis of directions in front, if there is one, with that axis behind the first of the others.
  func inOrderOfSteps(_ tangents: Tensor<S>, _ directions: Int?) -> Tensor<S> {
    (directions == nil ? tangents : tangents.movingAxis(0, to: 1)).contiguous()
  }
}
