import Tensor

// Products with several vectors at once: one sweep carries all of them, so that matrix products grow wider in place of more numerous and
// what an operation costs beside its arithmetic is paid once.

extension Linearization {
  /// H vⱼ for each row vⱼ of `directions`.
  /// - Parameter directions: k vectors in the layout of θ, as the rows of a matrix [k, n].
  /// - Returns: [k, n].
  /// - Complexity: the arithmetic of k single products; for small operations much less time. Memory for k tangents of every activation.
  public func hessianVectorProducts(_ directions: Tensor<Scalar>) -> Tensor<Scalar> {
    parameterProducts(hessianPlan, directions, "hessianVectorProducts")
  }

  /// G vⱼ for each row vⱼ of `directions`; see `gaussNewtonVectorProduct`.
  /// - Parameter directions: k vectors in the layout of θ, as the rows of a matrix [k, n].
  /// - Returns: [k, n].
  public func gaussNewtonVectorProducts(_ directions: Tensor<Scalar>) -> Tensor<Scalar> {
    let outputTangents = jacobianVectorProducts(directions)
    var products =
      outputsAreConstant ? Tensor(zeros: directions.shape) : vectorJacobianProducts(lossHessianProducts(outputTangents))
    if let plan = penaltyPlan { products += parameterProducts(plan, directions, "gaussNewtonVectorProducts") }
    return products
  }

  /// What a plan with a target for each parameter makes of the rows of `directions`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func parameterProducts(_ plan: TangentPlan, _ directions: Tensor<Scalar>, _ operation: String) -> Tensor<Scalar> {
    let (sources, width) = blocks(of: directions, operation)
    let result = Tensor<Scalar>(uninitialized: [width, layout.count])
    let rows = (0..<width).map { result[row: $0] }
    sweep.run(plan, from: sources, into: inputs.indices.map { input in rows.map { layout.view(input, of: $0) } })
    return result
  }

  /// J vⱼ for each row vⱼ of `directions`.
  /// - Parameter directions: k vectors in the layout of θ, as the rows of a matrix [k, n].
  /// - Returns: the shape of the outputs with an axis of k before it.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func jacobianVectorProducts(_ directions: Tensor<Scalar>) -> Tensor<Scalar> {
    let (sources, width) = blocks(of: directions, "jacobianVectorProducts")
    if outputsAreConstant { return Tensor(zeros: outputBlock(of: width)) }
    return outputProducts(jacobianPlan, from: sources, width)
  }

  /// H_L uⱼ for each uⱼ along the leading axis of `tangents`; see `lossHessianProduct`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func lossHessianProducts(_ tangents: Tensor<Scalar>) -> Tensor<Scalar> {
    let width = widthOfOutputs(tangents, "lossHessianProducts")
    return outputProducts(lossHessianPlan, from: [(outputNode, tangents)], width)
  }

  /// Jᵀ uⱼ for each uⱼ along the leading axis of `cotangents`.
  /// - Parameter cotangents: the shape of the outputs with an axis of k before it.
  /// - Returns: [k, n].
  /// - Complexity: k reverse sweeps.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func vectorJacobianProducts(_ cotangents: Tensor<Scalar>) -> Tensor<Scalar> {
    let width = widthOfOutputs(cotangents, "vectorJacobianProducts")
    if outputsAreConstant { return Tensor(zeros: [width, layout.count]) }
    let result = Tensor<Scalar>(uninitialized: [width, layout.count])
    for index in 0..<width { pullBack(cotangents[row: index], into: result[row: index]) }
    return result
  }

  /// For each parameter the directions' views of it, one after the other along a leading axis.
  private func blocks(
    of directions: Tensor<Scalar>, _ operation: String
  ) -> (sources: [(node: Int, tangent: Tensor<Scalar>)], width: Int) {
    require(
      directions.rank == 2 && directions.shape[1] == layout.count,
      "\(operation): vectors of shape \(directions.shape), not [k, \(layout.count)]")
    let width = directions.shape[0]
    let flat = directions.contiguous()
    let sources = zip(inputs, layout.entries).map { node, entry in
      var shape = entry.shape
      shape.insert(width, at: 0)
      if inputs.count == 1 { return (node: node, tangent: flat.reshaped(to: shape)) }
      let piece = flat.sliced(axis: 1, entry.offset..<entry.offset + entry.shape.elementCount)
      return (node: node, tangent: piece.reshaped(to: shape))
    }
    return (sources, width)
  }

  private func outputBlock(of width: Int) -> Shape { Shape([width] + Array(outputShape)) }

  private func widthOfOutputs(_ block: Tensor<Scalar>, _ operation: String) -> Int {
    let width = block.shape.first ?? 0
    require(
      block.shape == outputBlock(of: width), "\(operation): shape \(block.shape) for outputs of shape \(outputShape), k of them")
    return width
  }

  /// The sums of a plan with one target of the outputs' shape.
  private func outputProducts(
    _ plan: TangentPlan, from sources: [(node: Int, tangent: Tensor<Scalar>)], _ width: Int
  ) -> Tensor<Scalar> {
    let result = Tensor<Scalar>(uninitialized: outputBlock(of: width))
    sweep.run(plan, from: sources, into: [(0..<width).map { result[row: $0] }])
    return result
  }
}
