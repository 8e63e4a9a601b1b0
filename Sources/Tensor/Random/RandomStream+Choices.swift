// Orders, choices and rotations, every one with the same probability.
extension RandomStream {
  /// The numbers 0 ..< count in random order.
  public func permutation(_ count: Int) -> [Int] { sample(count, of: count) }

  /// `count` different numbers of 0 ..< population in random order: the beginning of `permutation(population)`.
  /// - Complexity: O(count) where that is small beside the population.
  public func sample(_ count: Int, of population: Int) -> [Int] {
    require(count >= 0 && count <= population, "sample: \(count) different numbers of \(population)")
    var generator = generator()
    // Fisher and Yates: position i is exchanged with one of those from i on.
    func partner(_ i: Int) -> Int { i + Int(generator.next(below: UInt64(population - i))) }
    if count < population / 16 {
      // Only the exchanged positions are kept.
      var moved: [Int: Int] = [:]
      return (0..<count).map { i in
        let j = partner(i)
        let here = moved.removeValue(forKey: i) ?? i
        if j == i { return here }
        return moved.updateValue(here, forKey: j) ?? j
      }
    }
    var order = Array(0..<population)
    for i in 0..<count { order.swapAt(i, partner(i)) }
    return Array(order.prefix(count))
  }

  /// The rows of `x`, its slices along the first axis, in random order. A copy.
  public func shuffledRows<E>(_ x: Tensor<E>) -> Tensor<E> {
    require(x.rank > 0, "shuffledRows: a scalar has no rows")
    let source = x.contiguous()
    let order = permutation(x.shape[0])
    let result = Tensor<E>(uninitialized: x.shape)
    let width = x.count / Swift.max(order.count, 1)
    let (from, to) = (source.base, result.mutableBase)
    Parallel.slices(order.count, grain: Swift.max(1, Parallel.cheapGrain / Swift.max(width, 1)), alignment: 1) { part in
      for i in part { (to + i * width).update(from: from + order[i] * width, count: width) }
    }
    keepAlive(source, result)
    return result
  }

  /// Matrices `[..., m, n]` with orthonormal columns, or orthonormal rows where m < n: uniform among all such (Haar measure).
  ///
  /// Mezzadri, How to generate random matrices from the classical compact groups, Notices of the AMS 54 (2007): the Q of a normal
  /// matrix, when R has a positive diagonal.
  /// - Complexity: 4 m n min(m, n) operations for each matrix.
  public func orthogonal<S: TensorScalar>(_ shape: Shape, of type: S.Type = S.self) -> Tensor<S> {
    let batch = MatrixBatch("orthogonal", shape)
    let isWide = batch.rows < batch.columns
    let tall = isWide ? batch.shape(batch.columns, batch.rows) : shape
    do {
      let q = try normal(tall, of: S.self).qr().q
      return isWide ? q.transposed() : q
    } catch {
      fatalError("orthogonal: \(error)")  // Normal elements are finite, and nothing else is asked of them.
    }
  }
}
