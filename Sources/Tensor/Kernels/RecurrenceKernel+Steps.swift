import CKernels

/// How the tangents of a block of directions lie in memory: one step behind the other, and in a step
/// - the directions before the examples, so that all have rows of units in one product, or
/// - for a sequence of one example and many directions these last, so that they fill vectors, which the units of a cell seldom do,
///   and what belongs to the example is one number for all of them.
package struct BlockArrangement {
  let directions: Int?
  let isLast: Bool

  var count: Int { directions ?? 1 }
  /// So many directions fill a vector of every instruction set.
  package static var fewestLast: Int { 16 }

  /// The shape in memory of planes of [batch, width], one for each step and direction.
  func shape(_ planes: Int, _ batch: Int, _ width: Int) -> Shape {
    isLast ? [planes, batch, width, count] : [planes, count, batch, width]
  }

  /// Tangents with an axis of directions in front, if there is one, with that axis where it lies in memory: a view.
  func inMemory<S>(_ tangents: Tensor<S>) -> Tensor<S> {
    directions == nil ? tangents : tangents.movingAxis(0, to: isLast ? tangents.rank - 1 : 1)
  }

  /// The inverse of `inMemory`, for planes of `shape`.
  func asGiven<S>(_ tangents: Tensor<S>) -> Tensor<S> {
    let shape = tangents.shape
    if directions == nil { return tangents.reshaped(to: [shape[0], shape[2], shape[3]] as Shape) }
    return tangents.movingAxis(isLast ? 3 : 1, to: 0)
  }
}

extension RecurrenceKernel {
  /// Whether many directions of such a sequence are the last axis in memory: one of one example whose weight stays in the nearest
  /// cache, as our own kernel walks across it in every step. Hessian-vector products of 16 and 32 directions through 50 steps, in
  /// turns with directions in front, at one thread and two: 0.3 to 0.9 of the time for weights of up to 3,600 elements, 0.65 to 1.1
  /// for 4,096 to 8,112, 0.9 to 1.15 for 12,288 and 16,384. Below a few steps (chosen, not measured) that is not worth the copies.
  package var mayPutLast: Bool { steps >= 4 && batch == 1 && inner * products <= 1 << 13 }

  func arrangement(_ directions: Int?) -> BlockArrangement {
    BlockArrangement(directions: directions, isLast: mayPutLast && (directions ?? 1) >= BlockArrangement.fewestLast)
  }

  /// Calls `body` with parts of a step's rows, or of the directions where these are last, each of which runs all steps on one
  /// thread, and with the pieces of it for which a kernel of the cell is called once.
  @inline(__always)
  func inParts(of block: BlockArrangement, _ body: (Range<Int>, UnsafeMutableBufferPointer<StepPiece>) -> Void) {
    parts(of: block.count, alignment: block.isLast ? Int(kappa_vector_bytes()) / MemoryLayout<S>.stride : 4) { part in
      var pieces = pieces(of: part, block)
      pieces.withUnsafeMutableBufferPointer { body(part, $0) }
    }
  }

  /// dgates += dh W for some rows, or directions, of a step; the pointers are to the step's first, and to W.
  @inline(__always)
  func addStateProduct(
    _ part: Range<Int>, _ block: BlockArrangement, _ dh: UnsafePointer<S>, _ weight: UnsafePointer<S>,
    to dgates: UnsafeMutablePointer<S>
  ) {
    guard block.isLast else {
      let (from, to) = (dh + part.lowerBound * width, dgates + part.lowerBound * inputs)
      return addProduct(part.count, products, inner, from, width, weight, products, transposed: false, to: to, inputs)
    }
    guard inner > 0 else { return }
    let (from, to) = (dh + part.lowerBound, dgates + part.lowerBound)
    Kernels.directProduct(products, part.count, inner, weight, 1, products, from, block.count, adds: true, to, block.count)
  }

  /// dh += dgates Wᵀ likewise; `turned` is the transpose of W where that was worth making.
  @inline(__always)
  func addStateCotangentProduct(
    _ part: Range<Int>, _ block: BlockArrangement, _ dgates: UnsafePointer<S>, _ weight: UnsafePointer<S>,
    turned: UnsafePointer<S>?, to dh: UnsafeMutablePointer<S>
  ) {
    guard block.isLast else {
      let (from, to) = (dgates + part.lowerBound * inputs, dh + part.lowerBound * width)
      return addTransposedProduct(part.count, from, inputs, weight, turned: turned, to: to)
    }
    guard inner > 0 else { return }
    let (from, to) = (dgates + part.lowerBound, dh + part.lowerBound)
    Kernels.directProduct(inner, part.count, products, weight, products, 1, from, block.count, adds: true, to, block.count)
  }

  private func pieces(of part: Range<Int>, _ block: BlockArrangement) -> [StepPiece] {
    if block.isLast {
      let layout = kappa_cell_layout(
        rows: width, width: part.count, shared: 1, gates: 1, groups: width, states: 1, dgates: block.count,
        dgroups: width * block.count, dstates: block.count)
      return [StepPiece(layout: layout, example: 0, gates: part.lowerBound, states: part.lowerBound)]
    }
    var result: [StepPiece] = []
    var row = part.lowerBound
    while row < part.upperBound {
      let example = row % batch
      let count = Swift.min(part.upperBound - row, batch - example)
      let layout = kappa_cell_layout(
        rows: count, width: width, shared: 0, gates: inputs, groups: width, states: width, dgates: inputs, dgroups: width,
        dstates: width)
      result.append(StepPiece(layout: layout, example: example, gates: row * inputs, states: row * width))
      row += count
    }
    return result
  }
}

/// Rows, or directions, of every step for which a kernel of the cell is called once.
struct StepPiece {
  /// How their values and tangents lie.
  var layout: kappa_cell_layout
  /// The first example.
  var example: Int
  /// How far behind the step's first their gates' tangents begin, and their states'.
  var gates: Int
  var states: Int
}
