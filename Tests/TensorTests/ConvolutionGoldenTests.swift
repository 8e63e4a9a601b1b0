import Kappa
import TestSupport
import Testing

@Suite("Convolutions and poolings with golden data")
struct ConvolutionGoldenTests {
  static let items = GoldenItem.all(kind: "ops").filter {
    ["conv2d", "conv_transpose2d", "avgpool2d", "maxpool2d"].contains($0.operationName)
  }

  @Test func `are found, run and counted`() {
    reportCoverage("Golden convolutions", ran: Self.items.map(\.testDescription), notCovered: [])
  }

  @Test("have their values, vjp and jvp in Double", arguments: items)
  func double(_ item: GoldenItem) throws { try check(item, of: Double.self) }

  @Test("have them in Float on both paths", arguments: items, Path.allCases)
  func float(_ item: GoldenItem, _ path: Path) throws { try path.run { try check(item, of: Float.self) } }

  private func pair(_ item: GoldenItem, _ name: String) throws -> Extent2D {
    let values = try #require(item.json["attributes"]?[name]?.ints)
    try #require(values.count == 2)
    return Extent2D(height: values[0], width: values[1])
  }

  private func convolution(_ item: GoldenItem) throws -> Convolution2D {
    let sides = try #require(item.json["attributes"]?["padding"]?.array).map { try #require($0.ints) }
    return Convolution2D(
      stride: try pair(item, "stride"),
      padding: Padding2D(top: sides[0][0], bottom: sides[0][1], left: sides[1][0], right: sides[1][1]),
      dilation: try pair(item, "dilation"))
  }

  private func check<S: TensorScalar>(_ item: GoldenItem, of type: S.Type) throws {
    let x: Tensor<S> = try item.tensor("inputs", "x")
    let dx: Tensor<S> = try item.tensor("tangents", "x")
    let u: Tensor<S> = try item.tensor("cotangent")
    let size = Extent2D(height: x.shape[2], width: x.shape[3])
    var results: [(String, Tensor<S>, Tensor<S>)] = []
    switch item.operationName {
    case "conv2d":
      let (c, w) = (try convolution(item), try item.tensor("inputs", "w", of: S.self))
      let dw: Tensor<S> = try item.tensor("tangents", "w")
      let kernel = Extent2D(height: w.shape[2], width: w.shape[3])
      results = [
        ("output", conv2d(x, w, c), try item.tensor("output")),
        ("jvp", conv2d(dx, w, c) + conv2d(x, dw, c), try item.tensor("jvp")),
        ("vjp x", conv2dInputGradient(u, w, inputSize: size, c), try item.tensor("vjp", "x")),
        ("vjp w", conv2dWeightGradient(x, u, kernelSize: kernel, c), try item.tensor("vjp", "w")),
        ("vjp_jvp x", conv2dInputGradient(u, dw, inputSize: size, c), try item.tensor("vjp_jvp", "x")),
        ("vjp_jvp w", conv2dWeightGradient(dx, u, kernelSize: kernel, c), try item.tensor("vjp_jvp", "w")),
      ]
    case "conv_transpose2d":
      let (c, w) = (try convolution(item), try item.tensor("inputs", "w", of: S.self))
      let dw: Tensor<S> = try item.tensor("tangents", "w")
      let kernel = Extent2D(height: w.shape[2], width: w.shape[3])
      let more = try pair(item, "output_padding")
      func transposed(_ x: Tensor<S>, _ w: Tensor<S>) -> Tensor<S> { convTranspose2d(x, w, c, outputPadding: more) }
      results = [
        ("output", transposed(x, w), try item.tensor("output")),
        ("jvp", transposed(dx, w) + transposed(x, dw), try item.tensor("jvp")),
        ("vjp x", conv2d(u, w, c), try item.tensor("vjp", "x")),
        ("vjp w", conv2dWeightGradient(u, x, kernelSize: kernel, c), try item.tensor("vjp", "w")),
        ("vjp_jvp x", conv2d(u, dw, c), try item.tensor("vjp_jvp", "x")),
        ("vjp_jvp w", conv2dWeightGradient(u, dx, kernelSize: kernel, c), try item.tensor("vjp_jvp", "w")),
      ]
    case "avgpool2d":
      let (window, stride) = (try pair(item, "window"), try pair(item, "stride"))
      results = [
        ("output", averagePool2d(x, window: window, stride: stride), try item.tensor("output")),
        ("jvp", averagePool2d(dx, window: window, stride: stride), try item.tensor("jvp")),
        ("vjp", averagePool2dAdjoint(u, inputSize: size, window: window, stride: stride), try item.tensor("vjp", "x")),
      ]
    case "maxpool2d":
      let (values, positions) = maxPool2d(x, window: try pair(item, "window"), stride: try pair(item, "stride"))
      results = [
        ("output", values, try item.tensor("output")),
        ("jvp", gatherPixels(dx, at: positions), try item.tensor("jvp")),
        ("vjp", scatterPixels(u, at: positions, inputSize: size), try item.tensor("vjp", "x")),
      ]
    default: Issue.record("\(item.testDescription): \(item.operationName) is no operation of this suite")
    }
    for (name, value, expected) in results { expectClose(value, expected, "\(item.testDescription) (\(S.self)): \(name)") }
  }
}
