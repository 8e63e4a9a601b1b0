import COpenBLAS
import CKernels
import Foundation

/// Work shared among the cores: one pool of threads for all that Kappa does.
///
/// OpenBLAS is called single-threaded from these threads, on slices: splitting a product ourselves is faster than its own
/// threads (docs/decisions/0002-threads.md) and leaves no second pool to compete with. How work is cut depends only on its size
/// and on `threads`, never on which thread is free, so results are the same bits in every run.
public enum Parallel {
  /// How many threads share large operations. At first the value of the environment variable `KAPPA_NUM_THREADS`, else
  /// the number of cores this process may use.
  public static var threads: Int {
    get {
      _ = prepared
      return kappa_worker_count()
    }
    set {
      require(newValue >= 1, "Parallel.threads: \(newValue) is not positive")
      _ = prepared
      kappa_set_worker_count(newValue)
    }
  }

  /// Calls `body` with its work cut as for `count` threads, whatever `threads` is: the same bits as with that many. Only the
  /// calling thread is concerned, and what it shares out; the threads themselves stay as they are.
  package static func cutting<R>(for count: Int, _ body: () throws -> R) rethrows -> R {
    require(count >= 1, "Parallel.cutting: \(count) threads")
    let before = kappa_cut_work_for(count)
    defer { _ = kappa_cut_work_for(before) }
    return try body()
  }

  /// Makes sure that OpenBLAS leaves the threads to us; cheap after the first time.
  @inline(__always) static func prepare() { _ = prepared }

  private static let prepared: Void = {
    openblas_set_num_threads(1)
    let wish = ProcessInfo.processInfo.environment["KAPPA_NUM_THREADS"].flatMap { Int($0) } ?? 0
    kappa_set_worker_count(wish > 0 ? wish : kappa_available_cores())
  }()

  /// Calls `body` for 0 ..< count on the threads; returns when all calls have.
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    if count == 1 { return body(0) }
    withoutActuallyEscaping(body) { escaping in
      var box = escaping
      withUnsafeMutablePointer(to: &box) { pointer in
        kappa_parallel(
          count, { index, context in context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index) }, pointer)
      }
    }
  }

  /// Cuts 0 ..< count into one range a thread, none shorter than `grain`, bounds at multiples of `alignment`.
  @inline(__always)
  package static func slices(_ count: Int, grain: Int, alignment: Int = 64, _ body: (Range<Int>) -> Void) {
    // The test comes first, and where it is called: small operations pay one comparison and no closure.
    if count < 2 * grain { body(0..<count) } else { sharedSlices(count, grain: grain, alignment: alignment, body) }
  }

  @inline(never)
  private static func sharedSlices(_ count: Int, grain: Int, alignment: Int, _ body: (Range<Int>) -> Void) {
    let parts = min(threads, count / grain)
    guard parts > 1 else { return body(0..<count) }
    // Bounds at the nearest multiples: rounding up would leave the last thread with less, and the others wait for the first.
    func bound(_ index: Int) -> Int {
      index == parts ? count : min(count, (count * index / parts + alignment / 2) / alignment * alignment)
    }
    forEach(parts) { index in
      let part = bound(index)..<bound(index + 1)
      if !part.isEmpty { body(part) }
    }
  }

  /// Elements a thread should have at least: below it, waking the others costs more than it saves. Measured for one
  /// addition and for one exponential an element.
  package static let cheapGrain = 8_192
  package static let costlyGrain = 2_048
}
