/// Tensors of any element type under names, in order: what an archive holds.
public struct NamedTensors: Sendable, Equatable {
  /// The names, in the order in which they were added.
  public private(set) var names: [String] = []
  private var tensors: [String: AnyTensor] = [:]

  /// No tensors.
  public init() {}

  /// The number of tensors.
  public var count: Int { names.count }

  /// The tensor of the given name. A new name goes to the end, a known one keeps its place; `nil` removes.
  public subscript(name: String) -> AnyTensor? {
    get { tensors[name] }
    set {
      if tensors[name] == nil && newValue != nil { names.append(name) }
      if tensors[name] != nil && newValue == nil { names.removeAll { $0 == name } }
      tensors[name] = newValue
    }
  }

  /// Adds a tensor, or replaces the one of that name.
  public mutating func set<E: TensorElement>(_ name: String, to tensor: Tensor<E>) { self[name] = AnyTensor(tensor) }

  /// The tensor of the given name with elements of type `E`; shares its storage where they are of that type already.
  /// - Parameter conversion: what may happen to elements of another type; by default nothing that loses something.
  /// - Throws: `missing`, `wrongElementType`, `valueDoesNotFit`.
  public func tensor<E: TensorElement>(
    _ name: String, as type: E.Type = E.self, conversion: ElementConversion = .widening
  ) throws(TensorFileError) -> Tensor<E> {
    let location = FileLocation(member: name)
    guard let tensor = tensors[name] else { throw location.error(.missing(available: Array(names.prefix(20)))) }
    return try tensor.converted(to: type, by: conversion, from: tensor.elementType, location: location)
  }
}

extension NamedTensors: Sequence {
  /// Names and tensors, in order.
  public func makeIterator() -> some IteratorProtocol<(name: String, tensor: AnyTensor)> {
    names.lazy.map { (name: $0, tensor: tensors[$0]!) }.makeIterator()
  }
}

extension NamedTensors: ExpressibleByDictionaryLiteral {
  /// Names and tensors, in order; no name twice.
  public init(dictionaryLiteral elements: (String, AnyTensor)...) {
    for (name, tensor) in elements {
      require(tensors[name] == nil, "NamedTensors: two tensors have the name '\(name)'")
      self[name] = tensor
    }
  }
}
