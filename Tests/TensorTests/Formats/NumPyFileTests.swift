import Foundation
import Kappa
import TestSupport
import Testing

@Suite("A NumPy file")
struct NumPyFileTests {
  static let types: [(String, AnyTensor)] = [
    ("f4", .float(FormatFixture.reals([2, 3]))), ("f8", .double(FormatFixture.reals([2, 3]))),
    ("i4", .int32(FormatFixture.int32([2, 3]))), ("i8", .int64(FormatFixture.int64([2, 3]))),
    ("b1", .bool(FormatFixture.bools([2, 3]))), ("f2", .float(FormatFixture.reals([2, 3]))),
    ("i1", .int32(FormatFixture.int32([2, 3]))), ("u1", .int32(FormatFixture.int32([2, 3], signed: false))),
    ("i2", .int32(FormatFixture.int32([2, 3]))), ("u2", .int32(FormatFixture.int32([2, 3], signed: false))),
    ("u4", .int64(FormatFixture.int64([2, 3], signed: false))),
    ("big-f4", .float(FormatFixture.reals([2, 3]))), ("big-f8", .double(FormatFixture.reals([2, 3]))),
    ("big-i4", .int32(FormatFixture.int32([2, 3]))), ("big-i8", .int64(FormatFixture.int64([2, 3]))),
    ("big-f2", .float(FormatFixture.reals([2, 3]))), ("big-u2", .int32(FormatFixture.int32([2, 3], signed: false))),
    ("fortran-f4", .float(FormatFixture.reals([2, 3, 2]))), ("fortran-f8", .double(FormatFixture.reals([2, 3, 2]))),
    ("fortran-b1", .bool(FormatFixture.bools([2, 3, 2]))), ("rank-0", .double(FormatFixture.reals([]))),
    ("rank-1", .float(FormatFixture.reals([5]))), ("empty", .int32(FormatFixture.int32([3, 0]))),
    ("long", .float(FormatFixture.reals([1, 1, 1000]))),
  ]

  @Test("that NumPy wrote is read: types, byte orders, element orders, ranks", arguments: types)
  func readsNumPy(name: String, expected: AnyTensor) throws {
    let path = FormatFixture.path(name + ".npy")
    #expect(try NumPyFile.readAny(path) == expected)
    #expect(try NumPyFile.decode(FormatFixture.bytes(name + ".npy")) == expected)
    let header = try NumPyFile.header(of: path)
    #expect(header.shape == expected.shape && header.isBigEndian == (name.hasPrefix("big") || name == "fortran-f8"))
    #expect(header.order == (name.hasPrefix("fortran") ? .columnMajor : .rowMajor))
  }

  @Test(
    "has the bytes that NumPy writes", arguments: ["f4", "f8", "i4", "i8", "b1", "rank-0", "rank-1", "empty", "long"])
  func writesAsNumPy(name: String) throws {
    let bytes = try FormatFixture.bytes(name + ".npy")
    #expect(try NumPyFile.decode(bytes).numPyBytes == bytes)
  }

  @Test(arguments: [NumPyHeader.Version.v1, .v2, .v3], [NumPyHeader.Order.rowMajor, .columnMajor])
  func `has the bytes that NumPy writes in each version and order`(_ version: NumPyHeader.Version, _ order: NumPyHeader.Order)
    throws
  {
    let tensor: Tensor<Double> = FormatFixture.reals([2, 3])
    let expected = try FormatFixture.bytes("version-\(version.rawValue)-\(order == .rowMajor ? "C" : "F").npy")
    #expect(NumPyFile.encode(tensor, version: version, order: order) == expected)
    // A view is written as what it shows.
    let view = tensor.transposed().contiguous().transposed()
    #expect(NumPyFile.encode(view, version: version, order: order) == expected)
    #expect(try NumPyFile.decode(expected) == .double(tensor))
  }

  @Test func `that is written to a folder yet to be made is read back`() throws {
    try withTemporaryFolder { folder in
      let tensor: Tensor<Float> = RandomStream(seed: 1).normal([300, 400])
      let path = folder + "/a/b/x.npy"
      try NumPyFile.write(tensor.transposed(), to: path)
      #expect(try NumPyFile.read(path) == tensor.transposed())
      #expect(try NumPyFile.map(path) == tensor.transposed())
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b") == ["x.npy"])
      #expect(throws: FileError.self) { try NumPyFile.write(tensor, to: path + "/below.npy") }
    }
  }

