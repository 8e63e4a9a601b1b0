import ArgumentParser
import Foundation
import Kappa

/// What a process of its own does, to be timed or weighed from its start to its end.
enum ChildProcess: String, ExpressibleByArgument {
  /// Prints the gradient of the sum of tanh(W W) for a matrix [2, 2] of ones.
  case startup
  /// 20 steps of gradient descent and 20 Hessian-vector products of `mlp_ae_mnist@1000`.
  case memory

  /// Does the work; the last line printed is the process's largest resident size in MB.
  func run() {
    switch self {
    case .startup:
      let w = Tensor<Float>(repeating: 1, shape: [2, 2])
      print(valueAndGradient(at: w) { matmul($0, $0).tanh().sum() }.gradient)
    case .memory:
      let workload = Workload.dense.first { $0.label == "mlp_ae_mnist@1000" }!
      let (objective, v) = (workload.makeObjective(), workload.direction)
      var theta = workload.makeParameters()
      for _ in 0..<20 { theta -= 1e-4 * objective.gradient(at: theta) }
      for _ in 0..<20 { Row.keep(objective.hessianVectorProduct(at: theta, v)) }
    }
    print(peakResidentMegabytes())
  }

  /// Runs it once in a process of its own.
  func measured() -> (seconds: Double, megabytes: Double) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--child", rawValue, "--threads", "\(Parallel.threads)"]
    let pipe = Pipe()
    process.standardOutput = pipe
    let clock = ContinuousClock()
    let start = clock.now
    do { try process.run() } catch { fatalError("\(rawValue): \(error)") }
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    // The output ends with the process; waiting for it by a run loop takes up to 50 ms more.
    let seconds = (clock.now - start) / .seconds(1)
    process.waitUntilExit()
    guard process.terminationStatus == 0, let last = output.split(separator: "\n").last, let megabytes = Double(last) else {
      fatalError("\(rawValue): the process failed: \(output)")
    }
    return (seconds, megabytes)
  }
}

extension Row {
  /// How long a process takes to print its first derivative, and how much memory one needs that trains a large network.
  static var processes: [Row] {
    [
      Row(name: "startup") { (_: Double) -> Measured in
        let runs = (0..<5).map { _ in ChildProcess.startup.measured() }
        return Measured(
          median: runs.map(\.seconds).median, fastest: runs.map(\.seconds).min()!, repetitions: runs.count,
          peakMegabytes: runs.map(\.megabytes).max()!)
      },
      Row(name: "memory") { (_: Double) -> Measured in
        Measured(median: nil, fastest: nil, repetitions: 1, peakMegabytes: ChildProcess.memory.measured().megabytes)
      },
    ]
  }
}
