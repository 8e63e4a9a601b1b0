import Foundation
import Kappa
import Testing

/// Inputs that the fuzzers (Fuzz/run.sh) found to reach new code, and those that ever stopped the program.
@Suite("A file from the fuzzers' corpus")
struct FuzzCorpusTests {
  /// Decodes each file of a reader's corpus; returns how many could be decoded. All others must give the typed error.
  private func replay(
    _ reader: String, _ decode: ([UInt8]) throws(TensorFileError) -> Void
  ) throws -> (decoded: Int, refused: Int) {
    let folder = FormatFixture.fixtures.appendingPathComponent("fuzz-corpus/\(reader)")
    var (decoded, refused) = (0, 0)
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      let bytes = try [UInt8](Data(contentsOf: file))
      do throws(TensorFileError) {
        try decode(bytes)
        decoded += 1
      } catch {
        #expect(!error.description.isEmpty)
        refused += 1
      }
    }
    return (decoded, refused)
  }

  @Test func `is a NumPy array, written and read as it was, or an error`() throws {
    let counts = try replay("NumPy") { bytes throws(TensorFileError) in
      let tensor = try NumPyFile.decode(bytes)
      let again = try NumPyFile.decode(tensor.numPyBytes)
      // Not the elements: a NaN is not equal to itself.
      #expect(again.shape == tensor.shape && again.elementType == tensor.elementType)
      #expect(again.numPyBytes == tensor.numPyBytes)
    }
    #expect(counts.decoded >= 10 && counts.refused >= 10, "\(counts)")
  }

  @Test func `is a NumPy archive or an error`() throws {
    let counts = try replay("NumPyArchive") { bytes throws(TensorFileError) in
      let archive = try NumPyArchive(decoding: bytes)
      let tensors = try archive.readAll()
      #expect(tensors.names == archive.names)
    }
    #expect(counts.decoded >= 3 && counts.refused >= 10, "\(counts)")
  }

  @Test func `is a safetensors file, written and read as it was, or an error`() throws {
    let counts = try replay("Safetensors") { bytes throws(TensorFileError) in
      let file = try SafetensorsFile(decoding: bytes)
      let tensors = try file.readAll()
      let again = SafetensorsFile.encode(tensors, metadata: file.metadata)
      let copy = try SafetensorsFile(decoding: again)
      let third = SafetensorsFile.encode(try copy.readAll(), metadata: copy.metadata)
      #expect(third == again)
    }
    #expect(counts.decoded >= 10 && counts.refused >= 10, "\(counts)")
  }
}
