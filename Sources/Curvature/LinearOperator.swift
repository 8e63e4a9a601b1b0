import AutoDiff
import Tensor

/// A symmetric linear map of parameter vectors, given by its products: [n] to [n].
public protocol LinearOperator<Scalar> {
  associatedtype Scalar: TensorScalar
  /// n.
  var dimension: Int { get }
  /// A v.
  func callAsFunction(_ v: Tensor<Scalar>) -> Tensor<Scalar>
}

extension LinearOperator {
  /// A v.
  public static func * (a: Self, v: Tensor<Scalar>) -> Tensor<Scalar> { a(v) }
  /// A + shift I.
  public static func + (a: Self, shift: Scalar) -> ShiftedOperator<Self> { ShiftedOperator(base: a, shift: shift) }
}

/// A + shift I: a damped curvature matrix.
public struct ShiftedOperator<Base: LinearOperator>: LinearOperator {
  /// A.
  public let base: Base
  /// What is added to the diagonal.
  public let shift: Base.Scalar

  public var dimension: Int { base.dimension }
  public func callAsFunction(_ v: Tensor<Base.Scalar>) -> Tensor<Base.Scalar> {
    var result = base(v)
    result.add(v, scaledBy: shift)
    return result
  }
}
