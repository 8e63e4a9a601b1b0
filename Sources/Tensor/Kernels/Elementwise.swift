import CKernels

/// Element-wise operations of one tensor; the raw values are those of `kappa_unary`.
package enum UnaryKernel: Int32 {
  case negate, absolute, sign, square, reciprocal, sqrt, rsqrt, exp, expm1, log, log1p, tanh, sigmoid, softplus, relu
  case leakyRelu, step, addScalar, scale
  case sin, cos, erf, gelu, geluTanh, floor, ceil, round, truncate, atLeast, atMost

  var isCostly: Bool {
    switch self {
    case .exp, .expm1, .log, .log1p, .tanh, .sigmoid, .softplus, .sin, .cos, .erf, .gelu, .geluTanh: true
    default: false
    }
  }
}

/// The nonlinearity of a layer; the raw values are those of `kappa_activation`.
public enum Activation: Sendable, Hashable {
  case identity, tanh, sigmoid
  /// `x > 0 ? x : slope x`; the slope is not negative.
  case leakyRelu(slope: Double)

  var code: Int32 {
    switch self {
    case .identity: 0
    case .tanh: 1
    case .sigmoid: 2
    case .leakyRelu: 3
    }
  }
  var parameter: Double { if case .leakyRelu(let slope) = self { slope } else { 0 } }
}

