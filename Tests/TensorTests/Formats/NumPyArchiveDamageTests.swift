import Foundation
import Kappa
import Testing

@Suite("A damaged NumPy archive")
struct NumPyArchiveDamageTests {
  typealias Member = HandmadeZip.Member
  typealias Defect = TensorFileError.Defect

  /// Opens an archive and reads all its members.
  private func error(_ bytes: [UInt8]) -> TensorFileError? {
    do throws(TensorFileError) {
      _ = try NumPyArchive(decoding: bytes).readAll()
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["stored", "compressed", "descriptors", "zip64", "comment", "empty"])
  func `that ends early is noticed at every length`(name: String) throws {
    let bytes = try FormatFixture.bytes(name + ".npz")
    for length in bytes.indices {
      switch error(Array(bytes.prefix(length)))?.defect {
      case .notRecognized: #expect(length < 4 || name == "empty", "\(length)")
      case .malformed: break
      case let defect: Issue.record("\(length) bytes: \(String(describing: defect))")
      }
    }
  }

  @Test("with one byte changed is an error, or what it was", arguments: ["stored", "compressed", "descriptors", "zip64"])
  func changed(name: String) throws {
    let original = try FormatFixture.bytes(name + ".npz")
    let expected = try NumPyArchive(decoding: original).readAll()
    var harmless = 0
    for index in original.indices {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = original
        bytes[index] ^= mask
        guard let found = try? NumPyArchive(decoding: bytes).readAll() else { continue }
        harmless += 1
        #expect(found == expected, "byte \(index) ^ \(mask)")
      }
    }
    // Versions, dates and permissions in both headers of a member, and what is repeated behind its data, are all that does not
    // matter; and the versions in a 64-bit end record.
    #expect(harmless > 0 && harmless <= 3 * (54 * expected.count + 4))
  }

  static let unsafeNames = [
    "../x.npy", "a/../x.npy", "/x.npy", "..\\x.npy", "\\x.npy", "a\\..\\x.npy", "C:x.npy", "C:\\x.npy", "a\u{0}b.npy", "a\nb.npy",
    // A slash and an accent are one character to Swift, and two to a file system.
    "../\u{301}x.npy", "/\u{301}x.npy", "a/../\u{301}x.npy",
  ]

  @Test("with a name that leads out of its folder is refused", arguments: unsafeNames)
  func unsafe(name: String) {
    let found = error(HandmadeZip(Member(name)).bytes)
    #expect(found?.defect == .unsafeName && found?.member == name)
  }

  @Test(arguments: ["traversal", "absolute"])
  func `with a name that leads out of its folder is refused when Python wrote it`(name: String) throws {
    #expect(try error(FormatFixture.bytes(name + ".npz"))?.defect == .unsafeName)
  }

  @Test(arguments: ["x..y", "..x", "x..", "a/b/c", "...", "größe", "a b", ""])
  func `may have names that only look strange`(name: String) throws {
    let archive = try NumPyArchive(decoding: HandmadeZip(Member(name + ".npy")).bytes)
    #expect(try archive.read(name) == HandmadeZip.tensor)
  }

  @Test func `with two members of one name is refused`() throws {
    #expect(try error(FormatFixture.bytes("twice.npz"))?.defect == .duplicateName)
    // The same letter, in one piece and in two.
    #expect(error(HandmadeZip(Member("\u{E9}.npy"), Member("e\u{301}.npy")).bytes)?.defect == .duplicateName)
  }

  @Test func `with members that are no arrays, or not to be decompressed, is refused`() throws {
    #expect(try error(FormatFixture.bytes("bzip2.npz"))?.defect == .unsupportedCompression("compression method 12"))
    #expect(error(HandmadeZip(Member("x.npy").with { $0.flags = 1 }).bytes)?.defect == .unsupportedCompression("encryption"))
    for name in ["data.pkl", "x.npy/", "x.NPY"] {
      guard case .malformed = error(HandmadeZip(Member(name)).bytes)?.defect else {
        Issue.record("\(name) is taken for an array")
        continue
      }
    }
    #expect(try error(FormatFixture.bytes("other.npz"))?.member == "data.pkl")
    #expect(error(HandmadeZip(Member("x.npy", [])).bytes)?.defect == .notRecognized(format: "NumPy (.npy)"))
    #expect(error(HandmadeZip(Member("x.npy", Array("text".utf8))).bytes)?.defect == .notRecognized(format: "NumPy (.npy)"))
    #expect(error(Array("not an archive, but longer than its end record".utf8))?.defect == .notRecognized(format: "NumPy (.npz)"))
  }

