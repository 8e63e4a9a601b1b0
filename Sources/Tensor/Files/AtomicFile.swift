import Foundation

/// A file that could not be written or read: which, what failed and why.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or folder.
  public var path: String
  /// What was tried: "write", "read".
  public var action: String
  /// The system's words.
  public var reason: String

  /// An error with the given parts.
  public init(path: String, action: String, reason: String) {
    self.path = path
    self.action = action
    self.reason = reason
  }

  /// What failed, why, and what to look at.
  public var description: String {
    "\(path): cannot \(action) (\(reason)); check the folder, its permissions and the space on the disk"
  }
}

/// Files that appear whole or not at all.
public enum AtomicFile {
  /// Writes `text` to `path`, making the folders on the way.
  ///
  /// A temporary file beside it is written, synchronised with the disk and renamed: whoever opens `path`, even after a crash, finds
  /// the old contents or the new and nothing between.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(to: path) { file throws(SystemError) in try file.write(Array(text.utf8)) }
  }

  /// As above; `contents` writes what the file is to hold, in as many pieces as it likes.
  package static func write(to path: String, contents: (FileDescriptor) throws(SystemError) -> Void) throws(FileError) {
    let target = URL(fileURLWithPath: path)
    let folder = target.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: folder.path, action: "make the folder", reason: error.localizedDescription)
    }
    let unique = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = folder.appendingPathComponent(".\(target.lastPathComponent).\(unique).tmp").path
    do throws(SystemError) {
      try writeAndSynchronize(to: temporary, contents)
      guard rename(temporary, target.path) == 0 else { throw SystemError.last }
    } catch {
      unlink(temporary)
      throw FileError(path: path, action: "write", reason: error.description)
    }
    synchronize(folder: folder.path)
  }

  /// The text of the file at `path`.
  public static func read(_ path: String) throws(FileError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw FileError(path: path, action: "read", reason: error.localizedDescription)
    }
  }

  private static func writeAndSynchronize(
    to path: String, _ contents: (FileDescriptor) throws(SystemError) -> Void
  ) throws(SystemError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw SystemError.last }
    defer { close(file) }
    try contents(FileDescriptor(number: file))
    guard fsync(file) == 0 else { throw SystemError.last }
  }

  /// Makes a rename last. Some file systems know no such thing; the file is there in any case.
  private static func synchronize(folder: String) {
    let directory = open(folder, O_RDONLY | O_CLOEXEC)
    guard directory >= 0 else { return }
    _ = fsync(directory)
    close(directory)
  }
}
