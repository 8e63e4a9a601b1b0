import Foundation
import Kappa
import Tensor
import Testing

/// What Tests/Fixtures/formats/check.py reads with NumPy, PyTorch and the safetensors library.
@Suite("An exchange of files", .enabled(if: ProcessInfo.processInfo.environment["KAPPA_EXCHANGE"] != nil))
struct ExchangeTests {
  let folder = ProcessInfo.processInfo.environment["KAPPA_EXCHANGE"] ?? ""

  static let shapes: [Shape] = [[], [0, 3], [5], [2, 3, 4], [301, 307]]

  private func name(_ code: String, _ shape: Shape) -> String { code + shape.map(String.init).joined(separator: "x") }

  private func tensors() -> [(code: String, shape: Shape, tensor: AnyTensor)] {
    ["f4", "f8", "i4", "i8", "b1"].flatMap { code in
      Self.shapes.map { shape in
        let tensor: AnyTensor =
          switch code {
          case "f4": .float(FormatFixture.reals(shape))
          case "f8": .double(FormatFixture.reals(shape))
          case "i4": .int32(FormatFixture.int32(shape))
          case "i8": .int64(FormatFixture.int64(shape))
          default: .bool(FormatFixture.bools(shape))
          }
        return (code, shape, tensor)
      }
    }
  }

  @Test func `writes NumPy files of all types, versions and orders`() throws {
    func write<E: TensorElement>(_ tensor: Tensor<E>, _ name: String) throws {
      for version in NumPyHeader.Version.allCases {
        try NumPyFile.write(tensor, to: "\(folder)/\(name)-\(version.rawValue)-C.npy", version: version)
        try NumPyFile.write(tensor, to: "\(folder)/\(name)-\(version.rawValue)-F.npy", version: version, order: .columnMajor)
      }
    }
    for (code, shape, tensor) in tensors() {
      switch tensor {
      case .float(let tensor): try write(tensor, name(code + "-", shape))
      case .double(let tensor): try write(tensor, name(code + "-", shape))
      case .int32(let tensor): try write(tensor, name(code + "-", shape))
      case .int64(let tensor): try write(tensor, name(code + "-", shape))
      case .bool(let tensor): try write(tensor, name(code + "-", shape))
      }
    }
  }

  @Test func `writes archives of both kinds`() throws {
    var named = NamedTensors()
    for (code, shape, tensor) in tensors() { named[name(code + "/", shape)] = tensor }
    named["größe 𝛁"] = .float(FormatFixture.reals([1]))
    try NumPyArchive.write(named, to: folder + "/stored.npz")
    for level in [1, 6, 9] {
      try NumPyArchive.write(named, to: "\(folder)/level-\(level).npz", compression: .deflate(level: level))
    }
    var bytes: [UInt8] = []
    var writer = ZipWriter<Never>(limits: (size: 10, count: 1)) { bytes.append(contentsOf: $0) }
    NumPyArchive.emit(named, .none, to: &writer)
    try write(bytes, to: folder + "/zip64.npz")
    try SafetensorsFile.write(
      named, metadata: ["format": "pt", "größe \"𝛁\"\n": "\\\t\u{1}"], to: folder + "/x.safetensors")
  }
}
