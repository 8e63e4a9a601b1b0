import Datasets
import Tensor
import Testing

@Suite("Tasks of sequences")
struct SequenceTaskTests {
  /// The steps that are marked in sequence `example`.
  private func marks(_ inputs: Tensor<Float>, _ example: Int) -> [Int] {
    (0..<inputs.shape[1]).filter { inputs[example, $0, 1] == 1 }
  }

  @Test func `of addition ask for the mean of two marked numbers in the first half`() {
    let (inputs, targets) = AdditionTask(length: 20).batch(of: 200, seed: 1, step: 3)
    #expect(inputs.shape == [200, 20, 2] && targets.shape == [200, 1])
    var seen: Set<Int> = []
    for example in 0..<200 {
      let marked = marks(inputs, example)
      #expect(marked.count == 2 && marked.allSatisfy { $0 < 10 })
      seen.formUnion(marked)
      #expect(targets[example, 0] == (inputs[example, marked[0], 0] + inputs[example, marked[1], 0]) / 2)
    }
    #expect(seen.count == 10)
    let numbers = inputs.sliced(axis: 2, 0..<1)
    #expect(numbers.elements.allSatisfy { $0 >= -1 && $0 < 1 })
    // Var of the mean of two: 1/6, within five standard deviations of so many.
    #expect(abs(targets.squared().mean().scalar - 1 / 6) < 0.05)
  }

  @Test func `of exclusive or ask whether two marked signs differ, one early and one later`() {
    let (inputs, targets) = DelayedExclusiveOrTask(length: 40).batch(of: 400, seed: 1, step: 0)
    var ones = 0
    for example in 0..<400 {
      let marked = marks(inputs, example)
      #expect(marked.count == 2 && marked[0] < 4 && marked[1] >= 4 && marked[1] < 20)
      let (a, b) = (inputs[example, marked[0], 0], inputs[example, marked[1], 0])
      #expect(abs(a) == 1 && abs(b) == 1 && targets[example, 0] == (a == b ? -1 : 1))
      if targets[example, 0] == 1 { ones += 1 }
    }
    #expect(abs(ones - 200) < 50)
  }

  @Test func `are the same for the same seed and step, and others for others`() {
    for task in [AdditionTask() as any SequenceTask, DelayedExclusiveOrTask()] {
      let first = task.batch(of: 3, seed: 1, step: 5)
      #expect(
        task.batch(of: 3, seed: 1, step: 5).inputs == first.inputs && task.batch(of: 3, seed: 1, step: 5).targets == first.targets)
      #expect(
        task.batch(of: 3, seed: 1, step: 6).inputs != first.inputs && task.batch(of: 3, seed: 2, step: 5).inputs != first.inputs)
    }
  }

  @Test func `are refused where they are too short`() async {
    await #expect(processExitsWith: .failure) { _ = AdditionTask(length: 3) }
    await #expect(processExitsWith: .failure) { _ = DelayedExclusiveOrTask(length: 9) }
    await #expect(processExitsWith: .failure) { _ = AdditionTask().batch(of: 0, seed: 1, step: 0) }
  }
}
