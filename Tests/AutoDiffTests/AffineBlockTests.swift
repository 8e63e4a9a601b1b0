import Kappa
import TestSupport
import Testing

@Suite("An affine block")
struct AffineBlockTests {
  /// Blocks of 2 outputs and 3 inputs that begin at element 1 of the vector 0, 1, 2, ..., 9, and what their Θ is there.
  static let examples: [(block: AffineBlock, matrix: [[Double]])] = [
    (block(.inputMajor, hasBias: true), [[1, 3, 5, 7], [2, 4, 6, 8]]),
    (block(.inputMajor, hasBias: false), [[1, 3, 5], [2, 4, 6]]),
    (block(.outputMajor, hasBias: true), [[1, 2, 3, 7], [4, 5, 6, 8]]),
    (block(.outputMajor, hasBias: false), [[1, 2, 3], [4, 5, 6]]),
  ]

  private static func block(_ order: AffineBlock.Order, hasBias: Bool) -> AffineBlock {
    AffineBlock(name: "\(order), \(hasBias ? "bias" : "no bias")", outputs: 2, fanIn: 3, hasBias: hasBias, order: order, offset: 1)
  }

  private static func theta(_ rows: [[Double]]) -> Tensor<Double> {
    Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
  }

  private let vector = Tensor((0..<10).map { Double($0) })

  @Test("has outputs as rows, inputs as columns and the bias last", arguments: examples.indices)
  func reads(_ index: Int) {
    let (block, rows) = Self.examples[index]
    #expect(block.columns == rows[0].count && block.count == 2 * rows[0].count)
    expectClose(block.matrix(in: vector), Self.theta(rows), .exact, block.name)
    // Every third element of a longer vector.
    let strided = Tensor((0..<30).map { $0 % 3 == 1 ? Double($0 / 3) : -1 }).sliced(axis: 0, 1..<30, step: 3)
    expectClose(block.matrix(in: strided), Self.theta(rows), .exact, "\(block.name), from a strided vector")
  }

  @Test("is written to its place and nowhere else", arguments: examples.indices)
  func writes(_ index: Int) {
    let (block, rows) = Self.examples[index]
    let expected = Tensor((0..<10).map { (1..<1 + block.count).contains($0) ? 10 * Double($0) : Double($0) })
    var (written, fromView) = (vector, vector)
    block.write(10 * Self.theta(rows), to: &written)
    block.write((10 * Self.theta(rows)).transposed().contiguous().transposed(), to: &fromView)
    expectClose(written, expected, .exact, block.name)
    expectClose(fromView, expected, .exact, "\(block.name), from a transposed view")
    expectClose(vector, Tensor((0..<10).map { Double($0) }), .exact, "a copy of the vector")
    expectClose(block.matrix(in: written), 10 * Self.theta(rows), .exact, "\(block.name), read back")
  }

  @Test("maps [x; 1] to what its dense layer computes", arguments: [true, false])
  func dense(hasBias: Bool) throws {
    let model = Sequential([("first", Dense(4, 3, activation: .tanh)), ("second", Dense(3, 5, hasBias: hasBias))])
    let theta = Tensor<Double>.normal([model.layout.count], seed: 1)
    let (x, one) = (Tensor<Double>.normal([4], seed: 2), Tensor<Double>([1]))
    let blocks = model.layout.affineBlocks
    #expect(blocks.map(\.name) == ["first", "second"] && blocks.map(\.hasBias) == [true, hasBias])
    #expect(blocks.map { $0.pieces[0].offset } == [0, 15] && blocks.map(\.count).reduce(0, +) == model.layout.count)
    let hidden = matmul(blocks[0].matrix(in: theta), Tensor(concatenating: [x, one])).tanh()
    let outputs = matmul(blocks[1].matrix(in: theta), hasBias ? Tensor(concatenating: [hidden, one]) : hidden)
    expectClose(outputs, model(x.reshaped(to: [1, 4]), at: theta)[row: 0], "outputs")
  }

  @Test func `maps [x; h; 1] to a recurrent layer's pre-activations`() {
    var layout = ParameterLayout()
    for (name, shape) in [("input", [2, 3] as Shape), ("state", [3, 3]), ("bias", [3])] { layout.append(name, shape) }
    layout.declare(AffineBlock(name: "cell", outputs: 3, fanIn: 5, hasBias: true, offset: 0))
    let theta = Tensor<Double>.normal([layout.count], seed: 1)
    let (x, h) = (Tensor<Double>.normal([2], seed: 2), Tensor<Double>.normal([3], seed: 3))
    let expected = matmul(x, layout.view("input", of: theta)) + matmul(h, layout.view("state", of: theta))
    let mapped = matmul(layout.affineBlocks[0].matrix(in: theta), Tensor(concatenating: [x, h, Tensor([1])]))
    expectClose(mapped, expected + layout.view("bias", of: theta), "pre-activations")
  }

  @Test func `maps [patch; 1] to a convolution's outputs`() {
    var layout = ParameterLayout()
    layout.append("kernel", [3, 2, 2, 2])
    layout.append("bias", [3])
    layout.declare(AffineBlock(name: "convolution", outputs: 3, fanIn: 8, hasBias: true, order: .outputMajor, offset: 0))
    let theta = Tensor<Double>.normal([layout.count], seed: 1)
    // An image of the kernel's size is one patch.
    let image = Tensor<Double>.normal([1, 2, 2, 2], seed: 2)
    let expected = conv2d(image, layout.view("kernel", of: theta), Convolution2D()).reshaped(to: [3])
    let patch = Tensor(concatenating: [image.reshaped(to: [8]), Tensor([1])])
    expectClose(
      matmul(layout.affineBlocks[0].matrix(in: theta), patch), expected + layout.view("bias", of: theta), "outputs of the patch")
  }

  @Test func `takes no matrix of another shape and no place outside the parameters`() async {
    await #expect(processExitsWith: .failure) {
      var vector = Tensor<Double>(zeros: [10])
      AffineBlock(name: "a", outputs: 2, fanIn: 3, hasBias: true, offset: 1).write(Tensor(zeros: [4, 2]), to: &vector)
    }
    await #expect(processExitsWith: .failure) {
      var layout = ParameterLayout()
      layout.append("weight", [3, 2])
      layout.declare(AffineBlock(name: "a", outputs: 2, fanIn: 3, hasBias: true, offset: 0))
    }
  }
}
