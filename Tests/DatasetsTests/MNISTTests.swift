import Datasets
import Foundation
import Tensor
import Testing

@Suite("Images and labels from IDX files")
struct ImageSetIDXTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func `have brightness in 0 ... 1 and classes`() throws {
    let set = try ImageSet(
      imagesPath: folder.write(Fixture.gzipped, as: "images"), labelsPath: folder.write(Fixture.labels, as: "labels"))
    #expect(set.height == 2 && set.width == 3)
    #expect(set.images == Tensor<Float>([[0, 0.2, 0.4, 0.6, 0.8, 1], [1, 0.8, 0.6, 0.4, 0.2, 0]]))
    #expect(set.labels?.elements == [7, 3])
  }

  @Test func `are equal in number`() throws {
    let images = try folder.write(Fixture.images, as: "images")
    let labels = try folder.write(Fixture.idx(dimensions: [3], elements: [1, 2, 3]), as: "labels")
    #expect(throws: IDXError.countMismatch(images: 2, imagesPath: images, labels: 3, labelsPath: labels)) {
      _ = try ImageSet(imagesPath: images, labelsPath: labels)
    }
  }

  @Test func `have labels below the number of classes`() throws {
    let images = try folder.write(Fixture.images, as: "images")
    let labels = try folder.write(Fixture.idx(dimensions: [2], elements: [9, 10]), as: "labels")
    #expect(throws: IDXError.labelOutOfRange(path: labels, index: 1, label: 10, classCount: 10)) {
      _ = try ImageSet(imagesPath: images, labelsPath: labels)
    }
    #expect(try ImageSet(imagesPath: images, labelsPath: labels, classCount: 11).labels?.elements == [9, 10])
  }
}

@Suite("A folder in MNIST's form")
struct MNISTTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test(
    "is read with either spelling of the names, compressed or not",
    arguments: [("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")], [Fixture.images, Fixture.gzipped])
  func names(_ spelling: (separator: String, suffix: String), _ images: [UInt8]) throws {
    for part in ["train", "t10k"] {
      try folder.write(images, as: "\(part)-images\(spelling.separator)idx3-ubyte\(spelling.suffix)")
      try folder.write(Fixture.labels, as: "\(part)-labels\(spelling.separator)idx1-ubyte\(spelling.suffix)")
    }
    let split = try MNIST.load(directory: folder.path)
    #expect(split.train.count == 2 && split.test.count == 2)
    #expect(split.train.labels?.elements == [7, 3])
    #expect(try FashionMNIST.load(directory: folder.path + "/").test.images == split.test.images)
  }

  @Test func `that is missing comes with a remedy`() {
    let path = folder.path + "/absent"
    let fashion = #expect(throws: IDXError.self) { _ = try FashionMNIST.load(directory: path) }
    #expect(fashion?.description.hasPrefix("\(path): no such folder") == true)
    #expect(fashion?.description.contains("make data") == true)
    #expect(fashion?.description.contains("apt-get install dataset-fashion-mnist") == true)
    let digits = #expect(throws: IDXError.self) { _ = try MNIST.load(directory: path) }
    guard case .missingDirectory(path, _) = digits else {
      Issue.record("\(String(describing: digits))")
      return
    }
  }

  @Test func `that lacks a file names those it looked for`() {
    let names = ["train-images-idx3-ubyte", "train-images.idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte.gz"]
    #expect(throws: IDXError.missingFile(tried: names.map { folder.path + "/" + $0 })) {
      _ = try MNIST.load(directory: folder.path)
    }
  }

  @Test func `has images of one size`() throws {
    let train = try folder.write(Fixture.images, as: "train-images-idx3-ubyte")
    let test = try folder.write(Fixture.idx(dimensions: [2, 3, 2], elements: Fixture.elements), as: "t10k-images-idx3-ubyte")
    for part in ["train", "t10k"] { try folder.write(Fixture.labels, as: "\(part)-labels-idx1-ubyte") }
    #expect(throws: IDXError.sizeMismatch(train: [2, 3], trainPath: train, test: [3, 2], testPath: test)) {
      _ = try MNIST.load(directory: folder.path)
    }
  }
}

@Suite("Fashion-MNIST")
struct FashionMNISTTests {
  @Test(
    "has 60,000 and 10,000 images, equally many of each class",
    .enabled(
      if: FileManager.default.fileExists(atPath: FashionMNIST.systemDirectory), "needs apt-get install dataset-fashion-mnist"))
  func systemFiles() throws {
    let data = try FashionMNIST.load()
    #expect(data.train.images.shape == [60_000, 784] && data.test.images.shape == [10_000, 784])
    #expect(data.train.height == 28 && data.train.width == 28)
    for (set, each) in [(data.train, 6000), (data.test, 1000)] {
      var counts = [Int](repeating: 0, count: FashionMNIST.classNames.count)
      for label in set.labels!.elements { counts[Int(label)] += 1 }
      #expect(counts == [Int](repeating: each, count: 10))
    }
    // Python: the first labels, and sum(bytes) / 255 / 784 / 60000 = 0.2860405969887955, of the files.
    #expect(Array(data.train.labels!.elements.prefix(5)) == [9, 0, 0, 3, 0])
    let mean = data.train.images.withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } / Double($0.count) }
    #expect(abs(mean - 0.2860405969887955) < 1e-8, "rounding of the pixels to single precision averages out: \(mean)")
  }
}
