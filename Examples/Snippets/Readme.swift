import Kappa

/// The example of README.md.
func readme() throws {
  let data = Curves.load()
  let model = MLP.autoencoder([784, 400, 200, 100, 50, 25, 6])
  let objective = Objective(model, loss: .sigmoidCrossEntropy)
  var theta: Tensor<Float> = model.initialParameters(.sparse(connections: 15), seed: 1)
  var optimizer = PreconditionedSGD<Float>(learningRate: 0.01, preconditioner: Equilibration(damping: 1e-2, every: 20))
  for batch in data.train.batches(of: 200, seed: 1) {
    let report = try optimizer.step(&theta, on: objective.at(batch))
    print(report.step, report.loss)
  }
  let point = objective.on(inputs: data.test.images, targets: .values(data.test.images)).linearization(at: theta)
  let v: Tensor<Float> = RandomStream(seed: 7).normal([model.layout.count])
  print((point.hessian * v).norm(), (point.gaussNewton * v).norm(), Kappa.configuration)
}
