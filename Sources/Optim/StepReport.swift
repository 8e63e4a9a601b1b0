/// What one optimization step did.
public struct StepReport: Sendable, Hashable {
  /// The number of this step, from 1.
  public var step: Int
  /// The objective before the step, on the data of the gradient role.
  public var loss: Double
  /// Whether θ moved.
  public var outcome: Outcome
  /// What the step computed.
  public var cost: Cost

  /// What became of a step.
  public enum Outcome: Sendable, Hashable {
    /// θ moved.
    case accepted
    /// θ is what it was before the step.
    case rejected(Rejection)
  }

  /// Why a method that judges its steps left θ where it was.
  public enum Rejection: Sendable, Hashable {
    /// The objective would have risen.
    case increase
    /// The model's prediction was too far from what happened.
    case poorModel
  }

  /// A report of the given parts.
  public init(step: Int, loss: Double, outcome: Outcome = .accepted, cost: Cost) {
    self.step = step
    self.loss = loss
    self.outcome = outcome
    self.cost = cost
  }
}

/// Counts of what was computed: the unit in which methods are compared across machines.
public struct Cost: Sendable, Hashable {
  /// Evaluations of the objective alone.
  public var values = 0
  /// Gradients; each includes a value. A recording made for curvature products beside the gradient's own counts as one, too.
  public var gradients = 0
  /// Products H v.
  public var hessianVectorProducts = 0
  /// Products G v.
  public var gaussNewtonVectorProducts = 0

  /// Nothing computed yet.
  public init() {}

  /// Adds counts to counts.
  public static func += (a: inout Cost, b: Cost) {
    a.values += b.values
    a.gradients += b.gradients
    a.hessianVectorProducts += b.hessianVectorProducts
    a.gaussNewtonVectorProducts += b.gaussNewtonVectorProducts
  }
}
