import Foundation
import Tensor

/// Something to be drawn: it knows the script that draws it.
public protocol Picture: Sendable {
  /// Gnuplot's commands, data included, that draw the picture into files named `name` plus the ending of each format.
  func script(name: String, formats: [PictureFormat]) -> String
}

/// The form of a picture's file.
public enum PictureFormat: String, Sendable, CaseIterable {
  case png
  case svg
}

/// What became of a picture.
public enum PictureOutcome: Sendable, Equatable {
  /// These files were written.
  case drawn([String])
  /// There is no gnuplot; its script, data included, was written.
  case scriptOnly(script: String)

  /// A line for people: where the picture is or how to get it.
  public var description: String {
    switch self {
    case .drawn(let paths): paths.joined(separator: ", ")
    case .scriptOnly(let script):
      "gnuplot is not installed; for the picture: \(Gnuplot.installHint), then (cd \(URL(fileURLWithPath: script).deletingLastPathComponent().path)"
        + " && gnuplot \(URL(fileURLWithPath: script).lastPathComponent))"
    }
  }
}

extension Picture {
  /// Writes the script `name.gnuplot` into `directory` and lets gnuplot draw it. The script holds the data, so the picture can be
  /// drawn later or with other colours without training again.
  /// - Parameters:
  ///   - name: of the files, without ending.
  ///   - directory: made if need be.
  ///   - formats: one file each.
  ///   - gnuplot: nil if there is none, which is an outcome and no error.
  @discardableResult
  public func draw(
    _ name: String, in directory: String, formats: [PictureFormat] = [.png], with gnuplot: Gnuplot? = .installed()
  ) throws -> PictureOutcome {
    let folder = URL(fileURLWithPath: directory, isDirectory: true)
    let paths = formats.map { folder.appendingPathComponent("\(name).\($0.rawValue)").path }
    // Pictures of an earlier run must not pass for those of this one.
    for path in paths { try? FileManager.default.removeItem(atPath: path) }
    let script = folder.appendingPathComponent("\(name).gnuplot")
    try AtomicFile.write(self.script(name: name, formats: formats), to: script.path)
    guard let gnuplot else { return .scriptOnly(script: script.path) }
    try gnuplot.run(script: script)
    for path in paths where !FileManager.default.fileExists(atPath: path) {
      throw GnuplotError(script: script.path, message: "\(path) was not written")
    }
    return .drawn(paths)
  }
}
