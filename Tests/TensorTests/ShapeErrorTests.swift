import Foundation
import Kappa
import TestSupport
import Testing

@Suite("A mistake with shapes stops the program and says so:")
struct ShapeErrorTests {
  /// Expects the message of a stopped program to contain all of `parts`.
  private func expect(_ result: ExitTest.Result?, says parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    for part in parts {
      #expect(message.contains(part), "\(part) is not in: \(message.prefix(400))", sourceLocation: sourceLocation)
    }
  }

  @Test func `adding [2] and [3]`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>([1, 2]) + Tensor([1, 2, 3])
    }
    expect(result, says: "+: shapes [2] and [3]")
  }

  @Test func `adding [3] to [2] in place`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var x = Tensor<Double>([1])
      x += Tensor([1, 2])
    }
    expect(result, says: "[1]", "[2]", "+=")
  }

  @Test func `multiplying [3, 4] by [5, 2]`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = matmul(Tensor<Double>(zeros: [3, 4]), Tensor(zeros: [5, 2]))
    }
    expect(result, says: "matmul", "[3, 4]", "[5, 2]", "4 and 5")
  }

  @Test func `multiplying batches of 2 and 3`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = matmul(Tensor<Double>(zeros: [2, 3, 4]), Tensor(zeros: [3, 4, 5]))
    }
    expect(result, says: "[2, 3, 4]", "[3, 4, 5]")
  }

  @Test func `reshaping 6 elements to 4`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [2, 3]).reshaped(to: [2, 2])
    }
    expect(result, says: "[2, 3]", "[2, 2]", "6", "4")
  }

  @Test func `a shape whose elements cannot be counted`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [2, 3]).reshaped(to: Array(repeating: 1 << 30, count: 3))
    }
    expect(result, says: "[1073741824, 1073741824, 1073741824]", "more elements")
    let inferred = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [2, 3]).reshaped(to: [.max, 3, -1])
    }
    expect(inferred, says: "reshaped", "[2, 3]")
  }

  @Test func `a range or a padding up to the largest integer`() async {
    let range = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [3])[0...Int.max]
    }
    expect(range, says: "subscript", "axis 0", "[3]")
    let padding = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [3]).padded([(before: .max, after: 1)])
    }
    expect(padding, says: "length", "[3]")
  }

  @Test func `no diagonal, however far, is a mistake`() {
    let x = Tensor<Double>(ones: [2, 3])
    for far in [Int.min, .max] {
      #expect(x.diagonal(offset: far).shape == [0])
      #expect(x.lowerTriangle(diagonal: far) == (far > 0 ? x : 0 * x) && x.upperTriangle(diagonal: far) == (far < 0 ? x : 0 * x))
    }
  }

  @Test func `an index out of range`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [2, 3])[1, 3]
    }
    expect(result, says: "index 3", "axis 1", "[2, 3]")
  }

  @Test func `an axis that is not there`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(zeros: [2, 3]).sum(axes: [2])
    }
    expect(result, says: "sum", "axis 2", "[2, 3]")
  }

  @Test func `logits and targets that differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Variable(Tensor<Double>(zeros: [4, 3])).sigmoidCrossEntropy(Tensor(zeros: [4, 2]))
    }
    expect(result, says: "[4, 3]", "[4, 2]")
  }

  @Test func `a label that is not a class`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Variable(Tensor<Double>(zeros: [2, 3])).softmaxCrossEntropy(Tensor([0, 3]))
    }
    expect(result, says: "label 3", "3 classes")
  }

  @Test func `inputs that do not fit a layer`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = MLP([4, 2], activation: .tanh)
      _ = model(Tensor<Double>(zeros: [5, 3]), at: Tensor(zeros: [10]))
    }
    expect(result, says: "[5, 3]", "[4, 2]")
  }
}
