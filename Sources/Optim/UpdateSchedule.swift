import Foundation
import Tensor

/// At which steps a preconditioner is updated. Steps count from 1.
public struct UpdateSchedule: Sendable, Hashable {
  private enum Rule: Hashable, Sendable {
    case every(Int)
    case logarithmic
  }
  private let rule: Rule

  /// Steps 1, 1 + n, 1 + 2n, ...: the first step always updates.
  public static func every(_ n: Int) -> UpdateSchedule {
    require(n >= 1, "UpdateSchedule.every(\(n)): not positive")
    return UpdateSchedule(rule: .every(n))
  }

  /// Step t if t is a multiple of max(⌊log₁₀ t⌋, 1) (Li, 2018, experiment 4).
  public static let logarithmic = UpdateSchedule(rule: .logarithmic)

  /// Whether step `step` updates.
  public func isDue(_ step: Int) -> Bool {
    switch rule {
    case .every(let n): (step - 1) % n == 0
    case .logarithmic: step % max(Int(log10(Double(step))), 1) == 0
    }
  }
}
