import Foundation
import Runtime
import Tensor

/// A NaN that appeared while `detectAnomaly` was watching: in which quantity, made by which operation, recorded where.
public struct Anomaly: Error, Sendable, CustomStringConvertible {
  /// What holds the NaN.
  public enum Quantity: String, Sendable {
    /// A variable as it was given.
    case input
    /// The value of an operation.
    case value
    /// The derivative along a direction.
    case tangent
    /// The cotangent of an operand, which the operation's backward rule computed.
    case cotangent
  }
  public let quantity: Quantity
  /// The operation, with what tells it from others of its kind: `ElementaryFunction(kind: log)`.
  public let primitive: String
  /// The shape of the tensor that holds the NaN.
  public let shape: [Int]
  /// The first position that holds one.
  public let position: [Int]
  /// Whether the operation met an infinity on its way in: 0 times it, or it minus itself, is the usual reason.
  public let followsInfinity: Bool
  /// `file:line` of the first caller outside this library's tensors and differentiation; nil if the program has no debug
  /// information.
  public let location: String?

  public var description: String {
    let place = location ?? "an unknown line (build with debug information, SwiftPM's default, to see it)"
    let subject =
      switch quantity {
      case .input: "an input that was NaN from the start"
      case .value: "the value of \(primitive)"
      case .tangent: "the tangent of \(primitive)"
      case .cotangent: "the cotangent that \(primitive) sends to an operand"
      }
    let reason = followsInfinity ? "; an infinity went in" : ""
    return "NaN in \(subject), shape \(shape), first at \(position); recorded at \(place)\(reason)"
  }
}

/// Runs `body` and watches every operation that is recorded in it, and the derivatives of these. A linearization made before it is not
/// watched: make it inside.
///
///     let gradient = try detectAnomaly { objective.valueAndGradient(at: theta).gradient }
///
/// Slow (each operation is searched for NaNs, and the call stack is kept with it): for finding out where a NaN comes from, not for
/// training runs.
/// - Returns: what `body` returns.
/// - Throws: the first `Anomaly`, if a NaN appeared; else what `body` throws.
public func detectAnomaly<R>(_ body: () throws -> R) throws -> R {
  let detector = AnomalyDetector()
  let result = Result { try AnomalyDetector.$current.withValue(detector, operation: body) }
  if let anomaly = detector.first { throw anomaly }
  return try result.get()
}

/// What `detectAnomaly` has found so far. Tapes made while it watches report to it.
final class AnomalyDetector: @unchecked Sendable {
  @TaskLocal static var current: AnomalyDetector?

  /// A recorded operation: its name, and the call stack when it was recorded.
  struct Origin {
    var primitive: String
    var trace: Backtrace?
  }

  private let lock = NSLock()
  private var found: Anomaly?

  var first: Anomaly? { lock.withLock { found } }

  /// The call stack here.
  static func trace() -> Backtrace? { try? Backtrace.capture(limit: 128) }

  /// Looks for a NaN in `tensor`, which `origin` made of `operands`.
  func check<S: TensorScalar>(
    _ tensor: Tensor<S>?, _ quantity: Anomaly.Quantity, by origin: @autoclosure () -> Origin, from operands: [Tensor<S>] = []
  ) {
    guard let tensor, first == nil, !tensor.isFinite, let position = tensor.firstNaN else { return }
    let origin = origin()
    let anomaly = Anomaly(
      quantity: quantity, primitive: origin.primitive, shape: Array(tensor.shape), position: position,
      followsInfinity: operands.contains { !$0.isFinite && $0.firstNaN == nil }, location: origin.trace.flatMap(Self.location))
    lock.withLock { if found == nil { found = anomaly } }
  }

  /// `file:line` of the innermost frame that is neither this module's nor the tensors'.
  private static func location(of trace: Backtrace) -> String? {
    // Debug information may give paths in full or from the package's folder.
    let own = ["/Sources/AutoDiff/", "/Sources/Tensor/"]
    for frame in trace.symbolicated()?.frames ?? [] where !frame.isSystem {
      guard let place = frame.symbol?.sourceLocation, place.line > 0, place.path.hasSuffix(".swift") else { continue }
      // What a macro expands to has a file of its own, which nobody sees.
      if place.path.contains("swift-generated-sources") { continue }
      if !own.contains(where: "/\(place.path)".contains) { return "\(place.path):\(place.line)" }
    }
    return nil
  }

  /// `ElementaryFunction(kind: log)`: the type without its scalar, and those of its stored values that read well.
  static func name(of primitive: Any) -> String {
    let type = "\(Swift.type(of: primitive))".prefix { $0 != "<" }
    let details = Mirror(reflecting: primitive).children.compactMap { child -> String? in
      guard let label = child.label, !(child.value is any TensorValue) else { return nil }
      let text = "\(child.value)"
      return text.count <= 24 && !text.contains("(Function)") ? "\(label): \(text)" : nil
    }
    return details.isEmpty ? String(type) : "\(type)(\(details.joined(separator: ", ")))"
  }
}

extension Tensor where Scalar: TensorScalar {
  /// The first position, in row-major order, that holds a NaN.
  fileprivate var firstNaN: [Int]? {
    guard var index = withUnsafeElements({ $0.firstIndex { $0.isNaN } }) else { return nil }
    var position = [Int](repeating: 0, count: rank)
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      position[axis] = index % shape[axis]
      index /= shape[axis]
    }
    return position
  }
}

/// Told apart from what else a primitive stores, because tensors do not read well in a line.
private protocol TensorValue {}
extension Tensor: TensorValue {}