  @Test func `holds halves that become the same numbers`() throws {
    let expected: Tensor<Float> = try NumPyFile.read(FormatFixture.path("halves-as-f4.npy"))
    let halves: Tensor<Float> = try NumPyFile.read(FormatFixture.path("halves.npy"))
    #expect(halves.elements.map(\.bitPattern) == expected.elements.map(\.bitPattern))
    // All patterns: sign, exponent and fraction by their definition.
    var bytes = NumPyFile.encode(Tensor<Float>(zeros: [32768])).prefix(128)
    bytes.replace("'<f4'".utf8, with: "'<f2'".utf8, maxReplacements: 1)
    bytes.replace("(32768,)".utf8, with: "(65536,)".utf8, maxReplacements: 1)
    for pattern in UInt16.min ... .max { bytes += [UInt8(pattern & 0xFF), UInt8(pattern >> 8)] }
    guard case .float(let all) = try NumPyFile.decode(Array(bytes)) else { throw CocoaError(.coderInvalidValue) }
    for (pattern, value) in all.elements.enumerated() {
      let (exponent, fraction) = (pattern >> 10 & 31, Double(pattern & 1023))
      let magnitude = exponent == 0 ? fraction * 0x1p-24 : (1 + fraction / 1024) * exp2(Double(exponent - 15))
      let expected = exponent == 31 ? (fraction == 0 ? .infinity : .nan) : magnitude
      #expect(value.isNaN ? expected.isNaN : Double(value.magnitude) == expected && (value.sign == .minus) == (pattern >= 1 << 15))
    }
  }

  @Test func `is read as a type that holds all its values, and as others when that is asked for`() throws {
    func read<E: TensorElement>(_ name: String, _ type: E.Type, _ conversion: ElementConversion = .widening) throws -> Tensor<E> {
      try NumPyFile.read(FormatFixture.path(name + ".npy"), conversion: conversion)
    }
    #expect(try read("f4", Double.self) == FormatFixture.reals([2, 3]))
    #expect(try read("u1", Float.self) == Tensor([[0, 1, 2], [3, 4, 5]]))
    #expect(try read("i4", Int64.self) == FormatFixture.int64([2, 3]))
    #expect(try read("b1", Float.self) == Tensor([[1, 0, 0], [1, 0, 0]]))
    #expect(try read("u4", Double.self) == Tensor([[0, 1, 2], [3, 4, 5]]))
    for name in ["f8", "i8", "i4", "u4"] {
      let error = #expect(throws: TensorFileError.self) { _ = try read(name, Float.self) }
      guard case .wrongElementType(_, asked: .float32) = error?.defect else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
      #expect(try read(name, Float.self, .rounding).shape == [2, 3])
    }
    #expect(try read("i8", Int32.self, .rounding) == FormatFixture.int32([2, 3]))
    let error = #expect(throws: TensorFileError.self) { _ = try read("f8", Int32.self, .rounding) }
    #expect(error?.defect == .valueDoesNotFit(index: 0, value: "-0.75", asked: .int32))
    #expect(error?.path == FormatFixture.path("f8.npy"))
  }

  @Test(
    "holds types one of which holds the other exactly when its values are among the other's", arguments: ElementType.allCases)
  func holds(type: ElementType) {
    // NumPy 2.4.6: numpy.can_cast(a, b) for all pairs, but int64 as float64.
    let expected: [ElementType: Set<ElementType>] = [
      .bool: Set(ElementType.allCases), .int8: [.int8, .int16, .int32, .int64, .float16, .bfloat16, .float32, .float64],
      .uint8: [.uint8, .int16, .uint16, .int32, .uint32, .int64, .float16, .bfloat16, .float32, .float64],
      .int16: [.int16, .int32, .int64, .float32, .float64],
      .uint16: [.uint16, .int32, .uint32, .int64, .float32, .float64], .int32: [.int32, .int64, .float64],
      .uint32: [.uint32, .int64, .float64], .int64: [.int64], .float16: [.float16, .float32, .float64],
      .bfloat16: [.bfloat16, .float32, .float64], .float32: [.float32, .float64], .float64: [.float64],
    ]
    #expect(Set(ElementType.allCases.filter { $0.holds(type) }) == expected[type])
    #expect(type.tensorType.holds(type))
  }

  @Test(arguments: [("structure", "structure"), ("object", "'|O'"), ("complex", "'<c8'"), ("u8", "'<u8'")])
  func `with other elements is refused by type`(name: String, type: String) throws {
    let error = #expect(throws: TensorFileError.self) { _ = try NumPyFile.readAny(FormatFixture.path(name + ".npy")) }
    #expect(error?.defect == .unsupportedElementType(type))
  }

