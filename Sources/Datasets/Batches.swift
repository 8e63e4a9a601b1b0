import Tensor

/// Some examples of a data set, gathered for one step.
public struct Batch: Sendable {
  /// One example to a row, `[count, features]`, contiguous. What an autoencoder is to reproduce, too.
  public let inputs: Tensor<Float>
  /// The class of each example, `[count]`; `nil` where the data has none.
  public let labels: Tensor<Int32>?

  /// The number of examples, at least 1.
  public var count: Int { inputs.shape[0] }

  /// A batch of the given examples. Stops the program where shapes disagree.
  /// - Parameters:
  ///   - inputs: `[count, features]`, at least one row; copied only if it is not contiguous.
  ///   - labels: classes, `[count]`, or `nil`.
  public init(inputs: Tensor<Float>, labels: Tensor<Int32>? = nil) {
    require(inputs.rank == 2, "Batch: inputs of shape \(inputs.shape) are not [count, features]")
    require(inputs.shape[0] > 0, "Batch: inputs of shape \(inputs.shape) hold no example")
    if let labels {
      require(
        labels.rank == 1 && labels.count == inputs.shape[0],
        "Batch: labels of shape \(labels.shape) for \(inputs.shape[0]) examples, which need [\(inputs.shape[0])]")
    }
    self.inputs = inputs.contiguous()
    self.labels = labels?.contiguous()
  }
}

/// The mini-batches of one epoch: every example at most once, in random order.
///
/// A collection, so that a method that revisits its batches can say `batches[k]`; a batch is gathered when it is asked for,
/// and is the same each time.
public struct Batches: Sendable, RandomAccessCollection {
  /// What becomes of the examples that are left when the last full batch is taken.
  public enum Remainder: Sendable {
    /// They wait for another epoch: all batches have one size.
    case dropped
    /// They form a last, smaller batch.
    case kept
  }

  /// The number of examples in each batch but perhaps the last.
  public let size: Int
  private let source: ImageSet
  private let order: [Int]
  private let remainder: Remainder

  init(of source: ImageSet, size: Int, order: [Int], remainder: Remainder) {
    self.source = source
    self.size = size
    self.order = order
    self.remainder = remainder
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// The number of batches: examples by size, rounded down where the remainder is dropped and up where it is kept.
  public var endIndex: Int {
    switch remainder {
    case .dropped: order.count / size
    case .kept: (order.count + size - 1) / size
    }
  }

  /// Batch `index` of the epoch. Copies its rows: one `memcpy` each, shared among threads.
  public subscript(index: Int) -> Batch {
    require(indices.contains(index), "Batches: batch \(index) of \(count)")
    let rows = order[index * size..<Swift.min(order.count, (index + 1) * size)]
    return Batch(inputs: source.images.gathering(rows: rows), labels: source.labels?.gathering(rows: rows))
  }
}

extension ImageSet {
  /// The mini-batches of one epoch, in an order that depends on `seed`, `epoch` and the number of images alone.
  ///
  /// ```swift
  /// for epoch in 0..<10 {
  ///   for batch in data.train.batches(of: 200, seed: 1, epoch: epoch) { ... }
  /// }
  /// ```
  /// - Parameters:
  ///   - size: examples in a batch; from 1 to `count`, anything else stops the program.
  ///   - seed: of the whole run.
  ///   - epoch: which pass over the data this is, 0 or more; each has an order of its own.
  ///   - remainder: whether `count % size` left-over examples form a smaller batch. By default they are dropped.
  /// - Complexity: O(`count`) now, one copy of a batch for each batch taken.
  public func batches(of size: Int, seed: UInt64, epoch: Int = 0, remainder: Batches.Remainder = .dropped) -> Batches {
    require(size > 0, "batches: a batch of \(size) examples is empty")
    require(size <= count, "batches: a batch of \(size) examples from a set of \(count)")
    require(epoch >= 0, "batches: epoch \(epoch) is negative")
    let order = RandomStream(seed: seed, stream: Streams.shuffling).split(UInt64(epoch)).permutation(count)
    return Batches(of: self, size: size, order: order, remainder: remainder)
  }
}

/// The streams of random numbers that this module reads, so that one seed may serve them all. In ASCII, "batches" and "curves".
enum Streams {
  static let shuffling: UInt64 = 0x6261_7463_6865_7300
  static let curves: UInt64 = 0x6375_7276_6573_0000
}

extension Tensor {
  /// The given rows of a contiguous tensor, in the given order.
  func gathering(rows: ArraySlice<Int>) -> Tensor {
    var gathered = shape
    gathered[0] = rows.count
    let result = Tensor(uninitialized: gathered)
    let length = count / Swift.max(shape[0], 1)
    let (source, target, first) = (base, result.mutableBase, rows.startIndex)
    Parallel.slices(rows.count, grain: Swift.max(1, Parallel.cheapGrain / Swift.max(length, 1)), alignment: 1) { part in
      for i in part { (target + i * length).update(from: source + rows[first + i] * length, count: length) }
    }
    withExtendedLifetime(self) {}
    return result
  }
}
