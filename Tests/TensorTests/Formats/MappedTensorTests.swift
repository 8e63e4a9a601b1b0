import Foundation
import Kappa
import TestSupport
import Testing

@Suite("A mapped tensor")
struct MappedTensorTests {
  /// Each format's way to map a tensor of a file that holds it, and the bytes of the file.
  enum Format: CaseIterable {
    case numPy, safetensors

    func write<E: TensorElement>(_ tensor: Tensor<E>, to path: String) throws {
      switch self {
      case .numPy: try NumPyFile.write(tensor, to: path)
      // Behind another one and at an odd multiple of its own alignment.
      case .safetensors: try SafetensorsFile.write(["a": AnyTensor(Tensor<E>(zeros: [1])), "x": AnyTensor(tensor)], to: path)
      }
    }

    func map<E: TensorElement>(_ path: String, as type: E.Type = E.self) throws -> Tensor<E> {
      switch self {
      case .numPy: try NumPyFile.map(path)
      case .safetensors: try SafetensorsFile(path).map("x")
      }
    }
  }

  private func bytes(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test("has the elements of its file, and writing to it leaves the file and its copies alone", arguments: Format.allCases)
  func copyOnWrite(format: Format) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x"
      let original: Tensor<Double> = RandomStream(seed: 3).normal([1000, 41])
      try format.write(original, to: path)
      let file = try bytes(path)

      var mapped: Tensor<Double> = try format.map(path)
      let copy = mapped
      #expect(mapped == original)
      mapped *= 2
      mapped[3, 4] = 5
      #expect(copy == original)

      // The only owner writes in place: to private pages.
      var own: Tensor<Double> = try format.map(path)
      let place = own.withUnsafeElements { $0.baseAddress }
      own[0, 0] = 7
      own[999, 40] = 8
      #expect(own.withUnsafeElements { $0.baseAddress } == place)
      #expect(own[0, 0] == 7 && own[999, 40] == 8 && own[500, 20] == original[500, 20])
      #expect(try bytes(path) == file)
      #expect(try format.map(path) == original)
    }
  }

  @Test("stays what it was when its file is replaced or deleted", arguments: Format.allCases)
  func deleted(format: Format) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x"
      let original: Tensor<Float> = RandomStream(seed: 4).normal([70_001])
      try format.write(original, to: path)
      let mapped: Tensor<Float> = try format.map(path)
      try format.write(original + 1, to: path)
      #expect(try format.map(path) == original + 1)
      try FileManager.default.removeItem(atPath: path)
      // Only now are its pages read.
      #expect(mapped == original)
    }
  }

  @Test("takes part in computations like any other, whatever its alignment", arguments: Format.allCases)
  func computes(format: Format) throws {
    func check<S: TensorScalar>(_ type: S.Type) throws {
      try withTemporaryFolder { folder in
        let original: Tensor<S> = RandomStream(seed: 5).normal([67, 33])
        try format.write(original, to: folder + "/x")
        let mapped: Tensor<S> = try format.map(folder + "/x")
        #expect(matmul(mapped.transposed(), mapped) == matmul(original.transposed(), original))
        #expect(mapped.sum() == original.sum())
        let (found, expected): (Tensor<S>, Tensor<S>) = (mapped.exp() + mapped, original.exp() + original)
        #expect(found == expected)
        #expect(mapped.transposed().contiguous() == original.transposed().contiguous())
        #expect(mapped.converted(to: Int32.self) == original.converted(to: Int32.self))
      }
    }
    try check(Float.self)
    try check(Double.self)
  }

  @Test func `of integers is mapped too, and one without elements`() throws {
    #expect(try NumPyFile.map(FormatFixture.path("i4.npy")) == FormatFixture.int32([2, 3]))
    #expect(try NumPyFile.map(FormatFixture.path("i8.npy")) == FormatFixture.int64([2, 3]))
    #expect(try NumPyFile.map(FormatFixture.path("empty.npy"), as: Int32.self).shape == [3, 0])
    #expect(try NumPyFile.map(FormatFixture.path("fortran-f4.npy")) == (FormatFixture.reals([2, 3, 2]) as Tensor<Float>))
    #expect(try NumPyFile.map(FormatFixture.path("rank-0.npy")) == (FormatFixture.reals([]) as Tensor<Double>))
    let file = try SafetensorsFile(FormatFixture.path("torch.safetensors"))
    for (name, tensor) in SafetensorsFileTests.named {
      switch tensor {
      case .float(let tensor): #expect(try file.map(name) == tensor)
      case .double(let tensor): #expect(try file.map(name) == tensor)
      case .int32(let tensor): #expect(try file.map(name) == tensor)
      case .int64(let tensor): #expect(try file.map(name) == tensor)
      case .bool: break
      }
    }
    #expect(try file.map("none", as: Float.self).shape == [0, 3])
  }

  @Test func `occupies none of the tensors' memory`() async {
    // In a process of its own: other tests use tensors at the same time.
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        try NumPyFile.write(Tensor<Double>(ones: [1000, 1000]), to: folder + "/x.npy")
        let before = Memory.statistics.inUse
        let mapped: Tensor<Double> = try NumPyFile.map(folder + "/x.npy")
        guard Memory.statistics.inUse - before < 4096, mapped[999, 999] == 1 else { exit(1) }
        // What is taken for a copy is given back; the mapping is not given to the pool.
        do {
          var copy = mapped
          copy[0, 0] = 2
          guard Memory.statistics.inUse - before >= 8_000_000 else { exit(2) }
        }
        guard Memory.statistics.inUse - before < 4096, mapped[0, 0] == 1 else { exit(3) }
      }
    }
  }

  private func defect<E: TensorElement>(_ type: E.Type, _ body: () throws(TensorFileError) -> Tensor<E>) -> TensorFileError.Defect?
  {
    do throws(TensorFileError) {
      _ = try body()
      return nil
    } catch {
      return error.defect
    }
  }

  @Test func `is not to be had of other types, Booleans, bytes in the wrong order or place, or memory`() throws {
    func defect<E: TensorElement>(_ name: String, _ type: E.Type) -> TensorFileError.Defect? {
      self.defect(type) { () throws(TensorFileError) in try NumPyFile.map(FormatFixture.path(name + ".npy")) }
    }
    #expect(defect("f4", Double.self) == .wrongElementType(found: .float32, asked: .float64))
    #expect(defect("f2", Float.self) == .wrongElementType(found: .float16, asked: .float32))
    #expect(defect("b1", Bool.self) == .notMappable(reason: "bytes must be checked to be Booleans"))
    #expect(defect("big-f8", Double.self) == .notMappable(reason: "its bytes are in big-endian order"))
    try withTemporaryFolder { folder in
      // The header's own length puts the elements anywhere.
      let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
      for padding in 0..<4 {
        let text = Array((header + String(repeating: " ", count: padding)).utf8)
        let bytes = Array(NumPyFile.encode(Tensor<Float>(zeros: [2])).prefix(8)) + [UInt8(text.count), 0] + text
        try write(bytes + [0, 0, 128, 63, 0, 0, 0, 64], to: folder + "/x.npy")
        let found = self.defect(Float.self) { () throws(TensorFileError) in try NumPyFile.map(folder + "/x.npy") }
        let isAligned = bytes.count % 4 == 0
        #expect(found == (isAligned ? nil : .notMappable(reason: "it is not aligned for float32")))
        #expect(try NumPyFile.read(folder + "/x.npy", as: Float.self) == Tensor([1, 2]))
      }
      // Behind an odd number of bytes.
      let file = safetensors(
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#,
        [0, 0, 0, 128, 63])
      try write(file, to: folder + "/x.safetensors")
      let archive = try SafetensorsFile(folder + "/x.safetensors")
      #expect(try archive.read("x", as: Float.self) == Tensor([1]))
      let found = self.defect(Float.self) { () throws(TensorFileError) in try archive.map("x") }
      #expect(found == .notMappable(reason: "it is not aligned for float32"))
    }
    let memory = try SafetensorsFile(decoding: FormatFixture.bytes("numpy.safetensors"))
    let found = self.defect(Float.self) { () throws(TensorFileError) in try memory.map("weight") }
    #expect(found == .notMappable(reason: "it is not a file"))
  }
}
