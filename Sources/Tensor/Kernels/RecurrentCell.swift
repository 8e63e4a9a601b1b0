/// The cell of a recurrent layer: how its pre-activations and its state make the next state.
///
/// The pre-activations of a step are x + h W for the groups of columns that W has, x alone for the others.
public enum RecurrentCell: Sendable, Hashable, CaseIterable {
  /// h' = tanh(a).
  case tanh
  /// Gates in the order i, f, g, o: c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c') (Hochreiter & Schmidhuber, 1997, with the forget
  /// gate of Gers et al., 2000). The state is h and c.
  case lstm
  /// Groups in the order r, z, m, n: h' = n + z (h - n), n = tanh(aₙ + σ(aᵣ) aₘ), z = σ(a_z): the reset gate acts behind the
  /// product with h, as in cuDNN. The state has no part in aₙ, so W has the columns of r, z and m.
  case gru

  /// Pre-activations of a unit.
  public var inputGroups: Int { self == .tanh ? 1 : 4 }
  /// Those of them that the previous state has a part in.
  public var productGroups: Int {
    switch self {
    case .tanh: 1
    case .lstm: 4
    case .gru: 3
    }
  }
  /// Numbers in the state of a unit.
  public var stateParts: Int { self == .lstm ? 2 : 1 }
}

/// What a run over a sequence leaves for its derivatives.
package struct RecurrenceRecord<S: TensorScalar>: Sendable {
  /// [steps, batch, 4 width]; not for the tanh cell, whose derivatives are functions of the states.
  var gates: Tensor<S>?
  /// LSTM: the cells before each step and behind the last one, [steps + 1, batch, width].
  var cells: Tensor<S>?
  /// LSTM: tanh of the cells behind each step, [steps, batch, width].
  var squashed: Tensor<S>?
}

/// The tangents of a `RecurrenceRecord`.
package struct RecurrenceRecordTangent<S: TensorScalar>: Sendable {
  /// Of the pre-activations, [steps, batch, groups width].
  var gates: Tensor<S>
  /// LSTM: of the cells, as there.
  var cells: Tensor<S>?

  /// Along many directions at one example: of the weight, [width, product groups width, directions].
  var weight: Tensor<S>?

  init(gates: Tensor<S>) { self.gates = gates }

  /// All of them in their order, a placeholder, which has one axis, where there is none.
  package init(tensors: [Tensor<S>]) {
    gates = tensors[0]
    (cells, weight) = (tensors[1].rank == 1 ? nil : tensors[1], tensors[2].rank == 1 ? nil : tensors[2])
  }

  package var tensors: [Tensor<S>] { [gates, cells ?? .placeholder, weight ?? .placeholder] }
}

/// The cotangents inside a run, for the tangents of its adjoint.
package struct RecurrenceCotangents<S: TensorScalar>: Sendable {
  /// Of the states before each step and behind the last one, [steps + 1, batch, width], parts of later steps included.
  var states: Tensor<S>
  /// LSTM: of the cells behind each step, [steps, batch, width], likewise.
  var cells: Tensor<S>?
}
