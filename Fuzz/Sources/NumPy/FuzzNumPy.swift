import Tensor

/// Any bytes are an array or an error; an array that is written is read again as it was.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let tensor = try? NumPyFile.decode(Array(UnsafeBufferPointer(start: data, count: count))) else { return 0 }
  let bytes =
    switch tensor {
    case .float(let tensor): NumPyFile.encode(tensor)
    case .double(let tensor): NumPyFile.encode(tensor)
    case .int32(let tensor): NumPyFile.encode(tensor)
    case .int64(let tensor): NumPyFile.encode(tensor)
    case .bool(let tensor): NumPyFile.encode(tensor)
    }
  let again = try! NumPyFile.decode(bytes)
  require(again.shape == tensor.shape && again.elementType == tensor.elementType, "\(tensor) became \(again)")
  return 0
}
