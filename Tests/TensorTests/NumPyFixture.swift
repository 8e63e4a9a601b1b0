import Foundation

/// What NumPy made of something: Tests/Fixtures/numpy/make_NAME.py wrote NAME.json.
func numpyFixture<T: Decodable>(_ name: String, as type: T.Type = T.self) -> T {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/numpy/\(name).json")
  do {
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  } catch {
    fatalError("\(file.path): \(error)")
  }
}
