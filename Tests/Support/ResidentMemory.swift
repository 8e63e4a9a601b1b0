import Foundation

/// The bytes of memory that this process occupies.
public func residentBytes() -> Int {
  let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  return (Int(statm.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
}

/// Whether `residentBytes` shows leaks: sanitizers hold freed memory back and keep accounts of their own.
public var residentMemoryIsTelling: Bool { getenv("ASAN_OPTIONS") == nil && getenv("TSAN_OPTIONS") == nil }
