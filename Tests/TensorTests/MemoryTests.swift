import Kappa
import TestSupport
import Testing

@Suite("The memory of tensors")
struct TensorMemoryTests {
  @Test func `is given back by 10,000 mixed operations`() async {
    // In a process of its own: all tensors share one pool.
    await #expect(processExitsWith: .success) {
      var x: Tensor<Double> = RandomStream(seed: 1).normal([64, 128])
      let y: Tensor<Double> = RandomStream(seed: 2).normal([128])
      func round(_ step: Int) {
        x = (x + y).tanh()
        x *= 0.5
        _ = x.transposed().contiguous()
        _ = x.sum(axes: [step % 2])
        _ = x[rows: 3..<50].reshaped(to: [-1])
      }
      for step in 0..<200 { round(step) }
      let before = Memory.statistics.inUse
      // A leak of 64 bytes an operation would be 640 KB.
      #expect(residentGrowth { for step in 0..<2000 { round(step) } } < 400_000)
      #expect(Memory.statistics.inUse == before)
      #expect(x.isFinite)
    }
  }

  @Test func `is counted, kept for reuse, and given back to the system`() async {
    await #expect(processExitsWith: .success) {
      let before = Memory.statistics
      var x: Tensor<Float>? = Tensor(zeros: [1 << 18])
      #expect(Memory.statistics.inUse == before.inUse + 1 << 20)
      x = nil
      #expect(x == nil && Memory.statistics.inUse == before.inUse)
      #expect(Memory.statistics.pooled == before.pooled + 1 << 20)
      #expect(Memory.statistics.peak >= before.inUse + 1 << 20)
      Memory.trim()
      #expect(Memory.statistics.pooled == 0)
      Memory.resetPeak()
      #expect(Memory.statistics.peak == Memory.statistics.inUse)
    }
  }

  @Test func `is aligned for vector instructions`() {
    for count in [1, 7, 64, 1000, 100_000] {
      Tensor<Float>(zeros: [count]).withUnsafeElements { #expect(Int(bitPattern: $0.baseAddress!) % 64 == 0) }
    }
  }
}
