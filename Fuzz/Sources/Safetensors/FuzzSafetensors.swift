import Tensor

/// Any bytes are a file or an error, and each tensor can be read or is an error; what can all be read is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let file = try? SafetensorsFile(decoding: Array(UnsafeBufferPointer(start: data, count: count))) else { return 0 }
  for name in file.names { _ = try? file.read(name, as: Int32.self, conversion: .rounding) }
  guard let tensors = try? file.readAll() else { return 0 }
  let again = try! SafetensorsFile(decoding: SafetensorsFile.encode(tensors, metadata: file.metadata))
  require(again.metadata == file.metadata, "\(file.metadata) became \(again.metadata)")
  for (name, tensor) in tensors {
    let copy = try! again.readAny(name)
    require(copy.shape == tensor.shape && copy.elementType == tensor.elementType, "\(name): \(tensor) became \(copy)")
  }
  return 0
}
