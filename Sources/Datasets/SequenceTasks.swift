import Tensor

/// A task of sequences made on the spot: as many different batches as anyone asks for, each a function of seed and step alone.
public protocol SequenceTask: Sendable {
  /// The number of steps of a sequence.
  var length: Int { get }
  /// Sequences [count, length, 2], a number and a mark in each step, and what is asked of them, [count, 1].
  /// - Parameters:
  ///   - seed: of the run.
  ///   - step: which of its batches.
  func batch(of count: Int, seed: UInt64, step: Int) -> (inputs: Tensor<Float>, targets: Tensor<Float>)
}

/// The addition problem (Hochreiter & Schmidhuber, 1997), as in the program of the PSGD paper's experiment 1: numbers uniform in
/// [-1, 1), two of those in the first half marked by 1 and the others by 0; asked for is the mean of the marked two.
///
/// The mean squared error of a network that always says 0 is 1/6.
public struct AdditionTask: SequenceTask {
  public let length: Int

  /// - Parameter length: of a sequence, at least 4 steps; 30 in the paper's program.
  public init(length: Int = 30) {
    require(length >= 4, "AdditionTask: sequences of \(length) steps; at least 4 are needed")
    self.length = length
  }

  public func batch(of count: Int, seed: UInt64, step: Int) -> (inputs: Tensor<Float>, targets: Tensor<Float>) {
    let stream = RandomStream(seed: seed).split(0).split(UInt64(step))
    return marked(count, numbers: stream.split(0).uniform([count, length], in: -1..<1), stream.split(1)) { stream in
      let picked = stream.sample(2, of: length / 2)
      return (picked[0], picked[1])
    } target: {
      ($0 + $1) / 2
    }
  }
}

/// The delayed exclusive or, as in the program of the PSGD paper's experiment 2: numbers -1 and 1, one of the first tenth of the
/// steps and one between it and the middle marked by 1, the others by 0; the label is 1 if the marked two differ and -1 if they are
/// equal, for a logistic loss.
public struct DelayedExclusiveOrTask: SequenceTask {
  public let length: Int

  /// - Parameter length: of a sequence, at least 10 steps; 100 in the paper's program for the LSTM, 50 for the vanilla network.
  public init(length: Int = 100) {
    require(length >= 10, "DelayedExclusiveOrTask: sequences of \(length) steps; at least 10 are needed")
    self.length = length
  }

  public func batch(of count: Int, seed: UInt64, step: Int) -> (inputs: Tensor<Float>, targets: Tensor<Float>) {
    let stream = RandomStream(seed: seed).split(1).split(UInt64(step))
    let early = length / 10
    return marked(count, numbers: stream.split(0).rademacher([count, length]), stream.split(1)) { stream in
      (stream.split(0).sample(1, of: early)[0], early + stream.split(1).sample(1, of: length / 2 - early)[0])
    } target: {
      $0 == $1 ? -1 : 1
    }
  }
}

extension SequenceTask {
  /// Sequences of the given numbers with two marks each.
  fileprivate func marked(
    _ count: Int, numbers: Tensor<Float>, _ stream: RandomStream, places: (RandomStream) -> (Int, Int),
    target: (Float, Float) -> Float
  ) -> (inputs: Tensor<Float>, targets: Tensor<Float>) {
    require(count > 0, "\(Self.self): a batch of \(count) sequences")
    let values = numbers.elements
    var inputs = [Float](repeating: 0, count: 2 * count * length)
    var targets: [Float] = []
    for example in 0..<count {
      for step in 0..<length { inputs[2 * (example * length + step)] = values[example * length + step] }
      let (first, second) = places(stream.split(UInt64(example)))
      for step in [first, second] { inputs[2 * (example * length + step) + 1] = 1 }
      targets.append(target(values[example * length + first], values[example * length + second]))
    }
    return (Tensor(inputs, shape: [count, length, 2]), Tensor(targets, shape: [count, 1]))
  }
}
