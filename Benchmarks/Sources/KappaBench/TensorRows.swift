import Kappa

extension Row {
  /// Element-wise operations, a reduction and a copy on a million elements.
  static var elementwise: [Row] {
    let shape: Shape = [1000, 1000]
    func input(_ seed: UInt64, _ shape: Shape) -> Tensor<Float> { RandomStream(seed: seed).normal(shape) }
    func row(_ name: String, _ operation: @escaping (_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float>) -> Row {
      Row(name: "elementwise/\(name)/1e6") {
        let (x, y) = (input(0, [1_000_000]), input(1, [1_000_000]))
        return Work { keep(operation(x, y)) }
      }
    }
    func matrixRow(_ name: String, _ operation: @escaping (_ m: Tensor<Float>) -> Tensor<Float>) -> Row {
      Row(name: "elementwise/\(name)/1000x1000") {
        let m = input(2, shape)
        return Work { keep(operation(m)) }
      }
    }
    let vector = input(3, [1000])
    return [
      row("tanh") { x, _ in x.tanh() },
      row("sigmoid") { x, _ in x.sigmoid() },
      row("exp") { x, _ in x.exp() },
      row("add") { x, y in x + y },
      row("fused_chain") { x, y in fused(x, y) { x, y in x * y + x.tanh() - 0.5 * y } },
      matrixRow("mul_broadcast_row") { $0 * vector },
      matrixRow("softmax_rows") { $0.softmax() },
      matrixRow("sum_axis0") { $0.sum(axes: [0]) },
      matrixRow("transpose_copy") { $0.transposed().contiguous() },
    ]
  }

  /// A million random numbers.
  static var random: [Row] {
    func row(_ name: String, _ draw: @escaping (RandomStream, Shape) -> Tensor<Float>) -> Row {
      Row(name: "random/\(name)/1e6") {
        var step: UInt64 = 0
        return Work {
          step += 1
          keep(draw(RandomStream(seed: 0, stream: step), [1_000_000]))
        }
      }
    }
    return [row("normal") { $0.normal($1) }, row("rademacher") { $0.rademacher($1) }]
  }

  /// A matrix product, a convolution and an element-wise operation in turn, and each alone: threads of three kinds of loops must
  /// not get into each other's way.
  static var mixed: [Row] {
    func operations() -> [() -> Void] {
      let stream = RandomStream(seed: 0)
      func input(_ key: UInt64, _ shape: Shape) -> Tensor<Float> { stream.split(key).normal(shape) }
      let (a, b) = (input(1, [512, 512]), input(2, [512, 512]))
      let (images, kernels) = (input(3, [64, 16, 28, 28]), input(4, [16, 16, 5, 5]))
      let x = input(5, [1_000_000])
      return [{ keep(matmul(a, b)) }, { keep(conv2d(images, kernels)) }, { keep(x.tanh()) }]
    }
    let parts = ["gemm", "conv", "elementwise"].enumerated().map { index, name in
      Row(name: "mixed/\(name)") { Work(run: operations()[index]) }
    }
    let all = Row(name: "mixed/gemm_conv_elementwise") {
      let operations = operations()
      return Work { for run in operations { run() } }
    }
    return parts + [all]
  }
}
