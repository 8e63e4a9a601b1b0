import Tensor

/// `a` where `mask` is true, else `b`: NumPy's `where`. All three broadcast.
@specialized(where S == Float) @specialized(where S == Double)
public func select<S: TensorScalar>(_ a: Variable<S>, where mask: Tensor<Bool>, else b: Variable<S>) -> Variable<S> {
  a.applying(Choice(mask: mask), with: b)
}
/// As above with a number in place of one variable.
@specialized(where S == Float) @specialized(where S == Double)
public func select<S: TensorScalar>(_ a: Variable<S>, where mask: Tensor<Bool>, else b: S) -> Variable<S> {
  select(a, where: mask, else: Variable(b))
}
/// As above with a number in place of one variable.
@specialized(where S == Float) @specialized(where S == Double)
public func select<S: TensorScalar>(_ a: S, where mask: Tensor<Bool>, else b: Variable<S>) -> Variable<S> {
  select(Variable(a), where: mask, else: b)
}

/// The larger of each pair of elements, NaN where either is NaN; a tie sends the derivative to `a`. Shapes broadcast.
@specialized(where S == Float) @specialized(where S == Double)
public func maximum<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>) -> Variable<S> {
  let (x, y) = (a.value, b.value)
  return a.recording(Choice(mask: x .>= y), with: b, value: maximum(x, y))
}
/// The smaller of each pair of elements, NaN where either is NaN; a tie sends the derivative to `a`. Shapes broadcast.
@specialized(where S == Float) @specialized(where S == Double)
public func minimum<S: TensorScalar>(_ a: Variable<S>, _ b: Variable<S>) -> Variable<S> {
  let (x, y) = (a.value, b.value)
  return a.recording(Choice(mask: x .<= y), with: b, value: minimum(x, y))
}

extension Variable {
  /// Each element moved to the nearest point of `bounds`; the derivative is 1 within the bounds and on them, 0 outside.
  public func clipped(to bounds: ClosedRange<Scalar>) -> Variable {
    let x = value
    return passing(where: (x .>= bounds.lowerBound) .& (x .<= bounds.upperBound), value: x.clipped(to: bounds))
  }
  /// Each element, or the lower bound where it is smaller; there the derivative is 0.
  public func clipped(to bounds: PartialRangeFrom<Scalar>) -> Variable {
    let x = value
    return passing(where: x .>= bounds.lowerBound, value: x.clipped(to: bounds))
  }
  /// Each element, or the upper bound where it is larger; there the derivative is 0.
  public func clipped(to bounds: PartialRangeThrough<Scalar>) -> Variable {
    let x = value
    return passing(where: x .<= bounds.upperBound, value: x.clipped(to: bounds))
  }

  /// `replacement` where `mask` is true, else the elements of `self`. The mask stretches to the shape of `self`.
  public func replacing(with replacement: Scalar, where mask: Tensor<Bool>) -> Variable {
    replacing(with: Variable(replacement), where: mask)
  }

  /// Elements of `replacement` where `mask` is true, else those of `self`. Mask and replacement stretch to the shape of `self`.
  public func replacing(with replacement: Variable, where mask: Tensor<Bool>) -> Variable {
    let result = select(replacement, where: mask, else: self)
    require(
      result.shape == shape,
      "replacing: mask \(mask.shape) or replacement \(replacement.shape) does not stretch to shape \(shape)")
    return result
  }

  /// `clipped`, whose derivative passes where `mask` is true: a choice between `self` and a constant.
  private func passing(where mask: Tensor<Bool>, value clipped: Tensor<Scalar>) -> Variable {
    recording(Choice(mask: mask), with: Variable(clipped), value: clipped)
  }
}

/// y = mask ? a : b. Which one does not change when they do, so all higher derivatives are zero.
struct Choice<Scalar: TensorScalar>: BinaryPrimitive {
  let mask: Tensor<Bool>

  var reads: ValuesRead { .nothing }

  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { select(a, where: mask, else: b) }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { p.operandsHaveRankOfResult }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let zero = Tensor<Scalar>(scalar: 0)
    sum.add(value(p.da ?? zero, p.db ?? zero).stretched(to: p.resultShape))
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) { p.add(select(dy, where: mask, else: 0).summed(to: p.shape(ofOperand: 0)), to: 0) }
    if p.wants(1) { p.add(select(0, where: mask, else: dy).summed(to: p.shape(ofOperand: 1)), to: 1) }
  }
}

extension Choice: ElementwiseOnExamples {}
