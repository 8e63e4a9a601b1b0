import Tensor

/// Where the random vectors of curvature estimates come from: a function of (step, draw), so that a run can be repeated or
/// resumed bit for bit.
public protocol ProbeSource<Scalar> {
  associatedtype Scalar: TensorScalar
  /// `count` independent N(0, 1) elements for draw `draw` (from 0) of step `step` (from 1).
  func gaussian(count: Int, step: Int, draw: Int) -> Tensor<Scalar>
  /// `count` independent elements, -1 or 1 with equal probability.
  func rademacher(count: Int, step: Int, draw: Int) -> Tensor<Scalar>
}

/// Probes from a seed: every (seed, step, draw) has a stream of its own.
public struct SeededProbes<Scalar: TensorScalar>: ProbeSource, Sendable, Hashable {
  /// The seed of all streams.
  public let seed: UInt64
  /// The probes of a seed.
  public init(seed: UInt64) { self.seed = seed }

  private func stream(_ step: Int, _ draw: Int) -> RandomStream {
    RandomStream(seed: seed).split(UInt64(step)).split(UInt64(draw))
  }
  public func gaussian(count: Int, step: Int, draw: Int) -> Tensor<Scalar> { stream(step, draw).normal([count]) }
  public func rademacher(count: Int, step: Int, draw: Int) -> Tensor<Scalar> { stream(step, draw).rademacher([count]) }
}

/// Given probes, one row a step: for replaying a published or recorded trajectory.
public struct GivenProbes<Scalar: TensorScalar>: ProbeSource, Sendable {
  /// [steps, n].
  public let rows: Tensor<Scalar>

  /// - Parameter rows: [steps, n]; step t uses row t - 1, whatever kind of probe is asked for.
  public init(rows: Tensor<Scalar>) { self.rows = rows }

  private func row(_ count: Int, _ step: Int, _ draw: Int) -> Tensor<Scalar> {
    require(draw == 0, "GivenProbes: draw \(draw) of step \(step), but there is one row a step")
    require(step >= 1 && step <= rows.shape[0], "GivenProbes: no row for step \(step); there are \(rows.shape[0])")
    require(rows.shape[1] == count, "GivenProbes: rows of \(rows.shape[1]) elements for \(count) parameters")
    return rows[row: step - 1]
  }
  public func gaussian(count: Int, step: Int, draw: Int) -> Tensor<Scalar> { row(count, step, draw) }
  public func rademacher(count: Int, step: Int, draw: Int) -> Tensor<Scalar> { row(count, step, draw) }
}
