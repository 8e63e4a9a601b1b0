/// How elements are written, alone and in columns.
enum ElementFormat {
  /// An element by itself: all digits that tell it from its neighbours, scientific below 1e-4 and from 1e16 (in `Float`: 1e6) on.
  static func scalar<S: TensorElement>(_ element: S) -> String {
    switch element {
    case let x as any TensorScalar: number(x)
    case let x as Bool: name(x)
    default: "\(element)"
    }
  }

  /// A function that writes any of `elements` with the width they all take in a column.
  static func columns<S: TensorElement>(of elements: [S], _ format: TensorFormat) -> (S) -> String {
    switch elements {
    case let numbers as [Float]: return FloatColumn(numbers, format).text(as: S.self)
    case let numbers as [Double]: return FloatColumn(numbers, format).text(as: S.self)
    case is [Bool]:
      return { padded(name($0 as! Bool), to: 5) }
    default:
      let width = elements.map { "\($0)".count }.max() ?? 0
      return { padded("\($0)", to: width) }
    }
  }

  private static func number<S: TensorScalar>(_ x: S) -> String {
    guard x.isFinite else { return FloatColumn<Double>.nonFinite(Double(x)) }
    let digits = Decimal(x)
    let isPlain = x == 0 || (Swift.abs(Double(x)) >= 1e-4 && Swift.abs(Double(x)) < (S.self == Float.self ? 1e6 : 1e16))
    let text = isPlain ? digits.positional() : digits.scientific(exponentDigits: 2)
    return text.hasSuffix(".") ? text + "0" : text.replacing(".e", with: "e")
  }

  private static func name(_ value: Bool) -> String { value ? "True" : "False" }

  static func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - text.count)) + text
  }
}