/// Element-wise kernels. Those that take a tensor `consuming` write over it when nobody else refers to it.
package enum Kernels {
  @specialized(where S == Float) @specialized(where S == Double)
  package static func unary<S: TensorScalar>(_ op: UnaryKernel, _ x: Tensor<S>, parameter: Double = 0) -> Tensor<S> {
    // Not `contiguous()`, which would count one more reference.
    guard x.isContiguous else { return unary(op, x.copied(), parameter: parameter) }
    let result = Tensor<S>(uninitializedLike: x)
    let input = x.base
    let output = result.mutableBase
    Parallel.slices(result.count, grain: op.isCostly ? Parallel.costlyGrain : Parallel.cheapGrain) { part in
      let (from, to) = (input + part.lowerBound, output + part.lowerBound)
      dispatch(S.self) {
        kappa_unary_f32(op.rawValue, part.count, from.asFloat, Float(parameter), to.asFloat)
      } double: {
        kappa_unary_f64(op.rawValue, part.count, from.asDouble, parameter, to.asDouble)
      }
    }
    keepAlive(x)
    return result
  }

  /// -x; integers stop the program where that does not fit.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func negated<S: TensorNumber>(_ x: Tensor<S>) -> Tensor<S> {
    if let x = x as? Tensor<Float> { return unary(.negate, x) as! Tensor<S> }
    if let x = x as? Tensor<Double> { return unary(.negate, x) as! Tensor<S> }
    return binary(.subtract, scalar: 0, x)
  }

  /// y = f(x + b), the vector `b` added to every row (the last axis) of x.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func biasActivation<S: TensorScalar>(_ f: Activation, _ x: Tensor<S>, bias: Tensor<S>) -> Tensor<S> {
    let source = x.contiguous()
    let offset = bias.contiguous()
    let result = Tensor<S>(uninitialized: source.shape)
    let columns = bias.count
    let rows = columns == 0 ? 0 : result.count / columns
    let (input, b, output) = (source.base, offset.base, result.mutableBase)
    Parallel.slices(rows, grain: max(1, Parallel.costlyGrain / max(columns, 1)), alignment: 1) { part in
      let start = part.lowerBound * columns
      dispatch(S.self) {
        kappa_bias_activation_f32(
          f.code, part.count, columns, (input + start).asFloat, columns, b.asFloat, Float(f.parameter),
          (output + start).asFloat, columns)
      } double: {
        kappa_bias_activation_f64(
          f.code, part.count, columns, (input + start).asDouble, columns, b.asDouble, f.parameter,
          (output + start).asDouble, columns)
      }
    }
    keepAlive(source, offset)
    return result
  }

  /// (dx + db) f'(y): the tangent of `biasActivation`, over dx where possible. `db`, if any, is added to every row.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func biasActivationTangent<S: TensorScalar>(
    _ f: Activation, _ dx: consuming Tensor<S>, bias db: Tensor<S>?, at y: Tensor<S>
  ) -> Tensor<S> {
    guard let db else { return activationGradient(f, dx, at: y) }
    var input = consume dx
    if !input.isContiguous { input = input.copied() }
    let (offset, value) = (db.contiguous(), y.contiguous())
    let columns = offset.count
    let rows = columns == 0 ? 0 : input.count / columns
    let result = input.reusedOrUninitialized()
    let (x, b, at) = (input.base, offset.base, value.base)
    let output = result.mutableBase
    Parallel.slices(rows, grain: max(1, Parallel.cheapGrain / max(columns, 1)), alignment: 1) { part in
      let start = part.lowerBound * columns
      dispatch(S.self) {
        kappa_bias_activation_tangent_f32(
          f.code, part.count, columns, (x + start).asFloat, b.asFloat, (at + start).asFloat, Float(f.parameter),
          (output + start).asFloat)
      } double: {
        kappa_bias_activation_tangent_f64(
          f.code, part.count, columns, (x + start).asDouble, b.asDouble, (at + start).asDouble, f.parameter,
          (output + start).asDouble)
      }
    }
    keepAlive(offset, value, input)
    return result
  }

  /// Calls `body` with the pieces of `part` that do not cross a multiple of `period`, and with the place in the period where each
  /// starts.
  @inline(__always)
  private static func pieces(of part: Range<Int>, period: Int, _ body: (_ start: Int, _ count: Int, _ offset: Int) -> Void) {
    var start = part.lowerBound
    while start < part.upperBound {
      let offset = start % period
      let count = min(part.upperBound - start, period - offset)
      body(start, count, offset)
      start += count
    }
  }

  /// g f'(y); where `g` has further leading axes, `y` repeats along them.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func activationGradient<S: TensorScalar>(_ f: Activation, _ g: consuming Tensor<S>, at y: Tensor<S>) -> Tensor<S> {
    var source = consume g
    if !source.isContiguous { source = source.copied() }
    let value = y.contiguous()
    let result = source.reusedOrUninitialized()
    let (input, at, output) = (source.base, value.base, result.mutableBase)
    Parallel.slices(result.count, grain: Parallel.cheapGrain) { part in
      pieces(of: part, period: value.count) { i, count, j in
        dispatch(S.self) {
          kappa_activation_gradient_f32(
            f.code, count, (input + i).asFloat, (at + j).asFloat, Float(f.parameter), (output + i).asFloat)
        } double: {
          kappa_activation_gradient_f64(
            f.code, count, (input + i).asDouble, (at + j).asDouble, f.parameter, (output + i).asDouble)
        }
      }
    }
    keepAlive(source, value)
    return result
  }

  /// dg f'(y) + g dy f''(y): the tangent of `activationGradient`; where `dg` and `dy` have further leading axes, `g` and `y` repeat
  /// along them.
  @specialized(where S == Float) @specialized(where S == Double)
  package static func activationGradientTangent<S: TensorScalar>(
    _ f: Activation, _ dg: consuming Tensor<S>, gradient g: Tensor<S>, _ dy: Tensor<S>, at y: Tensor<S>
  ) -> Tensor<S> {
    var a = consume dg
    if !a.isContiguous { a = a.copied() }
    let (b, c, d) = (g.contiguous(), dy.contiguous(), y.contiguous())
    let result = a.reusedOrUninitialized()
    let (pa, pb, pc, pd, output) = (a.base, b.base, c.base, d.base, result.mutableBase)
    Parallel.slices(result.count, grain: Parallel.cheapGrain / 2) { part in
      pieces(of: part, period: d.count) { i, count, j in
        dispatch(S.self) {
          kappa_activation_gradient_tangent_f32(
            f.code, count, (pa + i).asFloat, (pb + j).asFloat, (pc + i).asFloat, (pd + j).asFloat, Float(f.parameter),
            (output + i).asFloat)
        } double: {
          kappa_activation_gradient_tangent_f64(
            f.code, count, (pa + i).asDouble, (pb + j).asDouble, (pc + i).asDouble, (pd + j).asDouble, f.parameter,
            (output + i).asDouble)
        }
      }
    }
    keepAlive(a, b, c, d)
    return result
  }
}
