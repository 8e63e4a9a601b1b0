import CKernels

// Masks: logic on them, choosing by them, counting in them.
extension Tensor where Scalar == Bool {
  /// Where both are true.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { select(b, where: a, else: Tensor(scalar: false)) }
  /// Where at least one is true.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { select(Tensor(scalar: true), where: a, else: b) }
  /// Where exactly one is true.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { a .!= b }
  /// Where `a` is false.
  public static prefix func .! (a: Tensor) -> Tensor { a .== Tensor(scalar: false) }

  /// Whether any element along `axes` (all if nil) is true; false of none.
  public func any(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    countNonzero(axes: axes, keepDimensions: keepDimensions) .> 0
  }

  /// Whether all elements along `axes` (all if nil) are true; true of none.
  public func all(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    .!(.!self).any(axes: axes, keepDimensions: keepDimensions)
  }
}

extension Tensor {
  /// `replacement` where `mask` is true, else the elements of `self`. The mask stretches to the shape of `self`.
  public func replacing(with replacement: Scalar, where mask: Tensor<Bool>) -> Tensor {
    replacing(with: Tensor(scalar: replacement), where: mask)
  }

  /// Elements of `replacement` where `mask` is true, else those of `self`. Mask and replacement stretch to the shape of `self`.
  public func replacing(with replacement: Tensor, where mask: Tensor<Bool>) -> Tensor {
    let result = select(replacement, where: mask, else: self)
    require(
      result.shape == shape,
      "replacing: mask \(mask.shape) or replacement \(replacement.shape) does not stretch to shape \(shape)")
    return result
  }

  /// The elements where `mask`, of the same shape, is true: a vector, in row-major order.
  public func elements(where mask: Tensor<Bool>) -> Tensor {
    require(mask.shape == shape, "elements(where:): mask \(mask.shape) for shape \(shape)")
    let (source, flags) = (contiguous(), mask.contiguous())
    let result = Tensor(uninitialized: [Int(mask.countNonzero().scalar)])
    let (from, chosen, to) = (source.base, flags.base, result.mutableBase)
    var next = 0
    for i in 0..<count where chosen[i] {
      to[next] = from[i]
      next += 1
    }
    keepAlive(source, flags)
    return result
  }
}

/// `a` where `mask` is true, else `b`: NumPy's `where`. All three broadcast.
public func select<E: TensorElement>(_ a: Tensor<E>, where mask: Tensor<Bool>, else b: Tensor<E>) -> Tensor<E> {
  guard let pair = a.shape.broadcast(with: b.shape), let shape = pair.broadcast(with: mask.shape) else {
    fatalError("select: shapes \(a.shape), \(mask.shape) (mask) and \(b.shape) do not broadcast")
  }
  let result = Tensor<E>(uninitialized: shape)
  let flags = mask.broadcast(to: shape).contiguous()
  // A single element is repeated by a stride of 0, other operands are laid out first where they need it.
  let left = a.count == 1 ? a : a.broadcast(to: shape).contiguous()
  let right = b.count == 1 ? b : b.broadcast(to: shape).contiguous()
  let (stepA, stepB) = (a.count == 1 ? 0 : 1, b.count == 1 ? 0 : 1)
  let (m, x, y, z) = (flags.base.asBytes, left.base, right.base, result.mutableBase)
  Parallel.slices(result.count, grain: Parallel.cheapGrain) { part in
    let i = part.lowerBound
    let (p, q, r) = (x + i * stepA, y + i * stepB, z + i)
    // Only bits move, so types of one size share a loop.
    switch MemoryLayout<E>.size {
    case 1: kappa_choose_u8(part.count, m + i, p.asBytes, stepA, q.asBytes, stepB, r.asBytes)
    case 4: kappa_choose_i32(part.count, m + i, p.asInt32, stepA, q.asInt32, stepB, r.asInt32)
    default: kappa_choose_i64(part.count, m + i, p.asInt64, stepA, q.asInt64, stepB, r.asInt64)
    }
  }
  keepAlive(flags)
  keepAlive(left, right)
  return result
}

/// As above with a number in place of one tensor.
public func select<E: TensorElement>(_ a: E, where mask: Tensor<Bool>, else b: Tensor<E>) -> Tensor<E> {
  select(Tensor(scalar: a), where: mask, else: b)
}
/// As above with a number in place of one tensor.
public func select<E: TensorElement>(_ a: Tensor<E>, where mask: Tensor<Bool>, else b: E) -> Tensor<E> {
  select(a, where: mask, else: Tensor(scalar: b))
}
/// As above with two numbers.
public func select<E: TensorElement>(_ a: E, where mask: Tensor<Bool>, else b: E) -> Tensor<E> {
  select(Tensor(scalar: a), where: mask, else: Tensor(scalar: b))
}
