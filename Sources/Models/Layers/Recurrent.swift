import AutoDiff
import Tensor

/// What of a sequence a recurrent layer hands on.
public enum SequenceOutput: Sendable, Hashable {
  /// The state behind the last step, [batch, hidden].
  case last
  /// The states behind all steps, in the order of the inputs' axes.
  case all
}

/// How the axes of sequences lie.
public enum SequenceOrder: Sendable, Hashable {
  /// [batch, time, features].
  case batchFirst
  /// [time, batch, features]: no copy is made. An `Objective` takes the first axis of outputs for the batch, so that with all
  /// states handed on it needs `batchFirst`.
  case timeFirst
}

/// What a recurrent layer makes of sequences.
public struct RecurrentResult<Scalar: TensorScalar> {
  /// h behind every step, [time, batch, hidden].
  public var states: Variable<Scalar>
  /// The state behind the last step, to go on from, [parts, batch, hidden]: h, and what else the cell remembers. Of stacked layers,
  /// one layer's behind the other's.
  public var final: Variable<Scalar>

  /// What a layer of your own returns; see there.
  public init(states: Variable<Scalar>, final: Variable<Scalar>) {
    self.states = states
    self.final = final
  }
}

/// A layer that reads a sequence step by step.
///
/// As a layer among others it starts from zeros and reads all steps. On sequences of unequal length, or from another state, use
/// `run`.
public protocol RecurrentLayer: Layer {
  /// The length of a step's input.
  var inputs: Int { get }
  /// The length of h.
  var hidden: Int { get }
  /// The number of tensors [batch, hidden] that make its state; 1 by default.
  var stateParts: Int { get }
  /// Which of them is the state that it hands on; the first by default.
  var outputPart: Int { get }
  /// What it hands on as a layer among others.
  var output: SequenceOutput { get }
  /// The axes of its inputs and, with `output == .all`, of its outputs.
  var order: SequenceOrder { get }

  /// The states of sequences of one length.
  /// - Parameters:
  ///   - x: [time, batch, inputs].
  ///   - state: before the first step, [stateParts, batch, hidden].
  func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S>

  /// The states of sequences that end, each behind the last step at which `inside` is true. By default step by step, the state held
  /// behind the ends.
  /// - Parameters:
  ///   - x: [time, batch, inputs], numbers behind the ends too.
  ///   - inside: [time, batch]; of each sequence true up to a step, and false from there on.
  /// - Returns: states that may be anything behind the ends, and as `final` the states at the ends.
  func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S>
}

extension RecurrentLayer {
  public var stateParts: Int { 1 }
  public var outputPart: Int { 0 }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    handedOn(run(inTimeOrder(x), parameters, from: nil, mask: nil).states)
  }

  /// What becomes of sequences [time, batch, inputs].
  /// - Parameters:
  ///   - state: before the first step; zeros if nil.
  ///   - mask: [time, batch], true where there is an input; nil if there is one at every step. Where there is none the state stays
  ///     as it is, and `x` may be anything, NaN too.
  /// - Complexity: with a mask, copies of inputs and states more; layers that remember more than h run step by step unless they
  ///   know better.
  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>?, mask: Tensor<Bool>?
  ) -> RecurrentResult<S> {
    require(
      x.shape.rank == 3 && x.shape[2] == inputs && x.shape[0] > 0,
      "\(Self.self): sequences of shape \(x.shape), not [time, batch, \(inputs)] of at least one step")
    let batch = x.shape[1]
    let state = state ?? Variable(Tensor(zeros: [stateParts, batch, hidden]))
    require(
      state.shape == [stateParts, batch, hidden],
      "\(Self.self): a state of shape \(state.shape), not \([stateParts, batch, hidden] as Shape)")
    guard let mask else { return run(x, parameters, from: state) }
    require(mask.shape == [x.shape[0], batch], "\(Self.self): a mask of shape \(mask.shape) for sequences of shape \(x.shape)")
    let sequences = SequenceMask(mask)
    // What is not read may be anything: a derivative of 0 times infinity would be none.
    let result = run(sequences.compacted(x), parameters, from: state, inside: sequences.inside)
    let first = state.sliced(axis: 0, outputPart..<outputPart + 1)
    return RecurrentResult(states: sequences.expanded(result.states, first: first), final: result.final)
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S> {
    SequenceMask.check(inside, x.shape, "\(Self.self)")
    var state = state
    let states = (0..<x.shape[0]).map { step in
      let next = run(x.sliced(axis: 0, step..<step + 1), parameters, from: state).final
      state = select(next, where: inside[row: step].reshaped(to: [1, x.shape[1], 1]), else: state)
      return state[row: outputPart]
    }
    return RecurrentResult(states: Variable(stacking: states), final: state)
  }

  /// Goes on behind the ends: for a layer whose state is h alone and stays finite, whatever it reads.
  func runBeyondEnds<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S> {
    SequenceMask.check(inside, x.shape, "\(Self.self)")
    let states = run(x, parameters, from: state).states
    return RecurrentResult(states: states, final: SequenceMask.ends(states, first: state, inside: inside))
  }

  /// Sequences in the layer's order as [time, batch, features].
  func inTimeOrder<S: TensorScalar>(_ x: Variable<S>) -> Variable<S> {
    let axes = order == .batchFirst ? "batch, time" : "time, batch"
    require(
      x.shape.rank == 3 && x.shape[2] == inputs, "\(Self.self): sequences of shape \(x.shape), not [\(axes), \(inputs)]")
    return order == .batchFirst ? x.permuted([1, 0, 2]) : x
  }

  /// What the layer hands on of its states [time, batch, hidden].
  func handedOn<S: TensorScalar>(_ states: Variable<S>) -> Variable<S> {
    if output == .last { return states[row: states.shape[0] - 1] }
    return order == .batchFirst ? states.permuted([1, 0, 2]) : states
  }
}

