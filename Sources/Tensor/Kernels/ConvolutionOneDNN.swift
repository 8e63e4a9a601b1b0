import CKernels

// Convolutions in oneDNN, a group of images at a time: each group is brought into the layout that oneDNN computes in, convolved
// and brought back while it is in the core's cache, on one of our threads. False where oneDNN has no fast code.
extension OneDNN {
  /// Σ y from x and w.
  func convolution(_ shape: ConvolutionShape, _ terms: [ConvolutionTerm<Float>], into y: UnsafeMutablePointer<Float>) -> Bool {
    mapImages(.forward, shape, terms, into: y)
  }

  /// Σ x's cotangent from y's and w.
  func inputGradient(_ shape: ConvolutionShape, _ terms: [ConvolutionTerm<Float>], into x: UnsafeMutablePointer<Float>) -> Bool {
    if !Self.isWorthGradients(of: shape) { return false }
    return mapImages(.inputGradient, shape, terms, into: x)
  }

  /// w's cotangent from x and y's.
  func weightGradient(
    _ shape: ConvolutionShape, x: UnsafePointer<Float>, y: UnsafePointer<Float>, into w: UnsafeMutablePointer<Float>
  ) -> Bool {
    guard Self.isWorthGradients(of: shape) else { return false }
    let groups = ImageGroups(shape)
    guard let plan = plan(.weightGradient, shape, batch: groups.size) else { return false }
    let rest = groups.rest == 0 ? nil : self.plan(.weightGradient, shape, batch: groups.rest)
    if groups.rest > 0 && rest == nil { return false }
    // One run of groups a thread, and the group that is smaller; their sums are added in order.
    let runs = min(Parallel.threads, groups.count)
    let count = shape.w.elementCount
    let parts = runs + (rest == nil ? 0 : 1)
    withPooledMemory(of: Float.self, count: parts * count) { sums in
      Kernels.forEachTask(parts, flops: shape.flops) { part in
        let (from, to) = part == runs ? (0, 1) : (groups.count * part / runs, groups.count * (part + 1) / runs)
        let first = part == runs ? groups.count * groups.size : from * groups.size
        (part == runs ? rest! : plan).sumWeightGradients(
          of: to - from, x: x + first * shape.imageCount, step: (part == runs ? groups.rest : groups.size) * shape.imageCount,
          y: y + first * shape.resultCount, step: (part == runs ? groups.rest : groups.size) * shape.resultCount,
          into: sums + part * count)
      }
      Kernels.sum((0..<parts).map { sums + $0 * count }, count: count, into: w)
    }
    return true
  }

  /// Gradients for images of one channel are left to the portable path: oneDNN computes them for a whole vector of channels, of
  /// which one is there.
  private static func isWorthGradients(of shape: ConvolutionShape) -> Bool { shape.inputChannels > 1 }

  private func plan(_ product: OneDNNPlan.Product, _ shape: ConvolutionShape, batch: Int) -> OneDNNPlan? {
    var group = shape
    group.batch = batch
    return plan(product, group)
  }

  /// Sums of the products that take images to images; weights are brought into their layout once.
  private func mapImages(
    _ product: OneDNNPlan.Product, _ shape: ConvolutionShape, _ terms: [ConvolutionTerm<Float>],
    into result: UnsafeMutablePointer<Float>
  ) -> Bool {
    let groups = ImageGroups(shape)
    guard let plan = plan(product, shape, batch: groups.size) else { return false }
    let rest = groups.rest == 0 ? nil : self.plan(product, shape, batch: groups.rest)
    if groups.rest > 0 && rest == nil { return false }
    let isForward = product == .forward
    let sourceCount = isForward ? shape.imageCount : shape.resultCount
    let resultCount = isForward ? shape.resultCount : shape.imageCount
    plan.withBlockedWeights(terms) { blocked in
      // The code for the smaller group may want the weights in another layout.
      (rest ?? plan).withBlockedWeights(rest == nil ? [] : terms) { restBlocked in
        Kernels.forEachTask(groups.count + (rest == nil ? 0 : 1), flops: terms.count * shape.flops) { group in
          let first = group * groups.size
          let (plan, blocked) = group == groups.count ? (rest!, restBlocked) : (plan, blocked)
          plan.mapGroup(isForward, blocked, from: first * sourceCount, into: result + first * resultCount)
        }
      }
    }
    return true
  }
}

/// A batch cut into `count` groups of `size` images and one of `rest`, which may be 0.
struct ImageGroups {
  let size: Int
  let count: Int
  let rest: Int

