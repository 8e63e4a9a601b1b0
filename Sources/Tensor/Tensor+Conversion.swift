// Elements converted to another type. Loops are made for each pair of types by the compiler.
extension Tensor {
  /// The elements converted to another element type; `self`, without a copy, if it has that type already.
  ///
  /// | from | to | rule |
  /// |-|-|-|
  /// | any number | `Float`, `Double` | to nearest, ties to even; beyond `Float`'s range to infinity |
  /// | `Float`, `Double` | `Int32`, `Int64` | toward zero |
  /// | any number | `Bool` | true unless it is 0 (so NaN is true) |
  /// | `Bool` | any number | 1 for true, 0 for false |
  ///
  /// A number that an integer type does not hold (NaN is one) stops the program, as `Int32(x)` does; with `clamping` it
  /// becomes the nearest that the type does hold, and NaN 0.
  public func converted<Other: TensorElement>(to type: Other.Type = Other.self, clamping: Bool = false) -> Tensor<Other> {
    if let same = self as? Tensor<Other> { return same }
    let source = contiguous()
    let result = Tensor<Other>(uninitialized: shape)
    let (from, to) = (UnsafeRawPointer(source.base), UnsafeMutableRawPointer(result.mutableBase))
    let misfit: Int? =
      switch Scalar.self {
      case is Float.Type: convert(from.assumingMemoryBound(to: Float.self), to, count, Other.self, clamping)
      case is Double.Type: convert(from.assumingMemoryBound(to: Double.self), to, count, Other.self, clamping)
      case is Int32.Type: convert(from.assumingMemoryBound(to: Int32.self), to, count, Other.self, clamping)
      case is Int64.Type: convert(from.assumingMemoryBound(to: Int64.self), to, count, Other.self, clamping)
      case is Bool.Type: convert(from.assumingMemoryBound(to: UInt8.self), to, count, Other.self, clamping)
      default: fatalError("converted: no conversion from elements of type \(Scalar.self)")
      }
    if let misfit {
      fatalError(
        "converted: element \(misfit) of shape \(shape) is \(source.base[misfit]), which \(Other.self) does not hold; "
          + "clamping: true takes the nearest that it does")
    }
    keepAlive(source, result)
    return result
  }
}

/// What an element can become. Truth values are read as the bytes 0 and 1.
private protocol Convertible {
  var asFloat: Float { get }
  var asDouble: Double { get }
  var isNonzero: Bool { get }
  /// Whether an `I` holds the number, rounded toward zero.
  func fits<I: FixedWidthInteger>(_ type: I.Type) -> Bool
  /// The nearest `I` to the number rounded toward zero; 0 for NaN.
  func clamped<I: FixedWidthInteger>(to type: I.Type) -> I
}

extension Convertible where Self: BinaryFloatingPoint {
  @inline(__always) var isNonzero: Bool { self != 0 }
  @inline(__always) func fits<I: FixedWidthInteger>(_ type: I.Type) -> Bool {
    // The bounds are powers of two, so exact in every type; NaN fails both comparisons.
    let whole = asDouble.rounded(.towardZero)
    return whole >= Double(I.min) && whole < -Double(I.min)
  }
  @inline(__always) func clamped<I: FixedWidthInteger>(to type: I.Type) -> I {
    let x = asDouble
    if fits(I.self) { return I(x) }
    return x != x ? 0 : x < 0 ? I.min : I.max
  }
}

extension Convertible where Self: FixedWidthInteger {
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
  @inline(__always) var isNonzero: Bool { self != 0 }
  @inline(__always) func fits<I: FixedWidthInteger>(_ type: I.Type) -> Bool { I(exactly: self) != nil }
  @inline(__always) func clamped<I: FixedWidthInteger>(to type: I.Type) -> I { I(clamping: self) }
}

extension Float: Convertible {
  @inline(__always) fileprivate var asFloat: Float { self }
  @inline(__always) fileprivate var asDouble: Double { Double(self) }
}
extension Double: Convertible {
  @inline(__always) fileprivate var asFloat: Float { Float(self) }
  @inline(__always) fileprivate var asDouble: Double { self }
}
extension Int32: Convertible {}
extension Int64: Convertible {}
extension UInt8: Convertible {}

/// Converts `count` elements; the index of the first that does not fit, if that matters.
@inline(__always)
private func convert<A: Convertible, B: TensorElement>(
  _ source: UnsafePointer<A>, _ target: UnsafeMutableRawPointer, _ count: Int, _ type: B.Type, _ clamping: Bool
) -> Int? {
  switch B.self {
  case is Float.Type: forEach(count, source, target) { $0.asFloat }
  case is Double.Type: forEach(count, source, target) { $0.asDouble }
  case is Bool.Type: forEach(count, source, target) { $0.isNonzero }
  case is Int32.Type: return convertToInteger(source, target, count, Int32.self, clamping)
  case is Int64.Type: return convertToInteger(source, target, count, Int64.self, clamping)
  default: fatalError("converted: no conversion to elements of type \(B.self)")
  }
  return nil
}

@inline(__always)
private func convertToInteger<A: Convertible, I: FixedWidthInteger>(
  _ source: UnsafePointer<A>, _ target: UnsafeMutableRawPointer, _ count: Int, _ type: I.Type, _ clamping: Bool
) -> Int? {
  if !clamping {
    for i in 0..<count where !source[i].fits(I.self) { return i }
  }
  forEach(count, source, target) { $0.clamped(to: I.self) }
  return nil
}

@inline(__always)
private func forEach<A, B>(
  _ count: Int, _ source: UnsafePointer<A>, _ target: UnsafeMutableRawPointer, _ element: (A) -> B
) {
  let out = target.assumingMemoryBound(to: B.self)
  Parallel.slices(count, grain: Parallel.cheapGrain) { part in
    for i in part { out[i] = element(source[i]) }
  }
}
