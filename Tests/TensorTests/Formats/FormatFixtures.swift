import Foundation
import Kappa
import Testing

/// Files made by NumPy, PyTorch and the safetensors library: Tests/Fixtures/formats/make.py.
enum FormatFixture {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func path(_ name: String) -> String { fixtures.appendingPathComponent("formats/\(name)").path }

  static func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  /// The arrays that the script makes: element i of n is (i - n / 2) / 4, an integer i - n / 2, or whether i is a multiple of 3.
  static func reals<S: TensorScalar>(_ shape: Shape) -> Tensor<S> {
    let n = shape.elementCount
    return Tensor((0..<n).map { S($0 - n / 2) / 4 }, shape: shape)
  }
  static func int32(_ shape: Shape, signed: Bool = true) -> Tensor<Int32> {
    let n = shape.elementCount
    return Tensor((0..<n).map { Int32($0 - (signed ? n / 2 : 0)) }, shape: shape)
  }
  static func int64(_ shape: Shape, signed: Bool = true) -> Tensor<Int64> {
    let n = shape.elementCount
    return Tensor((0..<n).map { Int64($0 - (signed ? n / 2 : 0)) }, shape: shape)
  }
  static func bools(_ shape: Shape) -> Tensor<Bool> {
    Tensor((0..<shape.elementCount).map { $0 % 3 == 0 }, shape: shape)
  }

  /// The arrays in the archives.
  static let named: NamedTensors = [
    "weight": .float(reals([2, 3])), "layers/0/bias": .double(reals([4])), "labels": .int64(int64([5])),
    "indices": .int32(int32([3])), "mask": .bool(bools([2, 2])), "step": .int64(int64([])), "größe": .float(reals([1])),
  ]
}

/// Calls `body` with a fresh folder, which is removed afterwards.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kappa-tensor-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

extension AnyTensor {
  /// The bytes that `NumPyFile` makes of the tensor.
  var numPyBytes: [UInt8] {
    switch self {
    case .float(let tensor): NumPyFile.encode(tensor)
    case .double(let tensor): NumPyFile.encode(tensor)
    case .int32(let tensor): NumPyFile.encode(tensor)
    case .int64(let tensor): NumPyFile.encode(tensor)
    case .bool(let tensor): NumPyFile.encode(tensor)
    }
  }
}
