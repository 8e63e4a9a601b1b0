import Tensor

// What has no derivative worth the name cannot be applied to a variable: the compiler says so, and what to do. (Elsewhere such a
// step would give zeros that look like a gradient.)

extension Variable {
  /// Flat wherever it has a derivative.
  @available(*, unavailable, message: "floor is flat: no derivative passes; use value.floor() and make it a constant")
  public func floor() -> Variable { fatalError() }
  /// Flat wherever it has a derivative.
  @available(*, unavailable, message: "ceil is flat: no derivative passes; use value.ceil() and make it a constant")
  public func ceil() -> Variable { fatalError() }
  /// Flat wherever it has a derivative.
  @available(*, unavailable, message: "rounding is flat: no derivative passes; use value.rounded() and make it a constant")
  public func rounded() -> Variable { fatalError() }
  /// Flat wherever it has a derivative.
  @available(*, unavailable, message: "truncation is flat: no derivative passes; use value.truncated() and make it a constant")
  public func truncated() -> Variable { fatalError() }
  /// Flat wherever it has a derivative.
  @available(*, unavailable, message: "the sign is flat: no derivative passes; use value.sign() and make it a constant")
  public func sign() -> Variable { fatalError() }
  /// A position has no derivative.
  @available(*, unavailable, message: "a position has no derivative; use value.argMax(axis:), or max(axes:), which has one")
  public func argMax(axis: Int) -> Variable { fatalError() }
  /// A position has no derivative.
  @available(*, unavailable, message: "a position has no derivative; use value.argMin(axis:), or min(axes:), which has one")
  public func argMin(axis: Int) -> Variable { fatalError() }
  /// An order has no derivative.
  @available(*, unavailable, message: "an order has no derivative; use value.argSort(axis:), or sorted(axis:), which has one")
  public func argSort(axis: Int = -1) -> Variable { fatalError() }
}
