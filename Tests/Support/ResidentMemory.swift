import Foundation

/// The bytes of memory of this process's own that lie in the machine's memory: no files, and counted page by page, where the short
/// figures of `/proc/self/statm` lag behind by some pages a core.
public func residentBytes() -> Int {
  let summary = (try? String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)) ?? ""
  let line = summary.split(separator: "\n").first { $0.hasPrefix("Anonymous:") }
  guard let kibibytes = line?.split(separator: " ").dropFirst().first, let count = Int(kibibytes) else {
    fatalError("no count of anonymous memory in /proc/self/smaps_rollup: \(summary)")
  }
  return count * 1024
}

/// Whether `residentBytes` shows leaks: sanitizers hold freed memory back and keep accounts of their own.
public var residentMemoryIsTelling: Bool { getenv("ASAN_OPTIONS") == nil && getenv("TSAN_OPTIONS") == nil }