  /// A file with this header, of version 1.0.
  private func file(_ header: String, data: Int = 0) -> [UInt8] {
    var bytes = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }) + [1, 0]
    bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)]
    return bytes + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  @Test(
    "with the header of an old or different writer is read",
    arguments: [
      #"{"descr": "<f8", "fortran_order": False, "shape": (2L, 3L)}"#, "{'shape':(2,3),'fortran_order':False,'descr':'=f8'}\n",
      " { 'shape' : ( 2 , 3 , ) , 'descr' : '<f8' , 'fortran_order' : False , } ",
    ])
  func otherHeaders(header: String) throws {
    #expect(try NumPyFile.decode(file(header, data: 48)).shape == [2, 3])
  }

  @Test(
    "with a damaged header says so",
    arguments: [
      "", "{", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': 0, 'shape': ()}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2.0,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': [2]}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': ()} x",
      "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (), 'extra': 1}", "{'descr': '<f8, 'fortran_order': False, 'shape': ()}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", "import os", "{'a\\'b': 1}",
    ])
  func damagedHeaders(header: String) throws {
    let error = #expect(throws: TensorFileError.self) { _ = try NumPyFile.decode(file(header, data: 16)) }
    guard case .malformed = error?.defect else {
      Issue.record("\(header): \(String(describing: error))")
      return
    }
  }

  @Test(
    "that claims shapes beyond reason takes no memory for them",
    arguments: [
      "(1152921504606846976,)", "(1152921504606846976, 16)", "(4294967296, 4294967296, 4294967296)", "(0, 9223372036854775807, 2)",
      "(0, 2147483647, 2147483647)", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "(2147483648,)", "(2147483647,)", "(65536, 16384)",
    ])
  func absurdShapes(shape: String) throws {
    for code in ["<f8", "|b1", "|u1"] {
      let error = #expect(throws: TensorFileError.self) {
        _ = try NumPyFile.decode(file("{'descr': '\(code)', 'fortran_order': False, 'shape': \(shape)}", data: 16))
      }
      switch error?.defect {
      case .unsupportedShape, .truncated: break
      default: Issue.record("\(shape): \(String(describing: error))")
      }
    }
  }

  @Test(arguments: 0..<176)
  func `that ends early is noticed at every length`(length: Int) throws {
    let error = #expect(throws: TensorFileError.self) {
      _ = try NumPyFile.decode(Array(FormatFixture.bytes("f8.npy").prefix(length)))
    }
    switch error?.defect {
    case .truncated(_, let found): #expect(found == length)
    case .notRecognized: #expect(length == 0)
    default: Issue.record("\(length): \(String(describing: error))")
    }
  }

  @Test func `with more, other or impossible bytes says so`() throws {
    func defect(_ change: (inout [UInt8]) -> Void) throws -> TensorFileError.Defect? {
      var bytes = try FormatFixture.bytes("f8.npy")
      change(&bytes)
      do throws(TensorFileError) {
        _ = try NumPyFile.decode(bytes)
        return nil
      } catch {
        return error.defect
      }
    }
    #expect(try defect { $0 += [0] } == .trailingData(expected: 176, found: 177))
    #expect(try defect { $0[0] = 0x94 } == .notRecognized(format: "NumPy (.npy)"))
    #expect(try defect { $0[6] = 4 } == .unsupportedVersion(major: 4, minor: 0))
    #expect(try defect { $0[7] = 1 } == .unsupportedVersion(major: 1, minor: 1))
    #expect(
      try defect { ($0[6], $0[8], $0[9], $0[10], $0[11]) = (2, 0xFF, 0xFF, 0xFF, 0xFF) }
        == .headerTooLong(length: Int(UInt32.max), limit: NumPyHeader.maximumLength))
    var bytes = try FormatFixture.bytes("b1.npy")
    bytes[130] = 2
    let error = #expect(throws: TensorFileError.self) { _ = try NumPyFile.decode(bytes) }
    #expect(error?.defect == .invalidBoolean(2) && error?.offset == 130)
  }

  @Test func `that is not there, or is no file, is unreadable`() throws {
    try withTemporaryFolder { folder in
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      for path in [folder, folder + "/absent", folder + "/pipe"] {
        let error = #expect(throws: TensorFileError.self) { _ = try NumPyFile.readAny(path) }
        guard case .unreadable = error?.defect, error?.path == path else {
          Issue.record("\(path): \(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test func `has errors that say where, what and what to do`() {
    let error = TensorFileError(path: "/p/x.npz", member: "w", offset: 12, defect: .checksum(expected: 1, found: 0xABC))
    #expect(
      error.description
        == "/p/x.npz, tensor 'w', byte 12: has the checksum 00000abc, not 00000001; the data is damaged: fetch or write it again")
  }
}
