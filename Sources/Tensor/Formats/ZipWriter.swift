/// Writes a zip file front to back, the same bytes as Python's `zipfile` with 64-bit sizes in every member, as NumPy calls it.
package struct ZipWriter<Failure: Error> {
  private let sink: ByteSink<Failure>
  /// From which sizes and numbers of members on 64-bit records are written.
  private let limits: (size: Int, count: Int)
  private var offset = 0
  private var directory: [UInt8] = []
  private var entryCount = 0

  /// Version 4.5 of the format has 64-bit sizes.
  private let version: UInt16 = 45
  /// 1 January 1980, the format's first day: files do not depend on when they are written.
  private let date: UInt16 = 0x21

  package init(limits: (size: Int, count: Int) = (Int(Int32.max), Int(UInt16.max)), to sink: @escaping ByteSink<Failure>) {
    self.sink = sink
    self.limits = limits
  }

  /// Adds a member: the bytes to stand in the file, and the length and checksum of what they are when decompressed.
  mutating func add(
    name: String, method: UInt16, _ pieces: [UnsafeRawBufferPointer], count: Int, checksum: UInt32
  ) throws(Failure) {
    let nameBytes = Array(name.utf8)
    let compressed = pieces.reduce(0) { $0 + $1.count }
    let start = offset
    var common: [UInt8] = []
    common.append(littleEndian: version)
    common.append(littleEndian: nameBytes.allSatisfy { $0 < 0x80 } ? 0 : ZipFormat.utf8)
    common.append(littleEndian: method)
    common.append(littleEndian: UInt16(0))
    common.append(littleEndian: date)
    common.append(littleEndian: checksum)

    var local: [UInt8] = []
    local.append(littleEndian: ZipFormat.localSignature)
    local += common
    local.append(littleEndian: UInt64.max)
    local.append(littleEndian: UInt16(nameBytes.count))
    local.append(littleEndian: UInt16(20))
    local += nameBytes
    local += extra([count, compressed])
    try write(local)
    for piece in pieces {
      try sink(piece)
      offset += piece.count
    }

    var large: [Int] = []
    if count > limits.size || compressed > limits.size { large += [count, compressed] }
    let areSizesLarge = !large.isEmpty
    if start > limits.size { large.append(start) }
    let extra = large.isEmpty ? [] : extra(large)
    directory.append(littleEndian: ZipFormat.directorySignature)
    // Made on Unix, for the permissions below.
    directory.append(littleEndian: version | 3 << 8)
    directory += common
    directory.append(littleEndian: areSizesLarge ? UInt32.max : UInt32(compressed))
    directory.append(littleEndian: areSizesLarge ? UInt32.max : UInt32(count))
    directory.append(littleEndian: UInt16(nameBytes.count))
    directory.append(littleEndian: UInt16(extra.count))
    // No comment, first disk, no internal attributes.
    directory += [0, 0, 0, 0, 0, 0]
    // Readable and writable for its owner.
    directory.append(littleEndian: UInt32(0o600) << 16)
    directory.append(littleEndian: start > limits.size ? UInt32.max : UInt32(start))
    directory += nameBytes + extra
    entryCount += 1
  }

  /// Writes the directory; nothing may be added afterwards.
  mutating func finish() throws(Failure) {
    let (start, size) = (offset, directory.count)
    var end: [UInt8] = []
    if entryCount > limits.count || start > limits.size || size > limits.size {
      end.append(littleEndian: ZipFormat.end64Signature)
      // The length of the rest of the record.
      end.append(littleEndian: UInt64(44))
      end.append(littleEndian: version)
      end.append(littleEndian: version)
      end.append(littleEndian: UInt64(0))
      for value in [entryCount, entryCount, size, start] { end.append(littleEndian: UInt64(value)) }
      end.append(littleEndian: ZipFormat.locatorSignature)
      end.append(littleEndian: UInt32(0))
      end.append(littleEndian: UInt64(start + size))
      end.append(littleEndian: UInt32(1))
    }
    end.append(littleEndian: ZipFormat.endSignature)
    end.append(littleEndian: UInt32(0))
    for _ in 0..<2 { end.append(littleEndian: UInt16(clamping: entryCount)) }
    for value in [size, start] { end.append(littleEndian: UInt32(clamping: value)) }
    end.append(littleEndian: UInt16(0))
    try write(directory + end)
  }

  private func extra(_ values: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipFormat.extra64)
    bytes.append(littleEndian: UInt16(8 * values.count))
    for value in values { bytes.append(littleEndian: UInt64(value)) }
    return bytes
  }

  private mutating func write(_ bytes: [UInt8]) throws(Failure) {
    try bytes.span.bytes.withUnsafeBytes(sink)
    offset += bytes.count
  }
}
