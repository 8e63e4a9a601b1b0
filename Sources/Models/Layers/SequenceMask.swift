import AutoDiff
import Tensor

/// Which steps of sequences there are, as what has to be gathered so that those of each lie one behind the other from the first on.
struct SequenceMask {
  /// [longest, batch], true from the first step of each sequence to its last.
  let inside: Tensor<Bool>
  private let time: Int
  private let batch: Int
  /// For each step and sequence [time, batch] the number of steps there have been, as a row of the states [longest + 1, batch].
  private let states: Tensor<Int32>
  /// For each step there is, and its sequence, [longest, batch], where it stood among [time, batch]; nil if where it stands.
  private let steps: Tensor<Int32>?

  /// - Parameter mask: [time, batch].
  init(_ mask: Tensor<Bool>) {
    (time, batch) = (mask.shape[0], mask.shape[1])
    let isThere = mask.elements
    var (lengths, states, hasHoles) = ([Int](repeating: 0, count: batch), [Int32](), false)
    for step in 0..<time {
      for sequence in 0..<batch {
        if isThere[step * batch + sequence] {
          if lengths[sequence] < step { hasHoles = true }
          lengths[sequence] += 1
        }
        states.append(Int32(lengths[sequence] * batch + sequence))
      }
    }
    let longest = Swift.max(1, lengths.max() ?? 0)
    var steps = (0..<longest * batch).map { Int32($0) }
    if hasHoles {
      for place in isThere.indices where isThere[place] {
        // The state behind a step is one behind the one before it.
        steps[Int(states[place]) - batch] = Int32(place)
      }
    }
    inside = Tensor(sequenceLengths: lengths, time: longest)
    self.states = Tensor(states)
    self.steps = hasHoles ? Tensor(steps) : nil
  }

  /// The steps there are of `x` [time, batch, features], and zeros behind the ends: [longest, batch, features].
  func compacted<S>(_ x: Variable<S>) -> Variable<S> {
    let (features, longest) = (x.shape[2], inside.shape[0])
    let rows =
      steps.map { x.reshaped(to: [time * batch, features]).take($0).reshaped(to: [longest, batch, features]) }
      ?? x.sliced(axis: 0, 0..<longest)
    return select(rows, where: inside.expanded(axis: 2), else: 0)
  }

  /// The states of all steps [time, batch, hidden] from those of the steps there are [longest, batch, hidden] and the first, [1,
  /// batch, hidden].
  func expanded<S>(_ compacted: Variable<S>, first: Variable<S>) -> Variable<S> {
    Self.rows(states, first, compacted).reshaped(to: [time, batch, first.shape[2]])
  }

  /// The states at the ends, [1, batch, hidden], of sequences that `inside` [time, batch] is true of from their first step to their
  /// last.
  static func ends<S>(_ states: Variable<S>, first: Variable<S>, inside: Tensor<Bool>) -> Variable<S> {
    let (batch, isThere) = (inside.shape[1], inside.elements)
    let rows = (0..<batch).map { sequence in
      Int32(stride(from: sequence, to: isThere.count, by: batch).count { isThere[$0] } * batch + sequence)
    }
    return Self.rows(Tensor(rows), first, states).reshaped(to: first.shape)
  }

  /// Stops the program unless `inside` fits sequences of the given shape and says that they end.
  static func check(_ inside: Tensor<Bool>, _ shape: Shape, _ layer: String) {
    require(
      inside.shape == [shape[0], shape[1]] as Shape, "\(layer): ends of shape \(inside.shape) for sequences of shape \(shape)")
    let (isThere, batch) = (inside.elements, shape[1])
    for place in isThere.indices.dropFirst(batch) where isThere[place] {
      require(
        isThere[place - batch], "\(layer): a sequence that goes on behind its end; pass a mask with holes to run(_:_:from:mask:)")
    }
  }

  private static func rows<S>(_ indices: Tensor<Int32>, _ first: Variable<S>, _ behind: Variable<S>) -> Variable<S> {
    let all = Variable(concatenating: [first, behind], axis: 0)
    return all.reshaped(to: [all.shape[0] * all.shape[1], all.shape[2]]).take(indices)
  }
}
