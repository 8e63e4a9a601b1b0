import Kappa

/// y = x / (1 + |x|), dy/dx = 1 / (1 + |x|)².
struct Softsign<Scalar: TensorScalar>: UnaryPrimitive {
  var reads: ValuesRead { .first }  // the rules below read x, so it is kept

  func value(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x / (x.abs() + 1) }

  func tangent(_ dx: consuming Tensor<Scalar>, at point: TangentPoint<Scalar>) -> Tensor<Scalar> {
    dx / (point.x.abs() + 1).squared()
  }

  func cotangent(_ dy: Variable<Scalar>, at point: CotangentPoint<Scalar>) -> Variable<Scalar> {
    dy / (point.x.abs() + 1).squared()
  }
}

extension Variable {
  func softsign() -> Variable { applying(Softsign()) }
}
