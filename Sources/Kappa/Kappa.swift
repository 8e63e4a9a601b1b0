@_exported import AutoDiff
@_exported import Curvature
@_exported import Datasets
@_exported import Models
@_exported import Optim
@_exported import Tensor
@_exported import Training

/// The library as a whole.
public enum Kappa {
  /// What this process computes with: print it beside measurements.
  public static var configuration: Configuration { Configuration.current }

  /// How many threads share large operations; at first the environment variable `KAPPA_NUM_THREADS`, else the number of
  /// cores this process may use.
  public static var threads: Int {
    get { Parallel.threads }
    set { Parallel.threads = newValue }
  }
}
