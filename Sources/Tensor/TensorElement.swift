/// What a tensor may hold: `Float` and `Double` for numbers, `Int32` and `Int64` for labels and indices, `Bool` for masks.
public protocol TensorElement: Sendable, BitwiseCopyable, Equatable {
  /// 0.
  static var zero: Self { get }
}

/// Elements that can be added, subtracted and multiplied: `Float`, `Double`, `Int32` and `Int64`.
///
/// The set is closed: kernels exist for these four, and other conformances stop the program.
public protocol TensorNumber: TensorElement, Numeric, Comparable {}

/// The real scalars that Kappa computes and differentiates with: `Float` and `Double`.
///
/// The set is closed: kernels exist for these two, and other conformances stop the program.
public protocol TensorScalar: TensorNumber, BinaryFloatingPoint {}

extension Float: TensorScalar {}
extension Double: TensorScalar {}
extension Int32: TensorNumber {}
extension Int64: TensorNumber {}
extension Bool: TensorElement {
  /// False.
  public static var zero: Bool { false }
}
