import CKernels
import COpenBLAS

/// What this process computes with.
public struct Configuration: Sendable, Hashable, CustomStringConvertible {
  /// Version and kernels of the BLAS library, e.g. "OpenBLAS 0.3.21 (Zen kernels)".
  public var blas: String
  /// The instruction set of Kappa's own kernels, chosen from what the processor has: "baseline", "avx2" or "avx512".
  public var instructionSet: String
  /// How many threads share large operations.
  public var threads: Int
  /// Installed libraries that replace slower code of ours, e.g. "oneDNN 2.6.3", which computes convolutions and, from AVX2 on,
  /// matrix products in `Float`. The environment variable `KAPPA_ONEDNN=0` leaves it out.
  public var accelerators: [String]

  /// The configuration in use.
  public static var current: Configuration {
    let details = String(cString: openblas_get_config()).split(separator: " ")
    let version = details.drop { $0 != "OpenBLAS" }.dropFirst().first.map(String.init) ?? "of unknown version"
    return Configuration(
      blas: "OpenBLAS \(version) (\(String(cString: openblas_get_corename())) kernels)",
      instructionSet: String(cString: kappa_isa_name()), threads: Parallel.threads,
      accelerators: OneDNN.installed.map { ["oneDNN \($0.version)"] } ?? [])
  }

  public var description: String {
    let extras = accelerators.isEmpty ? "none" : accelerators.joined(separator: ", ")
    return "\(blas), \(instructionSet) kernels, \(threads) \(threads == 1 ? "thread" : "threads"), accelerators: \(extras)"
  }
}
