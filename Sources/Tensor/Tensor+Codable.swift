extension Shape: Codable {
  /// An array of lengths.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for length in self { try container.encode(length) }
  }

  /// Throws `DecodingError` unless it reads at most `maximumRank` lengths, none negative, that a tensor can have.
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    self.init()
    var elements = 1
    while !container.isAtEnd {
      let length = try container.decode(Int.self)
      let (product, tooMany) = elements.multipliedReportingOverflow(by: Swift.max(length, 1))
      guard rank < Shape.maximumRank && length >= 0 && !tooMany && product <= Int32.max else {
        throw DecodingError.dataCorruptedError(
          in: container,
          debugDescription:
            "Length \(length) after \(self): a tensor has at most \(Shape.maximumRank) axes and \(Int32.max) elements.")
      }
      elements = product
      append(length)
    }
  }
}

/// Encoded as `{"shape": [2, 2], "elements": [1, 2, 3, "nan"]}`: elements in row-major order, those that are not finite as the
/// strings "nan", "inf" and "-inf", since JSON has no numbers for them. Every other number survives exactly, if the encoder's
/// own numbers do; of NaN only that it is one.
extension Tensor: Codable where Scalar: Codable {
  private enum Key: CodingKey {
    case shape, elements
  }

  /// Shape and elements, as said above.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(shape, forKey: .shape)
    var list = container.nestedUnkeyedContainer(forKey: .elements)
    let source = contiguous()
    defer { keepAlive(source.storage) }
    for element in UnsafeBufferPointer(start: source.base, count: count) {
      if let name = NonFinite.name(of: element) { try list.encode(name) } else { try list.encode(element) }
    }
  }

  /// Throws `DecodingError` when the shape is none, the elements are not as many as it says, or one of them is no `Scalar`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let shape = try container.decode(Shape.self, forKey: .shape)
    var list = try container.nestedUnkeyedContainer(forKey: .elements)
    var elements: [Scalar] = []
    // What is reserved follows from the data, never from what the shape claims.
    if let count = list.count, count == shape.elementCount { elements.reserveCapacity(count) }
    while !list.isAtEnd && elements.count <= shape.elementCount {
      do {
        elements.append(try list.decode(Scalar.self))
      } catch {
        guard Scalar.self is any TensorScalar.Type, let name = try? list.decode(String.self) else { throw error }
        guard let value: Scalar = NonFinite.value(of: name) else {
          throw DecodingError.dataCorruptedError(in: list, debugDescription: "\"\(name)\" is not nan, inf or -inf.")
        }
        elements.append(value)
      }
    }
    guard elements.count == shape.elementCount else {
      throw DecodingError.dataCorruptedError(
        forKey: .elements, in: container,
        debugDescription: "\(elements.count > shape.elementCount ? "More" : "Only \(elements.count)") elements for shape \(shape), "
          + "which has \(shape.elementCount).")
    }
    self.init(elements, shape: shape)
  }
}

/// Names of the numbers that JSON cannot write.
private enum NonFinite {
  static func name<S: TensorElement>(of element: S) -> String? {
    guard let value = element as? any TensorScalar, !value.isFinite else { return nil }
    return value.isNaN ? "nan" : value.sign == .minus ? "-inf" : "inf"
  }

  static func value<S: TensorElement>(of name: String) -> S? {
    guard ["nan", "inf", "-inf"].contains(name), let value = Double(name) else { return nil }
    return Tensor<Double>(scalar: value).converted(to: S.self).scalar
  }
}
