import Kappa
import TestSupport
import Testing

@Suite("A tensor of any type")
struct AnyTensorTests {
  static let tensors: [AnyTensor] = [
    .float(Tensor([0, 1])), .double(Tensor([0, 1])), .int32(Tensor([0, 1])), .int64(Tensor([0, 1])), .bool(Tensor([false, true])),
  ]

  @Test("becomes each other type when all its values are there", arguments: tensors, tensors)
  func converts(tensor: AnyTensor, expected: AnyTensor) throws {
    func converted<E: TensorElement>(_ type: E.Type) throws -> AnyTensor {
      AnyTensor(try tensor.converted(to: type, by: .rounding))
    }
    let found =
      switch expected {
      case .float: try converted(Float.self)
      case .double: try converted(Double.self)
      case .int32: try converted(Int32.self)
      case .int64: try converted(Int64.self)
      case .bool: try converted(Bool.self)
      }
    #expect(found == expected)
    #expect(found.elementType == expected.elementType && found.shape == [2])
  }

  @Test("becomes others by widening only where all values of its type are theirs", arguments: tensors)
  func widens(tensor: AnyTensor) {
    func check<E: TensorElement>(_ type: E.Type, _ asked: ElementType) {
      do throws(TensorFileError) {
        let found = try tensor.converted(to: type)
        #expect(asked.holds(tensor.elementType) && found.shape == [2])
      } catch {
        #expect(!asked.holds(tensor.elementType))
        #expect(error == TensorFileError(defect: .wrongElementType(found: tensor.elementType, asked: asked)))
      }
    }
    check(Float.self, .float32)
    check(Double.self, .float64)
    check(Int32.self, .int32)
    check(Int64.self, .int64)
    check(Bool.self, .bool)
  }

  @Test func `becomes the nearest real numbers`() throws {
    let large: Int64 = 1 << 53 + 1
    #expect(try AnyTensor.int64(Tensor([large, -large])).converted(to: Double.self, by: .rounding) == Tensor([0x1p53, -0x1p53]))
    #expect(try AnyTensor.int32(Tensor([1 << 24 + 1])).converted(to: Float.self, by: .rounding) == Tensor([0x1p24]))
    let reals: [Double] = [0.1, 1e300, -1e300, 1e-50, -0.0, .infinity]
    let expected: [Float] = [0.1, .infinity, -.infinity, 0, -0.0, .infinity]
    let found: Tensor<Float> = try AnyTensor.double(Tensor(reals)).converted(by: .rounding)
    #expect(found.elements.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(try AnyTensor.double(Tensor([.nan])).converted(to: Float.self, by: .rounding)[0].isNaN)
  }

  /// A number that is the second element of a tensor, and which of the types of integers has it.
  static let reals: [(value: Double, isInt32: Bool, isInt64: Bool, isBool: Bool)] = [
    (0, true, true, true), (-0.0, true, true, true), (1, true, true, true), (2, true, true, false), (-1, true, true, false),
    (0.5, false, false, false), (-0x1p31, true, true, false), (0x1p31, false, true, false), (0x1p31 - 1, true, true, false),
    (-0x1p31 - 1, false, true, false), (0x1p63, false, false, false), (-0x1p63, false, true, false),
    (0x1p63 - 1024, false, true, false), (1e300, false, false, false), (.infinity, false, false, false),
    (.nan, false, false, false),
    (.leastNonzeroMagnitude, false, false, false),
  ]

