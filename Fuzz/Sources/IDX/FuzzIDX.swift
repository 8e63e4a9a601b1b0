import Datasets

/// Any bytes, plain or gzipped, are images, labels or errors.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  for rank in [1, 3] {
    guard let file = try? IDXFile(contents: bytes, rank: rank) else { continue }
    precondition(file.dimensions.reduce(1, *) == file.bytes.count)
  }
  return 0
}
