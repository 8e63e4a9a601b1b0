import CKernels

// Losses on logits, a row (the last axis) an example. Shapes are the callers' business: targets and tangents have the shape of the
// logits, labels and row weights that shape without its last axis.
extension Kernels {
  /// Calls `body` for slices of the rows of `z`: first row, number of rows, first element.
  private static func rows<S: TensorScalar>(_ z: Tensor<S>, _ body: (Int, Int, Int) -> Void) {
    let columns = z.shape[z.rank - 1]
    let rows = columns == 0 ? 0 : z.count / columns
    Parallel.slices(rows, grain: max(1, Parallel.costlyGrain / max(columns, 1)), alignment: 1) { part in
      body(part.lowerBound, part.count, part.lowerBound * columns)
    }
  }

  @specialized(where S == Float) @specialized(where S == Double)
  package static func sigmoidCrossEntropy<S: TensorScalar>(_ logits: Tensor<S>, _ targets: Tensor<S>) -> Tensor<S> {
    let z = logits.contiguous()
    let columns = z.shape[z.rank - 1]
    let result = Tensor<S>(uninitialized: Shape(z.shape.dropLast()))
    let (pz, pt, out) = (z.base, targets.base, result.mutableBase)
    rows(z) { row, count, i in
      dispatch(S.self) {
        kappa_sigmoid_cross_entropy_f32(count, columns, (pz + i).asFloat, (pt + i).asFloat, (out + row).asFloat)
      } double: {
        kappa_sigmoid_cross_entropy_f64(count, columns, (pz + i).asDouble, (pt + i).asDouble, (out + row).asDouble)
      }
    }
    keepAlive(z, targets)
    return result
  }

  @specialized(where S == Float) @specialized(where S == Double)
  package static func sigmoidCrossEntropyGradient<S: TensorScalar>(
    _ weights: Tensor<S>, _ logits: Tensor<S>, _ targets: Tensor<S>
  ) -> Tensor<S> {
    let (g, z) = (weights.contiguous(), logits.contiguous())
    let columns = z.shape[z.rank - 1]
    let result = Tensor<S>(uninitialized: z.shape)
    let (pg, pz, pt, out) = (g.base, z.base, targets.base, result.mutableBase)
    rows(z) { row, count, i in
      dispatch(S.self) {
        kappa_sigmoid_cross_entropy_gradient_f32(
          count, columns, (pg + row).asFloat, (pz + i).asFloat, (pt + i).asFloat, (out + i).asFloat)
      } double: {
        kappa_sigmoid_cross_entropy_gradient_f64(
          count, columns, (pg + row).asDouble, (pz + i).asDouble, (pt + i).asDouble, (out + i).asDouble)
      }
    }
    keepAlive(g, z, targets)
    return result
  }

  @specialized(where S == Float) @specialized(where S == Double)
  package static func sigmoidCrossEntropyGradientTangent<S: TensorScalar>(
    _ weights: Tensor<S>, dg: Tensor<S>?, _ logits: Tensor<S>, _ targets: Tensor<S>, _ dz: consuming Tensor<S>
  ) -> Tensor<S> {
    var input = consume dz
    if !input.isContiguous { input = input.copied() }
    let (g, dg, z) = (weights.contiguous(), dg?.contiguous(), logits.contiguous())
    let columns = z.shape[z.rank - 1]
    let result = input.reusedOrUninitialized()
    let (pg, pdg, pz, pt, pdz, out) = (g.base, dg?.base, z.base, targets.base, input.base, result.mutableBase)
    rows(z) { row, count, i in
      dispatch(S.self) {
        kappa_sigmoid_cross_entropy_gradient_tangent_f32(
          count, columns, (pg + row).asFloat, pdg.map { ($0 + row).asFloat }, (pz + i).asFloat, (pt + i).asFloat,
          (pdz + i).asFloat, (out + i).asFloat)
      } double: {
        kappa_sigmoid_cross_entropy_gradient_tangent_f64(
          count, columns, (pg + row).asDouble, pdg.map { ($0 + row).asDouble }, (pz + i).asDouble, (pt + i).asDouble,
          (pdz + i).asDouble, (out + i).asDouble)
      }
    }
    keepAlive(g, z, targets, input)
    if let dg { keepAlive(dg) }
    return result
  }

  @specialized(where S == Float) @specialized(where S == Double)
  package static func softmaxCrossEntropy<S: TensorScalar>(_ logits: Tensor<S>, _ labels: Tensor<Int32>) -> Tensor<S> {
    let z = logits.contiguous()
    let columns = z.shape[z.rank - 1]
    let result = Tensor<S>(uninitialized: Shape(z.shape.dropLast()))
    let (pz, label, out) = (z.base, labels.base, result.mutableBase)
    rows(z) { row, count, i in
      dispatch(S.self) {
        kappa_softmax_cross_entropy_f32(count, columns, (pz + i).asFloat, label + row, (out + row).asFloat)
      } double: {
        kappa_softmax_cross_entropy_f64(count, columns, (pz + i).asDouble, label + row, (out + row).asDouble)
      }
    }
    keepAlive(z, labels)
    return result
  }

  @specialized(where S == Float) @specialized(where S == Double)
  package static func softmaxCrossEntropyGradient<S: TensorScalar>(
    _ weights: Tensor<S>, _ logits: Tensor<S>, _ labels: Tensor<Int32>
  ) -> Tensor<S> {
    let (g, z) = (weights.contiguous(), logits.contiguous())
    let columns = z.shape[z.rank - 1]
    let result = Tensor<S>(uninitialized: z.shape)
    let (pg, pz, label, out) = (g.base, z.base, labels.base, result.mutableBase)
    rows(z) { row, count, i in
      dispatch(S.self) {
        kappa_softmax_cross_entropy_gradient_f32(
          count, columns, (pg + row).asFloat, (pz + i).asFloat, label + row, (out + i).asFloat)
      } double: {
        kappa_softmax_cross_entropy_gradient_f64(
          count, columns, (pg + row).asDouble, (pz + i).asDouble, label + row, (out + i).asDouble)
      }
    }
    keepAlive(g, z, labels)
    return result
  }

  @specialized(where S == Float) @specialized(where S == Double)
  package static func softmaxCrossEntropyGradientTangent<S: TensorScalar>(
    _ weights: Tensor<S>, dg: Tensor<S>?, _ logits: Tensor<S>, _ labels: Tensor<Int32>, _ dz: Tensor<S>
  ) -> Tensor<S> {
    let (g, dg, z, input) = (weights.contiguous(), dg?.contiguous(), logits.contiguous(), dz.contiguous())
    let columns = z.shape[z.rank - 1]
    let result = Tensor<S>(uninitialized: z.shape)
    let (pg, pdg, pz, label, pdz, out) = (g.base, dg?.base, z.base, labels.base, input.base, result.mutableBase)
    rows(z) { row, count, i in
      dispatch(S.self) {
        kappa_softmax_cross_entropy_gradient_tangent_f32(
          count, columns, (pg + row).asFloat, pdg.map { ($0 + row).asFloat }, (pz + i).asFloat, label + row,
          (pdz + i).asFloat, (out + i).asFloat)
      } double: {
        kappa_softmax_cross_entropy_gradient_tangent_f64(
          count, columns, (pg + row).asDouble, pdg.map { ($0 + row).asDouble }, (pz + i).asDouble, label + row,
          (pdz + i).asDouble, (out + i).asDouble)
      }
    }
    keepAlive(g, z, labels, input)
    if let dg { keepAlive(dg) }
    return result
  }
}
