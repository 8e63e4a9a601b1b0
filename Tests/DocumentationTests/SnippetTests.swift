import Foundation
import Testing

@Suite("The code in the documentation")
struct SnippetTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The pages whose code blocks are compiled: the README, the page on differentiation and all guides.
  static var pages: [String] {
    let guides = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs/guide").path)) ?? []
    return ["README.md", "docs/autodiff.md"] + guides.filter { $0.hasSuffix(".md") }.map { "docs/guide/" + $0 }
  }

  @Test("is the code that Examples/Snippets compiles and runs", arguments: pages)
  func isCompiled(page: String) throws {
    let (blocks, cells) = (try swiftBlocks(of: page), try kappaCells(of: page))
    #expect(!blocks.isEmpty || !cells.isEmpty, "\(page) shows no code")
    let folder = Self.root.appendingPathComponent("Examples/Snippets")
    let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "swift" }.map { lines(try String(contentsOf: $0, encoding: .utf8)) }
    for block in blocks {
      #expect(
        sources.contains { contains($0, block) }, "\(page): no file of Examples/Snippets holds\n\(block.joined(separator: "\n"))")
    }
    // A formatter may have broken lines.
    let joined = sources.map { $0.joined(separator: " ") }
    for cell in cells {
      #expect(joined.contains { $0.contains(cell) }, "\(page): no file of Examples/Snippets holds \(cell)")
    }
  }

  @Test("is told apart from code that is not there")
  func differs() throws {
    let block = try #require(try swiftBlocks(of: "README.md").first)
    #expect(contains(block, block))
    #expect(!contains(block.map { $0 + "!" }, block))
  }

  /// Lines without indentation, empty ones and imports.
  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("import ") }
  }

  private func swiftBlocks(of page: String) throws -> [[String]] {
    let text = try String(contentsOf: Self.root.appendingPathComponent(page), encoding: .utf8)
    return text.components(separatedBy: "```swift\n").dropFirst().map { lines($0.components(separatedBy: "```")[0]) }
  }

  /// The code in the last column of tables that are headed "Kappa" there.
  private func kappaCells(of page: String) throws -> [String] {
    let text = try String(contentsOf: Self.root.appendingPathComponent(page), encoding: .utf8)
    var (cells, isTable): ([String], Bool) = ([], false)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("| ") || line.hasPrefix("|-") else {
        isTable = false
        continue
      }
      if line.hasSuffix("| Kappa |") { isTable = true }
      guard isTable, line.hasSuffix("` |"), let start = line.range(of: " | `", options: .backwards) else { continue }
      cells.append(line[start.upperBound...].dropLast(3).replacingOccurrences(of: "\\|", with: "|"))
    }
    return cells
  }

  private func contains(_ all: [String], _ part: [String]) -> Bool {
    guard !part.isEmpty, all.count >= part.count else { return false }
    return (0...all.count - part.count).contains { Array(all[$0..<$0 + part.count]) == part }
  }
}
