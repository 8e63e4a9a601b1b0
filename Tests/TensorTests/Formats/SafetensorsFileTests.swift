import Foundation
import Kappa
import TestSupport
import Testing

@Suite("A safetensors file")
struct SafetensorsFileTests {
  /// What the fixtures hold, in the format's order: wide types first, then by name.
  static let named: NamedTensors = {
    var result = NamedTensors()
    for name in ["labels", "step", "layers/0/bias", "größe", "weight", "indices", "mask"] {
      result[name] = FormatFixture.named[name]
    }
    return result
  }()

  @Test func `that the library wrote from NumPy arrays is read`() throws {
    let path = FormatFixture.path("numpy.safetensors")
    for file in try [SafetensorsFile(path), SafetensorsFile(decoding: FormatFixture.bytes("numpy.safetensors"))] {
      #expect(file.metadata == ["format": "np \"quoted\"\n"])
      #expect(file.names == Self.named.names)
      #expect(try file.readAll() == Self.named)
      for name in file.names.reversed() { #expect(try file.readAny(name) == Self.named[name]) }
    }
    #expect(try SafetensorsFile(FormatFixture.path("empty.safetensors")).readAll() == [:])
  }

  @Test func `that the library wrote from PyTorch's tensors is read, half and brain floats and small integers widened`() throws {
    let file = try SafetensorsFile(FormatFixture.path("torch.safetensors"))
    for (name, tensor) in Self.named { #expect(try file.readAny(name) == tensor) }
    #expect(try file.readAny("half") == .float(Tensor([0.5, -2, 65504])))
    #expect(try file.readAny("brain") == .float(Tensor([1, -3, 0x1p100])))
    #expect(try file.readAny("bytes") == .int32(Tensor([0, 1, 2, 3, 4])))
    #expect(try file.readAny("short") == .int32(Tensor([-2, -1, 0, 1])))
    #expect(try file.readAny("none") == .float(Tensor(zeros: [0, 3])))
    #expect(try file.read("half", as: Double.self) == Tensor([0.5, -2, 65504]))
    #expect(try file.readAll().names == file.names)
  }

  /// A file with one tensor.
  private func file(_ type: String, _ lengths: [Int], _ data: [UInt8]) -> [UInt8] {
    safetensors(#"{"x":{"dtype":"\#(type)","shape":\#(lengths),"data_offsets":[0,\#(data.count)]}}"#, data)
  }

  static let types: [(type: String, data: [UInt8], expected: AnyTensor)] = [
    ("BOOL", [1, 0], .bool(Tensor([true, false]))), ("I8", [0x80, 0x7F], .int32(Tensor([-128, 127]))),
    ("U8", [0x80, 0xFF], .int32(Tensor([128, 255]))), ("I16", [0, 0x80, 0xFF, 0x7F], .int32(Tensor([-32768, 32767]))),
    ("U16", [0, 0x80, 0xFF, 0xFF], .int32(Tensor([32768, 65535]))),
    ("I32", [0, 0, 0, 0x80, 4, 3, 2, 1], .int32(Tensor([.min, 0x0102_0304]))),
    ("U32", [0, 0, 0, 0x80, 255, 255, 255, 255], .int64(Tensor([1 << 31, 1 << 32 - 1]))),
    ("I64", [0, 0, 0, 0, 0, 0, 0, 0x80, 8, 7, 6, 5, 4, 3, 2, 1], .int64(Tensor([.min, 0x0102_0304_0506_0708]))),
    ("F16", [0, 0x3C, 0xFF, 0xFB], .float(Tensor([1, -65504]))),
    ("BF16", [0x80, 0x3F, 0x80, 0xFF], .float(Tensor([1, -.infinity]))),
    ("F32", [0, 0, 0x80, 0x3F, 1, 0, 0, 0], .float(Tensor([1, .leastNonzeroMagnitude]))),
    ("F64", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0], .double(Tensor([1, -2]))),
  ]

  @Test("is read from each type", arguments: types)
  func type(type: String, data: [UInt8], expected: AnyTensor) throws {
    #expect(try SafetensorsFile(decoding: file(type, [2], data)).readAny("x") == expected)
  }

  @Test("with a type that no tensor takes holds others to be read", arguments: ["U64", "F8_E4M3", "C64", "novel"])
  func unknownType(type: String) throws {
    let bytes = safetensors(
      """
      {"a":{"dtype":"\(type)","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[1],"data_offsets":[8,9]}}
      """, [UInt8](repeating: 5, count: 9))
    let file = try SafetensorsFile(decoding: bytes)
    #expect(try file.readAny("b") == .int32(Tensor([5])))
    let error = #expect(throws: TensorFileError.self) { _ = try file.readAny("a") }
    #expect(error?.defect == .unsupportedElementType(type) && error?.member == "a")
    #expect(try SafetensorsFile(FormatFixture.path("float8.safetensors")).readAny("b") == .float(Tensor(ones: [2])))
  }

  @Test func `gives tensors of the type asked for, or says why not`() throws {
    let path = FormatFixture.path("numpy.safetensors")
    let file = try SafetensorsFile(path)
    #expect(try file.read("indices", as: Double.self) == (FormatFixture.int32([3]).converted() as Tensor<Double>))
    #expect(throws: TensorFileError(path: path, member: "labels", defect: .wrongElementType(found: .int64, asked: .float32))) {
      _ = try file.read("labels", as: Float.self)
    }
    #expect(throws: TensorFileError(path: path, member: "absent", defect: .missing(available: Self.named.names))) {
      _ = try file.readAny("absent")
    }
    #expect(throws: TensorFileError(path: path, member: "weight", defect: .valueDoesNotFit(index: 0, value: "-0.75", asked: .bool)))
    {
      _ = try file.read("weight", as: Bool.self, conversion: .rounding)
    }
  }

