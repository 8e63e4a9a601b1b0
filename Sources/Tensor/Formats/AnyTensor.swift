/// A tensor of whichever element type a file holds.
public enum AnyTensor: Sendable, Equatable {
  case float(Tensor<Float>)
  case double(Tensor<Double>)
  case int32(Tensor<Int32>)
  case int64(Tensor<Int64>)
  case bool(Tensor<Bool>)

  /// A tensor without its element type.
  public init<E: TensorElement>(_ tensor: Tensor<E>) {
    switch ElementType(E.self) {
    case .float32: self = .float(tensor as! Tensor<Float>)
    case .float64: self = .double(tensor as! Tensor<Double>)
    case .int32: self = .int32(tensor as! Tensor<Int32>)
    case .int64: self = .int64(tensor as! Tensor<Int64>)
    default: self = .bool(tensor as! Tensor<Bool>)
    }
  }

  /// The type of the elements.
  public var elementType: ElementType {
    switch self {
    case .float: .float32
    case .double: .float64
    case .int32: .int32
    case .int64: .int64
    case .bool: .bool
    }
  }

  /// The lengths of the axes, outermost first.
  public var shape: Shape {
    switch self {
    case .float(let tensor): tensor.shape
    case .double(let tensor): tensor.shape
    case .int32(let tensor): tensor.shape
    case .int64(let tensor): tensor.shape
    case .bool(let tensor): tensor.shape
    }
  }

  /// The tensor, if its elements are of type `E`; shares its storage.
  public func tensor<E: TensorElement>(of type: E.Type = E.self) -> Tensor<E>? {
    switch self {
    case .float(let tensor): tensor as? Tensor<E>
    case .double(let tensor): tensor as? Tensor<E>
    case .int32(let tensor): tensor as? Tensor<E>
    case .int64(let tensor): tensor as? Tensor<E>
    case .bool(let tensor): tensor as? Tensor<E>
    }
  }

  /// The tensor with elements of type `E`; shares its storage where they are of that type already.
  /// - Throws: `wrongElementType` where `conversion` does not allow it, `valueDoesNotFit` for an element that `E` does not have.
  public func converted<E: TensorElement>(
    to type: E.Type = E.self, by conversion: ElementConversion = .widening
  ) throws(TensorFileError) -> Tensor<E> {
    try converted(to: type, by: conversion, from: elementType, location: FileLocation())
  }

  /// As above, of elements that were of type `stored` in a file.
  func converted<E: TensorElement>(
    to type: E.Type, by conversion: ElementConversion, from stored: ElementType, location: FileLocation
  ) throws(TensorFileError) -> Tensor<E> {
    let asked = ElementType(E.self)
    guard conversion == .rounding || asked.holds(stored) else {
      throw location.error(.wrongElementType(found: stored, asked: asked))
    }
    if let same = tensor(of: E.self) { return same }
    do {
      // A switch on concrete types: each loop is compiled for its own two.
      switch asked {
      case .float32: return try converted(Float.self) as! Tensor<E>
      case .float64: return try converted(Double.self) as! Tensor<E>
      case .int32: return try converted(Int32.self) as! Tensor<E>
      case .int64: return try converted(Int64.self) as! Tensor<E>
      default: return try converted(Bool.self) as! Tensor<E>
      }
    } catch {
      throw location.error(.valueDoesNotFit(index: error.index, value: error.value, asked: asked))
    }
  }

  private func converted<E: FileElement>(_ type: E.Type) throws(Misfit) -> Tensor<E> {
    switch self {
    case .float(let tensor): try convertReals(tensor)
    case .double(let tensor): try convertReals(tensor)
    case .int32(let tensor): try convertIntegers(tensor)
    case .int64(let tensor): try convertIntegers(tensor)
    case .bool(let tensor): Tensor(tensor.elements.map { E.nearest(Int64($0 ? 1 : 0))! }, shape: tensor.shape)
    }
  }
}

/// An element that is no value of the type asked for.
private struct Misfit: Error {
  var index: Int
  var value: String
}

/// How the five element types take numbers of others.
private protocol FileElement: TensorElement {
  static func nearest(_ number: Double) -> Self?
  static func nearest(_ number: Int64) -> Self?
}

extension Float: FileElement {
  fileprivate static func nearest(_ number: Double) -> Float? { Float(number) }
  fileprivate static func nearest(_ number: Int64) -> Float? { Float(number) }
}

extension Double: FileElement {
  fileprivate static func nearest(_ number: Double) -> Double? { number }
  fileprivate static func nearest(_ number: Int64) -> Double? { Double(number) }
}

extension Int32: FileElement {
  fileprivate static func nearest(_ number: Double) -> Int32? { Int32(exactly: number) }
  fileprivate static func nearest(_ number: Int64) -> Int32? { Int32(exactly: number) }
}

extension Int64: FileElement {
  fileprivate static func nearest(_ number: Double) -> Int64? { Int64(exactly: number) }
  fileprivate static func nearest(_ number: Int64) -> Int64? { number }
}

extension Bool: FileElement {
  fileprivate static func nearest(_ number: Double) -> Bool? { number == 0 ? false : number == 1 ? true : nil }
  fileprivate static func nearest(_ number: Int64) -> Bool? { number == 0 ? false : number == 1 ? true : nil }
}

private func convertReals<A: TensorScalar, B: FileElement>(_ source: Tensor<A>) throws(Misfit) -> Tensor<B> {
  try convert(source) { B.nearest(Double($0)) }
}

private func convertIntegers<A: TensorElement & FixedWidthInteger, B: FileElement>(_ source: Tensor<A>) throws(Misfit) -> Tensor<B>
{
  try convert(source) { B.nearest(Int64($0)) }
}

@inline(__always)
private func convert<A: TensorElement, B: TensorElement>(
  _ tensor: Tensor<A>, _ element: (A) -> B?
) throws(Misfit) -> Tensor<B> {
  let source = tensor.contiguous()
  let result = Tensor<B>(uninitialized: tensor.shape)
  let (input, output) = (source.base, result.mutableBase)
  defer { keepAlive(source.storage) }
  for i in 0..<result.count {
    guard let value = element(input[i]) else { throw Misfit(index: i, value: "\(input[i])") }
    output[i] = value
  }
  return result
}
