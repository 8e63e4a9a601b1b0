import CKernels

/// An `ElementExpression` as a list of steps on a few buffers.
struct FusedProgram<S: TensorScalar> {
  /// Where a step reads: a piece of an operand, a buffer, or a number of its own.
  enum Place {
    case operand(Int)
    case buffer(Int)
    case number(Int)
  }
  enum Operation {
    case unary(UnaryKernel, Place, S)
    case binary(BinaryKernel, Place, Place)
    case productSum(ProductSum, Place, Place, Place)
  }
  /// A product and a sum in one step; the product is rounded as if it were a step of its own. The order is the C kernel's.
  enum ProductSum: Int32 {
    /// a b + c, a b - c and c - a b.
    case plus, minus, from
  }
  struct Step {
    var operation: Operation
    /// The buffer that takes the result.
    var target: Int
  }

  private(set) var steps: [Step] = []
  private(set) var numbers: [S] = []
  private(set) var bufferCount = 0
  private var isCostly = false
  /// The operand that is the result itself, if nothing is computed.
  private var bareOperand: Int?

  init(_ expression: ElementExpression<S>) {
    if case .operand(let index) = expression.kind {
      bareOperand = index
      return
    }
    // Buffers are free again after the last step that reads them.
    var uses: [ObjectIdentifier: Int] = [:]
    var seen: Set<ObjectIdentifier> = []
    func count(_ node: ElementExpression<S>) {
      uses[ObjectIdentifier(node), default: 0] += 1
      if seen.insert(ObjectIdentifier(node)).inserted { for child in node.children { count(child) } }
    }
    count(expression)
    var places: [ObjectIdentifier: Place] = [:]
    var free: [Int] = []
    var numbers: [S] = []
    var steps: [Step] = []
    var bufferCount = 0
    var isCostly = false
    /// The factors of a product that nothing but the operation at hand reads.
    func factors(_ node: ElementExpression<S>) -> [ElementExpression<S>]? {
      guard case .binary(.multiply, let a, let b) = node.kind, uses[ObjectIdentifier(node)] == 1 else { return nil }
      return [a, b]
    }
    func productSum(
      _ op: BinaryKernel, _ a: ElementExpression<S>, _ b: ElementExpression<S>
    ) -> (ProductSum, [ElementExpression<S>])? {
      guard op == .add || op == .subtract else { return nil }
      if let factors = factors(a) { return (op == .add ? .plus : .minus, factors + [b]) }
      return factors(b).map { (op == .add ? .plus : .from, $0 + [a]) }
    }
    func visit(_ node: ElementExpression<S>) -> Place {
      if let known = places[ObjectIdentifier(node)] { return known }
      let operation: Operation
      var read = node.children
      switch node.kind {
      case .operand(let index): return .operand(index)
      case .number(let number):
        numbers.append(number)
        return .number(numbers.count - 1)
      case .unary(let op, let x, let parameter):
        operation = .unary(op, visit(x), parameter)
        isCostly = isCostly || op.isCostly
      case .binary(let op, let a, let b):
        if let (sum, terms) = productSum(op, a, b) {
          let places = terms.map(visit)
          operation = .productSum(sum, places[0], places[1], places[2])
          read = terms
        } else {
          let left = visit(a)
          operation = .binary(op, left, visit(b))
        }
      }
      for child in read {
        uses[ObjectIdentifier(child)]! -= 1
        if uses[ObjectIdentifier(child)] == 0, case .buffer(let buffer)? = places[ObjectIdentifier(child)] { free.append(buffer) }
      }
      // A kernel may write over what it reads.
      let target: Int
      if let reused = free.popLast() {
        target = reused
      } else {
        target = bufferCount
        bufferCount += 1
      }
      steps.append(Step(operation: operation, target: target))
      places[ObjectIdentifier(node)] = .buffer(target)
      return .buffer(target)
    }
    _ = visit(expression)
    (self.steps, self.numbers, self.bufferCount, self.isCostly) = (steps, numbers, bufferCount, isCostly)
  }

  /// Elements a piece, 4 KB: two or three buffers of it fit a first-level cache of 32 KB beside two operands and the result.
  private static var pieceLength: Int { 4096 / MemoryLayout<S>.stride }

