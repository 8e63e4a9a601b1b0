import Datasets
import Tensor
import TestSupport
import Testing

@Suite("The batches of an epoch")
struct BatchesTests {
  /// 103 images of two pixels, both the number of the image, with that number as label.
  static let numbered = ImageSet(
    images: Tensor((0..<103).flatMap { [Float($0), Float($0)] }, shape: [103, 2]),
    labels: Tensor((0..<103).map { Int32($0) }, shape: [103]), height: 1, width: 2)

  private func examples(_ batches: Batches) -> [Int32] { batches.flatMap { $0.labels!.elements } }

  @Test func `hold each example once when the remainder is kept`() {
    let batches = Self.numbered.batches(of: 10, seed: 1, remainder: .kept)
    #expect(batches.map(\.count) == Array(repeating: 10, count: 10) + [3])
    #expect(examples(batches).sorted() == Array(0..<103))
  }

  @Test func `have one size and no example twice when the remainder is dropped`() {
    let batches = Self.numbered.batches(of: 10, seed: 1)
    #expect(batches.map(\.count) == Array(repeating: 10, count: 10))
    #expect(Set(examples(batches)).count == 100)
  }

  @Test func `have no remainder where the size divides the number of examples`() {
    let hundred = Self.numbered[rows: 3..<103]
    #expect(hundred.batches(of: 20, seed: 1, remainder: .kept).map(\.count) == [20, 20, 20, 20, 20])
    #expect(examples(hundred.batches(of: 100, seed: 1)).sorted() == Array(3..<103))
  }

  @Test func `keep the pixels of an example together with its label`() {
    for batch in Self.numbered.batches(of: 7, seed: 4, remainder: .kept) {
      #expect(batch.inputs.shape == [batch.count, 2] && batch.inputs.isContiguous)
      #expect(batch.inputs.elements == batch.labels!.elements.flatMap { [Float($0), Float($0)] })
    }
  }

  @Test func `are shuffled`() {
    let order = examples(Self.numbered.batches(of: 103, seed: 1))
    // About one of 103 numbers is expected at its own place and half of the neighbours to rise.
    #expect(order.enumerated().count { $0.offset == Int($0.element) } < 8)
    #expect((30...72).contains(zip(order, order.dropFirst()).count { $0 < $1 }))
  }

  @Test func `are the same for the same seed and epoch, even when taken again`() {
    let batches = Self.numbered.batches(of: 10, seed: 9, epoch: 3)
    #expect(examples(batches) == examples(batches))
    #expect(examples(batches) == examples(Self.numbered.batches(of: 10, seed: 9, epoch: 3)))
    #expect(batches[4].inputs == Array(batches)[4].inputs)
  }

  @Test func `differ from epoch to epoch and from seed to seed`() {
    let orders = [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)].map { seed, epoch in
      examples(Self.numbered.batches(of: 10, seed: UInt64(seed), epoch: epoch))
    }
    #expect(Set(orders).count == orders.count)
  }

  @Test func `have no labels where the images have none`() {
    let unlabelled = ImageSet(images: Self.numbered.images, height: 1, width: 2)
    #expect(unlabelled.batches(of: 10, seed: 1)[0].labels == nil)
  }

  @Test func `are gathered by several threads without mixing rows`() {
    // Rows long enough that the copy is shared among threads.
    let wide = ImageSet(
      images: Tensor((0..<64).flatMap { [Float](repeating: Float($0), count: 4096) }, shape: [64, 4096]),
      labels: Tensor((0..<64).map { Int32($0) }, shape: [64]), height: 64, width: 64)
    let batch = wide.batches(of: 64, seed: 1)[0]
    #expect(batch.inputs.elements == batch.labels!.elements.flatMap { [Float](repeating: Float($0), count: 4096) })
  }

  @Test func `cannot be empty`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchesTests.numbered.batches(of: 0, seed: 1)
    }
    #expect(message(of: result).contains("a batch of 0 examples is empty"))
  }

  @Test func `cannot be larger than the data set`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchesTests.numbered.batches(of: 104, seed: 1)
    }
    #expect(message(of: result).contains("a batch of 104 examples from a set of 103"))
  }

  @Test func `end where they end`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchesTests.numbered.batches(of: 10, seed: 1)[10]
    }
    #expect(message(of: result).contains("batch 10 of 10"))
  }
}
