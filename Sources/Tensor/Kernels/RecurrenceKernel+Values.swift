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
  @specialized(where S == Float) @specialized(where S == Double)
  package func tangent(
    _ dx: Tensor<S>?, _ dw: Tensor<S>?, _ dstate: Tensor<S>?, value y: Tensor<S>, record: RecurrenceRecord<S>
  ) -> (tangent: Tensor<S>, record: RecurrenceRecordTangent<S>) {
    let dy = Tensor<S>(uninitialized: resultShape)
    let gates = Tensor<S>(uninitialized: [steps, batch, inputs])
    if let dx { dx.copy(into: gates.mutableBase) } else { gates.mutableBase.update(repeating: 0, count: inputCount) }
    // The states are known: their products with the weight's tangent are one for all steps.
    if let dw, inner > 0 {
      let change = dw.contiguous()
      addStackedProduct(
        batch, products, inner, state.base, width, change.base, products, transposed: false, to: gates.mutableBase, inputs)
      addStackedProduct(
        (steps - 1) * batch, products, inner, y.base, width, change.base, products, transposed: false,
        to: gates.mutableBase + batch * inputs, inputs)
      keepAlive(change)
    }
    let start = dstate?.contiguous()
    var result = RecurrenceRecordTangent(gates: gates)
    let zeros = start == nil ? Tensor<S>(zeros: [batch, width]) : nil
    if cell == .lstm {
      result.cells = Tensor(uninitialized: [steps + 1, batch, width])
      result.cells!.mutableBase.update(from: start.map { $0.base + area } ?? zeros!.base, count: area)
    }
    let (da, dh, h, weight) = (gates.mutableBase, dy.mutableBase, y.base, w.base)
    let (first, dfirst) = (state.base, start?.base ?? zeros!.base)
    let (a, c, s, dc) = (record.gates?.base, record.cells?.base, record.squashed?.base, result.cells?.mutableBase)
    countProducts(start == nil ? steps - 1 : steps)
    parts { rows in
      let n = rows.count
      for t in 0..<steps {
        let (wide, at) = ((t * batch + rows.lowerBound) * inputs, t * area + rows.lowerBound * width)
        let before = t == 0 ? first + rows.lowerBound * width : h + at - area
        let dbefore = t == 0 ? dfirst + rows.lowerBound * width : UnsafePointer(dh + at - area)
        if t > 0 || start != nil {
          addProduct(n, products, inner, dbefore, width, weight, products, transposed: false, to: da + wide, inputs)
        }
        dispatch(S.self) {
          switch cell {
          case .tanh:
            kappa_activation_gradient_f32(
              Activation.tanh.code, n * width, (da + wide).asFloat, (h + at).asFloat, 0, (dh + at).asFloat)
          case .lstm:
            kappa_lstm_tangent_f32(
              n, width, (a! + wide).asFloat, (c! + at).asFloat, (s! + at).asFloat, (da + wide).asFloat, (dc! + at).asFloat,
              (dc! + at + area).asFloat, (dh + at).asFloat)
          case .gru:
            kappa_gru_tangent_f32(
              n, width, (a! + wide).asFloat, before.asFloat, (da + wide).asFloat, dbefore.asFloat, (dh + at).asFloat)
          }
        } double: {
          switch cell {
          case .tanh:
            kappa_activation_gradient_f64(
              Activation.tanh.code, n * width, (da + wide).asDouble, (h + at).asDouble, 0, (dh + at).asDouble)
          case .lstm:
            kappa_lstm_tangent_f64(
              n, width, (a! + wide).asDouble, (c! + at).asDouble, (s! + at).asDouble, (da + wide).asDouble, (dc! + at).asDouble,
              (dc! + at + area).asDouble, (dh + at).asDouble)
          case .gru:
            kappa_gru_tangent_f64(
              n, width, (a! + wide).asDouble, before.asDouble, (da + wide).asDouble, dbefore.asDouble, (dh + at).asDouble)
          }
        }
      }
    }
    if let cells = result.cells { (dh + steps * area).update(from: cells.base + steps * area, count: area) }
    keepAlive(y, w, state)
    keepRecord(record)
    if let start { keepAlive(start) }
    if let zeros { keepAlive(zeros) }
    return (dy, result)
  }
}
