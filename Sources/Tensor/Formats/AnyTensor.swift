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
    if let misfit = misfit(for: asked) {
      throw location.error(.valueDoesNotFit(index: misfit.index, value: misfit.value, asked: asked))
    }
    return switch self {
    case .float(let tensor): tensor.converted()
    case .double(let tensor): tensor.converted()
    case .int32(let tensor): tensor.converted()
    case .int64(let tensor): tensor.converted()
    case .bool(let tensor): tensor.converted()
    }
  }

  /// The first element, in row-major order, that is none of the integers or Booleans asked for; to real types all have a nearest.
  private func misfit(for asked: ElementType) -> (index: Int, value: String)? {
    let allowed: ClosedRange<Int64>
    switch asked {
    case .bool: allowed = 0...1
    case .int32: allowed = Int64(Int32.min)...Int64(Int32.max)
    case .int64: allowed = .min ... .max
    default: return nil
    }
    return switch self {
    case .float(let tensor): tensor.first(outside: allowed) { Int64(exactly: $0) }
    case .double(let tensor): tensor.first(outside: allowed) { Int64(exactly: $0) }
    case .int32(let tensor): tensor.first(outside: allowed) { Int64($0) }
    case .int64(let tensor): tensor.first(outside: allowed) { $0 }
    case .bool: nil
    }
  }
}

extension Tensor {
  /// The first element that is no integer among those allowed.
  @inline(__always)
  fileprivate func first(outside allowed: ClosedRange<Int64>, _ integer: (Scalar) -> Int64?) -> (index: Int, value: String)? {
    let source = contiguous()
    defer { keepAlive(source.storage) }
    for i in 0..<count {
      guard let value = integer(source.base[i]), allowed.contains(value) else { return (i, "\(source.base[i])") }
    }
    return nil
  }
}
