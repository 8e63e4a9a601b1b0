import Kappa
import TestSupport

extension PrimitiveCase {
  /// Inputs, weight and first state of some steps of some examples and two units; small, that high derivatives are too.
  private static func operands(_ cell: RecurrentCell, steps: Int = 3, batch: Int = 2) -> [Tensor<Double>] {
    [
      .normal([steps, batch, 2 * cell.inputGroups], seed: 41) * 0.5, .normal([2, 2 * cell.productGroups], seed: 42) * 0.5,
      .normal([cell.stateParts, batch, 2], seed: 43) * 0.5,
    ]
  }

  static let recurrences: [PrimitiveCase] = RecurrentCell.allCases.flatMap { cell -> [PrimitiveCase] in
    let run: Body = { recurrence(cell, $0[0], weight: $0[1], state: $0[2]) }
    let result = Tensor<Double>.normal([3 + cell.stateParts - 1, 2, 2], seed: 44)
    let alone = Tensor<Double>.normal([4 + cell.stateParts - 1, 1, 2], seed: 44)
    let step = operands(cell, steps: 1)
    let preactivations = step[0].reshaped(to: [2, 2 * cell.inputGroups])
    return [
      PrimitiveCase("Recurrence", "\(cell), three steps", operands(cell), run),
      // Blocks of directions have ways of their own with one example.
      PrimitiveCase("Recurrence", "\(cell), five steps of one example", operands(cell, steps: 5, batch: 1), run),
      PrimitiveCase("Recurrence", "\(cell), two steps of one example", operands(cell, steps: 2, batch: 1), run),
      PrimitiveCase(
        "RecurrenceGradient", "\(cell), of one example", pullbackTo: 0, [alone] + operands(cell, steps: 4, batch: 1), run),
      PrimitiveCase(
        "RecurrenceGradient", "\(cell), of one example to the weight", pullbackTo: 1, [alone] + operands(cell, steps: 4, batch: 1),
        run),
      PrimitiveCase(
        "RecurrenceGradient", "\(cell), of one example to the first state", pullbackTo: 2,
        [alone] + operands(cell, steps: 4, batch: 1),
        run),
      PrimitiveCase("Recurrence", "\(cell), one step", [preactivations, step[1], step[2]]) {
        recurrentStep(cell, $0[0], weight: $0[1], state: $0[2])
      },
      PrimitiveCase("Recurrence", "\(cell), from pre-activations", [preactivations, step[2]]) {
        recurrentStep(cell, $0[0], state: $0[1])
      },
      PrimitiveCase("RecurrenceGradient", "\(cell), to the inputs", pullbackTo: 0, [result] + operands(cell), run),
      PrimitiveCase("RecurrenceGradient", "\(cell), to the weight", pullbackTo: 1, [result] + operands(cell), run),
      PrimitiveCase("RecurrenceGradient", "\(cell), to the first state", pullbackTo: 2, [result] + operands(cell), run),
      PrimitiveCase("RecurrenceGradient", "\(cell), to pre-activations", pullbackTo: 0, [step[2], preactivations, step[2]]) {
        recurrentStep(cell, $0[0], state: $0[1])
      },
    ]
  }
}
