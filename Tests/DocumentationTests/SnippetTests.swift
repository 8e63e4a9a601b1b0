import Foundation
import Testing

@Suite("The code in the documentation")
struct SnippetTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The pages whose code blocks are compiled: the README and all guides.
  static var pages: [String] {
    let guides = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs/guide").path)) ?? []
    return ["README.md"] + guides.filter { $0.hasSuffix(".md") }.map { "docs/guide/" + $0 }
  }

  @Test("is the code that Examples/Snippets compiles and runs", arguments: pages)
  func isCompiled(page: String) throws {
    let blocks = try swiftBlocks(of: page)
    #expect(!blocks.isEmpty, "\(page) has no code block")
    let folder = Self.root.appendingPathComponent("Examples/Snippets")
    let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "swift" }.map { lines(try String(contentsOf: $0, encoding: .utf8)) }
    for block in blocks {
      #expect(
        sources.contains { contains($0, block) }, "\(page): no file of Examples/Snippets holds\n\(block.joined(separator: "\n"))")
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

  private func contains(_ all: [String], _ part: [String]) -> Bool {
    guard !part.isEmpty, all.count >= part.count else { return false }
    return (0...all.count - part.count).contains { Array(all[$0..<$0 + part.count]) == part }
  }
}
