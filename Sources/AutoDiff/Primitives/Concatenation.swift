import Tensor

extension Variable {
  /// The variables one after the other along `axis`. They agree in all other lengths; there is at least one.
  public init(concatenating variables: [Variable], axis: Int = 0) {
    guard let first = variables.first else { fatalError("concatenating: no variables") }
    let axis = first.shape.position(ofAxis: axis, in: "concatenating")
    let lengths = variables.map { $0.shape.rank > axis ? $0.shape[axis] : 0 }
    self = .applying(Concatenation(axis: axis, lengths: lengths), to: variables)
  }

  /// The variables, all of one shape, along a new axis at position `axis` of the result; there is at least one.
  public init(stacking variables: [Variable], axis: Int = 0) {
    guard let first = variables.first else { fatalError("stacking: no variables") }
    for (index, variable) in variables.enumerated() {
      require(
        variable.shape == first.shape, "stacking: shape \(variable.shape) of operand \(index) and \(first.shape) differ")
    }
    self.init(concatenating: variables.map { $0.expanded(axis: axis) }, axis: axis)
  }
}

/// The operands, of the given lengths along `axis`, one after the other.
struct Concatenation<Scalar: TensorScalar>: VariadicPrimitive {
  let axis: Int
  let lengths: [Int]

  var reads: ValuesRead { .nothing }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> { Tensor(concatenating: operands, axis: axis) }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    var shape = p.resultShape
    let axis = p.inBlock(axis: axis)
    let parts = lengths.indices.map { index in
      if let tangent = p.tangent(index) { return tangent }
      shape[axis] = lengths[index]
      return Tensor(scalar: 0).broadcast(to: shape)
    }
    sum.add(Tensor(concatenating: parts, axis: axis))
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    var start = 0
    for (index, length) in lengths.enumerated() {
      if p.wants(index) { p.add(Slice(axis: axis, start: start, step: 1, count: length), dy, to: index) }
      start += length
    }
  }
}

extension Concatenation: BlocksAlongAxis {
  func start(ofOperand index: Int) -> Int? { lengths[..<index].reduce(0, +) }
}
