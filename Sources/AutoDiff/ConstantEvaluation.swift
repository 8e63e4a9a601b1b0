import Tensor

/// An evaluation of a function on constants, of which nothing is recorded. If the function differentiates with respect to them on
/// its way, they have to be variables: then it is evaluated once more, on a tape.
final class ConstantEvaluation: @unchecked Sendable {
  // Belongs to the task that evaluates.
  @TaskLocal static var current: ConstantEvaluation?
  private var differentiates = false

  /// What `constants` returns, or `recorded` if that asked for a derivative with respect to a constant.
  static func run<R>(_ constants: () -> R, onTape recorded: () -> R) -> R {
    let evaluation = ConstantEvaluation()
    let result = $current.withValue(evaluation, operation: constants)
    return evaluation.differentiates ? recorded() : result
  }

  /// Whether all of `inputs` can be differentiated with respect to. Where some cannot, stops the program, unless it is known that the
  /// function will be evaluated on a tape.
  static func allows<S>(_ inputs: [Variable<S>], _ operation: String) -> Bool {
    guard let index = inputs.firstIndex(where: { $0.tape == nil }) else { return true }
    guard let current else {
      fatalError("\(operation): input \(index) is a constant; differentiate with respect to variables of a tape")
    }
    current.differentiates = true
    return false
  }
}
