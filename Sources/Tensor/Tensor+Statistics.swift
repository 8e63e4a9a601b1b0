import CKernels

/// Which vector norm.
public enum NormOrder: Sendable, Hashable {
  /// Σ |x|.
  case one
  /// √Σ x².
  case two
  /// max |x|.
  case infinity
}

extension Tensor where Scalar: TensorScalar {
  /// The norm of the vectors along `axes` (of all elements if nil); 0 of no elements.
  ///
  /// Squares that would overflow or vanish are formed again after scaling by the largest magnitude, so the 2-norm is right
  /// whenever it is finite.
  public func norm(_ order: NormOrder, axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let plan = ReductionPlan(self, axes, keepDimensions: keepDimensions, inPieces: true, "norm")
    switch order {
    case .one: return Kernels.fold(.sumAbsolute, plan)
    case .infinity: return Kernels.fold(.largestAbsolute, plan)
    case .two:
      // The squares of `Float`, added in double precision, are in no danger.
      if Scalar.self == Float.self { return Kernels.fold(.sumSquares, plan) { $0.squareRoot() } }
      let squares = Kernels.fold(.sumSquares, plan)
      if squares.elements.allSatisfy({ Kernels.isSafeSquare(Double($0)) }) { return squares.squareRoot() }
      let largest = norm(.infinity, axes: axes, keepDimensions: true)
      let isOrdinary = largest.finiteMask() .& (largest .> 0)
      let scale = select(largest, where: isOrdinary, else: 1)
      let again = ReductionPlan(self / scale, axes, keepDimensions: keepDimensions, inPieces: true, "norm")
      let scaled = Kernels.fold(.sumSquares, again).squareRoot()
      return scaled * scale.reshaped(to: scaled.shape)
    }
  }

  /// The mean squared deviation from the mean over `axes` (all if nil): in two passes, the second corrected for the rounding of the
  /// mean (Chan, Golub & LeVeque, Amer. Statist. 37 (1983)).
  /// - Parameter degreesOfFreedom: what is taken off the number of elements in the divisor (NumPy's `ddof`); 1 gives the unbiased
  ///   estimate. Where nothing is left to divide by, the result is NaN or infinite, as in NumPy.
  public func variance(axes: [Int]? = nil, degreesOfFreedom: Int = 0, keepDimensions: Bool = false) -> Tensor {
    let plan = ReductionPlan(self, axes, keepDimensions: keepDimensions, "variance")
    let result = Tensor(uninitialized: plan.result)
    guard result.count > 0 else { return result }
    let (length, inner) = (plan.length, plan.inner)
    let (input, output) = (plan.source.base, result.mutableBase)
    let divisor = Double(Swift.max(0, length - degreesOfFreedom))
    func finish(_ squares: Double, _ drift: Double) -> Scalar {
      // Rounding may leave a little less than nothing; NaN stays.
      let rest = squares - (length == 0 ? 0 : drift * drift / Double(length))
      return Scalar((rest < 0 ? 0 : rest) / divisor)
    }
    let means = Kernels.fold(.sum, plan) { $0 / Double(length) }
    let mean = means.base
    if inner == 1 {
      if plan.hasFewLongRows {
        for i in 0..<plan.outer {
          let (squares, drift) = Kernels.longDeviation(input + i * length, length, Double(mean[i]))
          output[i] = finish(squares, drift)
        }
      } else {
        plan.forEachOuter { rows in
          for i in rows {
            let (squares, drift) = Kernels.deviation(input + i * length, length, Double(mean[i]))
            output[i] = finish(squares, drift)
          }
        }
      }
    } else {
      plan.forEachOuter { blocks in
        for i in blocks {
          Parallel.slices(inner, grain: Swift.max(64, Parallel.cheapGrain / Swift.max(1, length))) { part in
            let first = i * inner + part.lowerBound
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * part.count) { buffer in
              let m = buffer.baseAddress!
              let (squares, drift) = (m + part.count, m + 2 * part.count)
              for j in 0..<part.count { m[j] = Double(mean[first + j]) }
              let x = input + i * length * inner + part.lowerBound
              dispatch(Scalar.self) {
                kappa_deviation_columns_f32(length, part.count, x.asFloat, inner, m, squares, drift)
              } double: {
                kappa_deviation_columns_f64(length, part.count, x.asDouble, inner, m, squares, drift)
              }
              for j in 0..<part.count { output[first + j] = finish(squares[j], drift[j]) }
            }
          }
        }
      }
    }
    keepAlive(means, plan.source)
    return result
  }

  /// The square root of `variance`.
  public func standardDeviation(axes: [Int]? = nil, degreesOfFreedom: Int = 0, keepDimensions: Bool = false) -> Tensor {
    variance(axes: axes, degreesOfFreedom: degreesOfFreedom, keepDimensions: keepDimensions).squareRoot()
  }
}

