/// Reads the directory of a zip file, strictly: what could be read in two ways is an error.
///
/// Directory and members must agree, lie one behind the other without sharing a byte, and the directory must end where the file
/// does (but for a comment), so that no reader can be made to see other members than this one.
struct ZipDirectory {
  private let file: FileBytes
  private let format: String

  /// `format` is what errors call the kind of file.
  init(_ file: FileBytes, format: String) {
    self.file = file
    self.format = format
  }

  /// The members, in the order of the directory.
  func entries() throws(TensorFileError) -> [ZipEntry] {
    let place = try directory()
    let bytes = try file.bytes(place.range)
    var entries: [ZipEntry] = []
    var index = 0
    while index < bytes.count {
      entries.append(try entry(bytes, &index, directoryOffset: place.range.lowerBound))
    }
    guard entries.count == place.entryCount else {
      throw malformed("the directory has \(entries.count) members and claims \(place.entryCount)", at: place.range.lowerBound)
    }
    try checkOverlaps(entries, end: place.range.lowerBound)
    return entries
  }

  private func checkOverlaps(_ entries: [ZipEntry], end: Int) throws(TensorFileError) {
    let order = entries.sorted { $0.headerOffset < $1.headerOffset }
    for (entry, next) in zip(order, order.dropFirst()) where entry.data.upperBound > next.headerOffset {
      throw file.location.member(entry.name).error(.overlap(with: "'\(next.name)'"), at: next.headerOffset)
    }
    if let last = order.last, last.data.upperBound > end {
      throw file.location.member(last.name).error(.overlap(with: "the directory"), at: end)
    }
  }

  /// Where the directory lies and how many members it claims.
  private func directory() throws(TensorFileError) -> (range: Range<Int>, entryCount: Int) {
    // The end record has 22 bytes and up to 65,535 of comment.
    let tailStart = max(0, file.count - 22 - 65_535)
    let tail = try file.bytes(tailStart..<file.count)
    let candidates = stride(from: tail.count - 22, through: 0, by: -1)
    guard
      let index = candidates.first(where: {
        tail.littleEndian(at: $0) == ZipFormat.endSignature
          && Int(tail.littleEndian(UInt16.self, at: $0 + 20)) == tail.count - $0 - 22
      })
    else {
      if file.count >= 4, try file.bytes(0..<4).littleEndian(at: 0) == ZipFormat.localSignature {
        throw malformed("the file begins as a zip file and lacks the end of one", at: file.count)
      }
      throw file.location.error(.notRecognized(format: format), at: 0)
    }
    var (end, offset) = (tailStart + index, Int(tail.littleEndian(UInt32.self, at: index + 16)))
    var size = Int(tail.littleEndian(UInt32.self, at: index + 12))
    var entryCount = Int(tail.littleEndian(UInt16.self, at: index + 10))
    // Numbers of disks, and members on this one.
    var isSplit = tail.littleEndian(UInt32.self, at: index + 4) != 0 || tail.littleEndian(UInt16.self, at: index + 8) != entryCount
    if end >= 76, case let locator = try file.bytes(end - 20..<end), locator.littleEndian(at: 0) == ZipFormat.locatorSignature {
      // 64-bit values stand in a record before that. Python writes both from 2 GiB on, where 32 bits would do up to 4.
      let place = end - 76
      let record = try file.bytes(place..<end - 20)
      guard record.littleEndian(at: 0) == ZipFormat.end64Signature, locator.littleEndian(UInt64.self, at: 8) == place,
        // The length of the rest: no writer adds the fields of its own that may follow.
        record.littleEndian(UInt64.self, at: 4) == 44,
        let count64 = Int(exactly: record.littleEndian(UInt64.self, at: 32)), [count64, 0xFFFF].contains(entryCount),
        let size64 = Int(exactly: record.littleEndian(UInt64.self, at: 40)), [size64, 0xFFFF_FFFF].contains(size),
        let offset64 = Int(exactly: record.littleEndian(UInt64.self, at: 48)), [offset64, 0xFFFF_FFFF].contains(offset)
      else { throw malformed("the 64-bit values of the directory's end are not there or differ from the others", at: end) }
      isSplit = isSplit || record.littleEndian(UInt64.self, at: 16) != 0 || record.littleEndian(UInt64.self, at: 24) != count64
      (end, offset, size, entryCount) = (place, offset64, size64, count64)
    }
    guard !isSplit else { throw malformed("the file is a part of several", at: end) }
    let (sum, overflows) = offset.addingReportingOverflow(size)
    guard !overflows, sum == end else {
      throw malformed("the directory is not where the end of the file says: bytes are missing or were put before it", at: end)
    }
    return (offset..<end, entryCount)
  }

