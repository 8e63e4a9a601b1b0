import Tensor

/// Which values a primitive's rules read. What no rule reads is not kept.
public struct ValuesRead: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No value: shapes are enough.
  public static let nothing: ValuesRead = []
  /// The value of the operation itself.
  public static let result = ValuesRead(rawValue: 1)
  /// The first operand.
  public static let first = ValuesRead(rawValue: 2)
  /// The second operand.
  public static let second = ValuesRead(rawValue: 4)
  /// The third operand.
  public static let third = ValuesRead(rawValue: 8)
  /// All operands, however many.
  public static let operands: ValuesRead = [.first, .second, .third]

  func contains(operand index: Int) -> Bool { index < 3 ? rawValue & (2 << UInt8(index)) != 0 : contains(.operands) }
}

/// One differentiable operation: its value, its tangent rule and its cotangent rule, side by side.
///
/// The tangent rule computes with tensors. The cotangent rule is written in primitives on variables, so that a backward pass
/// can itself be recorded and swept again; nobody writes a second derivative by hand. Most operations conform to
/// `UnaryPrimitive`, `BinaryPrimitive` or `VariadicPrimitive`, which are this protocol with the operands spelled out.
public protocol Primitive<Scalar> {
  associatedtype Scalar: TensorScalar

  /// The values that the two rules read.
  var reads: ValuesRead { get }

  /// Adds the value of the operation, computed again from its operands, to `sum`.
  func addValue(to sum: inout Accumulator<Scalar>, at point: RecordedPoint<Scalar>)

  /// Adds the tangent of the result to `sum`, given those operand tangents that are not zero: at least one.
  func addTangent(to sum: inout Accumulator<Scalar>, at point: TangentPoint<Scalar>)

  /// Whether `addTangent` also takes a block of directions: tangents, and so the result, with a further, leading axis
  /// (`TangentPoint.blockWidth`). Where it does not, directions are taken one by one. False by default.
  func takesBlocks(at point: TangentPoint<Scalar>) -> Bool

  /// Sends each wanted operand its part of the cotangent `dy` of the result.
  func addCotangents(of dy: Variable<Scalar>, at point: CotangentPoint<Scalar>)
}

extension Primitive {
  public func takesBlocks(at point: TangentPoint<Scalar>) -> Bool { false }
}

/// y = f(x).
public protocol UnaryPrimitive<Scalar>: Primitive {
  /// f(x).
  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar>
  /// The value, straight into its place; by default `value(x)` added to it.
  func addValue(to sum: inout Accumulator<Scalar>, _ x: Tensor<Scalar>)
  /// f'(x) dx. `dx` may be written over.
  func tangent(_ dx: consuming Tensor<Scalar>, at point: TangentPoint<Scalar>) -> Tensor<Scalar>
  /// f'(x)ᵀ dy.
  func cotangent(_ dy: Variable<Scalar>, at point: CotangentPoint<Scalar>) -> Variable<Scalar>
}

extension UnaryPrimitive {
  public func addValue(to sum: inout Accumulator<Scalar>, _ x: Tensor<Scalar>) { sum.add(value(x)) }
  public func addValue(to sum: inout Accumulator<Scalar>, at point: RecordedPoint<Scalar>) { addValue(to: &sum, point.operand(0)) }
  public func addTangent(to sum: inout Accumulator<Scalar>, at point: TangentPoint<Scalar>) {
    sum.add(tangent(point.takeTangent(0)!, at: point))
  }
  public func addCotangents(of dy: Variable<Scalar>, at point: CotangentPoint<Scalar>) {
    point.add(cotangent(dy, at: point), to: 0)
  }
}

/// y = f(a, b).
public protocol BinaryPrimitive<Scalar>: Primitive {
  /// f(a, b).
  func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar>
  /// The value, straight into its place; by default `value(a, b)` added to it.
  func addValue(to sum: inout Accumulator<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>)
}

