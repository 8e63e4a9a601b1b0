import Foundation
import Kappa
import Tensor
import Testing

@Suite("A tensor file that is written")
struct AtomicTensorFileTests {
  @Test("over another that cannot be finished leaves that one, and nothing else")
  func interrupted() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.npy"
      try NumPyFile.write(Tensor<Float>([1, 2]), to: path)
      let error = #expect(throws: FileError.self) {
        try AtomicFile.write(to: path) { file throws(SystemError) in
          try file.write([1, 2, 3])
          throw SystemError(description: "no more")
        }
      }
      #expect(error == FileError(path: path, action: "write", reason: "no more"))
      #expect(try NumPyFile.read(path) == (Tensor([1, 2]) as Tensor<Float>))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.npy"])
    }
  }

  @Test func `is refused by the system halfway and leaves the older one`() async {
    // In a process of its own, which may write no file longer than 100 kB.
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let small: NamedTensors = ["x": .double(Tensor(ones: [10]))]
        let large: NamedTensors = ["x": .double(Tensor(ones: [100_000]))]
        signal(SIGXFSZ, SIG_IGN)
        try NumPyFile.write(Tensor<Double>(ones: [10]), to: folder + "/x.npy")
        try NumPyArchive.write(small, to: folder + "/x.npz")
        try SafetensorsFile.write(small, to: folder + "/x.safetensors")
        var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
        #if os(Linux)
          setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
          setrlimit(RLIMIT_FSIZE, &limit)
        #endif
        var failures = 0
        do { try NumPyFile.write(Tensor<Double>(ones: [100_000]), to: folder + "/x.npy") } catch { failures += 1 }
        do { try NumPyArchive.write(large, to: folder + "/x.npz") } catch { failures += 1 }
        do { try SafetensorsFile.write(large, to: folder + "/x.safetensors") } catch { failures += 1 }
        guard failures == 3 else { exit(1) }
        guard try NumPyFile.readAny(folder + "/x.npy") == small["x"], try NumPyArchive(folder + "/x.npz").readAll() == small,
          try SafetensorsFile(folder + "/x.safetensors").readAll() == small
        else { exit(2) }
        guard try FileManager.default.contentsOfDirectory(atPath: folder).count == 3 else { exit(3) }
      }
    }
  }

  @Test func `is the old or the new one to whoever reads it meanwhile`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kappa-atomic-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    @Sendable func tensors(_ version: Int) -> NamedTensors {
      ["x": .double(Tensor(repeating: Double(version), shape: [200 * version]))]
    }
    try SafetensorsFile.write(tensors(1), to: folder + "/x")
    try await withThrowingTaskGroup { group in
      group.addTask {
        for round in 2...20 { try SafetensorsFile.write(tensors(round), to: folder + "/x") }
      }
      group.addTask {
        var version = 1
        while version < 20 {
          // A writer that failed cancels its readers, and where there is one core it gets its turn.
          try Task.checkCancellation()
          await Task.yield()
          let found: Tensor<Double> = try SafetensorsFile(folder + "/x").read("x")
          #expect(found.count >= 200 * version)
          version = found.count / 200
          #expect(found == Tensor(repeating: Double(version), shape: [200 * version]))
        }
      }
      for try await _ in group {}
    }
  }
}
