import CKernels

// Comparisons, element by element, with Swift's pointwise operators (those of SIMD vectors). Shapes broadcast by NumPy's rule. NaN
// is equal to nothing, itself included, and neither less nor greater than anything.
extension Tensor {
  /// Where elements are equal.
  public static func .== (a: Tensor, b: Tensor) -> Tensor<Bool> { Kernels.compare(.equal, a, b) }
  /// Where elements differ.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor<Bool> { Kernels.compare(.notEqual, a, b) }
  /// Where elements equal a number.
  public static func .== (a: Tensor, b: Scalar) -> Tensor<Bool> { Kernels.compare(.equal, a, Tensor(scalar: b)) }
  /// Where elements differ from a number.
  public static func .!= (a: Tensor, b: Scalar) -> Tensor<Bool> { Kernels.compare(.notEqual, a, Tensor(scalar: b)) }
}

extension Tensor where Scalar: TensorNumber {
  /// Where elements of `a` are less than those of `b`; shapes broadcast.
  public static func .< (a: Tensor, b: Tensor) -> Tensor<Bool> { Kernels.compare(.less, a, b) }
  /// Where elements of `a` are less than or equal to those of `b`; shapes broadcast.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor<Bool> { Kernels.compare(.lessOrEqual, a, b) }
  /// Where elements of `a` are greater than those of `b`; shapes broadcast.
  public static func .> (a: Tensor, b: Tensor) -> Tensor<Bool> { Kernels.compare(.less, b, a) }
  /// Where elements of `a` are greater than or equal to those of `b`; shapes broadcast.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor<Bool> { Kernels.compare(.lessOrEqual, b, a) }

  /// Where elements of `a` are less than `b`.
  public static func .< (a: Tensor, b: Scalar) -> Tensor<Bool> { a .< Tensor(scalar: b) }
  /// Where elements of `a` are less than or equal to `b`.
  public static func .<= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .<= Tensor(scalar: b) }
  /// Where elements of `a` are greater than `b`.
  public static func .> (a: Tensor, b: Scalar) -> Tensor<Bool> { a .> Tensor(scalar: b) }
  /// Where elements of `a` are greater than or equal to `b`.
  public static func .>= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .>= Tensor(scalar: b) }
}

extension Tensor where Scalar: TensorScalar {
  /// Where elements are NaN.
  public func nanMask() -> Tensor<Bool> { Kernels.classify(0, self) }
  /// Where elements are infinite.
  public func infiniteMask() -> Tensor<Bool> { Kernels.classify(1, self) }
  /// Where elements are neither infinite nor NaN; `isFinite` says whether all are.
  public func finiteMask() -> Tensor<Bool> { Kernels.classify(2, self) }
}

/// The raw values are those of `kappa_comparison`.
package enum Comparison: Int32 {
  case equal, notEqual, less, lessOrEqual

  fileprivate var symbol: String {
    switch self {
    case .equal: ".=="
    case .notEqual: ".!="
    case .less: ".<"
    case .lessOrEqual: ".<="
    }
  }
}

extension Kernels {
  package static func compare<E: TensorElement>(_ op: Comparison, _ a: Tensor<E>, _ b: Tensor<E>) -> Tensor<Bool> {
    guard let shape = a.shape.broadcast(with: b.shape) else {
      fatalError("\(op.symbol): shapes \(a.shape) and \(b.shape) do not broadcast")
    }
    let result = Tensor<Bool>(uninitialized: shape)
    guard result.count > 0 else { return result }
    let (left, right) = (a.broadcast(to: shape), b.broadcast(to: shape))
    let nest = LoopNest(shape, left.strides, right.strides)
    let last = nest.rank - 1
    let (stepA, stepB, length) = (nest.a[last], nest.b[last], nest.lengths[last])
    let (x, y, z) = (left.base, right.base, result.mutableBase.asBytes)
    nest.forEachRow(grain: Parallel.cheapGrain) { atA, atB, out in
      Parallel.slices(length, grain: Parallel.cheapGrain) { part in
        let (u, v, w) = (x + atA + part.lowerBound * stepA, y + atB + part.lowerBound * stepB, z + out + part.lowerBound)
        dispatch(E.self) {
          kappa_compare_f32(op.rawValue, part.count, u.asFloat, stepA, v.asFloat, stepB, w)
        } double: {
          kappa_compare_f64(op.rawValue, part.count, u.asDouble, stepA, v.asDouble, stepB, w)
        } int32: {
          kappa_compare_i32(op.rawValue, part.count, u.asInt32, stepA, v.asInt32, stepB, w)
        } int64: {
          kappa_compare_i64(op.rawValue, part.count, u.asInt64, stepA, v.asInt64, stepB, w)
        } byte: {
          kappa_compare_u8(op.rawValue, part.count, u.asBytes, stepA, v.asBytes, stepB, w)
        }
      }
    }
    keepAlive(left, right)
    return result
  }

  /// `kind` is a value of `kappa_class`.
  fileprivate static func classify<S: TensorScalar>(_ kind: Int32, _ x: Tensor<S>) -> Tensor<Bool> {
    let source = x.contiguous()
    let result = Tensor<Bool>(uninitialized: x.shape)
    let (from, to) = (source.base, result.mutableBase.asBytes)
    Parallel.slices(result.count, grain: Parallel.cheapGrain) { part in
      let i = part.lowerBound
      dispatch(S.self) {
        kappa_classify_f32(kind, part.count, (from + i).asFloat, to + i)
      } double: {
        kappa_classify_f64(kind, part.count, (from + i).asDouble, to + i)
      }
    }
    keepAlive(source)
    return result
  }
}
