import ArgumentParser
import Kappa

/// A set of images to train on.
enum DataName: String, CaseIterable, ExpressibleByArgument {
  case curves
  case mnist
  case fashionMNIST = "fashion-mnist"
}

/// What all subcommands ask: data, batches, seed, and how much is said.
struct CommonOptions: ParsableArguments {
  @Option(help: "The images: curves (drawn by the program), mnist or fashion-mnist.")
  var data: DataName = .curves

  @Option(
    help: """
      The folder of the four files of MNIST, or of images in their format, gzipped or not. Needed for mnist; \
      fashion-mnist is looked for where Debian's package dataset-fashion-mnist puts it.
      """)
  var dataDirectory: String?

  @Option(help: "Images in a mini-batch.")
  var batchSize = 200

  @Option(help: "The seed of all random numbers: the curves, the first parameters, the order of the images, the probes.")
  var seed: UInt64 = 1

  @Flag(help: "A few seconds on a small part of the images; fails unless the error fell and all files were written.")
  var quick = false

  @Flag(help: "No progress lines.")
  var quiet = false

  func validate() throws {
    if data == .mnist && dataDirectory == nil { throw ValidationError("--data mnist needs --data-directory") }
    if data == .curves && dataDirectory != nil {
      throw ValidationError("--data-directory goes with --data mnist or fashion-mnist; curves are drawn, not read")
    }
    if batchSize < 1 { throw ValidationError("--batch-size \(batchSize) is not positive") }
  }

  var progressOutput: ProgressOutput { quiet ? .silent : .standardError }

  /// The images and the network that go with these options.
  func experiment() throws -> Experiment {
    let experiment = Experiment(try images(), data: data, batchSize: batchSize, seed: seed)
    guard batchSize <= experiment.images.train.count else {
      throw ValidationError("--batch-size \(batchSize) exceeds the \(experiment.images.train.count) training images")
    }
    return experiment
  }

  private func images() throws -> Split {
    let (train, test) = (2000, 1000)
    switch data {
    case .curves: return quick ? Curves.load(trainCount: train, testCount: test, seed: seed) : Curves.load(seed: seed)
    case .mnist: return try MNIST.load(directory: dataDirectory!).shortened(quick, train, test)
    case .fashionMNIST:
      let directory = dataDirectory ?? FashionMNIST.systemDirectory
      return try FashionMNIST.load(directory: directory).shortened(quick, train, test)
    }
  }
}

extension Split {
  /// The first images of both sets, if `isShort`.
  fileprivate func shortened(_ isShort: Bool, _ trainCount: Int, _ testCount: Int) -> Split {
    guard isShort else { return self }
    return Split(
      train: train[rows: 0..<min(trainCount, train.count)], test: test[rows: 0..<min(testCount, test.count)])
  }
}
