import COneDNN
import Foundation
import Kappa

/// The bare convolution products of a workload in oneDNN, the changes from and to row-major layout included: what our rows are
/// measured against. Each thread works on its part of the batch, hot in the cache, with nothing allocated.
struct ConvolutionFloor {
  /// One row for each of `ConvolutionProducts`; none where oneDNN is not installed.
  static func rows(of workload: ConvolutionNetwork, threads: Int) -> [Result] {
    guard isAvailable else { return [] }
    return ConvolutionProducts.allCases.map { (products: ConvolutionProducts) -> Result in
      var total = Seconds.zero
      for (index, layer) in workload.layers.enumerated() {
        let times = seconds(of: layer, batch: workload.batch, threads: threads)
        total = total + times.forward
        if products == .gradient { total = total + times.weight + (index > 0 ? times.input : .zero) }
      }
      return Result(floor: "\(products.rawValue)/\(workload.label)", threads: threads, total)
    }
  }

  private nonisolated(unsafe) static let library = kappa_onednn_open("libdnnl.so.2")

  /// Whether oneDNN is installed.
  static var isAvailable: Bool { library != nil }

  /// Seconds of a layer's result and of its weights' and its input's gradient.
  static func seconds(of layer: ConvolutionLayer, batch: Int, threads: Int) -> (forward: Seconds, weight: Seconds, input: Seconds) {
    guard let library else { fatalError("the floor of convolutions needs oneDNN") }
    func seconds(_ product: UInt32) -> Seconds { time(Int32(product), layer, batch: batch, threads: threads, library) }
    return (
      seconds(kappa_onednn_forward.rawValue), seconds(kappa_onednn_weight_gradient.rawValue),
      seconds(kappa_onednn_input_gradient.rawValue)
    )
  }

  private static func time(
    _ product: Int32, _ layer: ConvolutionLayer, batch: Int, threads: Int, _ library: OpaquePointer
  ) -> Seconds {
    let parts = (0..<threads).map { part in
      BareConvolution(library, product, layer, batch: batch * (part + 1) / threads - batch * part / threads)
    }
    return Seconds(
      of: { DispatchQueue.concurrentPerform(iterations: threads) { parts[$0].run() } }, within: .milliseconds(100))
  }
}

/// One product in oneDNN with all its buffers.
private final class BareConvolution: @unchecked Sendable {
  private let plan: OpaquePointer
  private let result: Int
  /// Each array in row-major order and in oneDNN's layout; the same memory where these are one.
  private let plain: [UnsafeMutablePointer<Float>]
  private let blocked: [UnsafeMutablePointer<Float>]
  private let scratch: UnsafeMutablePointer<Float>

  init(_ library: OpaquePointer, _ product: Int32, _ layer: ConvolutionLayer, batch: Int) {
    let (size, out, kernel, pad) = (Int64(layer.size), Int64(layer.result), Int64(layer.kernel), Int64(layer.padding))
    var sizes = kappa_onednn_convolution(
      batch: Int64(batch), in_channels: Int64(layer.inputs), in_height: size, in_width: size, out_channels: Int64(layer.outputs),
      out_height: out, out_width: out, kernel_height: kernel, kernel_width: kernel, stride_height: 1, stride_width: 1,
      dilation_height: 1, dilation_width: 1, top: pad, left: pad, bottom: pad, right: pad)
    guard let plan = kappa_onednn_plan_create(library, product, &sizes) else { fatalError("oneDNN has no code for \(layer)") }
    self.plan = plan
    result = [2, 0, 1][Int(product)]
    let counts = [
      batch * layer.inputs * layer.size * layer.size, layer.outputs * layer.inputs * layer.kernel * layer.kernel,
      batch * layer.outputs * layer.result * layer.result,
    ]
    func zeros(_ bytes: Int) -> UnsafeMutablePointer<Float> {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
      return memory.initializeMemory(as: Float.self, repeating: 0, count: max(bytes, 64) / 4)
    }
    let plain = counts.map { zeros(4 * $0) }
    self.plain = plain
    blocked = (0..<3).map { role in
      let bytes = kappa_onednn_blocked_size(plan, Int32(role))
      return bytes == 0 ? plain[role] : zeros(bytes)
    }
    scratch = zeros(kappa_onednn_scratch_size(plan))
  }

  deinit {
    for role in 0..<3 where blocked[role] != plain[role] { blocked[role].deallocate() }
    plain.forEach { $0.deallocate() }
    scratch.deallocate()
    kappa_onednn_plan_destroy(plan)
  }

  func run() {
    var status: Int32 = 0
    for role in 0..<3 where role != result && blocked[role] != plain[role] {
      status |= kappa_onednn_block(plan, Int32(role), plain[role], blocked[role])
    }
    status |= kappa_onednn_run(plan, blocked[0], blocked[1], blocked[2], scratch)
    if blocked[result] != plain[result] { status |= kappa_onednn_unblock(plan, Int32(result), blocked[result], plain[result]) }
    require(status == 0, "oneDNN failed with status \(status)")
  }
}
