import CKernels
import Foundation

// Tensors of independent elements. Element i is a function of (seed, stream, i) alone: the same numbers on any number of threads,
// and a shorter draw is the beginning of a longer one. Two draws from one stream share their random bits: `split` it for
// independent ones.
extension RandomStream {
  /// Independent normal elements; standard normal ones by default.
  public func normal<S: TensorScalar>(
    _ shape: Shape, mean: S = 0, standardDeviation: S = 1, of type: S.Type = S.self
  ) -> Tensor<S> {
    fill(shape, grain: 2048) { first, count, out in
      dispatch(S.self) {
        kappa_random_normal_f32(seed, stream, first, count, Float(mean), Float(standardDeviation), out.asFloat)
      } double: {
        kappa_random_normal_f64(seed, stream, first, count, Double(mean), Double(standardDeviation), out.asDouble)
      }
    }
  }

  /// Independent elements, uniform in [0, 1): multiples of 2⁻²⁴ (Float) or 2⁻⁵³ (Double).
  public func uniform<S: TensorScalar>(_ shape: Shape, of type: S.Type = S.self) -> Tensor<S> { uniform(shape, in: 0..<1) }

  /// Independent elements, uniform in `range`, which is finite and not empty: the elements of `uniform(shape)` stretched.
  public func uniform<S: TensorScalar>(_ shape: Shape, in range: Range<S>, of type: S.Type = S.self) -> Tensor<S> {
    let (low, width, largest) = (range.lowerBound, range.upperBound - range.lowerBound, range.upperBound.nextDown)
    require(width > 0 && width.isFinite, "uniform: the range \(range) is empty, or too wide for \(S.self)")
    return fill(shape, grain: 4096) { first, count, out in
      dispatch(S.self) {
        kappa_random_uniform_f32(seed, stream, first, count, Float(low), Float(width), Float(largest), out.asFloat)
      } double: {
        kappa_random_uniform_f64(seed, stream, first, count, Double(low), Double(width), Double(largest), out.asDouble)
      }
    }
  }

  /// Independent elements, normal under the condition that they lie in `range`; both bounds may be reached, and be infinite.
  ///
  /// By inversion of the distribution function in double precision. The range may lie far out in a tail, up to where doubles end:
  /// 37 deviations.
  /// - Parameters:
  ///   - range: the bounds of the elements themselves, not of their distances from the mean.
  ///   - mean: of the normal law before it is cut.
  ///   - standardDeviation: likewise; positive.
  public func truncatedNormal<S: TensorScalar>(
    _ shape: Shape, in range: ClosedRange<S>, mean: S = 0, standardDeviation: S = 1, of type: S.Type = S.self
  ) -> Tensor<S> {
    require(
      standardDeviation > 0 && standardDeviation.isFinite && mean.isFinite,
      "truncatedNormal: mean \(mean) and standard deviation \(standardDeviation); both finite, the latter positive")
    let (center, deviation) = (Double(mean), Double(standardDeviation))
    var (low, high) = ((Double(range.lowerBound) - center) / deviation, (Double(range.upperBound) - center) / deviation)
    // The lower tail keeps the digits of small probabilities that the upper one would round off against 1.
    let mirrored = low + high > 0
    if mirrored { (low, high) = (-high, -low) }
    func probability(below z: Double) -> Double { 0.5 * erfc(-z * 0.5.squareRoot()) }
    let below = probability(below: low)
    let within = probability(below: high) - below
    require(
      within > 0,
      "truncatedNormal: no normal element of mean \(mean) and deviation \(standardDeviation) is ever in \(range)")
    var law = kappa_truncated_normal(
      mean: center, deviation: deviation, smallest: Double(range.lowerBound), largest: Double(range.upperBound), below: below,
      within: within, mirrored: mirrored)
    return withUnsafePointer(to: &law) { law in
      fill(shape, grain: 1024) { first, count, out in
        dispatch(S.self) {
          kappa_random_truncated_normal_f32(seed, stream, first, count, law, out.asFloat)
        } double: {
          kappa_random_truncated_normal_f64(seed, stream, first, count, law, out.asDouble)
        }
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

  /// Independent elements, true with the given probability, which is rounded to a multiple of 2⁻³².
  public func bernoulli(_ shape: Shape, probability: Double) -> Tensor<Bool> {
    let threshold = threshold(probability)
    return fill(shape, grain: 16_384) { first, count, out in kappa_random_mask(seed, stream, first, count, threshold, out) }
  }

  /// Independent elements, 1 with the given probability, which is rounded to a multiple of 2⁻³², else 0: the same draws as those of
  /// Bool.
  public func bernoulli<S: TensorScalar>(_ shape: Shape, probability: Double, of type: S.Type) -> Tensor<S> {
    let threshold = threshold(probability)
    return fill(shape, grain: 16_384) { first, count, out in
      dispatch(S.self) {
        kappa_random_bernoulli_f32(seed, stream, first, count, threshold, out.asFloat)
      } double: {
        kappa_random_bernoulli_f64(seed, stream, first, count, threshold, out.asDouble)
      }
    }
  }

  /// How many of the 2³² words count as a success.
  private func threshold(_ probability: Double) -> UInt64 {
    require(probability >= 0 && probability <= 1, "bernoulli: the probability \(probability) is not between 0 and 1")
    return UInt64((probability * 0x1p32).rounded())
  }

  /// Independent whole elements in `range`, which is not empty, each number with exactly the same probability.
  public func integers<I: TensorElement & FixedWidthInteger>(_ shape: Shape, in range: Range<I>, of type: I.Type = I.self)
    -> Tensor<I>
  {
    require(!range.isEmpty, "integers: the range \(range) is empty")
    let (low, width) = (Int64(range.lowerBound), UInt64(bitPattern: Int64(range.upperBound) &- Int64(range.lowerBound)))
    return fill(shape, grain: 4096) { first, count, out in
      let raw = UnsafeMutableRawPointer(out)
      switch I.self {
      case is Int32.Type:
        kappa_random_integers_i32(seed, stream, first, count, Int32(low), width, raw.assumingMemoryBound(to: Int32.self))
      case is Int64.Type:
        kappa_random_integers_i64(seed, stream, first, count, low, width, raw.assumingMemoryBound(to: Int64.self))
      default: fatalError("integers: kernels exist for Int32 and Int64, not for \(I.self)")
      }
    }
  }
}
