import CKernels

/// A stream of random numbers that is a function of its keys alone: counter-based (Philox4x32-10), so that a seed gives
/// the same numbers whatever the thread count and whatever was drawn before.
///
/// Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC11 (2011).
public struct RandomStream: Sendable, Hashable {
  /// The key of the generator: one for a whole run.
  public var seed: UInt64
  /// Which of its 2⁶⁴ streams of 2⁶⁴ blocks of four words.
  public var stream: UInt64

  /// Stream number `stream` of a seed.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// An independent stream for each value of `key`: of a step, of a draw, of a purpose.
  public func split(_ key: UInt64) -> RandomStream {
    let mixed = RandomStream.block(seed: seed ^ 0x9E37_79B9_7F4A_7C15, stream: stream, index: key)
    return RandomStream(seed: seed, stream: UInt64(mixed.1) << 32 | UInt64(mixed.0))
  }

  /// The words of this stream one after the other, for Swift's own algorithms.
  public func generator() -> Generator { Generator(stream: self) }

  /// Reads a `RandomStream` sequentially.
  public struct Generator: RandomNumberGenerator, Sendable {
    let stream: RandomStream
    var index: UInt64 = 0
    var spare: UInt64?

    init(stream: RandomStream) { self.stream = stream }

    public mutating func next() -> UInt64 {
      if let word = spare {
        spare = nil
        return word
      }
      let words = RandomStream.block(seed: stream.seed, stream: stream.stream, index: index)
      index += 1
      spare = UInt64(words.3) << 32 | UInt64(words.2)
      return UInt64(words.1) << 32 | UInt64(words.0)
    }

    /// A number below `bound`, each with the same probability (Lemire, Fast random integer generation in an interval, ACM TOMACS
    /// 29, 2019).
    mutating func next(below bound: UInt64) -> UInt64 {
      var product = next().multipliedFullWidth(by: bound)
      if product.low < bound {
        let unfair = (0 &- bound) % bound
        while product.low < unfair { product = next().multipliedFullWidth(by: bound) }
      }
      return product.high
    }
  }

  /// Philox4x32-10 of one counter.
  package static func block(seed: UInt64, stream: UInt64, index: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
    var words = (
      UInt32(truncatingIfNeeded: index), UInt32(index >> 32), UInt32(truncatingIfNeeded: stream), UInt32(stream >> 32),
      UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)
    )
    return withUnsafeMutableBytes(of: &words) { bytes in
      let word = bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
      kappa_philox(word, word + 4, word)
      return (word[0], word[1], word[2], word[3])
    }
  }

  /// A tensor whose elements `body` makes: it gets the number of the first, how many, and where they go. Slices start at whole
  /// blocks of the generator: 128 elements at most.
  func fill<E: TensorElement>(
    _ shape: Shape, grain: Int, _ body: (UInt64, Int, UnsafeMutablePointer<E>) -> Void
  ) -> Tensor<E> {
    let result = Tensor<E>(uninitialized: shape)
    let out = result.mutableBase
    Parallel.slices(result.count, grain: grain, alignment: 128) { part in
      body(UInt64(part.lowerBound), part.count, out + part.lowerBound)
    }
    keepAlive(result)
    return result
  }
}
