import Kappa

/// Runs what the documentation shows, so that it cannot go stale: the code blocks of README.md and docs/guide are these files.
@main
struct Snippets {
  static func main() throws {
    try readme()
    try checkPreconditioner(GaussNewtonDiagonal(), count: 10) { GaussNewtonDiagonal() }
    try guide()
    try customPrimitive()
    try Recording.check()
    try ModelsGuide.network()
    try ModelsGuide.check()
    try FromNumPy().run()
  }

  /// The primitive of docs/guide/primitive.md has right derivatives of first and second order.
  static func customPrimitive() throws {
    let x: Tensor<Double> = RandomStream(seed: 1).normal([4, 3])
    try checkDerivatives(of: { $0.softsign() }, at: x)
    let slope = gradient(at: x) { $0.softsign().sum() }
    print("softsign: slopes from \(slope.min()) to \(slope.max())")
  }

  /// The preconditioner of docs/guide/preconditioner.md lowers a loss and keeps its promises while it does.
  static func guide() throws {
    let images = Curves.load(trainCount: 2000, testCount: 1).train
    let model = MLP.autoencoder([784, 50, 6])
    let objective = Objective(model, loss: .sigmoidCrossEntropy)
    var theta: Tensor<Float> = model.initialParameters(.sparse(connections: 15), seed: 1)
    var optimizer = PreconditionedSGD(learningRate: 0.05, preconditioner: GaussNewtonDiagonal(schedule: .every(5)))
    var losses: [Double] = []
    for epoch in 0..<5 {
      for batch in images.batches(of: 200, seed: 1, epoch: epoch) {
        losses.append(try optimizer.step(&theta, on: objective.at(batch)).loss)
      }
    }
    try checkPreconditioner(optimizer.preconditioner, count: model.layout.count)
    guard let last = losses.last, last < 0.8 * losses[0] else {
      fatalError("the guide's preconditioner does not descend: \(losses)")
    }
    print("guide: loss \(losses[0]) to \(last)")
  }
}
