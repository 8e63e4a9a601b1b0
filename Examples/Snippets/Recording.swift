import Foundation
import Kappa

/// The worked example of docs/autodiff.md: one unit, two parameters, two examples.
struct Recording {
  static var point: Linearization<Double> {
    var layout = ParameterLayout()
    layout.append("w", [2, 1])
    let x: Tensor<Double> = [[1, 2], [3, 4]]
    let target: Tensor<Double> = [[0.5], [-0.5]]
    let function = Function<Double>(layout) { parameters in
      let y = matmul(Variable(x), parameters["w"]).tanh()
      return Evaluation(loss: (y - target).squared().sum(), outputs: y)
    }
    return function.linearization(at: [0.3, -0.2])
  }

  /// Stops the program unless the page shows the recording as it is, before and after a Hessian-vector product.
  static func check() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let page = folder.appendingPathComponent("../../docs/autodiff.md").standardized
    let text = try String(contentsOf: page, encoding: .utf8)
    let point = point
    let forward = point.recording
    let product = point.hessianVectorProduct([1, 0])
    for listing in [forward, point.recording] where !text.contains(listing) {
      fatalError("docs/autodiff.md does not show this recording:\n\(listing)")
    }
    print("recording: H e₁ = \(product)")
  }
}
