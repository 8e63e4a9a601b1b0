import Foundation
import Kappa
import Tensor
import TestSupport
import Testing

@Suite("Convolutions and the machine:")
struct ConvolutionResourceTests {
  @Test func `no working memory grows with the batch`() async {
    await #expect(processExitsWith: .success) {
      for path in Path.allCases {
        path.run {
          // What a batch of 8 needs is enough for 64; images and results of 64 take 8 MiB in Float.
          let (few, many) = (workingMemory(batch: 8, of: Float.self), workingMemory(batch: 64, of: Float.self))
          #expect(many <= few + 1 << 20, "\(path): \(few) bytes, then \(many)")
          #expect(many <= 1 << 22, "\(path): \(many) bytes")
          #expect(workingMemory(batch: 64, of: Double.self) <= 1 << 21)
        }
      }
    }
  }

  @Test func `memory is flat over many calls`() async {
    await #expect(processExitsWith: .success) {
      func round(_ step: Int) {
        let operands = ConvolutionCase(x: [3 + step % 4, 4, 9, 8], w: [5, 4, 3, 3]).random(of: Float.self)
        _ = operands.trio
        let (values, positions) = maxPool2d(operands.x, window: 2)
        _ = scatterPixels(values, at: positions, inputSize: .init(height: 9, width: 8))
        _ = averagePool2d(operands.x, window: 2)
      }
      for step in 0..<200 { round(step) }
      let bytes = Memory.statistics.inUse
      // A leak of 256 bytes a convolution would be 1.5 MB.
      #expect(residentGrowth { for step in 0..<2000 { round(step) } } < 1_000_000)
      #expect(Memory.statistics.inUse == bytes)
    }
  }

  @Test func `no thread is started but ours`() async {
    await #expect(processExitsWith: .success) {
      setenv("OMP_NUM_THREADS", "4", 1)
      Parallel.threads = 2
      func threads() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0 }
      Parallel.forEach(2) { _ in }
      let before = threads()
      #expect(before > 0)
      for example in ConvolutionCase.catalog { _ = example.random(of: Float.self).trio }
      #expect(threads() == before)
    }
  }

  @Test func `several tasks at once get what one gets`() async {
    let examples = ConvolutionCase.catalog
    let expected = examples.map { $0.random(of: Float.self).trio }
    await withTaskGroup(of: [Bool].self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<30).map { round in
            let index = (task * 7 + round) % examples.count
            // The same bits: how work is cut does not depend on who is free.
            return examples[index].random(of: Float.self).trio == expected[index]
          }
        }
      }
      for await equal in group { #expect(equal.allSatisfy { $0 }) }
    }
  }

  @Test("every number of threads gives the same within rounding", arguments: Path.allCases)
  func threads(_ path: Path) async {
    // The number of threads belongs to the process: one of its own for each test that sets it.
    switch path {
    case .automatic: await #expect(processExitsWith: .success) { expectSameOnAllThreads(.automatic) }
    case .portable: await #expect(processExitsWith: .success) { expectSameOnAllThreads(.portable) }
    }
  }

  @Test func `KAPPA_ONEDNN=0 leaves oneDNN out`() async {
    await #expect(processExitsWith: .success) {
      setenv("KAPPA_ONEDNN", "0", 1)
      #expect(Configuration.current.accelerators == [])
      let operands = ConvolutionCase.catalog[0].exact(of: Float.self)
      expectClose(operands.y, Path.portable.run { operands.y }, .exact, "without oneDNN")
    }
  }

  @Test func `a library that is not there, or is another, is none`() {
    #expect(OneDNN(library: "libno-such-thing.so.1") == nil)
    #expect(OneDNN(library: "libm.so.6") == nil)
  }
}

/// The most that one of the trio takes beside its operands and its result.
private func workingMemory<S: TensorScalar>(batch: Int, of type: S.Type) -> Int {
  let operands = ConvolutionCase(x: [batch, 16, 32, 32], w: [16, 16, 3, 3], convolution: .init(padding: 1)).random(of: S.self)
  return (0..<3).map { product in
    Memory.resetPeak()
    let result = product == 0 ? operands.y : product == 1 ? operands.inputGradient : operands.weightGradient
    let after = Memory.statistics
    return withExtendedLifetime(result) { after.peak - after.inUse }
  }.max()!
}

/// The trio on 1, 2, 3 and 5 threads: batches that threads divide, that they do not, and that are smaller.
private func expectSameOnAllThreads(_ path: Path) {
  path.run {
    for batch in [1, 4, 11] {
      let operands = ConvolutionCase(x: [batch, 8, 20, 20], w: [16, 8, 3, 3]).exact(of: Float.self)
      Parallel.threads = 1
      let expected = operands.trio
      for threads in [2, 3, 5] {
        Parallel.threads = threads
        // Sums of these numbers are exact, in whatever order.
        for (a, b) in zip(operands.trio, expected) { expectClose(a, b, .exact, "\(threads) threads, batch \(batch)") }
      }
    }
  }
}

@Suite("oneDNN", .enabled(if: OneDNN.installed != nil, "libdnnl.so.2 is not installed"))
struct OneDNNTests {
  @Test func `is named among the accelerators`() {
    #expect(Configuration.current.accelerators.first?.hasPrefix("oneDNN 2.") == true)
  }

  @Test func `keeps a bounded number of compiled products, and results stay right`() throws {
    let dnn = try #require(OneDNN.installed)
    let w: Tensor<Float> = Arrangement.contiguous.tensor([8, 8, 1, 2])
    for width in 2..<OneDNN.planLimit + 32 {
      let x = Tensor<Float>(repeating: 1, shape: [1, 8, 1, width])
      let y = conv2d(x, w)
      // Every window sees the same: all of a kernel's weights.
      expectClose(y.sum(axes: [0, 2, 3]), w.sum(axes: [1, 2, 3]) * Float(width - 1), .exact, "width \(width)")
    }
    #expect(dnn.cachedPlans <= OneDNN.planLimit)
    // The first, which is no longer there.
    #expect(conv2d(Tensor<Float>(repeating: 1, shape: [1, 8, 1, 2]), w).shape == [1, 8, 1, 1])
  }

  @Test func `leaves the caller's OpenMP as it was`() async {
    await #expect(processExitsWith: .success) {
      setenv("OMP_NUM_THREADS", "3", 1)
      _ = ConvolutionCase.catalog[0].random(of: Float.self).trio
      let handle = dlopen("libgomp.so.1", RTLD_NOW)
      let symbol = try #require(handle.flatMap { dlsym($0, "omp_get_max_threads") })
      let threads = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
      #expect(threads() == 3)
    }
  }
}
