import Tensor

extension Tape: CustomStringConvertible {
  /// One line a node: its number, the operation with the nodes it reads (`-` for a constant that no rule reads), the shape of its
  /// value, and whether that value is kept, or is computed only when someone asks.
  public var description: String {
    let lines = (0..<count).map { node -> (operation: String, rest: String) in
      let kept = nodes[node].isKept ? "  kept" : nodes[node].isDeferred ? "  when asked" : ""
      let operands = (0..<operandCount(of: node)).map { index -> String in
        let operand = operand(index, of: node)
        return operand < 0 ? "-" : "\(operand)"
      }
      let name = nodes[node].rules.map { String("\($0.primitive)".prefix { $0 != "<" }) }
      let operation = name.map { "\($0)(\(operands.joined(separator: ", ")))" } ?? "input"
      return ("\(node)".padded(to: 4) + operation, "\(nodes[node].shape)\(kept)")
    }
    let width = (lines.map(\.operation.count).max() ?? 0) + 2
    return lines.map { $0.operation.padded(to: width) + $0.rest }.joined(separator: "\n")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Linearization {
  /// What is recorded so far, one operation a line: the forward pass and, once something needed it, the backward pass. For looking
  /// at; see docs/autodiff.md.
  public var recording: String { tape.description }
}
