import Kappa

final class GaussNewtonDiagonal: DiagonalPreconditioner<Float> {
  private var sum: Tensor<Float>?
  private var updates = 0

  override var usesCurvature: Bool { true }

  override func update(_ point: CurvatureProbe<Float>, step: Int) throws {
    let v = point.rademacher()  // from the run's own probe source
    let product = try point.gaussNewtonVectorProduct(v)  // exact; checked to be finite
    sum = try point.finite((sum ?? Tensor(zeros: product.shape)) + v * product, "sum of v · Gv")  // or it would stay infinite
    updates += 1
    scale = sum!.inverseAbsolute(factor: 1 / Float(updates), plus: 1e-2)
  }

  override var state: [String: Tensor<Float>] {
    get { sum.map { ["sum": $0, "updates": Tensor(counter: updates)] } ?? [:] }
    set {
      sum = newValue["sum"]
      updates = newValue["updates"]?.counter ?? 0
      scale = sum.map { $0.inverseAbsolute(factor: 1 / Float(updates), plus: 1e-2) }
    }
  }

  override func copy() -> Preconditioner<Float> {
    let twin = GaussNewtonDiagonal(schedule: schedule)
    twin.state = state
    return twin
  }
}
