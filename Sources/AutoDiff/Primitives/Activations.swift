import Tensor

extension Variable {
  /// The hyperbolic tangent of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func tanh() -> Variable { applying(ActivationFunction(.tanh)) }
  /// 1 / (1 + e⁻ˣ) of each element.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sigmoid() -> Variable { applying(ActivationFunction(.sigmoid)) }
  /// max(x, 0) of each element; the derivative at 0 is 0.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func relu() -> Variable { applying(ActivationFunction(.leakyRelu(slope: 0))) }
  /// `x > 0 ? x : slope x`, `slope` >= 0; the derivative at 0 is `slope`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func leakyRelu(slope: Double) -> Variable { applying(ActivationFunction(.leakyRelu(slope: slope))) }

  /// f(x + b), the vector `bias` added along the last axis: a layer's bias and nonlinearity in one pass.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func activated(_ function: Activation, bias: Variable) -> Variable {
    require(
      bias.shape.rank == 1 && shape.rank >= 1 && shape[shape.rank - 1] == bias.shape[0],
      "activated: bias of shape \(bias.shape) for the last axis of shape \(shape)")
    return applying(BiasActivation(function), with: bias)
  }
}

extension Activation {
  /// Derivatives are read off the value y, whose sign is that of x only if the slope of a leaky ReLU is not negative.
  fileprivate func requireSlope() {
    if case .leakyRelu(let slope) = self { require(slope >= 0, "leakyRelu: slope \(slope) is negative") }
  }
}

/// y = f(x). All derivatives of an `Activation` are functions of its value y.
struct ActivationFunction<Scalar: TensorScalar>: UnaryPrimitive {
  let function: Activation
  init(_ function: Activation) {
    function.requireSlope()
    self.function = function
  }

  var reads: ValuesRead { .result }

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    switch function {
    case .identity: x
    case .tanh: x.tanh()
    case .sigmoid: x.sigmoid()
    case .leakyRelu(let slope): slope == 0 ? x.relu() : x.leakyRelu(slope: Scalar(slope))
    }
  }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func tangent(_ dx: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    Kernels.activationGradient(function, dx, at: p.y)
  }

  func cotangent(_ dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy.applying(ActivationGradient(function), with: p.y)
  }
}

/// y = f(x + b), b along the last axis.
struct BiasActivation<Scalar: TensorScalar>: BinaryPrimitive {
  let function: Activation
  init(_ function: Activation) {
    function.requireSlope()
    self.function = function
  }

  var reads: ValuesRead { function == .identity ? .nothing : .result }

  func value(_ x: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { Kernels.biasActivation(function, x, bias: b) }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    if let width = p.blockWidth, let db = p.db {
      let shape = p.resultShape
      if function == .identity, shape.rank >= 3, let dx = p.tangent(0) {
        // Where a product left all directions' rows side by side, or the directions last, the biases' tangents are one long one,
        // and the sum stays in that order.
        let isLast = dx.hasDirectionsLast
        let place = shape.rank - (isLast ? 1 : 2)
        let rows = dx.movingAxis(0, to: place)
        if rows.isContiguous && dx.count > 0 {
          let columns = width * shape[shape.rank - 1]
          let wide = rows.reshaped(to: [dx.count / columns, columns] as Shape)
          let offsets = (isLast ? db.transposed() : db).contiguous().flattened()
          let dz = Kernels.biasActivationTangent(.identity, wide, bias: offsets, at: wide)
          return sum.add(dz.reshaped(to: rows.shape).movingAxis(place, to: 0))
        }
      }
      let ones = Array(repeating: 1, count: shape.rank - 2)
      let offset = db.reshaped(to: Shape([width] + ones + [shape[shape.rank - 1]]))
      let dz = p.takeTangent(0).map { $0 + offset } ?? offset.broadcast(to: shape)
      return sum.add(function == .identity ? dz : Kernels.activationGradient(function, dz, at: p.y))
    }
    if function == .identity {
      switch (p.takeTangent(0), p.db) {
      case (let dx?, let db?): sum.add(Kernels.biasActivationTangent(.identity, dx, bias: db, at: dx))
      case (let dx?, nil): sum.add(dx)
      case (nil, let db?): sum.add(db.broadcast(to: p.resultShape))
      case (nil, nil): break
      }
      return
    }
    let y = p.y
    if let dx = p.takeTangent(0) {
      sum.add(Kernels.biasActivationTangent(function, dx, bias: p.db, at: y))
    } else if let db = p.db {
      sum.add(Kernels.activationGradient(function, db.broadcast(to: p.resultShape), at: y))
    }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let dz = function == .identity ? dy : dy.applying(ActivationGradient(function), with: p.y)
    if p.wants(1) { p.add(SumTo(shape: p.shape(ofOperand: 1)), dz, to: 1) }
    p.add(dz, to: 0)
  }
}

/// z = g f'(y), f' as a function of the value y of f: the pullback of an activation, itself a primitive so that it can be
/// differentiated.
struct ActivationGradient<Scalar: TensorScalar>: BinaryPrimitive {
  let function: Activation
  init(_ function: Activation) { self.function = function }

  var reads: ValuesRead { [.first, .second] }

  func value(_ g: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> { Kernels.activationGradient(function, g, at: y) }

  func takesBlocks(at p: TangentPoint<Scalar>) -> Bool { true }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let y = p.b
    let dg = p.takeTangent(0)
    if let dy = p.db, isCurved {
      sum.add(
        Kernels.activationGradientTangent(function, dg ?? Tensor(zeros: p.resultShape), gradient: p.a, dy, at: y))
    } else if let dg {
      sum.add(Kernels.activationGradient(function, dg, at: y))
    }
  }

  func addCotangents(of dz: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) { p.add(ActivationGradient(function), dz, p.b, to: 0) }
    guard p.wants(1), isCurved else { return }
    // The derivative of f' in y: -2y for tanh, 1 - 2y for the sigmoid.
    let slope = -2 * p.b
    p.add(dz * p.a * (function == .sigmoid ? slope + 1 : slope), to: 1)
  }

  private var isCurved: Bool { function == .tanh || function == .sigmoid }
}

extension ActivationGradient: ElementwiseOnExamples {}
