import ArgumentParser
import Foundation
import Kappa

/// The methods compared: gradient descent without and with three diagonal preconditioners.
enum Method: String, CaseIterable, ExpressibleByArgument {
  case sgd
  case rmsprop
  case jacobi
  case esgd

  /// As papers write it.
  var title: String {
    switch self {
    case .sgd: "SGD"
    case .rmsprop: "RMSProp"
    case .jacobi: "Jacobi"
    case .esgd: "ESGD"
    }
  }

  /// - Parameters:
  ///   - settings: what a search chose or the user says.
  ///   - period: steps from one curvature product to the next.
  ///   - seed: of the probes.
  func optimizer(_ settings: Settings, every period: Int, seed: UInt64) -> PreconditionedSGD<Float> {
    let preconditioner: Preconditioner<Float> =
      switch self {
      case .sgd: Preconditioner()
      case .rmsprop: RMSProp(decay: settings.decay, damping: settings.damping)
      case .jacobi: Jacobi(damping: settings.damping, every: period)
      case .esgd: Equilibration(damping: settings.damping, every: period)
      }
    return PreconditionedSGD(learningRate: settings.learningRate, preconditioner: preconditioner, seed: seed)
  }

  /// The settings a search tries: six for each method, from the ranges of section 7 of the ESGD paper.
  ///
  /// Its dampings {1e-4, 1e-5, 1e-6} agree with the 1e-2 it recommends if they stand inside the root; outside it they are
  /// {1e-2, 3e-3, 1e-3}, of which the ends are tried.
  var grid: [Settings] {
    switch self {
    case .sgd: Settings.rates(from: 0.01, to: 0.1, count: 6).map { Settings(learningRate: $0) }
    case .rmsprop:
      [0.9, 0.95].flatMap { decay in
        Settings.rates(from: 1e-4, to: 1e-3, count: 3).map { Settings(learningRate: $0, damping: 1e-4, decay: decay) }
      }
    case .jacobi, .esgd:
      [1e-2, 1e-3].flatMap { damping in
        Settings.rates(from: self == .esgd ? 0.01 : 1e-4, to: self == .esgd ? 0.1 : 1e-3, count: 3)
          .map { Settings(learningRate: $0, damping: damping) }
      }
    }
  }
}

/// What a method leaves to be chosen; it reads what it knows.
struct Settings: Equatable, CustomStringConvertible {
  var learningRate: Double
  /// λ, added to the divisor. Not for SGD.
  var damping = 0.0
  /// What RMSProp's mean keeps of itself at each step.
  var decay = 0.9

  var description: String { "rate \(learningRate)  damping \(damping)  decay \(decay)" }

  /// Rates with equal ratios, rounded to two digits.
  static func rates(from low: Double, to high: Double, count: Int) -> [Double] {
    (0..<count).map { index in
      let rate = low * pow(high / low, Double(index) / Double(count - 1))
      return Double(String(format: "%.1e", rate))!
    }
  }
}
