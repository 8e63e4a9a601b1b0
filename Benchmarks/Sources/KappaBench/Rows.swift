import Kappa

extension Row {
  static var all: [Row] {
    products + elementwise + random + convolutions + mixed + small + derivatives + steps + overhead + processes
  }

  /// Keeps a result alive and unknown to the optimiser.
  @inline(never) static func keep<T>(_ value: T) {}

  /// Bare matrix products.
  private static var products: [Row] {
    [(1024, 1024, 1024), (200, 784, 1000), (128, 30, 30)].map { m, k, n in
      Row(name: m == k ? "gemm/\(m)" : "gemm/\(m)x\(k)x\(n)") {
        let a: Tensor<Float> = RandomStream(seed: 0).normal([m, k])
        let b: Tensor<Float> = RandomStream(seed: 1).normal([k, n])
        return Work { keep(matmul(a, b)) }
      }
    }
  }

  /// Gradients and curvature products: from scratch at a new point, and repeated at one point.
  private static var derivatives: [Row] {
    Workload.all.flatMap { w in
      [
        Row(name: "grad/\(w.label)") {
          let (f, theta) = (w.makeObjective(), w.makeParameters())
          return Work { keep(f.valueAndGradient(at: theta)) }
        },
        Row(name: "hv/\(w.label)") {
          let (f, theta, v) = (w.makeObjective(), w.makeParameters(), w.direction)
          return Work { keep(f.hessianVectorProduct(at: theta, v)) }
        },
        Row(name: "hv_repeat/\(w.label)") {
          let (theta, v) = (w.makeParameters(), w.direction)
          let point = w.makeObjective().linearization(at: theta)
          return Work { keep(point.hessianVectorProduct(v)) }
        },
        // A block of 16 directions at once; the time of one of them.
        Row(name: "hv_block/\(w.label)") {
          let theta = w.makeParameters()
          let directions: Tensor<Float> = RandomStream(seed: 1).normal([16, w.layout.count])
          let point = w.makeObjective().linearization(at: theta)
          return Work(count: 16) { keep(point.hessianVectorProducts(directions)) }
        },
        // The same directions one by one.
        Row(name: "hv_singles/\(w.label)") {
          let theta = w.makeParameters()
          let directions: Tensor<Float> = RandomStream(seed: 1).normal([16, w.layout.count])
          let point = w.makeObjective().linearization(at: theta)
          return Work(count: 16) { keep((0..<16).map { point.hessianVectorProduct(directions[row: $0]) }) }
        },
        Row(name: "gv/\(w.label)") {
          let (f, theta, v) = (w.makeObjective(), w.makeParameters(), w.direction)
          return Work { keep(f.linearization(at: theta).gaussNewtonVectorProduct(v)) }
        },
        Row(name: "gv_repeat/\(w.label)") {
          let (theta, v) = (w.makeParameters(), w.direction)
          let point = w.makeObjective().linearization(at: theta)
          return Work { keep(point.gaussNewtonVectorProduct(v)) }
        },
      ]
    }
  }

  /// Whole training steps.
  private static var steps: [Row] {
    let w = DenseNetwork.autoencoder
    let label = w.workload.label
    func row(_ name: String, cycle: Int = 1, _ make: @escaping () -> PreconditionedSGD<Float>) -> Row {
      Row(name: "step/\(name)/\(label)") {
        var theta = w.parameters
        var optimizer = make()
        let problem = Objective(w.model, loss: .sigmoidCrossEntropy).at(inputs: w.inputs, targets: .values(w.inputs))
        return Work(count: cycle) {
          for _ in 0..<cycle {
            do { try keep(optimizer.step(&theta, on: problem)) } catch { fatalError("\(name): \(error)") }
          }
        }
      }
    }
    return [
      row("sgd") { PreconditionedSGD(learningRate: 1e-4) },
      row("rmsprop") { PreconditionedSGD(learningRate: 1e-6, preconditioner: RMSProp(decay: 0.99)) },
      row("esgd_every1") { PreconditionedSGD(learningRate: 1e-5, preconditioner: Equilibration(every: 1)) },
      row("esgd_every20", cycle: 20) { PreconditionedSGD(learningRate: 1e-5, preconditioner: Equilibration(every: 20)) },
    ]
  }

  /// The whole cost of an operation on the tape, for tensors of 1 x 8.
  private static var overhead: [Row] {
    let operations = 1000
    let x: Tensor<Float> = RandomStream(seed: 0).normal([1, 8])
    return [
      Row(name: "overhead/tape_op") {
        Work(count: operations) {
          let tape = Tape<Float>()
          var y = tape.variable(x)
          for _ in 0..<operations / 2 { y = (y + y).tanh() }
          keep(y)
        }
      },
      Row(name: "overhead/tape_op_gradient") {
        Work(count: operations) {
          keep(
            valueAndGradient(at: x) { input in
              var y = input
              for _ in 0..<operations / 2 { y = (y + y).tanh() }
              return y.sum()
            })
        }
      },
    ]
  }
}
