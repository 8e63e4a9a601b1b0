import Tensor

/// Any bytes are an archive or an error, and each member is an array or an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let archive = try? NumPyArchive(decoding: Array(UnsafeBufferPointer(start: data, count: count))) else { return 0 }
  for name in archive.names { _ = try? archive.readAny(name) }
  for name in archive.names { _ = try? archive.read(name, as: Int32.self, conversion: .rounding) }
  return 0
}
