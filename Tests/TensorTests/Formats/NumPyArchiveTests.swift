import Foundation
import Kappa
import Tensor
import TestSupport
import Testing

@Suite("A NumPy archive")
struct NumPyArchiveTests {
  @Test(
    "that Python wrote is read: stored, compressed, with sizes behind the data, with 64-bit records",
    arguments: ["stored", "compressed", "descriptors", "zip64"])
  func readsNumPy(name: String) throws {
    var expected = FormatFixture.named
    if name == "compressed" { expected["zeros"] = .double(Tensor(zeros: [100, 100])) }
    let path = FormatFixture.path(name + ".npz")
    for archive in try [NumPyArchive(path), NumPyArchive(decoding: FormatFixture.bytes(name + ".npz"))] {
      #expect(archive.names == expected.names)
      #expect(try archive.readAll() == expected)
      // One after the other, in another order than they lie.
      for name in archive.names.reversed() { #expect(try archive.readAny(name) == expected[name]) }
    }
  }

  @Test func `is opened where it has no members, or a comment that looks like its end`() throws {
    #expect(try NumPyArchive(FormatFixture.path("empty.npz")).readAll() == [:])
    #expect(try NumPyArchive(FormatFixture.path("comment.npz")).readAll() == ["x": .double(FormatFixture.reals([3]))])
  }

  @Test func `of highly compressed data is read`() throws {
    #expect(try NumPyArchive(FormatFixture.path("bomb.npz")).read("x", as: Double.self) == Tensor(zeros: [1 << 17]))
  }

  @Test func `gives tensors of the type asked for as NumPy files do`() throws {
    let archive = try NumPyArchive(FormatFixture.path("stored.npz"))
    #expect(try archive.read("weight", as: Double.self) == FormatFixture.reals([2, 3]))
    #expect(try archive.read("labels", as: Int32.self, conversion: .rounding) == FormatFixture.int32([5]))
    let path = FormatFixture.path("stored.npz")
    #expect(throws: TensorFileError(path: path, member: "labels", defect: .wrongElementType(found: .int64, asked: .float64))) {
      _ = try archive.read("labels", as: Double.self)
    }
    let names = ["weight", "layers/0/bias", "labels", "indices", "mask", "step", "größe"]
    #expect(throws: TensorFileError(path: path, member: "absent", defect: .missing(available: names))) {
      _ = try archive.readAny("absent")
    }
  }

  @Test func `can be read after its file is gone`() throws {
    try withTemporaryFolder { folder in
      try NumPyArchive.write(FormatFixture.named, to: folder + "/x.npz")
      let archive = try NumPyArchive(folder + "/x.npz")
      try FileManager.default.removeItem(atPath: folder + "/x.npz")
      #expect(try archive.readAll() == FormatFixture.named)
    }
  }

  // MARK: - Writing

  @Test(arguments: [("stored", FormatFixture.named), ("empty", NamedTensors())])
  func `has the bytes that NumPy writes`(name: String, tensors: NamedTensors) throws {
    try withTemporaryFolder { folder in
      try NumPyArchive.write(tensors, to: folder + "/new/x.npz")
      #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/new/x.npz"))) == FormatFixture.bytes(name + ".npz"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new") == ["x.npz"])
    }
  }

  @Test func `beyond the limits of 32 bits has the records that Python writes`() throws {
    // The limits that the fixture was written with.
    var bytes: [UInt8] = []
    var writer = ZipWriter<Never>(limits: (size: 10, count: 1)) { bytes.append(contentsOf: $0) }
    NumPyArchive.emit(FormatFixture.named, .none, to: &writer)
    #expect(try bytes == FormatFixture.bytes("zip64.npz"))
  }

  @Test("that is compressed at any level is read back, and smaller", arguments: 1...9)
  func compressed(level: Int) throws {
    try withTemporaryFolder { folder in
      // More than one piece of zlib's output, one that does not shrink, one with many pieces of input a piece of output, and none.
      let tensors: NamedTensors = [
        "noise": .float(RandomStream(seed: 1).normal([300, 301])), "zeros": .double(Tensor(zeros: [500, 500])),
        "view": .double((RandomStream(seed: 2).normal([20, 30]) as Tensor<Double>).transposed()), "none": .bool(Tensor(zeros: [0])),
      ]
      try NumPyArchive.write(tensors, to: folder + "/x.npz", compression: .deflate(level: level))
      #expect(try NumPyArchive(folder + "/x.npz").readAll() == tensors)
      let size = try FileManager.default.attributesOfItem(atPath: folder + "/x.npz")[.size] as? Int ?? .max
      #expect(size < 300 * 301 * 4 + 30_000)
    }
  }

  @Test func `is not written under names that lead out of it, nor at levels that zlib does not have`() async {
    await #expect(processExitsWith: .failure) {
      try NumPyArchive.write(["../x": .float(Tensor(zeros: [1]))], to: NSTemporaryDirectory() + "/kappa-unsafe.npz")
    }
    await #expect(processExitsWith: .failure) {
      try NumPyArchive.write(["/x": .float(Tensor(zeros: [1]))], to: NSTemporaryDirectory() + "/kappa-unsafe.npz")
    }
    await #expect(processExitsWith: .failure) {
      try NumPyArchive.write(
        ["x": .float(Tensor(zeros: [1]))], to: NSTemporaryDirectory() + "/kappa-unsafe.npz", compression: .deflate(level: 10))
    }
  }
}
