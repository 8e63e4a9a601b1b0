import Kappa
import Testing

/// One problem of a golden case that holds many: an operation, an optimizer.
package struct GoldenItem: Sendable, CustomTestStringConvertible {
  package let parent: GoldenCase
  package let json: JSONValue

  package var id: String { json["id"]?.string ?? "?" }
  package var testDescription: String { "\(parent.name)/\(id)" }

  /// All items of all cases of one kind.
  package static func all(kind: String) -> [GoldenItem] {
    GoldenCase.all(kind: kind).flatMap { parent in
      (parent.description["items"]?.array ?? []).map { GoldenItem(parent: parent, json: $0) }
    }
  }

  /// The array that member `key` names, under `index` if that member is a map of names.
  package func tensor<S: TensorScalar>(_ key: String, _ index: String? = nil, of type: S.Type = S.self) throws -> Tensor<S> {
    try parent.tensor(arrayName(key, index))
  }

  package func arrayName(_ key: String, _ index: String? = nil) throws -> String {
    guard let name = (index.map { json[key]?[$0] } ?? json[key])?.string else {
      throw GoldenCase.Failure(description: "\(testDescription): no \(key)\(index.map { "." + $0 } ?? "")")
    }
    return name
  }
}

extension GoldenCase: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// States how much of the golden data a suite runs: fails if that is nothing, and prints what it leaves out.
package func reportCoverage(
  _ suite: String, ran: [String], notCovered: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  for failure in GoldenCase.failures { Issue.record("\(suite): \(failure)", sourceLocation: sourceLocation) }
  #expect(!ran.isEmpty, "\(suite): no item found", sourceLocation: sourceLocation)
  var counts: [String: Int] = [:]
  for name in notCovered { counts[name, default: 0] += 1 }
  let list = counts.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.key) (\($0.value))" }
  print(
    "\(suite): \(ran.count) items run, \(notCovered.count) not covered\(list.isEmpty ? "" : ": " + list.joined(separator: ", "))")
}
