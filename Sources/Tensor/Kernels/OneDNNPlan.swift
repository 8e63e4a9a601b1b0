import CKernels
import COneDNN
import Foundation

/// oneDNN, where it is installed.
package final class OneDNN: Sendable {
  /// The library in use: nil where it is not installed, or the environment variable `KAPPA_ONEDNN` is 0.
  package static let installed: OneDNN? =
    ProcessInfo.processInfo.environment["KAPPA_ONEDNN"] == "0" ? nil : OneDNN(library: "libdnnl.so.2")

  /// The library, if the current task may use it.
  static var forCurrentTask: OneDNN? {
    guard let installed, ConvolutionPath.current == .automatic else { return nil }
    return installed
  }

  /// Never closed and never written to.
  private nonisolated(unsafe) let library: OpaquePointer
  /// Read and written under the lock: Foundation's, because ThreadSanitizer knows it.
  private nonisolated(unsafe) var plans = PlanCache()
  private let lock = NSLock()

  /// Nil where there is no such library, or none that can be used.
  package init?(library name: String) {
    guard let library = kappa_onednn_open(name) else { return nil }
    self.library = library
  }

  /// "major.minor.patch".
  package var version: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      kappa_onednn_version(library, text.baseAddress!, text.count)
      return String(cString: text.baseAddress!)
    }
  }

  /// Code for a product of the given shape, compiled when it is first asked for; nil where oneDNN has none that is fast.
  func plan(_ product: OneDNNPlan.Product, _ shape: ConvolutionShape) -> OneDNNPlan? {
    let key = PlanCache.Key(product: product, shape: shape)
    if let known = lock.withLock({ plans.find(key) }) { return known.plan }
    // Compiled outside the lock: two tasks may both do it, and the later one's is kept.
    let plan = OneDNNPlan(library, product, shape)
    lock.withLock { plans.insert(plan, for: key) }
    return plan
  }

  /// c = alpha op(a) op(b) + beta c on the calling thread, as `Kernels.threadProduct` has it.
  @inline(__always)
  func product(
    _ m: Int, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int, _ transposeA: Bool,
    _ b: UnsafePointer<Float>, _ ldb: Int, _ transposeB: Bool, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    let status = kappa_onednn_matrix_product(
      library, Int64(m), Int64(n), Int64(k), alpha, a, Int64(lda), transposeA ? 1 : 0, b, Int64(ldb), transposeB ? 1 : 0, beta, c,
      Int64(ldc))
    // The sizes are right: what is left is that memory is out.
    require(status == 0, "oneDNN: a product of [\(m), \(k)] and [\(k), \(n)] failed with status \(status)")
  }

  /// How many plans are kept at most: more than the shapes of a large model.
  package static let planLimit = 256

  /// How many plans are kept.
  package var cachedPlans: Int { lock.withLock { plans.count } }
}

/// The plans used last. What does not exist is remembered too.
private struct PlanCache {
  struct Key: Hashable {
    var product: OneDNNPlan.Product
    var shape: ConvolutionShape
  }
  struct Entry {
    var plan: OneDNNPlan?
    var lastUse: UInt64
  }

  private var entries: [Key: Entry] = [:]
  private var clock: UInt64 = 0

  var count: Int { entries.count }

  mutating func find(_ key: Key) -> Entry? {
    clock += 1
    entries[key]?.lastUse = clock
    return entries[key]
  }

  mutating func insert(_ plan: OneDNNPlan?, for key: Key) {
    clock += 1
    entries[key] = Entry(plan: plan, lastUse: clock)
    if entries.count > OneDNN.planLimit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
    }
  }
}

/// Code that oneDNN compiled for one product of one shape. Immutable; runs on the calling thread alone.
final class OneDNNPlan: Sendable {
  /// Which of the three products; the raw values are those of `kappa_onednn_product`.
  enum Product: Int32 { case forward, inputGradient, weightGradient }
  /// Which of the three arrays; the raw values are those of `kappa_onednn_role`.
  enum Role: Int32, CaseIterable { case x, w, y }