extension BinaryPrimitive {
  public func addValue(to sum: inout Accumulator<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>) { sum.add(value(a, b)) }
  public func addValue(to sum: inout Accumulator<Scalar>, at point: RecordedPoint<Scalar>) {
    addValue(to: &sum, point.operand(0), point.operand(1))
  }
}

/// y = f(x₁, ..., xₙ) for any number of operands.
public protocol VariadicPrimitive<Scalar>: Primitive {
  /// f of the operands in their order.
  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar>
}

extension VariadicPrimitive {
  public func addValue(to sum: inout Accumulator<Scalar>, at point: RecordedPoint<Scalar>) {
    sum.add(value((0..<point.operandCount).map(point.operand)))
  }
}

/// A recorded operation with its operands' and its own values.
public struct RecordedPoint<Scalar: TensorScalar> {
  let tape: Tape<Scalar>
  let node: Int

  /// The number of operands.
  public var operandCount: Int { tape.operandCount(of: node) }

  /// The value of operand `index`.
  public func operand(_ index: Int) -> Tensor<Scalar> { tape.value(of: tape.operand(index, of: node), readBy: node) }
}

/// A recorded operation in a tangent sweep: values and operand tangents. `x`, `a` and `b` are operands, `y` is the result.
public struct TangentPoint<Scalar: TensorScalar> {
  let sweep: TangentSweep<Scalar>
  let node: Int

  /// The number of operands.
  public var operandCount: Int { sweep.tape.operandCount(of: node) }

  /// The value of operand `index`, which `reads` must name.
  public func operand(_ index: Int) -> Tensor<Scalar> {
    sweep.tape.value(of: sweep.tape.operand(index, of: node), readBy: node)
  }
  /// The only operand.
  public var x: Tensor<Scalar> { operand(0) }
  /// The first operand.
  public var a: Tensor<Scalar> { operand(0) }
  /// The second operand.
  public var b: Tensor<Scalar> { operand(1) }
  /// The value of the result, which `reads` must name.
  public var y: Tensor<Scalar> { sweep.tape.value(of: node, readBy: node) }
  /// The shape of the result's tangent.
  public var resultShape: Shape { inBlock(sweep.tape.shape(of: node)) }

  /// Whether a block's directions are best left last in memory.
  var prefersDirectionsLast: Bool {
    (blockWidth ?? 1) >= BlockArrangement.fewestLast && sweep.tape.nodes[node].prefersDirectionsLast
  }

  /// The number of directions, if tangents have a leading axis for them.
  public var blockWidth: Int? { sweep.blockWidth }
  /// `shape` with the leading axis that tangents have.
  public func inBlock(_ shape: Shape) -> Shape {
    guard let blockWidth else { return shape }
    var wider = shape
    wider.insert(blockWidth, at: 0)
    return wider
  }
  /// Axis `axis` of a value, counted from the front, in its tangent.
  public func inBlock(axis: Int) -> Int { blockWidth == nil ? axis : axis + 1 }
  /// Whether every operand that has a tangent has as many axes as the result. Then a rule that multiplies tangents with values,
  /// which broadcast, takes blocks as it is.
  public var operandsHaveRankOfResult: Bool {
    let rank = sweep.tape.shape(of: node).rank
    var haveRank = true
    sweep.tape.forEachOperand(of: node) { index, operand in
      haveRank = haveRank && (!hasTangent(index) || sweep.tape.shape(of: operand).rank == rank)
    }
    return haveRank
  }

  /// Whether operand `index` has a tangent that is not zero.
  public func hasTangent(_ index: Int) -> Bool { sweep.hasTangent(ofOperand: index, of: node) }
  /// The tangent of operand `index`; nil is zero.
  public func tangent(_ index: Int) -> Tensor<Scalar>? { sweep.tangent(ofOperand: index, of: node) }
  /// As `tangent`; if no later operation needs it, the caller becomes its only owner and may write over it.
  public func takeTangent(_ index: Int) -> Tensor<Scalar>? { sweep.takeTangent(ofOperand: index, of: node) }
  /// Leaves tensors to the rules of operations that read this one's result, for the rest of the sweep: tangents found on the way
  /// that they would have to find again.
  public func leaveNote(_ tensors: [Tensor<Scalar>]) { sweep.leaveNote(tensors, of: node) }
  /// What the rule of operand `index` left.
  public func note(ofOperand index: Int) -> [Tensor<Scalar>]? { sweep.note(of: sweep.tape.operand(index, of: node)) }

