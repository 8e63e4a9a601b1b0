import Tensor

extension Variable {
  /// For each row of logits z (the last axis): Σⱼ softplus(zⱼ) - tⱼ zⱼ, the negative log-likelihood of independent Bernoulli
  /// outputs with targets t in [0, 1]. The result has the shape of `self` without its last axis.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sigmoidCrossEntropy(_ targets: Tensor<Scalar>) -> Variable {
    require(targets.shape == shape, "sigmoidCrossEntropy: logits \(shape) and targets \(targets.shape) differ")
    return applying(SigmoidCrossEntropy(targets: targets.contiguous()))
  }

  /// For each row of logits z (the last axis): log Σⱼ e^zⱼ - z_label, the negative log-likelihood of the label.
  /// The result, and `labels`, have the shape of `self` without its last axis; labels are in 0 ..< number of classes.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func softmaxCrossEntropy(_ labels: Tensor<Int32>) -> Variable {
    require(
      shape.rank >= 1 && labels.shape == Shape(shape.dropLast()),
      "softmaxCrossEntropy: logits \(shape) need labels of shape \(Shape(shape.dropLast())), not \(labels.shape)")
    let classes = shape[shape.rank - 1]
    labels.withUnsafeElements { elements in
      for (index, label) in elements.enumerated() {
        require(label >= 0 && label < classes, "softmaxCrossEntropy: label \(label) at \(index), for \(classes) classes")
      }
    }
    return applying(SoftmaxCrossEntropy(labels: labels.contiguous()))
  }
}

/// Row losses ℓᵢ of logits z under targets t; dℓᵢ = <σ(zᵢ) - tᵢ, dzᵢ>.
struct SigmoidCrossEntropy<Scalar: TensorScalar>: UnaryPrimitive {
  let targets: Tensor<Scalar>
  var reads: ValuesRead { .first }

  func value(_ z: Tensor<Scalar>) -> Tensor<Scalar> { Kernels.sigmoidCrossEntropy(z, targets) }

  func tangent(_ dz: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let slopes = (p.x.sigmoid() - targets) * dz
    return slopes.sum(axes: [slopes.rank - 1])
  }

  func cotangent(_ g: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    g.applying(SigmoidCrossEntropyGradient(targets: targets), with: p.x)
  }
}

/// gᵢ (σ(zᵢ) - tᵢ) for row weights g and logits z.
struct SigmoidCrossEntropyGradient<Scalar: TensorScalar>: BinaryPrimitive {
  let targets: Tensor<Scalar>
  var reads: ValuesRead { [.first, .second] }

  func value(_ g: Tensor<Scalar>, _ z: Tensor<Scalar>) -> Tensor<Scalar> { Kernels.sigmoidCrossEntropyGradient(g, z, targets) }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    if let dz = p.takeTangent(1) {
      sum.add(Kernels.sigmoidCrossEntropyGradientTangent(p.a, dg: p.da, p.b, targets, dz))
    } else if let dg = p.da {
      sum.add(value(dg, p.b))
    }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let s = p.b.sigmoid()
    if p.wants(0) { p.add((dy * (s - targets)).sum(axes: [-1]), to: 0) }
    if p.wants(1) { p.add(p.a.reshaped(to: Array(p.a.shape) + [1]) * s * (1 - s) * dy, to: 1) }
  }
}

/// Row losses ℓᵢ of logits z under labels; dℓᵢ = <pᵢ - onehotᵢ, dzᵢ>, p = softmax z.
struct SoftmaxCrossEntropy<Scalar: TensorScalar>: UnaryPrimitive {
  let labels: Tensor<Int32>
  var reads: ValuesRead { .first }

  func value(_ z: Tensor<Scalar>) -> Tensor<Scalar> { Kernels.softmaxCrossEntropy(z, labels) }

  func tangent(_ dz: consuming Tensor<Scalar>, at p: TangentPoint<Scalar>) -> Tensor<Scalar> {
    let ones = Tensor<Scalar>(repeating: 1, shape: labels.shape)
    let slopes = Kernels.softmaxCrossEntropyGradient(ones, p.x, labels) * dz
    return slopes.sum(axes: [slopes.rank - 1])
  }

  func cotangent(_ g: Variable<Scalar>, at p: CotangentPoint<Scalar>) -> Variable<Scalar> {
    g.applying(SoftmaxCrossEntropyGradient(labels: labels), with: p.x)
  }
}

/// gᵢ (softmax(zᵢ) - onehotᵢ) for row weights g and logits z.
struct SoftmaxCrossEntropyGradient<Scalar: TensorScalar>: BinaryPrimitive {
  let labels: Tensor<Int32>
  var reads: ValuesRead { [.first, .second] }

  func value(_ g: Tensor<Scalar>, _ z: Tensor<Scalar>) -> Tensor<Scalar> { Kernels.softmaxCrossEntropyGradient(g, z, labels) }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    if let dz = p.tangent(1) {
      sum.add(Kernels.softmaxCrossEntropyGradientTangent(p.a, dg: p.da, p.b, labels, dz))
    } else if let dg = p.da {
      sum.add(value(dg, p.b))
    }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    if p.wants(0) {
      let ones = Variable(Tensor<Scalar>(repeating: 1, shape: labels.shape))
      p.add((dy * ones.applying(SoftmaxCrossEntropyGradient(labels: labels), with: p.b)).sum(axes: [-1]), to: 0)
    }
    if p.wants(1) {
      // The softmax's derivative is symmetric: p dy - p <p, dy>.
      let weighted = p.b.softmax() * dy
      let mixed = weighted - p.b.softmax() * weighted.sum(axes: [-1], keepDimensions: true)
      p.add(p.a.reshaped(to: Array(p.a.shape) + [1]) * mixed, to: 1)
    }
  }
}

// Row weights and the slopes that they scale have the same leading axes.
extension SigmoidCrossEntropyGradient: ExamplewisePrimitive {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    index == 0 ? .kept(place) : .unknown
  }
}

extension SoftmaxCrossEntropyGradient: ExamplewisePrimitive {
  func flow(of place: ExampleAxis, fromOperand index: Int, at point: ExamplePoint<Scalar>) -> ExampleFlow {
    index == 0 ? .kept(place) : .unknown
  }
}
