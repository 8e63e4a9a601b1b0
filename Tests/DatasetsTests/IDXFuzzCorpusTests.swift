import Datasets
import Foundation
import Testing

/// Inputs that the fuzzer (Fuzz/run.sh) found to reach new code, and those that ever stopped the program.
@Suite("An IDX file from the fuzzer's corpus")
struct IDXFuzzCorpusTests {
  @Test func `is images, labels or an error`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/fuzz-corpus/IDX")
    var (decoded, refused) = (0, 0)
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      let bytes = try [UInt8](Data(contentsOf: file))
      for rank in [1, 3] {
        do throws(IDXError) {
          let found = try IDXFile(contents: bytes, rank: rank)
          #expect(found.dimensions.reduce(1, *) == found.bytes.count)
          decoded += 1
        } catch {
          #expect(!error.description.isEmpty)
          refused += 1
        }
      }
    }
    #expect(decoded >= 4 && refused >= 20, "\(decoded) decoded, \(refused) refused")
  }
}