  @specialized(where S == Float) @specialized(where S == Double)
  func run(_ operands: [Tensor<S>]) -> Tensor<S> {
    var shape = operands[0].shape
    for operand in operands.dropFirst() {
      guard let common = shape.broadcast(with: operand.shape) else {
        fatalError("fused: shapes \(operands.map { "\($0.shape)" }.joined(separator: ", ")) do not broadcast")
      }
      shape = common
    }
    if let bareOperand { return operands[bareOperand].broadcast(to: shape) }
    let sources = operands.map { $0.count == 1 ? $0 : $0.broadcast(to: shape).contiguous() }
    let inputs = sources.map { (base: $0.base, step: $0.count == 1 ? 0 : 1) }
    let result = Tensor<S>(uninitialized: shape)
    let output = result.mutableBase
    let length = Self.pieceLength
    numbers.withUnsafeBufferPointer { numbers in
      Parallel.slices(result.count, grain: isCostly ? Parallel.costlyGrain : Parallel.cheapGrain / 2) { part in
        let byteCount = bufferCount * length * MemoryLayout<S>.stride
        let memory = PooledMemory.allocate(byteCount: byteCount)
        defer { PooledMemory.deallocate(memory, byteCount: byteCount) }
        let buffers = memory.assumingMemoryBound(to: S.self)
        for start in stride(from: part.lowerBound, to: part.upperBound, by: length) {
          let count = min(length, part.upperBound - start)
          func read(_ place: Place) -> (UnsafePointer<S>, Int) {
            switch place {
            case .operand(let index): (inputs[index].base + start * inputs[index].step, inputs[index].step)
            case .buffer(let index): (UnsafePointer(buffers + index * length), 1)
            case .number(let index): (numbers.baseAddress! + index, 0)
            }
          }
          for (index, step) in steps.enumerated() {
            // The last step writes the result.
            let target = index == steps.count - 1 ? output + start : buffers + step.target * length
            switch step.operation {
            case .unary(let op, let x, let parameter):
              let (from, stride) = read(x)
              Self.unary(op, from, stride, parameter, target, count)
            case .binary(let op, let a, let b):
              let ((x, stepX), (y, stepY)) = (read(a), read(b))
              Kernels.binaryPiece(op, x, stepX, y, stepY, target, count)
            case .productSum(let op, let a, let b, let c): Self.productSum(op, read(a), read(b), read(c), target, count)
            }
          }
        }
      }
    }
    for source in sources { keepAlive(source) }
    return result
  }

  private static func productSum(
    _ op: ProductSum, _ a: (base: UnsafePointer<S>, step: Int), _ b: (base: UnsafePointer<S>, step: Int),
    _ c: (base: UnsafePointer<S>, step: Int), _ y: UnsafeMutablePointer<S>, _ count: Int
  ) {
    // The kernel is fast where its second factor is no single number.
    let (a, b) = b.step == 0 ? (b, a) : (a, b)
    dispatch(S.self) {
      kappa_product_sum_f32(op.rawValue, count, a.base.asFloat, a.step, b.base.asFloat, b.step, c.base.asFloat, c.step, y.asFloat)
    } double: {
      kappa_product_sum_f64(
        op.rawValue, count, a.base.asDouble, a.step, b.base.asDouble, b.step, c.base.asDouble, c.step, y.asDouble)
    }
  }

  private static func unary(
    _ op: UnaryKernel, _ x: UnsafePointer<S>, _ step: Int, _ parameter: S, _ y: UnsafeMutablePointer<S>, _ count: Int
  ) {
    // A single element is computed once and repeated.
    let length = step == 0 ? 1 : count
    dispatch(S.self) {
      kappa_unary_f32(op.rawValue, length, x.asFloat, Float(parameter), y.asFloat)
    } double: {
      kappa_unary_f64(op.rawValue, length, x.asDouble, Double(parameter), y.asDouble)
    }
    if step == 0 && count > 1 { (y + 1).update(repeating: y[0], count: count - 1) }
  }
}

extension ElementExpression {
  fileprivate var children: [ElementExpression] {
    switch kind {
    case .operand, .number: []
    case .unary(_, let x, _): [x]
    case .binary(_, let a, let b): [a, b]
    }
  }
}