  private nonisolated(unsafe) let plan: OpaquePointer
  /// The name of the code that oneDNN chose.
  let code: String
  /// Bytes of each array in the layout that the code works on; 0 where that is the row-major one.
  let blockedBytes: [Int]
  let scratchBytes: Int
  /// How many channels of a pixel stand beside each other in each array's layout, where it is [batch, channels / together, pixels, together].
  private let channelsTogether: [Int]
  private let shape: ConvolutionShape

  fileprivate init?(_ library: OpaquePointer, _ product: Product, _ shape: ConvolutionShape) {
    let options = shape.convolution
    var sizes = kappa_onednn_convolution(
      batch: Int64(shape.batch), in_channels: Int64(shape.inputChannels), in_height: Int64(shape.input.height),
      in_width: Int64(shape.input.width), out_channels: Int64(shape.outputChannels), out_height: Int64(shape.output.height),
      out_width: Int64(shape.output.width), kernel_height: Int64(shape.kernel.height), kernel_width: Int64(shape.kernel.width),
      stride_height: Int64(options.stride.height), stride_width: Int64(options.stride.width),
      dilation_height: Int64(options.dilation.height), dilation_width: Int64(options.dilation.width),
      top: Int64(options.padding.top), left: Int64(options.padding.left), bottom: Int64(options.padding.bottom),
      right: Int64(options.padding.right))
    guard let plan = kappa_onednn_plan_create(library, product.rawValue, &sizes) else { return nil }
    self.plan = plan
    self.shape = shape
    code = String(cString: kappa_onednn_plan_code(plan))
    blockedBytes = Role.allCases.map { kappa_onednn_blocked_size(plan, $0.rawValue) }
    scratchBytes = kappa_onednn_scratch_size(plan)
    channelsTogether = Role.allCases.map { Int(kappa_onednn_channels_together(plan, $0.rawValue)) }
  }

  deinit { kappa_onednn_plan_destroy(plan) }

  /// How many elements an array has in the layout that the code works on.
  func elementCount(of role: Role) -> Int {
    let bytes = blockedBytes(of: role)
    if bytes > 0 { return bytes / 4 }
    return switch role {
    case .x: shape.x.elementCount
    case .w: shape.w.elementCount
    case .y: shape.y.elementCount
    }
  }

  func blockedBytes(of role: Role) -> Int { blockedBytes[Int(role.rawValue)] }

  /// Copies an array into the plan's layout.
  func block(_ role: Role, _ plain: UnsafePointer<Float>, into blocked: UnsafeMutablePointer<Float>) {
    if let planes = planes(of: role) {
      return kappa_transpose_each_f32(planes.count, planes.together, planes.pixels, plain, blocked)
    }
    check(kappa_onednn_block(plan, role.rawValue, plain, blocked))
  }

  /// Copies an array from the plan's layout.
  func unblock(_ role: Role, _ blocked: UnsafeMutablePointer<Float>, into plain: UnsafeMutablePointer<Float>) {
    if let planes = planes(of: role) {
      return kappa_transpose_each_f32(planes.count, planes.pixels, planes.together, blocked, plain)
    }
    check(kappa_onednn_unblock(plan, role.rawValue, blocked, plain))
  }

  /// An array whose channels stand together in the plan's layout is `count` matrices [pixels, together] there, and their transposes in the
  /// row-major one. Transposing takes 0.2 to 0.9 of the time of oneDNN's copies between layouts.
  private func planes(of role: Role) -> (count: Int, together: Int, pixels: Int)? {
    let together = channelsTogether[Int(role.rawValue)]
    if together == 0 { return nil }
    let (size, count) = role == .x ? (shape.input, shape.x.elementCount) : (shape.output, shape.y.elementCount)
    let pixels = size.height * size.width
    return (count / (together * pixels), together, pixels)
  }

  /// Computes the product; all arrays are in the plan's layouts.
  func run(
    x: UnsafePointer<Float>, w: UnsafePointer<Float>, y: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    check(
      kappa_onednn_run(
        plan, UnsafeMutablePointer(mutating: x), UnsafeMutablePointer(mutating: w), UnsafeMutablePointer(mutating: y), scratch))
  }

  private func check(_ status: Int32) {
    // All arguments were accepted when the plan was made: what is left is that memory is out.
    require(status == 0, "oneDNN: \(code) failed with status \(status)")
  }
}
