import CKernels

// Reductions over axes: all if `axes` is nil, none if it is empty. `keepDimensions` leaves reduced axes with length 1.
//
// Sums run in several lanes over short blocks whose totals go on in double precision: the error does not grow with the length, and
// results do not depend on the number of threads.
extension Tensor where Scalar: TensorScalar {
  private func folded(
    _ fold: Fold, _ axes: [Int]?, _ keepDimensions: Bool, _ operation: String, finish: (Double) -> Double = { $0 }
  ) -> Tensor {
    Kernels.fold(fold, ReductionPlan(self, axes, keepDimensions: keepDimensions, inPieces: true, operation), finish: finish)
  }

  /// The sum; 0 over no elements.
  public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor { folded(.sum, axes, keepDimensions, "sum") }

  /// The product; 1 over no elements.
  public func product(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    folded(.product, axes, keepDimensions, "product")
  }

  /// The mean; NaN over no elements.
  public func mean(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let plan = ReductionPlan(self, axes, keepDimensions: keepDimensions, inPieces: true, "mean")
    let length = Double(plan.length)
    return Kernels.fold(.sum, plan) { $0 / length }
  }

  /// The largest element; NaN if there is one. Over no elements it stops the program.
  public func max(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor { extreme(.largest, axes, keepDimensions, "max") }

  /// The smallest element; NaN if there is one. Over no elements it stops the program.
  public func min(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor { extreme(.smallest, axes, keepDimensions, "min") }

  private func extreme(_ fold: Fold, _ axes: [Int]?, _ keepDimensions: Bool, _ operation: String) -> Tensor {
    let plan = ReductionPlan(self, axes, keepDimensions: keepDimensions, inPieces: true, operation)
    require(
      plan.length > 0 || plan.result.elementCount == 0, "\(operation): no elements along axes \(axes ?? []) of shape \(shape)")
    return Kernels.fold(fold, plan)
  }

  /// Where the largest element first stands along `axis`; of the first NaN if there is one.
  public func argMax(axis: Int, keepDimensions: Bool = false) -> Tensor<Int32> { argument(1, axis, keepDimensions, "argMax") }

  /// Where the smallest element first stands along `axis`; of the first NaN if there is one.
  public func argMin(axis: Int, keepDimensions: Bool = false) -> Tensor<Int32> { argument(0, axis, keepDimensions, "argMin") }

  /// The position of the largest element in row-major order: the first one, or the first NaN.
  public func argMax() -> Int { Int(reshaped(to: [count]).argMax(axis: 0).scalar) }

  /// The position of the smallest element in row-major order: the first one, or the first NaN.
  public func argMin() -> Int { Int(reshaped(to: [count]).argMin(axis: 0).scalar) }

  private func argument(_ largest: Int32, _ axis: Int, _ keepDimensions: Bool, _ operation: String) -> Tensor<Int32> {
    let plan = ReductionPlan(self, [axis], keepDimensions: keepDimensions, operation)
    let (length, inner) = (plan.length, plan.inner)
    require(length > 0 || plan.result.elementCount == 0, "\(operation): no elements along axis \(axis) of shape \(shape)")
    let result = Tensor<Int32>(uninitialized: plan.result)
    let (input, output) = (plan.source.base, result.mutableBase)
    guard result.count > 0 else { return result }
    plan.forEachOuter { blocks in
      for i in blocks {
        let (from, to) = (input + i * length * inner, output + i * inner)
        if inner == 1 {
          to[0] = dispatch(Scalar.self) {
            Int32(kappa_argument_f32(largest, length, from.asFloat))
          } double: {
            Int32(kappa_argument_f64(largest, length, from.asDouble))
          }
          continue
        }
        Parallel.slices(inner, grain: Swift.max(64, Parallel.cheapGrain / length)) { part in
          let j = part.lowerBound
          dispatch(Scalar.self) {
            kappa_argument_columns_f32(largest, length, part.count, (from + j).asFloat, inner, to + j)
          } double: {
            kappa_argument_columns_f64(largest, length, part.count, (from + j).asDouble, inner, to + j)
          }
        }
      }
    }
    keepAlive(plan.source)
    return result
  }

  /// Σ aᵢ bᵢ over all elements, accumulated in double precision; shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func dot(_ other: Tensor) -> Double {
    require(shape == other.shape, "dot: shapes \(shape) and \(other.shape) differ")
    let (a, b) = (contiguous(), other.contiguous())
    let (x, y) = (a.base, b.base)
    defer { keepAlive(a, b) }
    return Kernels.inBlocks(count) { part in
      dispatch(Scalar.self) {
        kappa_dot_f32(part.count, (x + part.lowerBound).asFloat, (y + part.lowerBound).asFloat)
      } double: {
        kappa_dot_f64(part.count, (x + part.lowerBound).asDouble, (y + part.lowerBound).asDouble)
      }
    }
  }

  /// The Euclidean norm of all elements, safe from overflow and underflow of their squares.
  public func norm() -> Double {
    let squares = dot(self)
    return Kernels.isSafeSquare(squares) ? squares.squareRoot() : Double(norm(.two).scalar)
  }

  /// Whether no element is infinite or NaN.
  public var isFinite: Bool {
    withUnsafeElements { x in
      guard let start = x.baseAddress else { return true }
      return Kernels.holdsInBlocks(x.count) { part in
        dispatch(Scalar.self) {
          kappa_all_finite_f32(part.count, (start + part.lowerBound).asFloat) == 1
        } double: {
          kappa_all_finite_f64(part.count, (start + part.lowerBound).asDouble) == 1
        }
      }
    }
  }
}
