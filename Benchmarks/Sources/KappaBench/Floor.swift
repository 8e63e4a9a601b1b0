import COpenBLAS
import Foundation
import Kappa

/// The bare matrix products of a workload in OpenBLAS, each timed alone, hot in the cache, best of many, and summed: what the
/// rows are measured against. OpenBLAS uses its own threads here.
struct Floor {
  /// Seconds of one layer's products x W, xᵀ d and d Wᵀ.
  private struct Layer {
    var forward: Double
    var weight: Double
    var input: Double
    var all: Double { forward + weight + input }
  }

  /// One row for each kind of derivative, as `floor/KIND/WORKLOAD`.
  static func rows(of w: Workload, threads: Int) -> [Result] {
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(1) }
    let layers = zip(w.sizes, w.sizes.dropFirst()).map { inputs, outputs in
      Layer(
        forward: product(w.batch, inputs, outputs), weight: product(inputs, w.batch, outputs, transposeA: true),
        input: product(w.batch, outputs, inputs, transposeB: true))
    }
    let (first, later) = (layers[0], layers.dropFirst())
    let forward = layers.reduce(0) { $0 + $1.forward }
    let start = first.forward + first.weight
    let hessian = start + later.reduce(0) { $0 + 2 * $1.all }
    let gaussNewton = start + later.reduce(0) { $0 + 2 * $1.forward + $1.weight + $1.input }
    let times = [
      "grad": start + later.reduce(0) { $0 + $1.all }, "hv_repeat": hessian, "gv_repeat": gaussNewton,
      "hv": forward + later.reduce(0) { $0 + $1.input } + hessian, "gv": forward + gaussNewton,
    ]
    return times.sorted { $0.key < $1.key }.map { kind, seconds in
      let time = Measured(median: seconds, fastest: seconds, repetitions: 1, peakMegabytes: peakResidentMegabytes())
      return Result(row: "floor/\(kind)/\(w.label)", peer: "floor", threads: threads, measured: time)
    }
  }

  /// The least seconds of an [m, k] x [k, n] product among those that fit in 60 ms, at least four.
  private static func product(_ m: Int, _ k: Int, _ n: Int, transposeA: Bool = false, transposeB: Bool = false) -> Double {
    let a = [Float](repeating: 0.5, count: m * k)
    let b = [Float](repeating: 0.25, count: k * n)
    var c = [Float](repeating: 0, count: m * n)
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .milliseconds(60))
    var least = Double.infinity
    var count = 0
    while clock.now < end || count < 4 {
      let time = clock.measure {
        cblas_sgemm(
          CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n),
          Int32(k), 1, a, Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), 0, &c, Int32(n))
      }
      least = min(least, time / .seconds(1))
      count += 1
    }
    return least
  }
}