  /// Bytes of images and results in a group: what stays in a core's cache beside the weights.
  private static let bytes = 384 * 1024
  /// Output pixels that a group has at least: fewer do not pay for reading the weights.
  private static let pixels = 1024

  init(_ shape: ConvolutionShape) {
    let fitting = Self.bytes / (4 * (shape.imageCount + shape.resultCount))
    let worthwhile = (Self.pixels + shape.pixels - 1) / shape.pixels
    let perThread = (shape.batch + Parallel.threads - 1) / Parallel.threads
    let most = min(max(1, fitting, worthwhile), perThread)
    // A size that leaves no rest is worth smaller groups: there is one plan then, and even work.
    let even = (max(1, most / 2)...most).last { shape.batch % $0 == 0 }
    size = even ?? most
    count = shape.batch / size
    rest = shape.batch % size
  }
}

extension OneDNNPlan {
  /// Calls `body` with an array in the plan's layout: a copy, or itself if that is the row-major one.
  private func withBlocked(_ role: Role, _ plain: UnsafePointer<Float>, _ body: (UnsafePointer<Float>) -> Void) {
    let bytes = blockedBytes(of: role)
    if bytes == 0 { return body(plain) }
    withPooledMemory(of: Float.self, count: bytes / 4) { blocked in
      block(role, plain, into: blocked)
      body(UnsafePointer(blocked))
    }
  }

  /// Calls `body` with the same terms, their weights in the plan's layout.
  fileprivate func withBlockedWeights(_ terms: [ConvolutionTerm<Float>], _ body: ([ConvolutionTerm<Float>]) -> Void) {
    let count = blockedBytes(of: .w) / 4
    if count == 0 || terms.isEmpty { return body(terms) }
    withPooledMemory(of: Float.self, count: terms.count * count) { blocked in
      body(
        terms.enumerated().map { index, term in
          block(.w, term.weights, into: blocked + index * count)
          return ConvolutionTerm(images: term.images, weights: UnsafePointer(blocked + index * count))
        })
    }
  }

  /// Calls `body` with memory for a result in the plan's layout, and brings it to `plain` afterwards.
  private func withUnblocked(
    _ role: Role, into plain: UnsafeMutablePointer<Float>, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let bytes = blockedBytes(of: role)
    if bytes == 0 { return body(plain) }
    withPooledMemory(of: Float.self, count: bytes / 4) { blocked in
      body(blocked)
      unblock(role, blocked, into: plain)
    }
  }

  private func withScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    withPooledMemory(of: Float.self, count: (scratchBytes + 3) / 4, body)
  }

  /// One group of images to images, on the calling thread: those `start` elements behind the first; weights are in the plan's
  /// layout.
  fileprivate func mapGroup(
    _ isForward: Bool, _ terms: [ConvolutionTerm<Float>], from start: Int, into result: UnsafeMutablePointer<Float>
  ) {
    let (from, to) = isForward ? (Role.x, Role.y) : (.y, .x)
    // Terms are added in the plan's layout, while they are in the cache.
    let elements = elementCount(of: to)
    withScratch { scratch in
      withUnblocked(to, into: result) { sum in
        withPooledMemory(of: Float.self, count: terms.count > 1 ? elements : 0) { part in
          for (index, term) in terms.enumerated() {
            let target = UnsafePointer(index == 0 ? sum : part)
            withBlocked(from, term.images + start) { images in
              run(x: isForward ? images : target, w: term.weights, y: isForward ? target : images, scratch: scratch)
            }
            if index > 0 { kappa_axpby_f32(elements, 1, part, 1, sum) }
          }
        }
      }
    }
  }

  /// The sum of the weight gradients of `count` groups that stand `stepX` and `stepY` apart, on the calling thread.
  fileprivate func sumWeightGradients(
    of count: Int, x: UnsafePointer<Float>, step stepX: Int, y: UnsafePointer<Float>, step stepY: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    // Added in the plan's layout, brought to the row-major one at the end.
    let elements = elementCount(of: .w)
    withScratch { scratch in
      withUnblocked(.w, into: result) { sum in
        withPooledMemory(of: Float.self, count: count > 1 ? elements : 0) { term in
          for group in 0..<count {
            withBlocked(.x, x + group * stepX) { x in
              withBlocked(.y, y + group * stepY) { y in
                run(x: x, w: UnsafePointer(group == 0 ? sum : term), y: y, scratch: scratch)
              }
            }
            if group > 0 { kappa_axpby_f32(elements, 1, term, 1, sum) }
          }
        }
      }
    }
  }
}