  /// The tangent of the first operand; nil is zero.
  public var da: Tensor<Scalar>? { tangent(0) }
  /// The tangent of the second operand; nil is zero.
  public var db: Tensor<Scalar>? { tangent(1) }
}

/// A recorded operation in a reverse sweep: values as variables, and the place where cotangents of operands go.
public struct CotangentPoint<Scalar: TensorScalar> {
  let sweep: ReverseSweep<Scalar>
  let node: Int

  /// The number of operands.
  public var operandCount: Int { sweep.tape.operandCount(of: node) }

  /// Operand `index`, which `reads` must name.
  public func operand(_ index: Int) -> Variable<Scalar> { sweep.variable(place(of: index), readBy: node) }
  /// The only operand.
  public var x: Variable<Scalar> { operand(0) }
  /// The first operand.
  public var a: Variable<Scalar> { operand(0) }
  /// The second operand.
  public var b: Variable<Scalar> { operand(1) }
  /// The result, which `reads` must name.
  public var y: Variable<Scalar> { sweep.variable(node, readBy: node) }
  /// The shape of operand `index`; known if its cotangent is wanted or `reads` names it.
  public func shape(ofOperand index: Int) -> Shape {
    let place = place(of: index)
    require(place >= 0, "\(sweep.tape.name(node)) asks for the shape of a constant operand that its `reads` does not name")
    return sweep.tape.shape(of: place)
  }

  /// Whether anyone asks for the cotangent of operand `index`.
  public func wants(_ index: Int) -> Bool { sweep.wants(place(of: index)) }

  /// The node of operand `index`; -1 for a constant that no rule reads.
  private func place(of index: Int) -> Int {
    require(index >= 0 && index < operandCount, "\(sweep.tape.name(node)) has no operand \(index), but \(operandCount)")
    return sweep.tape.operand(index, of: node)
  }

  private func requireShape(_ shape: Shape?, of operand: Int) {
    guard operand >= 0, let shape else { return }
    require(
      shape == sweep.tape.shape(of: operand),
      "the cotangent rule of \(sweep.tape.name(node)) gives shape \(shape) for an operand of shape \(sweep.tape.shape(of: operand))"
    )
  }

  /// Adds `cotangent` to that of operand `index`.
  public func add(_ cotangent: consuming Variable<Scalar>, to index: Int) {
    let operand = place(of: index)
    requireShape(cotangent.shape, of: operand)
    sweep.add(cotangent, to: operand)
  }

  /// Adds `block` to positions `start` and following along `axis` of the cotangent of operand `index`.
  func add(block: consuming Variable<Scalar>, along axis: Int, from start: Int, to index: Int) {
    sweep.add(block: block, along: axis, from: start, to: place(of: index))
  }

  /// Adds `primitive` applied to `x`: straight into its place, or not computed at all until someone asks.
  public func add(_ primitive: some UnaryPrimitive<Scalar>, _ x: Variable<Scalar>, to index: Int) {
    let operand = place(of: index)
    sweep.add(primitive, x, to: operand)
    requireShape(sweep.shapeSoFar(operand), of: operand)
  }

  /// Adds `primitive` applied to `a` and `b`: straight into its place, or not computed at all until someone asks.
  public func add(_ primitive: some BinaryPrimitive<Scalar>, _ a: Variable<Scalar>, _ b: Variable<Scalar>, to index: Int) {
    let operand = place(of: index)
    sweep.add(primitive, a, b, to: operand)
    requireShape(sweep.shapeSoFar(operand), of: operand)
  }
}