  // MARK: - Writing

  @Test func `has the bytes that the library writes, whatever the order of its tensors`() throws {
    let expected = try FormatFixture.bytes("numpy.safetensors")
    for tensors in [FormatFixture.named, Self.named] {
      #expect(SafetensorsFile.encode(tensors, metadata: ["format": "np \"quoted\"\n"]) == expected)
    }
    #expect(try SafetensorsFile.encode([:]) == FormatFixture.bytes("empty.safetensors"))
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(FormatFixture.named, metadata: ["format": "np \"quoted\"\n"], to: folder + "/a/x.safetensors")
      #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/a/x.safetensors"))) == expected)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a") == ["x.safetensors"])
    }
  }

  @Test func `keeps strange names and texts`() throws {
    let strange = ["", " ", "\"", "\\", "/", "\u{0}", "\u{1F}\u{7F}", "\r\n\t\u{8}\u{C}", "größe", "𝛁f", "a.b.0", "{}[],:"]
    var tensors = NamedTensors()
    for (index, name) in strange.enumerated() { tensors.set(name, to: Tensor<Float>(repeating: Float(index), shape: [1])) }
    let metadata = Dictionary(uniqueKeysWithValues: strange.map { ($0, "<" + $0 + ">") })
    let file = try SafetensorsFile(decoding: SafetensorsFile.encode(tensors, metadata: metadata))
    #expect(file.metadata == metadata)
    #expect(Set(file.names) == Set(strange))
    for name in strange { #expect(try file.readAny(name) == tensors[name]) }
  }

  @Test func `writes views as what they show`() throws {
    let tensor: Tensor<Double> = RandomStream(seed: 4).normal([3, 5])
    let file = try SafetensorsFile(decoding: SafetensorsFile.encode(["x": .double(tensor.transposed())]))
    #expect(try file.read("x") == tensor.transposed())
  }

  @Test func `has no tensor by the name of its metadata`() async {
    await #expect(processExitsWith: .failure) { _ = SafetensorsFile.encode(["__metadata__": .float(Tensor(zeros: [1]))]) }
  }
}
