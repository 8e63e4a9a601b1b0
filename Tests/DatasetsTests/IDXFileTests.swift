import Datasets
import Tensor
import Testing

@Suite("An IDX file")
struct IDXFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Writes the bytes and expects that reading them, as images unless stated, fails as told.
  private func expectError(
    _ bytes: [UInt8], rank: Int = 3, location: SourceLocation = #_sourceLocation, _ error: (String) -> IDXError
  ) throws {
    let path = try folder.write(bytes, as: "file")
    #expect(throws: error(path), sourceLocation: location) { _ = try IDXFile(path: path, rank: rank) }
  }

  @Test(
    "is read as it was written, plain, gzipped, in several members, or padded with zeros",
    arguments: [Fixture.images, Fixture.gzipped, Fixture.gzippedTwice, Fixture.gzipped + [UInt8](repeating: 0, count: 300)])
  func roundTrip(_ bytes: [UInt8]) throws {
    // The name says nothing about compression.
    let file = try IDXFile(path: folder.write(bytes, as: "images"), rank: 3)
    #expect(file.dimensions == [2, 2, 3])
    #expect(file.bytes == Fixture.elements)
  }

  @Test func `that is not there is named`() throws {
    let path = folder.path + "/absent"
    #expect(throws: IDXError.missingFile(tried: [path])) { _ = try IDXFile(path: path, rank: 3) }
  }

  @Test func `that is a folder is unreadable`() throws {
    let error = #expect(throws: IDXError.self) { _ = try IDXFile(path: folder.path, rank: 3) }
    guard case .unreadable(folder.path, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `begins with two zeros`() throws {
    try expectError(Array("<html>".utf8)) { .notIDX(path: $0, firstBytes: Array("<htm".utf8)) }
    try expectError([0, 1, 8, 3]) { .notIDX(path: $0, firstBytes: [0, 1, 8, 3]) }
  }

  @Test func `holds unsigned bytes`() throws {
    try expectError(Fixture.idx(type: 0x0D, dimensions: [1, 1, 1], elements: [0, 0, 0, 0])) {
      .wrongElementType(path: $0, code: 0x0D)
    }
  }

  @Test func `has the number of dimensions asked for`() throws {
    try expectError(Fixture.labels) { .wrongRank(path: $0, expected: 3, found: 1) }
    try expectError(Fixture.images, rank: 1) { .wrongRank(path: $0, expected: 1, found: 3) }
  }

  @Test("that ends early says where", arguments: [0, 1, 3, 4, 9, 15, 16, 27])
  func truncated(length: Int) throws {
    let expected = length < 4 ? 4 : length < 16 ? 16 : 28
    try expectError(Array(Fixture.images.prefix(length))) { .truncated(path: $0, expected: expected, found: length) }
  }

  @Test func `that ends early is noticed when it is whole as a gzip file`() throws {
    try expectError(Fixture.gzippedShort) { .truncated(path: $0, expected: 28, found: 25) }
  }

  @Test func `has nothing after its last element`() throws {
    try expectError(Fixture.images + [1, 2]) { .trailingData(path: $0, expected: 28, found: 30) }
    try expectError(Fixture.gzippedLong) { .trailingData(path: $0, expected: 28, found: 30) }
    // A member more.
    try expectError(Fixture.gzipped + Fixture.gzipped) { .trailingData(path: $0, expected: 28, found: 56) }
  }

  @Test func `is not believed when it claims dimensions beyond reason`() throws {
    let most = Int(UInt32.max)
    try expectError(Fixture.idx(dimensions: [.max, .max, .max], elements: [1])) {
      .absurdDimensions(path: $0, dimensions: [most, most, most])
    }
    try expectError(Fixture.idx(dimensions: [3, 0, 28], elements: [])) { .absurdDimensions(path: $0, dimensions: [3, 0, 28]) }
    // Four gigabytes of labels, of which one is there: no memory is taken for the others.
    try expectError(Fixture.idx(dimensions: [.max], elements: [1]), rank: 1) { .truncated(path: $0, expected: most + 8, found: 9) }
    // 34 compressed bytes cannot be 47 million.
    try expectError(Fixture.gzippedClaim) { .absurdDimensions(path: $0, dimensions: [60_000, 28, 28]) }
  }

  @Test("that is gzipped and cut off is recognized at every length", arguments: 2..<43)
  func cutGzip(length: Int) throws {
    try expectError(Array(Fixture.gzipped.prefix(length))) { .corruptGzip(path: $0, offset: length, defect: .truncated) }
  }

  @Test("that is gzipped is never read with a byte changed", arguments: 0..<43, [0x01, 0x80, 0xFF] as [UInt8])
  func changedGzip(position: Int, mask: UInt8) throws {
    var bytes = Fixture.gzipped
    bytes[position] ^= mask
    let path = try folder.write(bytes, as: "file")
    // Bytes 3 to 9 are flags, time, level and system, byte 34 ends with padding: a change there may be harmless, but then what
    // is read is right.
    if let file = try? IDXFile(path: path, rank: 3) {
      #expect((3...9).contains(position) || position == 34, "byte \(position)")
      #expect(file.bytes == Fixture.elements)
    }
  }

  @Test func `that is gzipped says what is damaged`() throws {
    func changed(_ position: Int) -> [UInt8] {
      var bytes = Fixture.gzipped
      bytes[position] ^= 0xFF
      return bytes
    }
    // Byte 2 is the compression method, 10 the first of the data, 35 ... 38 the checksum, 39 ... 42 the length.
    try expectDefect(.header, changed(2))
    try expectDefect(.data, changed(10))
    try expectDefect(.checksum, changed(35))
    try expectDefect(.checksum, changed(40))
    try expectDefect(.header, Fixture.gzipped + [1, 2, 3])
  }

  private func expectDefect(_ expected: GzipDefect, _ bytes: [UInt8], location: SourceLocation = #_sourceLocation) throws {
    let path = try folder.write(bytes, as: "file")
    let error = #expect(throws: IDXError.self, sourceLocation: location) { _ = try IDXFile(path: path, rank: 3) }
    guard case .corruptGzip(path, _, expected) = error else {
      Issue.record("\(String(describing: error))", sourceLocation: location)
      return
    }
  }

  @Test func `that is gzipped names the package to install where zlib is absent`() throws {
    #expect(Zlib(library: "libz-absent.so.1") == nil)
    let path = try folder.write(Fixture.gzipped, as: "file")
    let error = #expect(throws: IDXError.missingZlib(path: path)) { _ = try IDXFile(path: path, rank: 3, zlib: nil) }
    #expect(error?.description.contains("apt-get install zlib1g") == true)
    // Plain files need none.
    #expect(try IDXFile(path: folder.write(Fixture.images, as: "plain"), rank: 3, zlib: nil).bytes == Fixture.elements)
  }

  @Test func `has errors that name the file`() {
    let errors: [IDXError] = [
      .missingDirectory(path: "/p", remedy: "r"), .missingFile(tried: ["/p"]), .unreadable(path: "/p", reason: "r"),
      .notIDX(path: "/p", firstBytes: [60, 1]), .wrongElementType(path: "/p", code: 13),
      .wrongRank(path: "/p", expected: 3, found: 1),
      .absurdDimensions(path: "/p", dimensions: [0]), .truncated(path: "/p", expected: 2, found: 1),
      .trailingData(path: "/p", expected: 1, found: 2), .corruptGzip(path: "/p", offset: 3, defect: .checksum),
      .missingZlib(path: "/p"),
      .countMismatch(images: 1, imagesPath: "/p", labels: 2, labelsPath: "/q"),
      .labelOutOfRange(path: "/p", index: 1, label: 11, classCount: 10),
      .sizeMismatch(train: [1, 2], trainPath: "/p", test: [2, 1], testPath: "/q"),
    ]
    for error in errors { #expect(error.description.hasPrefix("/p")) }
  }
}
