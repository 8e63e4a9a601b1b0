import CKernels

/// Convolutions as matrix products with the unfolded images, whose rows are (channel, kernel row, kernel column) and whose columns
/// are output pixels, a block of it at a time. Blocks stay in a core's cache, so the unfolded matrix, which is larger than the
/// images by the size of the kernel, never exists as a whole.
struct UnfoldedConvolution<S: TensorScalar> {
  let shape: ConvolutionShape
  private let geometry: kappa_convolution
  /// Rows and columns of a block.
  private let rows: Int
  private let columns: Int

  /// Elements of a block: half of a small second-level cache.
  private static var blockCount: Int { 128 * 1024 / MemoryLayout<S>.stride }

  init(_ shape: ConvolutionShape) {
    self.shape = shape
    let options = shape.convolution
    geometry = kappa_convolution(
      height: shape.input.height, width: shape.input.width, kernel_height: shape.kernel.height, kernel_width: shape.kernel.width,
      out_height: shape.output.height, out_width: shape.output.width, stride_height: options.stride.height,
      stride_width: options.stride.width, dilation_height: options.dilation.height, dilation_width: options.dilation.width,
      top: options.padding.top, left: options.padding.left)
    rows = min(shape.taps, 256)
    // A small batch is cut further, so that every thread has a block.
    let most = max(32, Self.blockCount / rows / 16 * 16)
    let perThread = (shape.pixels * shape.batch + Parallel.threads - 1) / Parallel.threads
    columns = min(shape.pixels, most, max(32, perThread))
  }

  private var columnBlocks: Int { (shape.pixels + columns - 1) / columns }

  /// Output pixels of column block `index`.
  private func pixels(_ index: Int) -> Range<Int> { index * columns..<min(shape.pixels, (index + 1) * columns) }

  /// y[O, pixels] = W[O, taps] X[taps, pixels] for every image, or added to y; blocks of columns are independent.
  func convolution(x: UnsafePointer<S>, w: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, adding: Bool) {
    Kernels.forEachTask(shape.batch * columnBlocks, flops: shape.flops) { task in
      let (image, block) = (task / columnBlocks, pixels(task % columnBlocks))
      withWorkspace { workspace in
        for row in stride(from: 0, to: shape.taps, by: rows) {
          let part = row..<min(shape.taps, row + rows)
          let (matrix, leading) = unfolded(x + image * shape.imageCount, part, block, workspace)
          Kernels.threadProduct(
            shape.outputChannels, block.count, part.count, w + row, shape.taps, matrix, leading, beta: adding || row > 0 ? 1 : 0,
            y + image * shape.resultCount + block.lowerBound, shape.pixels)
        }
      }
    }
  }

  /// X[taps, pixels] = Wᵀ[taps, O] y[O, pixels], folded back, for every image, or added to x; channels are independent.
  func inputGradient(y: UnsafePointer<S>, w: UnsafePointer<S>, into x: UnsafeMutablePointer<S>, adding: Bool) {
    let kernel = shape.kernel.height * shape.kernel.width
    let plane = shape.input.height * shape.input.width
    // Whole channels to a task: two tasks never add to one pixel.
    let wanted = (shape.batch * shape.inputChannels + Parallel.threads - 1) / Parallel.threads
    let channels = max(1, min(rows / kernel, wanted, shape.inputChannels))
    let tasksPerImage = (shape.inputChannels + channels - 1) / channels
    Kernels.forEachTask(shape.batch * tasksPerImage, flops: shape.flops) { task in
      let (image, first) = (task / tasksPerImage, task % tasksPerImage * channels)
      let part = first..<min(shape.inputChannels, first + channels)
      let target = x + image * shape.imageCount
      let source = y + image * shape.resultCount
      if !adding { (target + first * plane).update(repeating: 0, count: part.count * plane) }
      if shape.isPointwise {
        return Kernels.threadProduct(
          part.count, shape.pixels, shape.outputChannels, w + first, shape.taps, transposeA: true, source, shape.pixels,
          beta: adding ? 1 : 0, target + first * plane, shape.pixels)
      }
      withWorkspace { workspace in
        for row in stride(from: first * kernel, to: part.upperBound * kernel, by: rows) {
          let count = min(rows, part.upperBound * kernel - row)
          for index in 0..<columnBlocks {
            let block = pixels(index)
            Kernels.threadProduct(
              count, block.count, shape.outputChannels, w + row, shape.taps, transposeA: true, source + block.lowerBound,
              shape.pixels, beta: 0, workspace, block.count)
            fold(workspace, row, count, block, target)
          }
        }
      }
    }
  }

  /// W[O, taps] = Σ y[O, pixels] Xᵀ[pixels, taps] over images and blocks of columns. These are cut into one run a thread, and the
  /// runs' sums are added in order.
  func weightGradient(x: UnsafePointer<S>, y: UnsafePointer<S>, into w: UnsafeMutablePointer<S>) {
    let blocks = shape.batch * columnBlocks
    let runs = min(Parallel.threads, blocks)
    let count = shape.outputChannels * shape.taps
    withPooledMemory(of: S.self, count: runs * count) { sums in
      Kernels.forEachTask(runs, flops: shape.flops) { run in
        withWorkspace { workspace in
          for index in blocks * run / runs..<blocks * (run + 1) / runs {
            let (image, block) = (index / columnBlocks, pixels(index % columnBlocks))
            for row in stride(from: 0, to: shape.taps, by: rows) {
              let part = row..<min(shape.taps, row + rows)
              let (matrix, leading) = unfolded(x + image * shape.imageCount, part, block, workspace)
              Kernels.threadProduct(
                shape.outputChannels, part.count, block.count, y + image * shape.resultCount + block.lowerBound, shape.pixels,
                matrix, leading, transposeB: true, beta: index > blocks * run / runs ? 1 : 0, sums + run * count + row, shape.taps)
            }
          }
        }
      }
      Kernels.sum((0..<runs).map { sums + $0 * count }, count: count, into: w)
    }
  }

  /// A block of an image's unfolded matrix and the distance between its rows: in `workspace`, or in the image itself where the
  /// windows are the pixels.
  private func unfolded(
    _ image: UnsafePointer<S>, _ part: Range<Int>, _ block: Range<Int>, _ workspace: UnsafeMutablePointer<S>
  ) -> (UnsafePointer<S>, Int) {
    if shape.isPointwise { return (image + part.lowerBound * shape.pixels + block.lowerBound, shape.pixels) }
    withUnsafePointer(to: geometry) { geometry in
      dispatch(S.self) {
        kappa_unfold_f32(
          geometry, image.asFloat, part.lowerBound, part.count, block.lowerBound, block.count, workspace.asFloat)
      } double: {
        kappa_unfold_f64(
          geometry, image.asDouble, part.lowerBound, part.count, block.lowerBound, block.count, workspace.asDouble)
      }
    }
    return (UnsafePointer(workspace), block.count)
  }

  private func fold(
    _ matrix: UnsafeMutablePointer<S>, _ row: Int, _ count: Int, _ block: Range<Int>, _ image: UnsafeMutablePointer<S>
  ) {
    withUnsafePointer(to: geometry) { geometry in
      dispatch(S.self) {
        kappa_fold_images_f32(geometry, matrix.asFloat, row, count, block.lowerBound, block.count, image.asFloat)
      } double: {
        kappa_fold_images_f64(geometry, matrix.asDouble, row, count, block.lowerBound, block.count, image.asDouble)
      }
    }
  }

  private func withWorkspace(_ body: (UnsafeMutablePointer<S>) -> Void) {
    withPooledMemory(of: S.self, count: rows * columns, body)
  }
}
