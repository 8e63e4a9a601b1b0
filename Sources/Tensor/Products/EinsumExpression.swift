/// The subscripts of an `einsum`, parsed: a label for each axis of each operand and of the result.
struct EinsumExpression {
  /// Letters are their character codes; the axes under an ellipsis are negative, -1 the last.
  typealias Label = Int

  var operands: [[Label]]
  var result: [Label]

  /// Stops the program, with the subscripts, where they are malformed or do not fit the operands.
  init(_ subscripts: String, _ shapes: [Shape]) {
    let name = "einsum \"\(subscripts)\""
    let text = subscripts.filter { $0 != " " }
    // "->" splits off the result.
    let halves: [Substring]
    if let arrow = text.firstRange(of: "->") {
      halves = [text[..<arrow.lowerBound], text[arrow.upperBound...]]
    } else {
      halves = [text[...]]
    }
    let terms = halves[0].split(separator: ",", omittingEmptySubsequences: false)
    require(terms.count == shapes.count, "\(name): \(terms.count) operands named, \(shapes.count) given")
    var ellipsisRank = 0
    operands = []
    for (index, (term, shape)) in zip(terms, shapes).enumerated() {
      let parts = EinsumExpression.labels(of: term, in: name)
      let named = parts.before.count + parts.after.count
      require(
        parts.hasEllipsis ? named <= shape.rank : named == shape.rank,
        "\(name): operand \(index), \"\(term)\", names \(named) axes; its shape is \(shape)")
      let hidden = shape.rank - named
      ellipsisRank = max(ellipsisRank, hidden)
      operands.append(parts.before + (0..<hidden).map { $0 - hidden } + parts.after)
    }
    let ellipsis = (0..<ellipsisRank).map { $0 - ellipsisRank }
    guard halves.count == 2 else {
      // By default the result has the ellipsis and then, in alphabetical order, all letters that occur once.
      let all = operands.joined().filter { $0 >= 0 }
      let counts = Dictionary(all.map { ($0, 1) }, uniquingKeysWith: +)
      result = ellipsis + counts.filter { $0.value == 1 }.keys.sorted()
      return
    }
    let parts = EinsumExpression.labels(of: halves[1], in: name)
    result = parts.before + (parts.hasEllipsis ? ellipsis : []) + parts.after
    require(Set(result).count == result.count, "\(name): the result names an axis twice")
    for label in parts.before + parts.after {
      require(
        operands.contains { $0.contains(label) }, "\(name): the result's \"\(EinsumExpression.letter(label))\" is in no operand")
    }
  }

  static func letter(_ label: Label) -> String { label < 0 ? "..." : String(UnicodeScalar(UInt8(label))) }

  private static func labels(of term: Substring, in name: String) -> (before: [Label], hasEllipsis: Bool, after: [Label]) {
    func letters(_ part: Substring) -> [Label] {
      part.map { character in
        guard let code = character.asciiValue, character.isLetter else {
          fatalError("\(name): \"\(character)\" in \"\(term)\" is not a letter")
        }
        return Int(code)
      }
    }
    guard let dots = term.firstRange(of: "...") else { return (letters(term), false, []) }
    return (letters(term[..<dots.lowerBound]), true, letters(term[dots.upperBound...]))
  }
}
