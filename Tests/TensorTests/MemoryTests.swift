import Kappa
import TestSupport
import Testing

@Suite("The memory of tensors")
struct TensorMemoryTests {
  @Test func `is given back by 10,000 mixed operations`() {
    // 1 MB each; other tests hold a few MB meanwhile, a leak here would be gigabytes.
    var x: Tensor<Double> = RandomStream(seed: 1).normal([256, 512])
    let y: Tensor<Double> = RandomStream(seed: 2).normal([512])
    let before = Memory.statistics.inUse
    for step in 0..<2000 {
      x = (x + y).tanh()
      x *= 0.5
      _ = x.transposed().contiguous()
      _ = x.sum(axes: [step % 2])
      _ = x[rows: 3..<200].reshaped(to: [-1])
    }
    #expect(Memory.statistics.inUse - before < 200 << 20)
    #expect(x.isFinite)
  }

  @Test func `is aligned for vector instructions and kept for reuse`() {
    for count in [1, 7, 64, 1000, 100_000] {
      Tensor<Float>(zeros: [count]).withUnsafeElements { elements in
        #expect(Int(bitPattern: elements.baseAddress!) % 64 == 0)
      }
    }
    #expect(Memory.statistics.peak >= Memory.statistics.inUse)
  }
}
