import CKernels

/// Who computes convolutions.
package enum ConvolutionPath: Sendable {
  /// oneDNN where it is installed, in use and has fast code for the case, else the portable path.
  case automatic
  /// Unfolded blocks and matrix products.
  case portable

  /// The choice for this task; tests of one path set it.
  @TaskLocal package static var current = ConvolutionPath.automatic
}

/// One of the products that add up to images: x, or y's cotangent, and the weights.
struct ConvolutionTerm<S: TensorScalar> {
  let images: UnsafePointer<S>
  let weights: UnsafePointer<S>

  var asFloat: ConvolutionTerm<Float> { ConvolutionTerm<Float>(images: images.asFloat, weights: weights.asFloat) }
}

// The three products of a convolution on row-major arrays; writing to `result` is the caller's right.
extension Kernels {
  /// Σ y from x and w.
  static func convolution<S: TensorScalar>(
    _ shape: ConvolutionShape, _ terms: [ConvolutionTerm<S>], into result: UnsafeMutablePointer<S>
  ) {
    compute(shape, terms: terms.count, shape.y, result) {
      $0.convolution(shape, terms.map(\.asFloat), into: result.asFloat)
    } unfolded: {
      for (index, term) in terms.enumerated() { $0.convolution(x: term.images, w: term.weights, into: result, adding: index > 0) }
    }
  }

  /// Σ x's cotangent from y's and w.
  static func inputGradient<S: TensorScalar>(
    _ shape: ConvolutionShape, _ terms: [ConvolutionTerm<S>], into result: UnsafeMutablePointer<S>
  ) {
    compute(shape, terms: terms.count, shape.x, result) {
      $0.inputGradient(shape, terms.map(\.asFloat), into: result.asFloat)
    } unfolded: {
      for (index, term) in terms.enumerated() { $0.inputGradient(y: term.images, w: term.weights, into: result, adding: index > 0) }
    }
  }

  /// w's cotangent from x and y's.
  static func weightGradient<S: TensorScalar>(
    _ shape: ConvolutionShape, x: UnsafePointer<S>, y: UnsafePointer<S>, into result: UnsafeMutablePointer<S>
  ) {
    compute(shape, terms: 1, shape.w, result) {
      $0.weightGradient(shape, x: x.asFloat, y: y.asFloat, into: result.asFloat)
    } unfolded: {
      $0.weightGradient(x: x, y: y, into: result)
    }
  }

  /// Counts the products and computes their sum: zeros where there is nothing to sum, by oneDNN in `Float` where it has fast code
  /// (it says so), else unfolded.
  @inline(__always)
  private static func compute<S: TensorScalar>(
    _ shape: ConvolutionShape, terms: Int, _ resultShape: Shape, _ result: UnsafeMutablePointer<S>, oneDNN: (OneDNN) -> Bool,
    unfolded: (UnfoldedConvolution<S>) -> Void
  ) {
    Parallel.prepare()
    for _ in 0..<terms { kappa_count_product(UInt64(shape.flops)) }
    if shape.isEmpty { return result.update(repeating: 0, count: resultShape.elementCount) }
    if S.self == Float.self, let library = OneDNN.forCurrentTask, oneDNN(library) { return }
    unfolded(UnfoldedConvolution(shape))
  }

  /// Calls `body` for 0 ..< count: on the threads when `flops` floating-point operations are worth waking them.
  static func forEachTask(_ count: Int, flops: Int, _ body: (Int) -> Void) {
    if flops < 200_000 {
      for index in 0..<count { body(index) }
    } else {
      Parallel.forEach(count, body)
    }
  }

  /// result = Σ parts[i], added in order: the same bits whoever computed the parts.
  static func sum<S: TensorScalar>(_ parts: [UnsafeMutablePointer<S>], count: Int, into result: UnsafeMutablePointer<S>) {
    Parallel.slices(count, grain: Parallel.cheapGrain / max(parts.count, 1)) { slice in
      let target = result + slice.lowerBound
      for (index, part) in parts.enumerated() {
        let source = part + slice.lowerBound
        dispatch(S.self) {
          kappa_axpby_f32(slice.count, 1, source.asFloat, index == 0 ? 0 : 1, target.asFloat)
        } double: {
          kappa_axpby_f64(slice.count, 1, source.asDouble, index == 0 ? 0 : 1, target.asDouble)
        }
      }
    }
  }
}

/// Pooled memory that lives as long as a closure runs.
func withPooledMemory<S, R>(of type: S.Type, count: Int, _ body: (UnsafeMutablePointer<S>) -> R) -> R {
  let bytes = count * MemoryLayout<S>.stride
  let memory = PooledMemory.allocate(byteCount: bytes)
  defer { PooledMemory.deallocate(memory, byteCount: bytes) }
  return body(memory.assumingMemoryBound(to: S.self))
}
