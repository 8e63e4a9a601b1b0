import Foundation
import Kappa

/// One folder of golden data: its description and its arrays. See Tests/Fixtures/golden/README.md.
package struct GoldenCase: Sendable {
  package let name: String
  package let kind: String
  package let description: JSONValue
  private let folder: URL
  private let files: [String: Loaded]

  private enum Loaded: Sendable {
    case doubles([Double], shape: [Int])
    case integers([Int], shape: [Int])
  }

  /// Something about the data that does not hold.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
    package init(description: String) { self.description = description }
  }

  init(folder: URL) throws {
    self.folder = folder
    description = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
    guard let kind = description["kind"]?.string else { throw Failure(description: "\(folder.path)/case.json has no kind") }
    self.kind = kind
    name = description["case"]?.string ?? folder.lastPathComponent
    var files: [String: Loaded] = [:]
    for entry in (description["arrays"]?.object ?? [:]).values {
      guard let file = entry["file"]?.string, files[file] == nil else { continue }
      let path = folder.appendingPathComponent(file).path
      switch try NumPyFile.readAny(path) {
      case .double(let array): files[file] = .doubles(array.elements, shape: Array(array.shape))
      case .int64(let array): files[file] = .integers(array.elements.map { Int($0) }, shape: Array(array.shape))
      case let array: throw Failure(description: "\(path) holds \(array.elementType), neither float64 nor int64")
      }
    }
    self.files = files
  }

  package func has(_ array: String) -> Bool { description["arrays"]?[array] != nil }

  /// The real array of the given name.
  package func tensor<S: TensorScalar>(_ array: String, of type: S.Type = S.self) throws -> Tensor<S> {
    let (file, range, shape) = try place(of: array)
    guard case .doubles(let values, _) = file else { throw Failure(description: "\(name): \(array) does not hold real numbers") }
    return Tensor(values[range].map { S($0) }, shape: Shape(shape))
  }

  /// The integer array of the given name.
  package func integers(_ array: String) throws -> (elements: [Int], shape: Shape) {
    let (file, range, shape) = try place(of: array)
    guard case .integers(let values, _) = file else { throw Failure(description: "\(name): \(array) does not hold integers") }
    return (Array(values[range]), Shape(shape))
  }

  /// The labels of the given name, as losses take them.
  package func labels(_ array: String) throws -> Tensor<Int32> {
    let (elements, shape) = try integers(array)
    return Tensor(elements.map { Int32($0) }, shape: shape)
  }

  /// The shape of the array of the given name.
  package func shape(of array: String) throws -> Shape { Shape(try place(of: array).2) }

  /// Whether the array of the given name holds integers.
  package func isInteger(_ array: String) -> Bool { description["arrays"]?[array]?["dtype"]?.string == "int64" }

  private func place(of array: String) throws -> (Loaded, Range<Int>, [Int]) {
    guard let entry = description["arrays"]?[array], let file = entry["file"]?.string, let loaded = files[file] else {
      throw Failure(description: "\(name): no array \(array)")
    }
    guard let shape = entry["shape"]?.ints else { throw Failure(description: "\(name): \(array) has no shape") }
    let count = shape.reduce(1, *)
    let (available, fileShape) =
      switch loaded {
      case .doubles(let values, let shape): (values.count, shape)
      case .integers(let values, let shape): (values.count, shape)
      }
    guard let offset = entry["offset"]?.int else {
      guard fileShape == shape else { throw Failure(description: "\(name): \(array) is \(shape), its file \(fileShape)") }
      return (loaded, 0..<available, shape)
    }
    guard entry["count"]?.int == count, offset >= 0, offset + count <= available else {
      throw Failure(description: "\(name): \(array) with shape \(shape) at \(offset) does not fit a file of \(available)")
    }
    return (loaded, offset..<offset + count, shape)
  }
}

extension GoldenCase {
  /// All cases of one kind in the directory that `KAPPA_GOLDEN` names, else in the committed copy; in order of their folders.
  package static func all(kind: String) -> [GoldenCase] { loaded.cases.filter { $0.kind == kind } }

  /// Why some cases, or all, could not be read: suites list their arguments before any test could fail, so each asks here.
  package static var failures: [String] { loaded.failures }

  private static let loaded: (cases: [GoldenCase], failures: [String]) = {
    var (cases, failures): ([GoldenCase], [String]) = ([], [])
    do {
      let folders = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        .filter { FileManager.default.fileExists(atPath: $0.appendingPathComponent("case.json").path) }
      for folder in folders.sorted(by: { $0.lastPathComponent < $1.lastPathComponent }) {
        do {
          cases.append(try GoldenCase(folder: folder))
        } catch {
          failures.append("golden data: \(folder.path): \(error)")
        }
      }
    } catch {
      failures.append("golden data: \(directory.path): \(error.localizedDescription)")
    }
    return (cases, failures)
  }()

  private static var directory: URL {
    if let named = ProcessInfo.processInfo.environment["KAPPA_GOLDEN"] { return URL(fileURLWithPath: named) }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/golden")
  }
}
