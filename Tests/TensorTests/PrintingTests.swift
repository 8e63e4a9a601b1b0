import Kappa
import TestSupport
import Testing

/// What NumPy prints; Tests/Fixtures/numpy/make_printing.py asked it.
struct PrintingCase: Decodable, Sendable {
  let type: String
  let shape: [Int]
  /// The elements as text; if there are none, they are whole numbers from 0 on, `count` of them.
  let elements: [String]?
  let count: Int?
  let options: Options?
  /// What `str` gives, or `array2string` with the options.
  let text: String
  /// What `repr` puts into its parentheses, if they begin as `debugDescription` does.
  let inner: String?

  struct Options: Decodable, Sendable {
    let precision, threshold, edgeitems, max_line_width: Int?

    var format: TensorFormat {
      TensorFormat(
        precision: precision ?? 8, threshold: threshold ?? 1000, edgeItems: edgeitems ?? 3, lineWidth: max_line_width ?? 75)
    }
  }

  struct File: Decodable { let items: [PrintingCase] }
  static let all = numpyFixture("printing", as: File.self).items

  /// The array of one type, made of its elements by `parse` and `count`.
  func tensor<E: TensorElement>(_ parse: (String) -> E?, _ counted: (Int) -> E) -> Tensor<E> {
    Tensor(elements.map { $0.map { parse($0)! } } ?? (0..<count!).map(counted), shape: Shape(shape))
  }
}

@Suite("Tensors print")
struct PrintingTests {
  private func check<E: TensorElement>(
    _ type: String, atLeast count: Int, _ parse: (String) -> E?, _ counted: (Int) -> E = { _ in .zero }
  ) {
    let examples = PrintingCase.all.filter { $0.type == type }
    #expect(examples.count >= count, "\(examples.count) of \(type)")
    for example in examples {
      let x = example.tensor(parse, counted)
      let reversed = Array((0..<x.rank).reversed())
      for y in [x, x.permuted(reversed).copied().permuted(reversed)] {
        let text = example.options.map { y.formatted($0.format) } ?? y.description
        #expect(text == example.text, "\(example.elements?.prefix(8) ?? []) of shape \(x.shape), \(example.options as Any)")
        if let inner = example.inner {
          #expect(y.debugDescription == "Tensor<\(E.self)>(\(inner), shape: \(x.shape))")
        }
      }
    }
  }

  @Test func `doubles as NumPy does`() { check("float64", atLeast: 250, { Double($0) }, { Double($0) }) }
  @Test func `floats as NumPy does`() { check("float32", atLeast: 250, { Double($0).map { Float($0) } }, { Float($0) }) }
  @Test func `32-bit integers as NumPy does`() { check("int32", atLeast: 60, { Int32($0) }, { Int32($0) }) }
  @Test func `64-bit integers as NumPy does`() { check("int64", atLeast: 60, { Int64($0) }, { Int64($0) }) }
  @Test func `truth values as NumPy does`() { check("bool", atLeast: 6) { Bool($0.lowercased()) } }

  @Test func `for debugging with type and shape`() {
    let x: Tensor<Float> = [[1, 2.5], [-3, 4]]
    #expect(String(reflecting: x) == "Tensor<Float>([[ 1. ,  2.5],\n               [-3. ,  4. ]], shape: [2, 2])")
    #expect(String(reflecting: Tensor<Int32>(zeros: [2, 0])) == "Tensor<Int32>([], shape: [2, 0])")
    #expect(String(reflecting: Tensor<Bool>(scalar: true)) == "Tensor<Bool>(True, shape: [])")
    #expect("\(x)" == "[[ 1.   2.5]\n [-3.   4. ]]")
    var dumped = ""
    dump(x, to: &dumped)
    #expect(dumped.contains("shape") && dumped.contains("2.5") && !dumped.contains("storage") && !dumped.contains("strides"))
  }

  @Test func `what is shown of a large one in no time`() {
    // Of each axis six: 6 blocks of 6 rows and a line of dots each, a line of dots between them, and 6 empty lines.
    let x = Tensor<Double>(scalar: 0.1).broadcast(to: [100_000, 100, 100])
    #expect(x.description.split(separator: "\n", omittingEmptySubsequences: false).count == 6 * 7 + 1 + 6)
  }
}
