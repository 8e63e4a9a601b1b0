/// How tensors print; the defaults are NumPy's.
public struct TensorFormat: Sendable, Hashable {
  /// The most digits after the decimal point; fewer where fewer tell the elements from their neighbours.
  public var precision = 8
  /// Tensors of more elements than this are summarised.
  public var threshold = 1000
  /// How many elements a summary shows at either end of an axis.
  public var edgeItems = 3
  /// Rows are broken so that lines have at most this many characters, where that is possible.
  public var lineWidth = 75

  /// NumPy's defaults.
  public init() {}

  /// NumPy's defaults, but for what is given.
  public init(precision: Int = 8, threshold: Int = 1000, edgeItems: Int = 3, lineWidth: Int = 75) {
    require(precision >= 0 && edgeItems > 0, "TensorFormat: precision \(precision), edge items \(edgeItems)")
    (self.precision, self.threshold, self.edgeItems, self.lineWidth) = (precision, threshold, edgeItems, lineWidth)
  }
}

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The elements in nested brackets, character for character as NumPy's `str` prints them: in columns with one number of
  /// decimals, in scientific notation when they differ by more than 1000 times or are very large or small, summarised when there
  /// are over 1000. A tensor without axes prints as its element.
  public var description: String { formatted() }

  /// Type, elements separated by commas, and shape.
  public var debugDescription: String {
    let prefix = "Tensor<\(Scalar.self)>("
    let elements = rank == 0 ? formatted() : text(TensorFormat(), separator: ", ", indent: prefix.count)
    return prefix + elements + ", shape: \(shape))"
  }

  /// Shape and printed elements, in place of storage and strides.
  public var customMirror: Mirror {
    Mirror(self, children: ["shape": Array(shape), "elements": description], displayStyle: .struct)
  }

  /// The elements in nested brackets, as `description` but with other widths and precision.
  public func formatted(_ format: TensorFormat = TensorFormat()) -> String {
    rank == 0 ? ElementFormat.scalar(scalar) : text(format, separator: " ", indent: 0)
  }

  private func text(_ format: TensorFormat, separator: String, indent: Int) -> String {
    if count == 0 { return "[]" }
    defer { keepAlive(storage) }
    let isSummary = count > format.threshold
    var shown: [Scalar] = []
    forEachShown(isSummary ? format.edgeItems : Int.max, axis: 0, at: 0) { shown.append($0) }
    let page = Page(
      format: format, isSummary: isSummary, separator: separator, word: ElementFormat.columns(of: shown, format))
    return lines(page, axis: 0, at: 0, indent: String(repeating: " ", count: indent + 1), width: format.lineWidth)
  }

  /// What the parts of a text have in common.
  private struct Page {
    var format: TensorFormat
    var isSummary: Bool
    var separator: String
    var word: (Scalar) -> String
    /// The separator without the space at its end.
    var mark: String { separator == " " ? "" : String(separator.dropLast()) }
  }

  /// The indices along an axis that are printed; nil stands for those left out.
  private func shownIndices(_ axis: Int, edge: Int) -> [Int?] {
    let length = shape.lengths[axis]
    guard edge < length, 2 * edge < length else { return Array(0..<length) }
    return Array(0..<edge) + [nil] + Array((length - edge)..<length)
  }

  private func forEachShown(_ edge: Int, axis: Int, at position: Int, _ body: (Scalar) -> Void) {
    if axis == rank { return body(base[position]) }
    for case let index? in shownIndices(axis, edge: edge) {
      forEachShown(edge, axis: axis + 1, at: position + index * strides[axis], body)
    }
  }

  /// The part at `position` from `axis` on. `indent` stands before its lines but the first; `width` is what remains for a line
  /// when the brackets of outer axes are closed.
  private func lines(_ page: Page, axis: Int, at position: Int, indent: String, width: Int) -> String {
    if axis == rank { return page.word(base[position]) }
    let indices = shownIndices(axis, edge: page.isSummary ? page.format.edgeItems : Int.max)
    func part(_ index: Int) -> String {
      lines(page, axis: axis + 1, at: position + index * strides[axis], indent: indent + " ", width: width - 1)
    }
    if axis < rank - 1 {
      let gap = page.mark + String(repeating: "\n", count: rank - 1 - axis) + indent
      return "[" + indices.map { $0.map(part) ?? "..." }.joined(separator: gap) + "]"
    }
    // Words fill lines; the closing bracket or the separator's mark must fit too.
    let room = width - Swift.max(page.mark.count, 1)
    var (text, line) = ("", indent)
    for (number, index) in indices.enumerated() {
      let word = index.map(part) ?? "..."
      if line.count + word.count > room && line.count > indent.count {
        while line.last == " " { line.removeLast() }
        text += line + "\n"
        line = indent
      }
      line += word
      if number < indices.count - 1 { line += page.separator }
    }
    return "[" + (text + line).dropFirst(indent.count) + "]"
  }
}
