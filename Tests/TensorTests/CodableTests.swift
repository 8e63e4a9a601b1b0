import Foundation
import Kappa
import TestSupport
import Testing

@Suite("Coding tensors")
struct CodableTests {
  private func roundTrip<E: TensorElement & Codable>(_ x: Tensor<E>) throws -> [Tensor<E>] {
    [
      try JSONDecoder().decode(Tensor<E>.self, from: JSONEncoder().encode(x)),
      try PropertyListDecoder().decode(Tensor<E>.self, from: PropertyListEncoder().encode(x)),
    ]
  }

  private func check<E: TensorElement & Codable>(_ elements: [E]) throws {
    let x = Tensor(elements)
    let n = elements.count
    let shapes: [Shape] = [[n], [1, n, 1], [n / 2, 2], []]
    for shape in shapes where shape.elementCount <= n {
      for copy in try roundTrip(Tensor(elements.prefix(shape.elementCount), shape: shape)) {
        #expect(copy.shape == shape && copy.elements == Array(elements.prefix(shape.elementCount)))
      }
    }
    for copy in try roundTrip(x[.reversed]) { #expect(copy.elements == elements.reversed()) }
    for copy in try roundTrip(Tensor<E>(zeros: [2, 0, 3])) { #expect(copy.shape == [2, 0, 3]) }
  }

  @Test func `gives back every element of every type`() throws {
    try check([1.5, -2, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3] as [Float])
    try check([1.5, -2, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3, 9007199254740991] as [Double])
    try check([1, -2, .max, .min] as [Int32])
    try check([1, -2, .max, .min] as [Int64])
    try check([true, false, false, true])
  }

  @Test func `gives back all bits of random numbers`() throws {
    let x: Tensor<Double> = RandomStream(seed: 5).normal([300])
    let y: Tensor<Float> = RandomStream(seed: 6).normal([300]) * 1e-20
    for copy in try roundTrip(x) { #expect(copy == x) }
    for copy in try roundTrip(y) { #expect(copy == y) }
  }

  @Test func `gives back what is not finite`() throws {
    let x = Tensor<Double>([1, .infinity, -.infinity, .nan, -0.0])
    for copy in try roundTrip(x) {
      #expect(copy.elements.map(\.isNaN) == [false, false, false, true, false] && copy[0] == 1)
      #expect(copy[1] == .infinity && copy[2] == -.infinity && copy[4].sign == .minus)
    }
    for copy in try roundTrip(Tensor<Float>([.infinity, .nan])) { #expect(copy[0] == .infinity && copy[1].isNaN) }
  }

  @Test func `writes shape and elements`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    func text<E: TensorElement & Codable>(_ x: Tensor<E>) throws -> String {
      String(decoding: try encoder.encode(x), as: UTF8.self)
    }
    #expect(try text(Tensor<Double>([[1, 2.5], [.nan, -.infinity]])) == #"{"elements":[1,2.5,"nan","-inf"],"shape":[2,2]}"#)
    #expect(try text(Tensor<Bool>([true, false])) == #"{"elements":[true,false],"shape":[2]}"#)
    #expect(try text(Tensor<Int32>(scalar: 7)) == #"{"elements":[7],"shape":[]}"#)
  }

  @Test func `carries tensors within other values`() throws {
    struct Model: Codable, Equatable {
      var name: String
      var weights: [String: Tensor<Float>]
      var mask: Tensor<Bool>?
    }
    let model = Model(name: "m", weights: ["w": [[1, 2], [3, 4]], "b": [0.5, -1]], mask: [true, false])
    #expect(try JSONDecoder().decode(Model.self, from: JSONEncoder().encode(model)) == model)
  }

  /// JSON that holds no tensor of numbers, and where the error is said to be.
  private static let damaged: [(json: String, path: [String])] = [
    (#"[1, 2]"#, []), (#"{"elements": [1]}"#, ["shape"]), (#"{"shape": [1]}"#, ["elements"]),
    (#"{"shape": [2], "elements": [1]}"#, ["elements"]), (#"{"shape": [2], "elements": [1, 2, 3]}"#, ["elements"]),
    (#"{"shape": [], "elements": []}"#, ["elements"]), (#"{"shape": [0], "elements": [1]}"#, ["elements"]),
    (#"{"shape": [-1], "elements": []}"#, ["shape"]), (#"{"shape": [2, -2], "elements": []}"#, ["shape"]),
    // Foundation itself does not say where a number is that does not fit.
    (#"{"shape": [1.5], "elements": [1]}"#, []), (#"{"shape": ["a"], "elements": [1]}"#, ["shape", "0"]),
    (#"{"shape": 3, "elements": [1, 2, 3]}"#, ["shape"]), (#"{"shape": [1], "elements": 1}"#, ["elements"]),
    (#"{"shape": [1,1,1,1,1,1,1,1,1], "elements": [1]}"#, ["shape"]),
    (#"{"shape": [2147483648], "elements": []}"#, ["shape"]), (#"{"shape": [65536, 65536], "elements": []}"#, ["shape"]),
    (#"{"shape": [9223372036854775807, 9223372036854775807], "elements": []}"#, ["shape"]),
    (#"{"shape": [0, 65536, 65536], "elements": []}"#, ["shape"]), (#"{"shape": [2147483647], "elements": [1]}"#, ["elements"]),
    (#"{"shape": [1], "elements": ["NaN"]}"#, ["elements"]), (#"{"shape": [1], "elements": ["infinity"]}"#, ["elements"]),
    (#"{"shape": [1], "elements": ["1"]}"#, ["elements"]), (#"{"shape": [1], "elements": [null]}"#, ["elements"]),
    (#"{"shape": [1], "elements": [[1]]}"#, ["elements"]), (#"{"shape": [1], "elements": [true]}"#, ["elements"]),
  ]

  @Test func `refuses what is no tensor, with the place of the error`() {
    for (json, path) in Self.damaged {
      let error = #expect(throws: DecodingError.self, "\(json)") {
        _ = try JSONDecoder().decode(Tensor<Double>.self, from: Data(json.utf8))
      }
      guard let error else { continue }
      let context: DecodingError.Context
      var found: [String]
      switch error {
      case .dataCorrupted(let c), .typeMismatch(_, let c), .valueNotFound(_, let c): (context, found) = (c, [])
      case .keyNotFound(let key, let c): (context, found) = (c, [key.stringValue])
      @unknown default: continue
      }
      found = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } + found
      #expect(found.starts(with: path), "\(json): \(found)")
    }
  }

  @Test func `refuses numbers that the type does not hold`() {
    func fails<E: TensorElement & Codable>(_ elements: String, _ type: E.Type) {
      #expect(throws: DecodingError.self, "\(elements)") {
        _ = try JSONDecoder().decode(Tensor<E>.self, from: Data(#"{"shape": [1], "elements": \#(elements)}"#.utf8))
      }
    }
    fails("[1.5]", Int32.self)
    fails("[2147483648]", Int32.self)
    fails("[9223372036854775808]", Int64.self)
    fails(#"["inf"]"#, Int64.self)
    fails(#"["nan"]"#, Bool.self)
    fails("[1]", Bool.self)
    fails("[1e300]", Float.self)
  }

  @Test func `reads tensors of any size the data hold, and claims no memory that they do not`() async {
    await #expect(processExitsWith: .success) {
      Memory.resetPeak()
      let before = Memory.statistics.peak
      let json = Data(#"{"shape": [2147483647], "elements": [1, 2]}"#.utf8)
      require((try? JSONDecoder().decode(Tensor<Double>.self, from: json)) == nil, "decoded")
      require(Memory.statistics.peak == before, "memory claimed")
    }
  }
}
