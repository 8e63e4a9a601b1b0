import Tensor

/// A table with named columns as it stands in a CSV file (RFC 4180), with comments, lines that begin with `#`, on top.
///
/// Cells are text; fields with commas, quotes or line breaks are quoted.
public struct CSVTable: Sendable, Equatable {
  /// The lines on top, without their `#`.
  public var comments: [String]
  /// Their names, in order.
  public let columns: [String]
  /// Each with a cell for every column.
  public private(set) var rows: [[String]]

  /// A table without rows.
  public init(columns: [String], comments: [String] = []) {
    self.columns = columns
    self.comments = comments
    rows = []
  }

  /// Adds a row, which must have a cell for each column.
  public mutating func append(_ row: [String]) {
    require(row.count == columns.count, "CSVTable: a row of \(row.count) cells for \(columns.count) columns")
    rows.append(row)
  }

  /// The place of a column.
  public func index(of column: String) throws(CSVError) -> Int {
    guard let index = columns.firstIndex(of: column) else { throw .missingColumn(column, found: columns) }
    return index
  }

  /// The table as the text of a file.
  public var text: String {
    let lines = comments.map { "# " + $0 } + ([columns] + rows).map { $0.map(Self.quoted).joined(separator: ",") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Writes the table; the file appears whole or not at all.
  public func write(to path: String) throws(FileError) { try AtomicFile.write(text, to: path) }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) || cell.first == "#" else { return cell }
    return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

/// Why a text is not the table that was expected.
public enum CSVError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no header line.
  case empty
  /// A row has too few cells or too many. Lines count from 1.
  case unevenRow(line: Int, expected: Int, found: Int)
  /// A quote that opens in this line is not closed.
  case openQuote(line: Int)
  /// The header lacks a column.
  case missingColumn(String, found: [String])
  /// A cell is not a number. Rows count from 1, without header and comments.
  case notANumber(column: String, row: Int, cell: String)

  /// What is wrong, and where.
  public var description: String {
    switch self {
    case .empty: "the table is empty: it has no header line"
    case .unevenRow(let line, let expected, let found): "line \(line) has \(found) cells where the header has \(expected)"
    case .openQuote(let line): "the quote that opens in line \(line) is not closed"
    case .missingColumn(let name, let found): "there is no column \"\(name)\" among \(found.joined(separator: ", "))"
    case .notANumber(let column, let row, let cell): "row \(row): \"\(cell)\" in column \"\(column)\" is not a number"
    }
  }
}

extension CSVTable {
  /// Reads the text of a CSV file. Lines may end in LF or CR LF; empty ones are skipped.
  public init(parsing text: String) throws(CSVError) {
    var parser = CSVParser(text)
    let records = try parser.records()
    guard let header = records.first else { throw .empty }
    self.init(columns: header.cells, comments: parser.comments)
    for record in records.dropFirst() {
      guard record.cells.count == columns.count else {
        throw .unevenRow(line: record.line, expected: columns.count, found: record.cells.count)
      }
      rows.append(record.cells)
    }
  }
}

/// Takes a CSV text apart, one scalar after the other.
private struct CSVParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private(set) var comments: [String] = []

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  mutating func records() throws(CSVError) -> [(line: Int, cells: [String])] {
    var records: [(line: Int, cells: [String])] = []
    while position < scalars.count {
      if scalars[position] == "#" {
        let comment = restOfLine()
        if records.isEmpty { comments.append(String(comment.dropFirst(comment.hasPrefix("# ") ? 2 : 1))) }
        continue
      }
      let start = line
      let cells = try record()
      if cells != [""] { records.append((start, cells)) }
    }
    return records
  }

  private mutating func restOfLine() -> String {
    var text = String.UnicodeScalarView()
    while position < scalars.count, !endLine() {
      text.append(scalars[position])
      position += 1
    }
    return String(text)
  }

  private mutating func record() throws(CSVError) -> [String] {
    var cells: [String] = []
    var cell = String.UnicodeScalarView()
    while position < scalars.count {
      if endLine() { break }
      let scalar = scalars[position]
      position += 1
      if scalar == "," {
        cells.append(String(cell))
        cell = .init()
      } else if scalar == "\"" && cell.isEmpty {
        cell = try quotedCell()
      } else {
        cell.append(scalar)
      }
    }
    return cells + [String(cell)]
  }

  /// What stands up to the closing quote; the opening one has been read.
  private mutating func quotedCell() throws(CSVError) -> String.UnicodeScalarView {
    let start = line
    var cell = String.UnicodeScalarView()
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      if scalar == "\"" {
        guard position < scalars.count && scalars[position] == "\"" else { return cell }
        position += 1
      }
      if scalar == "\n" { line += 1 }
      cell.append(scalar)
    }
    throw .openQuote(line: start)
  }

  /// Passes a line break if there is one here.
  private mutating func endLine() -> Bool {
    var end = position
    if scalars[end] == "\r" && end + 1 < scalars.count { end += 1 }
    guard scalars[end] == "\n" else { return false }
    position = end + 1
    line += 1
    return true
  }
}
