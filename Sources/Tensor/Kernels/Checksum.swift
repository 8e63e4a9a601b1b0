import CKernels

/// CRC-32, as zip files have it.
struct Checksum {
  private let expected: UInt32
  private var sum: UInt32 = 0

  init(expected: UInt32) { self.expected = expected }

  mutating func add(_ bytes: UnsafeRawBufferPointer) { sum = Checksum.extend(sum, bytes) }

  func check(_ location: FileLocation) throws(TensorFileError) {
    // Fuzzers, who cannot guess checksums, build without them: the name is the custom for that.
    #if !FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
      guard sum == expected else { throw location.error(.checksum(expected: expected, found: sum)) }
    #endif
  }

  /// The checksum of the bytes summed so far, 0 for none, and those of `bytes`.
  static func extend(_ sum: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let start = bytes.baseAddress else { return sum }
    return kappa_crc32(sum, start, bytes.count)
  }
}
