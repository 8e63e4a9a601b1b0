extension Tensor: Equatable {
  /// Same shape and equal elements (so NaN differs from itself, and 0 equals -0).
  @specialized(where Scalar == Float) @specialized(where Scalar == Double) @specialized(where Scalar == Int32)
  @specialized(where Scalar == Int64) @specialized(where Scalar == Bool)
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    let (left, right) = (a.contiguous(), b.contiguous())
    let (x, y) = (left.base, right.base)
    defer { keepAlive(left, right) }
    // In blocks without an early exit, which are compared several elements at a time.
    for start in stride(from: 0, to: a.count, by: 512) {
      var differences = 0
      for i in start..<Swift.min(start + 512, a.count) { differences &+= x[i] == y[i] ? 0 : 1 }
      if differences > 0 { return false }
    }
    return true
  }
}

extension Tensor: Hashable where Scalar: Hashable {
  /// Reads all elements.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    withUnsafeElements { for element in $0 { hasher.combine(element) } }
  }
}

// MARK: - Approximate equality

extension Tensor where Scalar: TensorScalar {
  /// For each pair of elements, whether |a - b| ≤ `absolute` + `relative` · |b|, where b is the element of `other`.
  ///
  /// Shapes broadcast. An infinity is close to itself alone, NaN to nothing, or with `equalNaN` to NaN.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func isClose(
    to other: Tensor, relative: Scalar = 1e-5, absolute: Scalar = 1e-8, equalNaN: Bool = false
  ) -> Tensor<Bool> {
    let common = broadcastShape(with: other, "isClose")
    let result = Tensor<Bool>(uninitialized: common)
    let (out, tolerance) = (result.mutableBase, Closeness(relative: relative, absolute: absolute, equalNaN: equalNaN))
    forEachPairOfRows(with: other, common) { count, a, strideA, b, strideB, at in
      for i in 0..<count { out[at + i] = tolerance.accepts(a[i * strideA], b[i * strideB]) }
      return true
    }
    keepAlive(result.storage)
    return result
  }

  /// Whether all pairs of elements are close, as `isClose(to:)` says; true of no elements.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func allClose(
    to other: Tensor, relative: Scalar = 1e-5, absolute: Scalar = 1e-8, equalNaN: Bool = false
  ) -> Bool {
    let common = broadcastShape(with: other, "allClose")
    let tolerance = Closeness(relative: relative, absolute: absolute, equalNaN: equalNaN)
    var all = true
    forEachPairOfRows(with: other, common) { count, a, strideA, b, strideB, _ in
      for i in 0..<count where !tolerance.accepts(a[i * strideA], b[i * strideB]) {
        all = false
        break
      }
      return all
    }
    return all
  }

  private func broadcastShape(with other: Tensor, _ operation: String) -> Shape {
    guard let common = shape.broadcast(with: other.shape) else {
      fatalError("\(operation): shapes \(shape) and \(other.shape) do not broadcast")
    }
    return common
  }

  /// Calls `body(count, a, stride of a, b, stride of b, position in the result)` for rows of the two tensors, stretched to
  /// `common`, until it returns false.
  @inline(__always)
  private func forEachPairOfRows(
    with other: Tensor, _ common: Shape,
    _ body: (Int, UnsafePointer<Scalar>, Int, UnsafePointer<Scalar>, Int, Int) -> Bool
  ) {
    guard common.elementCount > 0 else { return }
    let nest = LoopNest(common, broadcast(to: common).strides, other.broadcast(to: common).strides)
    let (a, b, last) = (base, other.base, nest.rank - 1)
    var goesOn = true
    nest.forEachRow { atA, atB, at in
      if goesOn { goesOn = body(nest.lengths[last], a + atA, nest.a[last], b + atB, nest.b[last], at) }
    }
    keepAlive(self, other)
  }
}

private struct Closeness<S: TensorScalar> {
  var relative: S
  var absolute: S
  var equalNaN: Bool

  @inline(__always)
  func accepts(_ a: S, _ b: S) -> Bool {
    // Equality first: the difference of two infinities is NaN, and with an infinite b, or a tolerance that overflows, all would be
    // close.
    if a == b { return true }
    if a != a || b != b { return equalNaN && a != a && b != b }
    return a.isFinite && b.isFinite && Swift.abs(a - b) <= absolute + relative * Swift.abs(b)
  }
}
