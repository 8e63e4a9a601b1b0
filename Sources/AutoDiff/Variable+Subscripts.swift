import Tensor

// Parts of a variable are read as those of a tensor are. Nothing is written: a variable stays what it was recorded as.
extension Variable {
  /// The part that integers (which drop their axis), ranges and `TensorIndex` values pick, from the first axis on; axes that
  /// are not mentioned are kept whole. Indices and bounds outside an axis stop the program.
  ///
  ///     x[0, 1...3]             // row 0, columns 1 to 3
  ///     x[.all, .newAxis, -2]   // the last column but one, with a new axis between
  ///     x[.ellipsis, (-3)...]   // the last three of the last axis
  ///     x[.from(1, step: 2), .reversed]
  ///
  /// `x[0, 1]`, with an integer for each axis, is a scalar variable. Outside the part the derivative is zero. The value is a view
  /// where strides allow; a cotangent costs an array of the size of the variable for each axis that is not kept whole.
  public subscript(indices: any TensorIndexExpression...) -> Variable { picking(indices) }

  /// The whole variable.
  public subscript(all: UnboundedRange) -> Variable { self }

  /// As the subscript with several indices, which here pick from the last axes: `x[..., 0]`.
  public subscript(all: UnboundedRange, indices: any TensorIndexExpression...) -> Variable {
    picking([TensorIndex.ellipsis] + indices)
  }

  /// The diagonals of the matrices in the last two axes, as `diagonal(offset:)` gives them.
  public subscript(diagonal offset: Int) -> Variable { diagonal(offset: offset) }

  /// A slice along each axis that is not kept whole; axes are dropped and added at the end.
  private func picking(_ indices: [any TensorIndexExpression]) -> Variable {
    var (part, lengths) = (self, [Int]())
    shape.forEachPick(indices) { pick in
      switch pick {
      case .newAxis: lengths.append(1)
      case .whole(let axis): lengths.append(shape[axis])
      case .index(let index, let axis): part = part.slice(axis, index, 1, 1)
      case .range(let first, let step, let count, let axis):
        part = part.slice(axis, first, step, count)
        lengths.append(count)
      }
    }
    return part.reshaped(to: Shape(lengths))
  }

  /// `count` positions of an axis, `first`, `first + step`, ...; a negative step is a slice the other way round.
  private func slice(_ axis: Int, _ first: Int, _ step: Int, _ count: Int) -> Variable {
    if count == 0 { return applying(Slice(axis: axis, start: 0, step: 1, count: 0)) }
    // The step of a single element says nothing.
    let step = count == 1 ? 1 : step
    if step < 0 {
      let last = first + (count - 1) * step
      return applying(Slice(axis: axis, start: last, step: -step, count: count)).flipped(axes: [axis])
    }
    return step == 1 && count == shape[axis] ? self : applying(Slice(axis: axis, start: first, step: step, count: count))
  }
}
