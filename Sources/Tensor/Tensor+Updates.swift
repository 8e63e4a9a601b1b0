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
  public func inverseRoot(factor: Scalar = 1, plus damping: Scalar) -> Tensor { inverseScale(0, factor, damping) }
  /// With m = factor · self: 1 / √(m + damping).
  public func inverseRoot(factor: Scalar = 1, ofSumWith damping: Scalar) -> Tensor { inverseScale(1, factor, damping) }
  /// With m = factor · self: 1 / (|m| + damping).
  public func inverseAbsolute(factor: Scalar = 1, plus damping: Scalar) -> Tensor { inverseScale(2, factor, damping) }

  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func inverseScale(_ kind: Int32, _ factor: Scalar, _ damping: Scalar) -> Tensor {
    let source = contiguous()
    let result = Tensor(uninitialized: shape)
    let (input, output) = (source.base, result.mutableBase)
    Parallel.slices(count, grain: Parallel.costlyGrain) { part in
      let i = part.lowerBound
      dispatch(Scalar.self) {
        kappa_inverse_scale_f32(kind, part.count, Float(factor), Float(damping), (input + i).asFloat, (output + i).asFloat)
      } double: {
        kappa_inverse_scale_f64(kind, part.count, Double(factor), Double(damping), (input + i).asDouble, (output + i).asDouble)
      }
    }
    keepAlive(source)
    return result
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
