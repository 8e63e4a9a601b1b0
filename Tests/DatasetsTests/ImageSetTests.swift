import Datasets
import Tensor
import TestSupport
import Testing

@Suite("A set of images")
struct ImageSetTests {
  @Test func `gives rows with their labels`() {
    let part = BatchesTests.numbered[rows: 5..<8]
    #expect(part.count == 3 && part.height == 1 && part.width == 2)
    #expect(part.images.elements == [5, 5, 6, 6, 7, 7])
    #expect(part.labels?.elements == [5, 6, 7])
  }

  @Test func `refuses images of another size than stated`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ImageSet(images: Tensor(zeros: [5, 6]), height: 2, width: 4)
    }
    #expect(message(of: result).contains("images of shape [5, 6] are not [count, 8]"))
  }

  @Test func `refuses another number of labels than images`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ImageSet(images: Tensor(zeros: [5, 6]), labels: Tensor(zeros: [4]), height: 2, width: 3)
    }
    #expect(message(of: result).contains("labels of shape [4] for 5 images"))
  }

  @Test func `refuses a test set of another size`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Split(
        train: ImageSet(images: Tensor(zeros: [5, 6]), height: 2, width: 3),
        test: ImageSet(images: Tensor(zeros: [5, 6]), height: 3, width: 2))
    }
    #expect(message(of: result).contains("training images of 2 x 3 pixels, test images of 3 x 2"))
  }
}
