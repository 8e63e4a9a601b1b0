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
}
