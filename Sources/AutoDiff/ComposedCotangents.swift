import Tensor

extension CotangentPoint {
  /// Sends the operands `indices` their parts of the cotangent `dy`, found by recording `composed`, this operation written in
  /// others, and differentiating that. For derivatives that are asked for too seldom to deserve rules of their own.
  /// - Parameter composed: the operation as a function of the operands `indices`, on which alone it depends.
  func addCotangents(
    of dy: Variable<Scalar>, to indices: [Int], through composed: ([Variable<Scalar>]) -> Variable<Scalar>
  ) {
    // A pass that only computes has variables without a tape: it borrows one for the detour.
    let tape = sweep.isRecording ? sweep.tape : Tape<Scalar>()
    let operands = indices.map { index in
      let operand = operand(index)
      // Nodes of their own: one operand may be made from another, and derivatives stop here.
      return operand.tape == nil ? tape.variable(operand.value) : operand.applying(Affine())
    }
    let parts = vectorJacobianProduct(of: composed(operands), withRespectTo: operands, dy)
    for (index, part) in zip(indices, parts) { add(sweep.isRecording ? part : Variable(part.value), to: index) }
  }
}
