import CKernels

// One-pass updates of parameters and running statistics, in place; all tensors have one shape.
extension Tensor where Scalar: TensorScalar {
  /// `self += scale · a · b`, element by element, in place; shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func add(productOf a: Tensor, _ b: Tensor, scaledBy scale: Scalar = 1) {
    update(a, b, "add(productOf:)") { count, x, y, sum in
      dispatch(Scalar.self) {
        kappa_add_product_f32(count, Float(scale), x.asFloat, y.asFloat, sum.asFloat)
      } double: {
        kappa_add_product_f64(count, Double(scale), x.asDouble, y.asDouble, sum.asDouble)
      }
    }
  }

  /// `self += scale · a / b`, element by element, in place; shapes are equal.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func add(quotientOf a: Tensor, _ b: Tensor, scaledBy scale: Scalar = 1) {
    update(a, b, "add(quotientOf:)") { count, x, y, sum in
      dispatch(Scalar.self) {
        kappa_add_quotient_f32(count, Float(scale), x.asFloat, y.asFloat, sum.asFloat)
      } double: {
        kappa_add_quotient_f64(count, Double(scale), x.asDouble, y.asDouble, sum.asDouble)
      }
    }
  }

  /// `self -= rate · scale · gradient`, element by element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func descend(along gradient: Tensor, scaledBy scale: Tensor, rate: Scalar) {
    update(gradient, scale, "descend") { count, g, s, theta in
      dispatch(Scalar.self) {
        kappa_descend_scaled_f32(count, Float(rate), s.asFloat, g.asFloat, theta.asFloat)
      } double: {
        kappa_descend_scaled_f64(count, Double(rate), s.asDouble, g.asDouble, theta.asDouble)
      }
    }
  }

  /// `self -= rate · scale · direction`, element by element (without `scale`: `rate · direction`), unless an element would become
  /// infinite or NaN: then `self` is as it was, and the result is false.
  ///
  /// One pass: the new elements go to the place of `direction`, if nobody else refers to it, and the two exchange their places.
  /// What `direction` holds afterwards is not said.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package mutating func descendIfFinite(along direction: inout Tensor, scaledBy scale: Tensor?, rate: Scalar) -> Bool {
    require(
      direction.shape == shape && scale.map { $0.shape == shape } ?? true,
      "descend: shapes \(direction.shape), \(scale?.shape ?? shape) and \(shape) differ")
    let result = direction.reusedOrUninitialized()
    let (step, factors, start) = (direction.contiguous(), scale?.contiguous(), contiguous())
    let (g, s, theta, out) = (step.base, factors?.base, start.base, result.mutableBase)
    let isFinite = Kernels.holdsInBlocks(count) { part in
      let i = part.lowerBound
      return dispatch(Scalar.self) {
        kappa_descend_checked_f32(
          part.count, Float(rate), s.map { ($0 + i).asFloat }, (g + i).asFloat, (theta + i).asFloat, (out + i).asFloat) == 1
      } double: {
        kappa_descend_checked_f64(
          part.count, Double(rate), s.map { ($0 + i).asDouble }, (g + i).asDouble, (theta + i).asDouble, (out + i).asDouble) == 1
      }
    }
    keepAlive(step, start)
    if let factors { keepAlive(factors) }
    if isFinite {
      direction = self
      self = result
    }
    return isFinite
  }

  /// `self = decay · self + weight · a · b`, element by element: a running sum or mean of products.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public mutating func accumulate(productOf a: Tensor, _ b: Tensor, decay: Scalar = 1, weight: Scalar = 1) {
    update(a, b, "accumulate") { count, x, y, mean in
      dispatch(Scalar.self) {
        kappa_decayed_product_f32(count, Float(decay), Float(weight), x.asFloat, y.asFloat, mean.asFloat)
      } double: {
        kappa_decayed_product_f64(count, Double(decay), Double(weight), x.asDouble, y.asDouble, mean.asDouble)
      }
    }
  }

  /// With m = factor · self: 1 / (√m + damping).
  public func inverseRoot(factor: Scalar = 1, plus damping: Scalar) -> Tensor {
    scale(.inverseRoot, factor: factor, damping: damping)
  }
  /// With m = factor · self: 1 / √(m + damping).
  public func inverseRoot(factor: Scalar = 1, ofSumWith damping: Scalar) -> Tensor {
    scale(.inverseRootOfSum, factor: factor, damping: damping)
  }
  /// With m = factor · self: 1 / (|m| + damping).
  public func inverseAbsolute(factor: Scalar = 1, plus damping: Scalar) -> Tensor {
    scale(.inverseAbsolute, factor: factor, damping: damping)
  }

  /// The scale that follows from m = factor · self.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package func scale(_ rule: ScaleRule, factor: Scalar = 1, damping: Scalar) -> Tensor {
    let source = contiguous()
    let result = Tensor(uninitialized: shape)
    let (input, output) = (source.base, result.mutableBase)
    Parallel.slices(count, grain: Parallel.costlyGrain) { part in
      let i = part.lowerBound
      dispatch(Scalar.self) {
        kappa_inverse_scale_f32(rule.rawValue, part.count, Float(factor), Float(damping), (input + i).asFloat, (output + i).asFloat)
      } double: {
        kappa_inverse_scale_f64(
          rule.rawValue, part.count, Double(factor), Double(damping), (input + i).asDouble, (output + i).asDouble)
      }
    }
    keepAlive(source)
    return result
  }

  /// The next value of this running statistic, `decay · self + weight · a · b`, and the scale that follows from `factor` times it,
  /// in one pass; nil if an element of the statistic would be infinite or NaN.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  package func refreshed(
    byProductOf a: Tensor, _ b: Tensor, decay: Scalar = 1, weight: Scalar = 1, _ rule: ScaleRule, factor: Scalar = 1,
    damping: Scalar
  ) -> (statistic: Tensor, scale: Tensor)? {
    require(a.shape == shape && b.shape == shape, "refreshed: shapes \(a.shape), \(b.shape) and \(shape) differ")
    let (left, right, old) = (a.contiguous(), b.contiguous(), contiguous())
    let (statistic, scale) = (Tensor(uninitialized: shape), Tensor(uninitialized: shape))
    let (x, y, mean, next, out) = (left.base, right.base, old.base, statistic.mutableBase, scale.mutableBase)
    let isFinite = Kernels.holdsInBlocks(count) { part in
      let (i, n) = (part.lowerBound, part.count)
      return dispatch(Scalar.self) {
        kappa_refresh_scale_f32(
          rule.rawValue, n, Float(decay), Float(weight), Float(factor), Float(damping), (x + i).asFloat, (y + i).asFloat,
          (mean + i).asFloat, (next + i).asFloat, (out + i).asFloat) == 1
      } double: {
        kappa_refresh_scale_f64(
          rule.rawValue, n, Double(decay), Double(weight), Double(factor), Double(damping), (x + i).asDouble, (y + i).asDouble,
          (mean + i).asDouble, (next + i).asDouble, (out + i).asDouble) == 1
      }
    }
    keepAlive(left, right)
    keepAlive(old)
    return isFinite ? (statistic, scale) : nil
  }

  private mutating func update(
    _ a: Tensor, _ b: Tensor, _ operation: String,
    _ kernel: (Int, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) {
    require(a.shape == shape && b.shape == shape, "\(operation): shapes \(a.shape), \(b.shape) and \(shape) differ")
    makeUnique()
    let (left, right) = (a.contiguous(), b.contiguous())
    let (x, y, out) = (left.base, right.base, mutableBase)
    Parallel.slices(count, grain: Parallel.cheapGrain / 2) { part in
      kernel(part.count, x + part.lowerBound, y + part.lowerBound, out + part.lowerBound)
    }
    keepAlive(left, right)
  }
}

/// How the scale of a diagonal preconditioner follows from its statistic m; the raw values are those of `kappa_inverse`.
package enum ScaleRule: Int32 {
  /// 1 / (√m + damping).
  case inverseRoot
  /// 1 / √(m + damping).
  case inverseRootOfSum
  /// 1 / (|m| + damping).
  case inverseAbsolute
}
