import Foundation

extension Tensor: CustomStringConvertible {
  /// The elements in nested brackets, as NumPy prints them; tensors of over 1000 elements show three at either end of each axis.
  public var description: String { describe(axis: 0, position: 0, indent: 1, edge: count > 1000 ? 3 : Int.max) }

  private func describe(axis: Int, position: Int, indent: Int, edge: Int) -> String {
    if axis == rank { return "\(base[position])" }
    let length = shape[axis]
    var parts: [String] = []
    for i in 0..<length {
      if edge != Int.max && length > 2 * edge && i == edge { parts.append("...") }
      if edge != Int.max && length > 2 * edge && i >= edge && i < length - edge { continue }
      parts.append(describe(axis: axis + 1, position: position + i * strides[axis], indent: indent + 1, edge: edge))
    }
    let isRow = axis == rank - 1
    let separator = isRow ? ", " : "," + String(repeating: "\n", count: rank - 1 - axis) + String(repeating: " ", count: indent)
    return "[" + parts.joined(separator: separator) + "]"
  }
}
