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

  /// Independent standard normal elements.
  public func normal<S: TensorScalar>(_ shape: Shape, of type: S.Type = S.self) -> Tensor<S> {
    fill(shape, grain: 2048) { first, count, out in
      dispatch(S.self) {
        kappa_random_normal_f32(seed, stream, first, count, out.asFloat)
      } double: {
        kappa_random_normal_f64(seed, stream, first, count, out.asDouble)
      }
    }
  }

  /// Independent elements, -1 or 1 with equal probability.
  public func rademacher<S: TensorScalar>(_ shape: Shape, of type: S.Type = S.self) -> Tensor<S> {
    fill(shape, grain: 32_768) { first, count, out in
      dispatch(S.self) {
        kappa_random_rademacher_f32(seed, stream, first, count, out.asFloat)
      } double: {
        kappa_random_rademacher_f64(seed, stream, first, count, out.asDouble)
      }
    }
  }

  /// Independent elements, uniform in [0, 1).
  public func uniform<S: TensorScalar>(_ shape: Shape, of type: S.Type = S.self) -> Tensor<S> {
    fill(shape, grain: 4096) { first, count, out in
      dispatch(S.self) {
        kappa_random_uniform_f32(seed, stream, first, count, out.asFloat)
      } double: {
        kappa_random_uniform_f64(seed, stream, first, count, out.asDouble)
      }
    }
  }

  /// The numbers 0 ..< count in random order.
  public func permutation(_ count: Int) -> [Int] {
    var generator = generator()
    return Array(0..<count).shuffled(using: &generator)
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
  }

  /// Philox4x32-10 of one counter.
  package static func block(seed: UInt64, stream: UInt64, index: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
    let counter = [
      UInt32(truncatingIfNeeded: index), UInt32(index >> 32), UInt32(truncatingIfNeeded: stream), UInt32(stream >> 32),
    ]
    let key = [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)]
    var out = [UInt32](repeating: 0, count: 4)
    kappa_philox(counter, key, &out)
    return (out[0], out[1], out[2], out[3])
  }

  private func fill<S: TensorScalar>(
    _ shape: Shape, grain: Int, _ body: (UInt64, Int, UnsafeMutablePointer<S>) -> Void
  ) -> Tensor<S> {
    let result = Tensor<S>(uninitialized: shape)
    let out = result.mutableBase
    // Slices start at whole blocks of the generator: 128 elements at most.
    Parallel.slices(result.count, grain: grain, alignment: 128) { part in
      body(UInt64(part.lowerBound), part.count, out + part.lowerBound)
    }
    return result
  }
}
