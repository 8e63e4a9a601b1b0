import CZlibABI

/// zlib's decompression of one stream after another. A class, for zlib's state has an identity.
package final class Inflater {
  /// What wraps the compressed data.
  package enum Wrapping: Int32 {
    /// Nothing, as in zip files (RFC 1951).
    case none = -15
    /// Header and checksum of gzip (RFC 1952).
    case gzip = 31
  }

  /// No deflate stream is longer than this many times its compressed form (zlib's technical notes: 1032 to 1, in the limit).
  package static let maximumExpansion = 1032

  private let zlib: Zlib
  private let stream: Zlib.Stream

  package init(_ wrapping: Wrapping, zlib: Zlib) {
    self.zlib = zlib
    stream = .allocate(capacity: 1)
    stream.initialize(to: kappa_zlib_stream())
    // Windows of up to 32 KiB. zlib checks that the major version and the size of the stream are its own.
    let status = zlib.initializeInflate(stream, wrapping.rawValue, "1", Int32(MemoryLayout<kappa_zlib_stream>.size))
    // Only memory or another binary interface can be lacking, and neither is the file's fault.
    require(status == Zlib.Status.ok, "zlib: inflateInit2 returns \(status)")
  }

  deinit {
    _ = zlib.endInflate(stream)
    stream.deallocate()
  }

  /// Decompresses some of `input`; returns zlib's status and how much was taken and given. zlib counts with 32 bits, so long
  /// buffers take several calls.
  package func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (status: Int32, consumed: Int, produced: Int) {
    stream.run(zlib.inflate, flush: 0, input, into: output)
  }

  /// Gets ready for another stream.
  package func reset() { _ = zlib.resetInflate(stream) }

  /// What zlib says about damaged data.
  package var message: String? { stream.pointee.msg.map { String(cString: $0) } }
}

/// Compresses into a deflate stream without wrapping (RFC 1951).
enum Deflater {
  /// The pieces, one after the other, compressed; `level` is zlib's, 1 (fast) ... 9 (small).
  static func compress(_ pieces: [UnsafeRawBufferPointer], level: Int, zlib: Zlib) -> [UInt8] {
    let stream = Zlib.Stream.allocate(capacity: 1)
    defer { stream.deallocate() }
    stream.initialize(to: kappa_zlib_stream())
    let size = Int32(MemoryLayout<kappa_zlib_stream>.size)
    // 8: the only method, deflate; the other 8: the usual amount of memory; 0: the usual strategy.
    let status = zlib.initializeDeflate(stream, Int32(level), 8, Inflater.Wrapping.none.rawValue, 8, 0, "1", size)
    require(status == Zlib.Status.ok, "zlib: deflateInit2 returns \(status)")
    defer { _ = zlib.endDeflate(stream) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    for (index, piece) in pieces.enumerated() {
      // 4: finish, with the last piece.
      let flush: Int32 = index == pieces.count - 1 ? 4 : 0
      var rest = piece
      while true {
        let step = chunk.withUnsafeMutableBytes { stream.run(zlib.deflate, flush: flush, rest, into: $0) }
        result += chunk[..<step.produced]
        rest = UnsafeRawBufferPointer(rebasing: rest[step.consumed...])
        if step.status == Zlib.Status.streamEnd { return result }
        // All is taken when output stays unfilled; a call without progress is no error of zlib's.
        if flush == 0 && rest.isEmpty && step.produced < chunk.count { break }
        require(
          step.status == Zlib.Status.ok || step.status == Zlib.Status.bufferError, "zlib: deflate returns \(step.status)")
      }
    }
    return result
  }
}

extension Zlib.Stream {
  /// One call of `inflate` or `deflate`.
  fileprivate func run(
    _ process: Zlib.Process, flush: Int32, _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (status: Int32, consumed: Int, produced: Int) {
    let (available, room) = (Swift.min(input.count, 1 << 30), Swift.min(output.count, 1 << 30))
    // zlib refuses null pointers, and reads nothing where there is nothing.
    return withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { dummy in
      pointee.next_in = (input.baseAddress ?? UnsafeRawPointer(dummy.baseAddress!)).assumingMemoryBound(to: UInt8.self)
      pointee.avail_in = UInt32(available)
      pointee.next_out = (output.baseAddress ?? dummy.baseAddress!).assumingMemoryBound(to: UInt8.self)
      pointee.avail_out = UInt32(room)
      // A part of the input is not its end.
      let status = process(self, available < input.count ? 0 : flush)
      return (status, available - Int(pointee.avail_in), room - Int(pointee.avail_out))
    }
  }
}
