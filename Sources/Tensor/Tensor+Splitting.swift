// A tensor cut along one axis into views, which copy nothing.
extension Tensor {
  /// Parts with the given lengths along `axis`, in order; the lengths add up to the axis's.
  public func split(sizes: [Int], axis: Int = 0) -> [Tensor] {
    let axis = shape.normalized(axis, in: "split")
    require(
      sizes.allSatisfy { $0 >= 0 } && sizes.reduce(0, +) == shape[axis],
      "split: sizes \(sizes) do not add up to axis \(axis) of shape \(shape)")
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return sliced(axis: axis, start..<(start + size))
    }
  }

  /// `parts` parts of one length along `axis`, whose length is a multiple of `parts`.
  public func split(into parts: Int, axis: Int = 0) -> [Tensor] {
    let axis = shape.normalized(axis, in: "split")
    require(
      parts > 0 && shape[axis] % parts == 0, "split: axis \(axis) of shape \(shape) does not fall into \(parts) equal parts")
    return split(sizes: Array(repeating: shape[axis] / parts, count: parts), axis: axis)
  }

  /// Parts of length `size` along `axis`, the last one shorter where the length is no multiple of `size`; none of an empty axis.
  public func chunks(ofLength size: Int, axis: Int = 0) -> [Tensor] {
    let axis = shape.normalized(axis, in: "chunks")
    require(size > 0, "chunks: the length \(size) is not positive")
    return Swift.stride(from: 0, to: shape[axis], by: size).map {
      sliced(axis: axis, $0..<Swift.min($0 + size, shape[axis]))
    }
  }

  /// The parts at each index of `axis`, without that axis.
  public func unstacked(axis: Int = 0) -> [Tensor] {
    let axis = shape.normalized(axis, in: "unstacked")
    return chunks(ofLength: 1, axis: axis).map { $0.squeezed(axis: axis) }
  }
}
