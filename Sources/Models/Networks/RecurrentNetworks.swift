import AutoDiff
import Tensor

extension Sequential {
  /// A recurrent layer that reads a sequence [batch, time, inputs], and a dense layer on its last state: the networks of the
  /// addition and the delayed exclusive-or tasks (Li, 2018, experiments 1 and 2; Hochreiter & Schmidhuber, 1997).
  ///
  ///     let addition = Sequential.recurrent(RNN(2, 20))
  ///     let exclusiveOr = Sequential.recurrent(PeepholeLSTM(2, 30))
  public static func recurrent(_ layer: some RecurrentLayer, outputs: Int = 1) -> Sequential {
    require(layer.output == .last, "Sequential.recurrent: the layer hands on all states, and the dense layer reads the last")
    return Sequential {
      layer.named("recurrent")
      Dense(layer.hidden, outputs).named("output")
    }
  }
}
