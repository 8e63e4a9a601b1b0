import Kappa

extension Row {
  /// 200 Newton steps on Rosenbrock's function of two variables: each takes the gradient, the Hessian by a block of two products,
  /// and a solve.
  static var small: [Row] {
    [
      Row(name: "small/rosenbrock_newton") {
        let function = Function<Float>(count: 2) { p in
          let (x, y) = (p.sliced(axis: 0, 0..<1), p.sliced(axis: 0, 1..<2))
          return ((1 - x).squared() + 100 * (y - x.squared()).squared()).sum()
        }
        let directions = Tensor<Float>([[1, 0], [0, 1]])
        func minimum() -> Tensor<Float> {
          var p = Tensor<Float>([-1.2, 1])
          for _ in 0..<200 {
            let point = function.linearization(at: p)
            let hessian = point.hessianVectorProducts(directions)
            do { p -= try hessian.solve(point.gradient) } catch { fatalError("rosenbrock_newton: \(error)") }
          }
          return p
        }
        let found = minimum()
        require((found - 1).norm() < 1e-3, "rosenbrock_newton: the minimum is at (1, 1), not at \(found)")
        return Work { keep(minimum()) }
      }
    ]
  }
}
