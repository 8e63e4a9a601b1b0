import COpenBLAS
import Foundation
import Kappa

/// The bare products of a workload, each timed alone, hot in the cache, many times, and summed: what the rows are measured against,
/// medians with medians and fastest with fastest.
/// Matrix products in OpenBLAS with its own threads, convolutions in oneDNN.
struct Floor {
  /// Seconds of one layer's products x W, xᵀ d and d Wᵀ.
  private struct Layer {
    var forward: Seconds
    var weight: Seconds
    var input: Seconds
    var all: Seconds { forward + weight + input }
  }

  /// One row for each kind of derivative, as `floor/KIND/WORKLOAD`.
  static func rows(of w: Workload, threads: Int) -> [Result] {
    let isConvolutional = w.layers.contains { if case .convolution = $0 { true } else { false } }
    guard !isConvolutional || ConvolutionFloor.isAvailable else { return [] }
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(1) }
    let layers = w.layers.map { time($0, batch: w.batch, threads: threads) }
    let (first, later) = (layers[0], layers.dropFirst())
    let forward = layers.reduce(.zero) { $0 + $1.forward }
    let start = first.forward + first.weight
    let hessian = start + later.reduce(.zero) { $0 + 2 * $1.all }
    let gaussNewton = start + later.reduce(.zero) { $0 + 2 * $1.forward + $1.weight + $1.input }
    let times = [
      "grad": start + later.reduce(.zero) { $0 + $1.all }, "hv_repeat": hessian, "gv_repeat": gaussNewton,
      "hv": forward + later.reduce(.zero) { $0 + $1.input } + hessian, "gv": forward + gaussNewton,
    ]
    return times.sorted { $0.key < $1.key }.map { kind, seconds in
      Result(floor: "\(kind)/\(w.label)", threads: threads, seconds)
    }
  }

  private static func time(_ layer: Workload.Layer, batch: Int, threads: Int) -> Layer {
    switch layer {
    case .dense(let rows, let inputs, let outputs, let steps):
      let count = Double(steps)
      return Layer(
        forward: count * product(rows, inputs, outputs), weight: product(inputs, steps * rows, outputs, transposeA: true),
        input: count * product(rows, outputs, inputs, transposeB: true))
    case .convolution(let layer):
      let times = ConvolutionFloor.seconds(of: layer, batch: batch, threads: threads)
      return Layer(forward: times.forward, weight: times.weight, input: times.input)
    }
  }

  /// The seconds of an [m, k] x [k, n] product; of one row or column by the matrix-vector product, if that is faster.
  private static func product(_ m: Int, _ k: Int, _ n: Int, transposeA: Bool = false, transposeB: Bool = false) -> Seconds {
    let a = [Float](repeating: 0.5, count: m * k)
    let b = [Float](repeating: 0.25, count: k * n)
    var c = [Float](repeating: 0, count: m * n)
    let matrices = time {
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n),
        Int32(k), 1, a, Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), 0, &c, Int32(n))
    }
    guard m == 1 || n == 1 && !transposeA else { return matrices }
    let vector = time {
      if m == 1 {
        let (rows, columns) = transposeB ? (n, k) : (k, n)
        cblas_sgemv(
          CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, Int32(rows), Int32(columns), 1, b, Int32(columns), a, 1, 0, &c, 1)
      } else {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, Int32(m), Int32(k), 1, a, Int32(k), b, 1, 0, &c, 1)
      }
    }
    return vector.fastest < matrices.fastest ? vector : matrices
  }

  /// The seconds of one call, in batches of calls that fit in 60 ms; at least four batches.
  private static func time(_ body: () -> Void) -> Seconds {
    body()
    let calls = max(1, Int(1e-4 / max(ContinuousClock().measure(body) / .seconds(1), 1e-7)))
    return (1 / Double(calls)) * Seconds(of: { for _ in 0..<calls { body() } }, within: .milliseconds(60))
  }
}

/// Seconds of repeated work: the median and the fastest.
struct Seconds {
  var median: Double
  var fastest: Double

  static var zero: Seconds { Seconds(median: 0, fastest: 0) }
  static func + (a: Seconds, b: Seconds) -> Seconds { Seconds(median: a.median + b.median, fastest: a.fastest + b.fastest) }
  static func * (count: Double, a: Seconds) -> Seconds { Seconds(median: count * a.median, fastest: count * a.fastest) }
}

extension Seconds {
  /// Repeats `body` for so long, at least four times.
  init(of body: () -> Void, within duration: Duration) {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: duration)
    var samples: [Double] = []
    while clock.now < end || samples.count < 4 { samples.append(clock.measure(body) / .seconds(1)) }
    self.init(median: samples.median, fastest: samples.min()!)
  }
}

extension Result {
  /// A row of the floor.
  init(floor row: String, threads: Int, _ seconds: Seconds) {
    self.init(
      row: "floor/" + row, peer: "floor", threads: threads,
      measured: Measured(
        median: seconds.median, fastest: seconds.fastest, repetitions: 1, peakMegabytes: peakResidentMegabytes()))
  }
}