  /// Reads the entry at `index` of the directory and moves on to the next.
  private func entry(_ bytes: [UInt8], _ index: inout Int, directoryOffset: Int) throws(TensorFileError) -> ZipEntry {
    let place = directoryOffset + index
    guard bytes.count - index >= 46, bytes.littleEndian(at: index) == ZipFormat.directorySignature else {
      throw malformed("the directory has something that is not an entry", at: place)
    }
    let nameCount = Int(bytes.littleEndian(UInt16.self, at: index + 28))
    let extraCount = Int(bytes.littleEndian(UInt16.self, at: index + 30))
    let commentCount = Int(bytes.littleEndian(UInt16.self, at: index + 32))
    let next = index + 46 + nameCount + extraCount + commentCount
    guard next <= bytes.count else { throw malformed("an entry of the directory is cut off", at: place) }
    let nameBytes = Array(bytes[index + 46..<index + 46 + nameCount])
    guard let name = String(validating: nameBytes, as: UTF8.self) else { throw malformed("a name is not UTF-8", at: place) }
    guard ZipEntry.isSafe(name: name) else { throw file.location.member(name).error(.unsafeName, at: place) }

    let flags = bytes.littleEndian(UInt16.self, at: index + 8)
    let method = bytes.littleEndian(UInt16.self, at: index + 10)
    guard flags & ZipFormat.encrypted == 0 else {
      throw file.location.member(name).error(.unsupportedCompression("encryption"), at: place)
    }
    guard method == 0 || method == 8 else {
      throw file.location.member(name).error(.unsupportedCompression("compression method \(method)"), at: place)
    }
    let header = Sizes(
      checksum: bytes.littleEndian(at: index + 16), compressed: UInt64(bytes.littleEndian(UInt32.self, at: index + 20)),
      count: UInt64(bytes.littleEndian(UInt32.self, at: index + 24)),
      offset: UInt64(bytes.littleEndian(UInt32.self, at: index + 42)))
    let extra = Array(bytes[index + 46 + nameCount..<index + 46 + nameCount + extraCount])
    guard let sizes = header.completed(from: extra), let offset = Int(exactly: sizes.offset),
      let count = Int(exactly: sizes.count), let compressed = Int(exactly: sizes.compressed)
    else { throw malformed("the member '\(name)' has sizes that are not there", at: place) }
    guard method == 8 || count == compressed else {
      throw malformed("the member '\(name)' is not compressed, and its two sizes differ", at: place)
    }
    let start = try dataOffset(of: sizes, at: offset, name: nameBytes, flags: flags, method: method, limit: directoryOffset)
    guard compressed <= directoryOffset - start else {
      throw file.location.member(name).error(.truncated(expected: compressed, found: directoryOffset - start), at: start)
    }
    index = next
    return ZipEntry(
      name: name, method: method, checksum: sizes.checksum, count: count, headerOffset: offset, data: start..<start + compressed)
  }

  /// Where the data of a member begins, after its own header, which says the same as the directory.
  private func dataOffset(
    of sizes: Sizes, at offset: Int, name: [UInt8], flags: UInt16, method: UInt16, limit: Int
  ) throws(TensorFileError) -> Int {
    guard limit >= 30, offset <= limit - 30, case let header = try file.bytes(offset..<offset + 30),
      header.littleEndian(at: 0) == ZipFormat.localSignature
    else { throw malformed("the directory points to something that is not a member", at: offset) }
    let nameCount = Int(header.littleEndian(UInt16.self, at: 26))
    let extraCount = Int(header.littleEndian(UInt16.self, at: 28))
    let start = offset + 30 + nameCount + extraCount
    guard start <= limit else { throw malformed("a member is cut off", at: offset) }
    let rest = try file.bytes(offset + 30..<start)
    var agrees = Array(rest[..<nameCount]) == name && header.littleEndian(at: 8) == method
    // The sizes may be known only after the data; the directory has them in any case.
    let follows = header.littleEndian(UInt16.self, at: 6) & ZipFormat.sizesFollow != 0
    if !follows {
      let stated = Sizes(
        checksum: header.littleEndian(at: 14), compressed: UInt64(header.littleEndian(UInt32.self, at: 18)),
        count: UInt64(header.littleEndian(UInt32.self, at: 22)), offset: sizes.offset)
      agrees = agrees && stated.completed(from: Array(rest[nameCount...]), hasOffset: false) == sizes
    }
    guard agrees, header.littleEndian(UInt16.self, at: 6) & ZipFormat.encrypted == flags & ZipFormat.encrypted else {
      throw malformed("the directory and the member it points to differ", at: offset)
    }
    return start
  }

  private func malformed(_ reason: String, at offset: Int) -> TensorFileError {
    file.location.error(.malformed(reason: reason), at: offset)
  }
}

/// What headers say of a member's data; values of 2³² - 1 stand for others in an extra field.
private struct Sizes: Equatable {
  var checksum: UInt32
  var compressed: UInt64
  var count: UInt64
  var offset: UInt64

  /// With the 64-bit values of the extra field for those that refer to it; `nil` where they are not there.
  func completed(from extra: [UInt8], hasOffset: Bool = true) -> Sizes? {
    let mark = UInt64(UInt32.max)
    var result = self
    guard count == mark || compressed == mark || (hasOffset && offset == mark) else { return result }
    var index = 0
    while extra.count - index >= 4 {
      let length = Int(extra.littleEndian(UInt16.self, at: index + 2))
      let end = index + 4 + length
      guard end <= extra.count else { return nil }
      if extra.littleEndian(at: index) == ZipFormat.extra64 {
        var position = index + 4
        func next() -> UInt64? {
          guard position + 8 <= end else { return nil }
          defer { position += 8 }
          return extra.littleEndian(at: position)
        }
        if count == mark { guard let value = next() else { return nil }; result.count = value }
        if compressed == mark { guard let value = next() else { return nil }; result.compressed = value }
        if hasOffset && offset == mark { guard let value = next() else { return nil }; result.offset = value }
        return result
      }
      index = end
    }
    return nil
  }
}
