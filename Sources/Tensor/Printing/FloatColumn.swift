import Foundation

/// The common notation of a set of floating-point numbers: NumPy's rules (`numpy.printoptions`, float mode "maxprec").
///
/// Each number takes the fewest digits that tell it from its neighbours, at most `precision` after the decimal point. All are
/// written in scientific notation with one number of digits if the largest magnitude is 1e8 (in `Float`: 1e6) or more, the
/// smallest, zeros aside, is below 1e-4, or the one is over 1000 times the other; else with the decimal points in one column.
struct FloatColumn<S: TensorScalar> {
  private var isScientific = false
  private var precision: Int
  /// Characters before the decimal point and behind it.
  private var (before, behind) = (0, 0)
  private var exponentDigits = 2

  init(_ numbers: [S], _ format: TensorFormat) {
    precision = format.precision
    let finite = numbers.filter(\.isFinite)
    let magnitudes = finite.filter { $0 != 0 }.map { Swift.abs($0) }
    if let largest = magnitudes.max(), let smallest = magnitudes.min() {
      isScientific = largest >= (S.self == Float.self ? 1e6 : 1e8) || smallest < 0.0001 || largest / smallest > 1000
    }
    let decimals = finite.map { Decimal($0) }
    if isScientific {
      let rounded = decimals.map { $0.rounded(significant: precision + 1) }
      precision = rounded.map { $0.digits.count - 1 }.max() ?? 0
      exponentDigits = rounded.map { Swift.max(2, String(Swift.abs($0.exponent)).count) }.max() ?? 2
      before = rounded.contains(where: \.isNegative) ? 2 : 1
      behind = precision + 2 + exponentDigits
    } else {
      let texts = decimals.map {
        $0.rounded(fraction: precision).positional().split(separator: ".", omittingEmptySubsequences: false)
      }
      before = texts.map { $0[0].count }.max() ?? 0
      behind = texts.map { $0[1].count }.max() ?? 0
    }
    for number in numbers where !number.isFinite {
      before = Swift.max(before, Self.nonFinite(Double(number)).count - behind - 1)
    }
  }

  /// A number in the column's notation and width.
  func text(_ number: S) -> String {
    guard number.isFinite else { return ElementFormat.padded(Self.nonFinite(Double(number)), to: before + behind + 1) }
    if isScientific {
      // A number that needs fewer digits than the column has shows more of its binary value, not zeros.
      let text = Decimal(number, significant: precision + 1).scientific(fraction: precision, exponentDigits: exponentDigits)
      return ElementFormat.padded(text, to: before + behind + 1)
    }
    let text = Decimal(number).rounded(fraction: precision).positional()
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return ElementFormat.padded(text, to: text.count + before - parts[0].count)
      + String(repeating: " ", count: behind - parts[1].count)
  }

  /// `text` for code that knows the type by another name.
  func text<Same: TensorElement>(as type: Same.Type) -> (Same) -> String { { text($0 as! S) } }

  static func nonFinite(_ number: Double) -> String { number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
}

/// A finite number in decimal digits: ±d.ddd · 10^exponent, without zeros at the end.
struct Decimal {
  var isNegative: Bool
  /// At least one; 0 has the digit 0.
  var digits: [Character]
  var exponent: Int
  /// The number itself, for rounding.
  private var value: Double

  /// The fewest digits that tell `number` from its neighbours.
  init<S: TensorScalar>(_ number: S) {
    // Swift's own description has them.
    self.init(parsing: "\(number)", value: Double(number))
  }

  /// The first `count` digits of the exact binary value, rounded, ties to even.
  init<S: TensorScalar>(_ number: S, significant count: Int) {
    self.init(parsing: String(format: "%.*e", count - 1, Double(number)), value: Double(number))
  }

  private init(parsing text: String, value: Double) {
    self.value = value
    isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" }.split(separator: "e")
    let point = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    digits = Array(point.joined())
    exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + point[0].count - 1
    let zeros = digits.prefix { $0 == "0" }.count
    digits.removeFirst(zeros)
    exponent -= zeros
    while digits.last == "0" { digits.removeLast() }
    if digits.isEmpty { (digits, exponent) = (["0"], 0) }
  }

  /// At most `count` digits; what must be rounded is rounded from the exact binary value, ties to even.
  func rounded(significant count: Int) -> Decimal {
    digits.count <= count ? self : Decimal(parsing: String(format: "%.*e", count - 1, value), value: value)
  }

  /// At most `count` digits after the decimal point.
  func rounded(fraction count: Int) -> Decimal {
    digits.count - 1 - exponent <= count ? self : Decimal(parsing: String(format: "%.*f", count, value), value: value)
  }

  /// Without an exponent; the decimal point is always there, zeros at the end are not: "-0.25", "3.".
  func positional() -> String {
    let zero: Character = "0"
    let whole: [Character] =
      exponent < 0
      ? [zero] : Array(digits.prefix(exponent + 1)) + Array(repeating: zero, count: max(0, exponent + 1 - digits.count))
    let fraction: [Character] =
      exponent < 0 ? Array(repeating: zero, count: -exponent - 1) + digits : Array(digits.dropFirst(exponent + 1))
    return (isNegative ? "-" : "") + String(whole) + "." + (digits == [zero] ? "" : String(fraction))
  }

  /// With one digit before the decimal point, `fraction` (all there are if nil) behind it, and an exponent.
  func scientific(fraction: Int? = nil, exponentDigits: Int) -> String {
    let behind = String(digits.dropFirst())
    let zeros = String(repeating: "0", count: max(0, (fraction ?? 0) - behind.count))
    let size = String(abs(exponent))
    let power = (exponent < 0 ? "-" : "+") + String(repeating: "0", count: max(0, exponentDigits - size.count)) + size
    return (isNegative ? "-" : "") + String(digits[0]) + "." + behind + zeros + "e" + power
  }
}