  static let contradictions: [(String, HandmadeZip)] = {
    let (a, b) = (Member("a.npy"), Member("b.npy"))
    let size = UInt32(a.data.count)
    return [
      ("two sizes", HandmadeZip(a.with { $0.count = size + 1 })),
      ("64-bit sizes that are not there", HandmadeZip(a.with { ($0.count, $0.compressed) = (.max, .max) })),
      ("one member for two names", HandmadeZip(a, b.with { $0.offset = 0 })),
      ("another name in front of the data", HandmadeZip(a.with { $0.localName = "b.npy" })),
      ("another method in front of the data", HandmadeZip(a.with { $0.localMethod = 8 })),
      ("another size in front of the data", HandmadeZip(a.with { $0.localCount = size - 1 })),
      ("an offset to data", HandmadeZip(a.with { $0.offset = 4 })),
      ("an offset beyond the file", HandmadeZip(a.with { $0.offset = 1 << 31 })),
      ("a 64-bit offset that is not there", HandmadeZip(a.with { $0.offset = .max })),
      ("more members than there are", HandmadeZip(a).with { $0.extraCount = 1 }),
      ("fewer members than there are", HandmadeZip(a, b).with { $0.extraCount = -1 }),
      ("a longer directory", HandmadeZip(a).with { $0.extraSize = 1 }),
      ("a shorter directory", HandmadeZip(a).with { $0.extraSize = -1 }),
      ("a directory elsewhere", HandmadeZip(a).with { ($0.extraOffset, $0.extraSize) = (-1, 1) }),
      ("a directory of 2 GB", HandmadeZip(a).with { $0.extraSize = 1 << 31 }),
      ("64-bit records that are not there", HandmadeZip(a).with { $0.extraCount = Int(UInt16.max) - 1 }),
      ("a program before it", HandmadeZip(a).with { ($0.before, $0.extraOffset) = (Array("#!/bin/sh\n".utf8), -10) }),
      ("a byte before its directory", HandmadeZip(a).with { ($0.between, $0.extraOffset) = ([0], -1) }),
      ("a byte after it", HandmadeZip(a).with { $0.after = [0] }),
      ("further parts", HandmadeZip(a).with { $0.disk = 1 }),
    ]
  }()

  @Test("that contradicts itself is malformed", arguments: contradictions)
  func contradiction(name: String, file: HandmadeZip) {
    let found = error(file.bytes)?.defect
    guard case .malformed = found else {
      Issue.record("\(name): \(String(describing: found))")
      return
    }
  }

  @Test func `that lies about its members' sizes or contents is found out`() {
    let a = Member("a.npy")
    let size = UInt32(a.data.count)
    func defect(_ change: (inout Member) -> Void) -> Defect? { error(HandmadeZip(a.with(change)).bytes)?.defect }
    #expect(defect { _ in } == nil)
    #expect(defect { $0.checksum = 1 } == .checksum(expected: 1, found: crc32(a.data)))
    for claim: UInt32 in [size + 1, 1 << 31, .max - 1] {
      let expected = Defect.truncated(expected: Int(claim), found: Int(size))
      #expect(defect { ($0.count, $0.compressed) = (claim, claim) } == expected)
    }
    let overlapping = HandmadeZip(a.with { ($0.count, $0.compressed) = (size + 20, size + 20) }, Member("b.npy"))
    #expect(error(overlapping.bytes)?.defect == .overlap(with: "'b.npy'"))
    let twice = HandmadeZip(a, a.with { $0.offset = 0 })
    #expect(error(twice.bytes)?.defect == .overlap(with: "'a.npy'"))
    #expect(
      defect { ($0.method, $0.data, $0.count) = (8, [], 1) }
        == .corruptCompression(reason: "0 bytes cannot decompress to 1"))
    #expect(
      defect { ($0.method, $0.data, $0.count) = (8, [3, 0], 2065) }
        == .corruptCompression(reason: "2 bytes cannot decompress to 2065"))
    #expect(
      defect { ($0.method, $0.data) = (8, [0xFF, 0xFF, 0xFF]) } == .corruptCompression(reason: "invalid block type"))
  }

  /// A stored block (RFC 1951): an honest compressed form of anything.
  private func deflated(_ bytes: [UInt8], isLast: Bool = true) -> [UInt8] {
    let count = UInt16(bytes.count)
    return [isLast ? 1 : 0] + [count, ~count].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } + bytes
  }

  @Test func `with compressed data longer, shorter or other than it says is found out`() {
    let plain = NumPyFile.encode(HandmadeZip.tensor)
    func defect(_ data: [UInt8], count: Int = plain.count, checksum: UInt32 = crc32(plain)) -> Defect? {
      let member = Member("x.npy", data).with { ($0.method, $0.count, $0.checksum) = (8, UInt32(count), checksum) }
      return error(HandmadeZip(member).bytes)?.defect
    }
    #expect(defect(deflated(plain)) == nil)
    #expect(defect(deflated(plain), checksum: 5) == .checksum(expected: 5, found: crc32(plain)))
    #expect(defect(deflated(plain + [0])) == .trailingData(expected: plain.count, found: plain.count + 1))
    #expect(defect(deflated(plain.dropLast())) == .truncated(expected: plain.count, found: plain.count - 1))
    // The header of the array inside is believed no more than that of the member.
    #expect(defect(deflated(plain), count: plain.count + 1) == .trailingData(expected: plain.count, found: plain.count + 1))
    #expect(defect(deflated(plain), count: plain.count - 1) == .truncated(expected: plain.count, found: plain.count - 1))
    #expect(defect(deflated(plain) + [7]) == .corruptCompression(reason: "it ends before its last byte"))
    #expect(defect(deflated(plain, isLast: false)) == .corruptCompression(reason: "unexpected end"))
    #expect(defect(deflated(plain, isLast: false) + deflated([])) == nil)
    #expect(defect(deflated(plain, isLast: false) + deflated([1])) == .trailingData(expected: plain.count, found: plain.count + 1))
  }

  @Test func `with an array that claims more than there is takes no memory for it`() {
    var bytes = NumPyFile.encode(Tensor<Float>(zeros: [1024]))
    bytes.replace("(1024,)".utf8, with: "(2147483647,)".utf8, maxReplacements: 1)
    bytes.replace("      \n".utf8, with: "\n".utf8, maxReplacements: 1)
    #expect(
      error(HandmadeZip(Member("x.npy", bytes)).bytes)
        == TensorFileError(path: "memory", member: "x", defect: .truncated(expected: 128 + 4 * 2_147_483_647, found: 128 + 4096)))
  }
}
