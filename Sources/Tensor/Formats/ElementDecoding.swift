/// An array of a file as its header describes it: what all formats have in common.
struct StoredArray {
  var elementType: ElementType
  var isBigEndian = false
  var shape: Shape

  /// The number of bytes of all elements.
  var byteCount: Int { shape.elementCount * elementType.byteCount }

  /// Reads the elements from `stream` into a tensor of type `elementType.tensorType`.
  ///
  /// The caller has checked that the stream has that many bytes: memory is taken for 4 times as many at most.
  func read(from stream: some ByteStream) throws(TensorFileError) -> AnyTensor {
    switch elementType {
    case .bool: .bool(try readBooleans(from: stream))
    case .int32: .int32(try readWords(from: stream) { $0.byteSwapped })
    case .int64: .int64(try readWords(from: stream) { $0.byteSwapped })
    case .float32: .float(try readWords(from: stream) { Float(bitPattern: $0.bitPattern.byteSwapped) })
    case .float64: .double(try readWords(from: stream) { Double(bitPattern: $0.bitPattern.byteSwapped) })
    case .int8: .int32(try readNarrow(from: stream) { (word: Int8) in Int32(word) })
    case .uint8: .int32(try readNarrow(from: stream) { (word: UInt8) in Int32(word) })
    case .int16: .int32(try readNarrow(from: stream) { (word: Int16) in Int32(word) })
    case .uint16: .int32(try readNarrow(from: stream) { (word: UInt16) in Int32(word) })
    case .uint32: .int64(try readNarrow(from: stream) { (word: UInt32) in Int64(word) })
    case .float16: .float(try readNarrow(from: stream, float(fromHalf:)))
    case .bfloat16: .float(try readNarrow(from: stream) { (word: UInt16) in Float(bitPattern: UInt32(word) << 16) })
    }
  }

  /// Elements whose form in the file is that in memory, but for the order of their bytes.
  private func readWords<E: TensorElement>(
    from stream: some ByteStream, swapped: (E) -> E
  ) throws(TensorFileError) -> Tensor<E> {
    let result = Tensor<E>(uninitialized: shape)
    let target = UnsafeMutableBufferPointer(start: result.mutableBase, count: result.count)
    try stream.read(into: UnsafeMutableRawBufferPointer(target))
    if isBigEndian { for i in target.indices { target[i] = swapped(target[i]) } }
    return result
  }

  /// A Bool of Swift is 0 or 1: anything else must not become one.
  private func readBooleans(from stream: some ByteStream) throws(TensorFileError) -> Tensor<Bool> {
    let result = Tensor<Bool>(uninitialized: shape)
    let start = stream.position
    let target = UnsafeMutableRawBufferPointer(start: result.storage.pointer, count: result.count)
    try stream.read(into: target)
    if let index = target.firstIndex(where: { $0 > 1 }) {
      throw stream.location.error(.invalidBoolean(target[index]), at: start + index)
    }
    return result
  }

  /// Elements of 1, 2 or 4 bytes that become wider ones.
  private func readNarrow<Word: FixedWidthInteger, E: TensorElement>(
    from stream: some ByteStream, _ widened: (Word) -> E
  ) throws(TensorFileError) -> Tensor<E> {
    let result = Tensor<E>(uninitialized: shape)
    let target = result.mutableBase
    var start = 0
    while start < result.count {
      let count = min(1 << 16, result.count - start)
      let bytes = try stream.bytes(count * MemoryLayout<Word>.size)
      bytes.withUnsafeBytes { words in
        for i in 0..<count {
          let word = words.loadUnaligned(fromByteOffset: i * MemoryLayout<Word>.size, as: Word.self)
          target[start + i] = widened(isBigEndian ? word.bigEndian : word.littleEndian)
        }
      }
      start += count
    }
    return result
  }

  /// The array in the place where it lies in the file, from byte `offset` on.
  func map<E: TensorElement>(_ file: FileBytes, at offset: Int, location: FileLocation) throws(TensorFileError) -> Tensor<E> {
    let asked = ElementType(E.self)
    guard elementType == asked else { throw location.error(.wrongElementType(found: elementType, asked: asked)) }
    if byteCount == 0 { return Tensor(uninitialized: shape) }
    guard elementType != .bool else { throw location.error(.notMappable(reason: "bytes must be checked to be Booleans")) }
    guard !isBigEndian else { throw location.error(.notMappable(reason: "its bytes are in big-endian order")) }
    guard offset % MemoryLayout<E>.alignment == 0 else {
      throw location.error(.notMappable(reason: "it is not aligned for \(asked)"), at: offset)
    }
    let storage = try file.map(offset..<offset + byteCount)
    return Tensor(storage: storage, offset: 0, contiguous: shape)
  }
}

/// IEEE binary16 as a `Float`, which has all its values.
private func float(fromHalf half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0: return Float(sign: sign == 0 ? .plus : .minus, exponent: -24, significand: Float(fraction))
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

extension Shape {
  /// The shape with these lengths, if a tensor can have it: strides and counts are products of lengths, so that the product of all
  /// lengths that are not 0 must stay below 2³¹ even where there are no elements.
  init?(checking lengths: [Int]) {
    guard lengths.count <= Shape.maximumRank else { return nil }
    var product = 1
    for length in lengths {
      guard length >= 0 else { return nil }
      let (next, overflows) = product.multipliedReportingOverflow(by: Swift.max(length, 1))
      guard !overflows, next <= Int32.max else { return nil }
      product = next
    }
    self.init(lengths)
  }
}
