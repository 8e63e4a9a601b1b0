import Tensor

/// Quantities over θ by layer: all are views that share the storage of what they are parts of; nothing is copied.
extension ParameterLayout {
  /// What a quantity whose last axis is θ's says about each layer: its part of that axis.
  ///
  /// A gradient, a diagonal or a step [n] comes apart into vectors, the gradients of single examples [batch, n] into [batch,
  /// layer's count], a block of products Hv [k, n] into [k, layer's count].
  /// - Parameter quantity: [..., n] with n = `count`; another last axis, or none, stops the program.
  /// - Returns: for each of `layers`, in order, its name and a view [..., layer's count]. Behind leading axes a view's rows are
  ///   `count` elements apart: `contiguous()` packs them.
  public func layerViews<S: TensorScalar>(of quantity: Tensor<S>) -> [(name: String, part: Tensor<S>)] {
    require(
      quantity.shape.last == count,
      "ParameterLayout: views by layer of shape \(quantity.shape), whose last axis is not that of \(count) parameters")
    return layers.map { ($0.name, quantity.sliced(axis: -1, Self.place(of: $0.entries))) }
  }

  /// What a matrix over θ, a dense Hessian or Gauss-Newton matrix for example, says about each layer alone: its block on the
  /// diagonal.
  /// - Parameter matrix: [..., n, n] with n = `count`, leading axes for several matrices; other last axes stop the program.
  /// - Returns: for each of `layers`, in order, its name and a view [..., layer's count, layer's count].
  public func layerBlocks<S: TensorScalar>(of matrix: Tensor<S>) -> [(name: String, block: Tensor<S>)] {
    requireMatrix(matrix)
    return layers.map { layer in
      let place = Self.place(of: layer.entries)
      return (layer.name, matrix.sliced(axis: -2, place).sliced(axis: -1, place))
    }
  }

  /// What a matrix over θ says about two layers: the block with the rows of one and the columns of the other.
  /// - Parameters:
  ///   - rows: the name of one of `layers`, as are `columns`; one that is not there, or there twice, stops the program.
  ///   - matrix: [..., n, n] with n = `count`; other last axes stop the program.
  /// - Returns: a view [..., count of the rows' layer, count of the columns' layer].
  public func layerBlock<S: TensorScalar>(_ rows: String, _ columns: String, of matrix: Tensor<S>) -> Tensor<S> {
    requireMatrix(matrix)
    return matrix.sliced(axis: -2, place(ofLayer: rows)).sliced(axis: -1, place(ofLayer: columns))
  }

  private func requireMatrix<S: TensorScalar>(_ matrix: Tensor<S>) {
    require(
      matrix.rank >= 2 && Array(matrix.shape.suffix(2)) == [count, count],
      "ParameterLayout: blocks by layer of shape \(matrix.shape), which is no matrix over \(count) parameters")
  }

  private func place(ofLayer name: String) -> Range<Int> {
    let found = layers.filter { $0.name == name }
    require(found.count == 1, "ParameterLayout: \(found.count) layers are named \(name), not one of \(layers.map(\.name))")
    return Self.place(of: found[0].entries)
  }

  /// Where entries that follow one another lie.
  private static func place(of entries: [Entry]) -> Range<Int> {
    entries[0].offset..<entries[0].offset + entries.reduce(0) { $0 + $1.count }
  }
}