  @Test("of real numbers becomes integers or Booleans only when it has no others", arguments: reals)
  func exact(value: Double, isInt32: Bool, isInt64: Bool, isBool: Bool) {
    let tensor = Tensor<Double>([[1, value], [1, 1]])
    check(.double(tensor), Int32.self, fits: isInt32) { #expect(Double($0[0, 1]) == value) }
    check(.double(tensor), Int64.self, fits: isInt64) { #expect(Double($0[0, 1]) == value) }
    check(.double(tensor), Bool.self, fits: isBool) { #expect($0[0, 1] == (value == 1)) }
    // Elements are counted as they are seen.
    check(.double(tensor.transposed()), Int32.self, fits: isInt32, index: 2) { #expect(Double($0[1, 0]) == value) }
    let narrow = Float(value)
    guard Double(narrow) == value || value.isNaN else { return }
    check(.float(Tensor([[1, narrow], [1, 1]])), Int32.self, fits: isInt32) { #expect(Float($0[0, 1]) == narrow) }
    check(.float(Tensor([[1, narrow], [1, 1]])), Int64.self, fits: isInt64) { #expect(Float($0[0, 1]) == narrow) }
    check(.float(Tensor([[1, narrow], [1, 1]])), Bool.self, fits: isBool) { #expect($0[0, 1] == (narrow == 1)) }
  }

  @Test(
    "of integers becomes narrower ones or Booleans only when it has no others", arguments: [0, 1, 2, -1, 1 << 31, -1 << 31, .max])
  func exact(value: Int64) {
    let tensor = Tensor<Int64>([[1, value], [1, 1]])
    check(.int64(tensor), Int32.self, fits: Int32(exactly: value) != nil) { #expect(Int64($0[0, 1]) == value) }
    check(.int64(tensor), Bool.self, fits: (0...1).contains(value)) { #expect($0[0, 1] == (value == 1)) }
  }

  /// Converts `tensor`; where that does not fit, its element `index` is the reason.
  private func check<E: TensorElement>(
    _ tensor: AnyTensor, _ type: E.Type, fits: Bool, index: Int = 1, _ body: (Tensor<E>) -> Void
  ) {
    do throws(TensorFileError) {
      body(try tensor.converted(to: type, by: .rounding))
      #expect(fits)
    } catch {
      guard case .valueDoesNotFit(index, _, asked: AnyTensor(Tensor<E>(zeros: [1])).elementType) = error.defect else {
        Issue.record("\(error)")
        return
      }
      #expect(!fits)
    }
  }

  @Test func `gives the tensor that it is made of, sharing its elements`() {
    let tensor = Tensor<Float>([1, 2])
    let any = AnyTensor(tensor)
    let place = tensor.withUnsafeElements { $0.baseAddress }
    #expect(any.tensor(of: Float.self)?.withUnsafeElements { $0.baseAddress } == place)
    #expect((try? any.converted(to: Float.self))?.withUnsafeElements { $0.baseAddress } == place)
    #expect(any.tensor(of: Double.self) == nil && any.tensor(of: Bool.self) == nil)
  }
}

@Suite("Named tensors")
struct NamedTensorsTests {
  @Test func `keep the order in which they came`() {
    var tensors: NamedTensors = ["b": .float(Tensor([1])), "a": .bool(Tensor([true]))]
    tensors.set("c", to: Tensor<Int32>([3]))
    tensors.set("b", to: Tensor<Double>([4]))
    #expect(tensors.names == ["b", "a", "c"] && tensors.count == 3)
    #expect(tensors["b"] == .double(Tensor([4])))
    tensors["b"] = nil
    tensors["absent"] = nil
    #expect(tensors.names == ["a", "c"] && tensors["b"] == nil)
    tensors.set("b", to: Tensor<Double>([5]))
    #expect(tensors.map(\.name) == ["a", "c", "b"])
    #expect(tensors.map(\.tensor) == [.bool(Tensor([true])), .int32(Tensor([3])), .double(Tensor([5]))])
    #expect(tensors != ["b": .double(Tensor([5])), "a": .bool(Tensor([true])), "c": .int32(Tensor([3]))])
  }

  @Test func `are had as a type, or the error names them`() throws {
    let tensors: NamedTensors = ["a": .double(Tensor([1, 0.5])), "b": .int32(Tensor([7]))]
    #expect(try tensors.tensor("b", as: Double.self) == Tensor([7]))
    #expect(try tensors.tensor("a", as: Float.self, conversion: .rounding) == Tensor([1, 0.5]))
    #expect(throws: TensorFileError(member: "a", defect: .wrongElementType(found: .float64, asked: .float32))) {
      _ = try tensors.tensor("a", as: Float.self)
    }
    #expect(throws: TensorFileError(member: "a", defect: .valueDoesNotFit(index: 1, value: "0.5", asked: .int64))) {
      _ = try tensors.tensor("a", as: Int64.self, conversion: .rounding)
    }
    #expect(throws: TensorFileError(member: "c", defect: .missing(available: ["a", "b"]))) {
      _ = try tensors.tensor("c", as: Float.self)
    }
  }

  @Test func `have one tensor a name`() async {
    await #expect(processExitsWith: .failure) {
      _ = ["a": .float(Tensor([1])), "a": .float(Tensor([2]))] as NamedTensors
    }
  }
}