extension Tensor where Scalar == Bool {
  /// A mask [time, batch] of sequences that end after the given numbers of steps.
  public init(sequenceLengths: [Int], time: Int) {
    for length in sequenceLengths { require(length >= 0 && length <= time, "a sequence of \(length) steps among \(time)") }
    self.init((0..<time).flatMap { step in sequenceLengths.map { step < $0 } }, shape: [time, sequenceLengths.count])
  }
}

/// Recurrent layers one above the other: each reads the states of the one below.
public struct StackedRecurrent<Cell: RecurrentLayer>: RecurrentLayer {
  /// From the lowest to the highest.
  public let layers: [Cell]
  public let output: SequenceOutput
  public let order: SequenceOrder
  private let firstParameters: [Int]

  /// - Parameters:
  ///   - layers: from the lowest to the highest; what they hand on by themselves does not matter.
  ///   - output: what the highest hands on.
  public init(_ layers: [Cell], output: SequenceOutput, order: SequenceOrder = .batchFirst) {
    require(!layers.isEmpty, "StackedRecurrent: no layers")
    for (below, above) in zip(layers, layers.dropFirst()) {
      require(above.inputs == below.hidden, "StackedRecurrent: \(above.inputs) inputs above \(below.hidden) hidden units")
    }
    require(
      layers.allSatisfy { $0.hidden == layers[0].hidden }, "StackedRecurrent: layers of \(layers.map(\.hidden)) hidden units")
    self.layers = layers
    self.output = output
    self.order = order
    var first = 0
    firstParameters = layers.map { layer in
      defer { first += layer.parameterCount }
      return first
    }
  }

  public var inputs: Int { layers[0].inputs }
  public var hidden: Int { layers[0].hidden }
  public var stateParts: Int { layers.reduce(0) { $0 + $1.stateParts } }
  public var outputPart: Int { layers.dropLast().reduce(0) { $0 + $1.stateParts } + layers.last!.outputPart }

  /// The layers, by their number from the lowest.
  public var parts: [NamedLayer] { layers.enumerated().map { $1.named("\($0)") } }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>
  ) -> RecurrentResult<S> {
    stacked(x, parameters, from: state) { $0.run($1, $2, from: $3) }
  }

  public func run<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>, inside: Tensor<Bool>
  ) -> RecurrentResult<S> {
    stacked(x, parameters, from: state) { $0.run($1, $2, from: $3, inside: inside) }
  }

  private func stacked<S: TensorScalar>(
    _ x: Variable<S>, _ parameters: LayerParameters<S>, from state: Variable<S>,
    _ run: (Cell, Variable<S>, LayerParameters<S>, Variable<S>) -> RecurrentResult<S>
  ) -> RecurrentResult<S> {
    var (states, finals, part) = (x, [Variable<S>](), 0)
    for (layer, first) in zip(layers, firstParameters) {
      let result = run(
        layer, states, parameters.dropFirst(first), state.sliced(axis: 0, part..<part + layer.stateParts))
      states = result.states
      finals.append(result.final)
      part += layer.stateParts
    }
    return RecurrentResult(states: states, final: finals.count == 1 ? finals[0] : Variable(concatenating: finals, axis: 0))
  }

  /// PyTorch numbers the layers of one module behind the parameters' names, those of stacks of stacks on and on. Layers that are
  /// not all alike, or that it does not have, are modules of their own there, under the names here.
  public func foreignParameters(name: String) -> [ForeignParameter] {
    var (result, below, common) = ([ForeignParameter](), 0, Set<Substring>?.none)
    for (layer, first) in zip(layers, firstParameters) {
      var kinds: [Int: Set<Substring>] = [:]
      for parameter in layer.foreignParameters(name: name) {
        guard let (kind, number) = parameter.name.numbered(behind: name) else { return parts.foreignParameters(name: name) }
        kinds[number, default: []].insert(kind)
        var moved = parameter.shifted(by: first)
        moved.name = "\(name).\(kind)_l\(below + number)"
        result.append(moved)
      }
      for number in 0..<kinds.count {
        guard let own = kinds[number], common == nil || common == own else { return parts.foreignParameters(name: name) }
        common = own
      }
      below += kinds.count
    }
    return result
  }
}

/// Recurrent layers that hand their states on, one to the next.
protocol RecurrentStack: RecurrentLayer {}
extension StackedRecurrent: RecurrentStack {}

extension String {
  /// Of "name.weight_ih_l3" the "weight_ih" and the 3; nil if this is not a name of that kind.
  fileprivate func numbered(behind name: String) -> (kind: Substring, number: Int)? {
    guard hasPrefix("\(name).") else { return nil }
    let own = dropFirst(name.count + 1)
    guard !own.contains("."), let end = own.lastIndex(of: "_") else { return nil }
    let suffix = own[end...]
    guard suffix.hasPrefix("_l"), let number = Int(suffix.dropFirst(2)) else { return nil }
    return (own[..<end], number)
  }
}
