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
private var residentMemoryIsTelling: Bool { getenv("ASAN_OPTIONS") == nil && getenv("TSAN_OPTIONS") == nil }

/// The least by which resident memory grows in one of a few runs of `rounds`; 0 where that cannot be told.
///
/// What leaks grows in every run. What threads find while they are scheduled in a way that they had not met before (more buffers in
/// use at once, a share of the work that was always another's) grows in some and has an end. A first run fills the holes that what came
/// before has left.
public func residentGrowth(runs: Int = 5, _ rounds: () -> Void) -> Int {
  rounds()
  guard residentMemoryIsTelling else { return 0 }
  var least = Int.max
  for _ in 0..<runs where least > 0 {
    let before = residentBytes()
    rounds()
    least = min(least, residentBytes() - before)
  }
  return max(least, 0)
}
