import CKernels

// Pooling on row-major arrays; the planes are shared among the threads, and writing to the results is the caller's right.
extension Kernels {
  static func averagePool<S: TensorScalar>(_ shape: PoolingShape, _ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>) {
    shape.forEachSlice { pool, planes in
      let (from, to) = (x + planes.lowerBound * shape.x.planeCount, y + planes.lowerBound * shape.y.planeCount)
      dispatch(S.self) {
        kappa_average_pool_f32(pool, planes.count, from.asFloat, to.asFloat)
      } double: {
        kappa_average_pool_f64(pool, planes.count, from.asDouble, to.asDouble)
      }
    }
  }

  static func averagePoolAdjoint<S: TensorScalar>(_ shape: PoolingShape, _ y: UnsafePointer<S>, into x: UnsafeMutablePointer<S>) {
    shape.forEachSlice { pool, planes in
      let (from, to) = (y + planes.lowerBound * shape.y.planeCount, x + planes.lowerBound * shape.x.planeCount)
      dispatch(S.self) {
        kappa_average_pool_adjoint_f32(pool, planes.count, from.asFloat, to.asFloat)
      } double: {
        kappa_average_pool_adjoint_f64(pool, planes.count, from.asDouble, to.asDouble)
      }
    }
  }

  static func maxPool<S: TensorScalar>(
    _ shape: PoolingShape, _ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, positions: UnsafeMutablePointer<Int32>
  ) {
    shape.forEachSlice { pool, planes in
      let (from, start) = (x + planes.lowerBound * shape.x.planeCount, planes.lowerBound * shape.y.planeCount)
      dispatch(S.self) {
        kappa_max_pool_f32(pool, planes.count, from.asFloat, (y + start).asFloat, positions + start)
      } double: {
        kappa_max_pool_f64(pool, planes.count, from.asDouble, (y + start).asDouble, positions + start)
      }
    }
  }

  static func gatherPixels<S: TensorScalar>(
    _ x: UnsafePointer<S>, _ xShape: Shape, _ positions: UnsafePointer<Int32>, _ yShape: Shape, into y: UnsafeMutablePointer<S>
  ) {
    let (size, count) = (xShape.planeCount, yShape.planeCount)
    forEachSlice(ofPlanes: xShape, count: count) { planes in
      let (from, start) = (x + planes.lowerBound * size, planes.lowerBound * count)
      let inside = dispatch(S.self) {
        kappa_gather_planes_f32(planes.count, size, count, from.asFloat, positions + start, (y + start).asFloat)
      } double: {
        kappa_gather_planes_f64(planes.count, size, count, from.asDouble, positions + start, (y + start).asDouble)
      }
      require(inside == 1, "gatherPixels: a position is outside of planes of \(size) pixels, images \(xShape)")
    }
  }

  static func scatterPixels<S: TensorScalar>(
    _ y: UnsafePointer<S>, _ positions: UnsafePointer<Int32>, _ yShape: Shape, into x: UnsafeMutablePointer<S>, _ xShape: Shape
  ) {
    let (size, count) = (xShape.planeCount, yShape.planeCount)
    forEachSlice(ofPlanes: xShape, count: max(size, count)) { planes in
      let (start, to) = (planes.lowerBound * count, x + planes.lowerBound * size)
      let inside = dispatch(S.self) {
        kappa_scatter_planes_f32(planes.count, size, count, (y + start).asFloat, positions + start, to.asFloat)
      } double: {
        kappa_scatter_planes_f64(planes.count, size, count, (y + start).asDouble, positions + start, to.asDouble)
      }
      require(inside == 1, "scatterPixels: a position is outside of planes of \(size) pixels, images \(xShape)")
    }
  }

  /// Calls `body` with ranges of the planes of images; `count` elements of a plane are worked on.
  fileprivate static func forEachSlice(ofPlanes shape: Shape, count: Int, _ body: (Range<Int>) -> Void) {
    Parallel.slices(shape[0] * shape[1], grain: max(1, Parallel.cheapGrain / max(count, 1)), alignment: 1, body)
  }
}

extension Shape {
  /// Elements of one plane of images `[N, C, H, W]`.
  fileprivate var planeCount: Int { self[2] * self[3] }
}

extension PoolingShape {
  /// Calls `body` with the sizes as C sees them and ranges of the planes.
  fileprivate func forEachSlice(_ body: (UnsafePointer<kappa_pooling>, Range<Int>) -> Void) {
    let sizes = kappa_pooling(
      height: x[2], width: x[3], window_height: window.height, window_width: window.width, stride_height: stride.height,
      stride_width: stride.width, out_height: y[2], out_width: y[3])
    withUnsafePointer(to: sizes) { pointer in
      Kernels.forEachSlice(ofPlanes: x, count: x.planeCount) { body(pointer, $0) }
    }
  }
}
