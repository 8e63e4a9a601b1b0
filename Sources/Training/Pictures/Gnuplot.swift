import Foundation
import Tensor

/// The program that draws the pictures. It runs as a process of its own; nothing is linked.
public struct Gnuplot: Sendable {
  /// Where the program is.
  public let path: String

  /// How to get it.
  public static let installHint = "apt-get install gnuplot-nox"

  /// The gnuplot of a known place.
  public init(path: String) { self.path = path }

  /// The first `gnuplot` in the folders of the search path; nil if there is none.
  /// - Parameter searchPath: folders, separated by colons; that of the environment by default.
  public static func installed(
    searchPath: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
  ) -> Gnuplot? {
    searchPath.split(separator: ":").map { "\($0)/gnuplot" }.first(where: FileManager.default.isExecutableFile(atPath:))
      .map(Gnuplot.init(path:))
  }

  /// Runs a script, in its folder, so that it may name its outputs without one.
  public func run(script: URL) throws(GnuplotError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = [script.lastPathComponent]
    process.currentDirectoryURL = script.deletingLastPathComponent()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let messages = Pipe()
    process.standardError = messages
    do {
      try process.run()
    } catch {
      throw GnuplotError(script: script.path, message: error.localizedDescription)
    }
    let output = (try? FileDescriptor(number: messages.fileHandleForReading.fileDescriptor).readAll()) ?? []
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let message = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      throw GnuplotError(script: script.path, message: message.isEmpty ? "status \(process.terminationStatus)" : message)
    }
  }

  /// Text as a literal of gnuplot's language. Between single quotes nothing has a meaning but the quote itself; control characters,
  /// which would end the line, become spaces.
  package static func quoted(_ text: String) -> String {
    let safe = String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
    return "'" + String(safe).split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}

/// Gnuplot could not draw a script.
public struct GnuplotError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The script, which stays where it is.
  public var script: String
  /// What gnuplot said.
  public var message: String
  /// Which script, and what gnuplot said.
  public var description: String { "gnuplot cannot draw \(script): \(message)" }
}