extension Tensor {
  /// How many elements along `axes` (all if nil) are not 0, or true; NaN is not 0.
  public func countNonzero(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor<Int32> {
    let plan = ReductionPlan(self, axes, keepDimensions: keepDimensions, "countNonzero")
    let result = Tensor<Int32>(uninitialized: plan.result)
    let (length, inner) = (plan.length, plan.inner)
    let (input, output) = (plan.source.base, result.mutableBase)
    plan.forEachOuter { blocks in
      for i in blocks {
        let (from, to) = (input + i * length * inner, output + i * inner)
        if inner == 1 {
          to[0] = Int32(Kernels.inBlocks(length) { Double(Kernels.countNonzero(from + $0.lowerBound, $0.count)) })
        } else {
          Parallel.slices(inner, grain: Swift.max(64, Parallel.cheapGrain / Swift.max(1, length))) { part in
            Kernels.countNonzeroColumns(
              from + part.lowerBound, rows: length, columns: part.count, step: inner, to + part.lowerBound)
          }
        }
      }
    }
    keepAlive(plan.source)
    return result
  }
}

extension Kernels {
  /// Whether a sum of squares is neither so large nor so small that it may have lost something.
  static func isSafeSquare(_ squares: Double) -> Bool { squares > 1e-280 && squares < 1e300 }

  /// Σ (x - m)² and Σ (x - m) for m = `mean` rounded.
  fileprivate static func deviation<S: TensorScalar>(
    _ x: UnsafePointer<S>, _ count: Int, _ mean: Double
  ) -> (squares: Double, drift: Double) {
    var sums = (0.0, 0.0)
    withUnsafeMutableBytes(of: &sums) { bytes in
      let out = bytes.baseAddress!.assumingMemoryBound(to: Double.self)
      dispatch(S.self) {
        kappa_deviation_f32(count, x.asFloat, mean, out)
      } double: {
        kappa_deviation_f64(count, x.asDouble, mean, out)
      }
    }
    return sums
  }

  /// As above, shared among the threads.
  fileprivate static func longDeviation<S: TensorScalar>(
    _ x: UnsafePointer<S>, _ count: Int, _ mean: Double
  ) -> (squares: Double, drift: Double) {
    let width = 1 << 16
    let blocks = (count + width - 1) / width
    return withUnsafeTemporaryAllocation(of: (Double, Double).self, capacity: blocks) { partial in
      Parallel.slices(blocks, grain: 1, alignment: 1) { part in
        for i in part { partial[i] = deviation(x + i * width, min(width, count - i * width), mean) }
      }
      return partial.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
    }
  }

  fileprivate static func countNonzero<E: TensorElement>(_ x: UnsafePointer<E>, _ count: Int) -> Int {
    dispatch(E.self) {
      Int(kappa_count_nonzero_f32(count, x.asFloat))
    } double: {
      Int(kappa_count_nonzero_f64(count, x.asDouble))
    } int32: {
      Int(kappa_count_nonzero_i32(count, x.asInt32))
    } int64: {
      Int(kappa_count_nonzero_i64(count, x.asInt64))
    } byte: {
      Int(kappa_count_nonzero_u8(count, x.asBytes))
    }
  }

  fileprivate static func countNonzeroColumns<E: TensorElement>(
    _ x: UnsafePointer<E>, rows: Int, columns: Int, step: Int, _ out: UnsafeMutablePointer<Int32>
  ) {
    dispatch(E.self) {
      kappa_count_nonzero_columns_f32(rows, columns, x.asFloat, step, out)
    } double: {
      kappa_count_nonzero_columns_f64(rows, columns, x.asDouble, step, out)
    } int32: {
      kappa_count_nonzero_columns_i32(rows, columns, x.asInt32, step, out)
    } int64: {
      kappa_count_nonzero_columns_i64(rows, columns, x.asInt64, step, out)
    } byte: {
      kappa_count_nonzero_columns_u8(rows, columns, x.asBytes, step, out)
    }
  }
}
