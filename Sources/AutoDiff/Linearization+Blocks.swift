import Tensor

// Products with several vectors at once: one sweep carries all of them, so that matrix products grow wider in place of more
// numerous and what an operation costs beside its arithmetic is paid once.

extension Linearization {
  /// H vⱼ for each row vⱼ of `directions`.
  /// - Parameter directions: k vectors in the layout of θ, as the rows of a matrix [k, n].
  /// - Returns: [k, n].
  /// - Complexity: the arithmetic of k single products; for small operations much less time. Memory for the tangents of every
  ///   activation along as many directions as keep the largest at 131,072 numbers.
  public func hessianVectorProducts(_ directions: Tensor<Scalar>) -> Tensor<Scalar> {
    parameterProducts(hessianPlan, directions, "hessianVectorProducts")
  }

  /// G vⱼ for each row vⱼ of `directions`; see `gaussNewtonVectorProduct`.
  /// - Parameter directions: k vectors in the layout of θ, as the rows of a matrix [k, n].
  /// - Returns: [k, n].
  public func gaussNewtonVectorProducts(_ directions: Tensor<Scalar>) -> Tensor<Scalar> {
    requireOutputs("gaussNewtonVectorProducts")
    let flat = checked(directions, "gaussNewtonVectorProducts")
    var products =
      outputsAreConstant ? Tensor(zeros: flat.shape) : vectorJacobianProducts(lossHessianProducts(jacobianVectorProducts(flat)))
    if let plan = penaltyPlan { products += parameterProducts(plan, flat, "gaussNewtonVectorProducts") }
    return products
  }

  /// What a plan with a target for each parameter makes of the rows of `directions`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  private func parameterProducts(_ plan: TangentPlan, _ directions: Tensor<Scalar>, _ operation: String) -> Tensor<Scalar> {
    let flat = checked(directions, operation)
    let width = flat.shape[0]
    let result = Tensor<Scalar>(uninitialized: [width, layout.count])
    let places = layout.entries.map { result.piece(at: $0.offset, shape: $0.shape, ofRows: 0..<width) }
    sweep.run(plan, directions: width, from: { blocks(of: flat, $0) }, into: places)
    return result
  }

  /// J vⱼ for each row vⱼ of `directions`.
  /// - Parameter directions: k vectors in the layout of θ, as the rows of a matrix [k, n].
  /// - Returns: the shape of the outputs with an axis of k before it.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func jacobianVectorProducts(_ directions: Tensor<Scalar>) -> Tensor<Scalar> {
    requireOutputs("jacobianVectorProducts")
    let flat = checked(directions, "jacobianVectorProducts")
    let width = flat.shape[0]
    if outputsAreConstant { return Tensor(zeros: outputBlock(of: width)) }
    return outputProducts(jacobianPlan, width) { blocks(of: flat, $0) }
  }

  /// H_L uⱼ for each uⱼ along the leading axis of `tangents`; see `lossHessianProduct`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func lossHessianProducts(_ tangents: Tensor<Scalar>) -> Tensor<Scalar> {
    let width = widthOfOutputs(tangents, "lossHessianProducts")
    if outputsAreConstant { return Tensor(zeros: tangents.shape) }
    return outputProducts(lossHessianPlan, width) { [(outputNode, tangents.sliced(axis: 0, $0))] }
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

  /// The directions, k vectors in the layout of θ, as a contiguous matrix.
  private func checked(_ directions: Tensor<Scalar>, _ operation: String) -> Tensor<Scalar> {
    require(
      directions.rank == 2 && directions.shape[1] == layout.count,
      "\(operation): vectors of shape \(directions.shape), not [k, \(layout.count)]")
    return directions.contiguous()
  }

  /// For each parameter its parts of the vectors in `range`, one after the other along a leading axis.
  private func blocks(of directions: Tensor<Scalar>, _ range: Range<Int>) -> [(node: Int, tangent: Tensor<Scalar>)] {
    zip(inputs, layout.entries).map { node, entry in
      (node, directions.piece(at: entry.offset, shape: entry.shape, ofRows: range))
    }
  }

  private func outputBlock(of width: Int) -> Shape { Shape([width] + Array(outputShape)) }

  private func widthOfOutputs(_ block: Tensor<Scalar>, _ operation: String) -> Int {
    requireOutputs(operation)
    let width = block.shape.first ?? 0
    require(
      block.shape == outputBlock(of: width), "\(operation): shape \(block.shape) for outputs of shape \(outputShape), k of them")
    return width
  }

  /// The sums of a plan with one target of the outputs' shape.
  private func outputProducts(
    _ plan: TangentPlan, _ width: Int, from sources: (Range<Int>) -> [(node: Int, tangent: Tensor<Scalar>)]
  ) -> Tensor<Scalar> {
    let result = Tensor<Scalar>(uninitialized: outputBlock(of: width))
    sweep.run(plan, directions: width, from: sources, into: [result])
    return result
  }
}
