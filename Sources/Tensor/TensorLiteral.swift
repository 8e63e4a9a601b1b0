/// A nested array literal that becomes a tensor: `let a: Tensor<Float> = [[1, 2], [3, 4]]`. Made by the compiler.
///
/// Elements are literals; arrays of values are passed to `Tensor(_:)`.
public struct TensorLiteral<Scalar: TensorElement>: Sendable {
  private enum Content {
    case element(Scalar)
    case list([TensorLiteral])
  }
  private let content: Content

  fileprivate init(element: Scalar) { content = .element(element) }

  /// The lengths along the first elements at each depth.
  fileprivate var shape: [Int] {
    switch content {
    case .element: []
    case .list(let parts): [parts.count] + (parts.first?.shape ?? [])
    }
  }

  /// Adds the elements to `elements`; stops the program unless the literal has the given shape.
  fileprivate func append(to elements: inout [Scalar], shape: ArraySlice<Int>) {
    switch content {
    case .element(let element):
      require(shape.isEmpty, "Tensor: an array literal has an element where others have arrays")
      elements.append(element)
    case .list(let parts):
      require(
        shape.first == parts.count,
        "Tensor: an array literal has \(parts.count) elements where the first at its depth has \(shape.first.map(String.init) ?? "none")"
      )
      for part in parts { part.append(to: &elements, shape: shape.dropFirst()) }
    }
  }
}

extension TensorLiteral: ExpressibleByArrayLiteral {
  /// Parts that lie along one axis.
  public init(arrayLiteral parts: TensorLiteral...) { content = .list(parts) }
}
extension TensorLiteral: ExpressibleByIntegerLiteral where Scalar: ExpressibleByIntegerLiteral {
  /// One element.
  public init(integerLiteral value: Scalar.IntegerLiteralType) { self.init(element: Scalar(integerLiteral: value)) }
}
extension TensorLiteral: ExpressibleByFloatLiteral where Scalar: ExpressibleByFloatLiteral {
  /// One element.
  public init(floatLiteral value: Scalar.FloatLiteralType) { self.init(element: Scalar(floatLiteral: value)) }
}
extension TensorLiteral: ExpressibleByBooleanLiteral where Scalar: ExpressibleByBooleanLiteral {
  /// One element.
  public init(booleanLiteral value: Scalar.BooleanLiteralType) { self.init(element: Scalar(booleanLiteral: value)) }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// From nested arrays of literals, axis 0 the outermost; arrays at one depth have one length.
  public init(arrayLiteral parts: TensorLiteral<Scalar>...) {
    let shape = [parts.count] + (parts.first?.shape ?? [])
    var elements: [Scalar] = []
    elements.reserveCapacity(shape.reduce(1, *))
    for part in parts { part.append(to: &elements, shape: shape.dropFirst()) }
    self.init(elements, shape: Shape(shape))
  }
}
