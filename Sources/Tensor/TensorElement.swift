/// What a tensor may hold: `Float` and `Double` for numbers, `Int32` and `Int64` for labels and indices, `Bool` for masks.
public protocol TensorElement: Sendable, BitwiseCopyable, Equatable {
  /// 0.
  static var zero: Self { get }
}

/// The real scalars that Kappa computes and differentiates with: `Float` and `Double`.
///
/// The set is closed: kernels exist for these two, and other conformances stop the program.
public protocol TensorScalar: TensorElement, BinaryFloatingPoint {}

extension Float: TensorScalar {}
extension Double: TensorScalar {}
extension Int32: TensorElement {}
extension Int64: TensorElement {}
extension Bool: TensorElement {
  /// False.
  public static var zero: Bool { false }
}
