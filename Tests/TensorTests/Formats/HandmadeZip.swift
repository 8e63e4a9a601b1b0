import Foundation
import Kappa
import Testing

/// A zip file byte by byte, honest unless told otherwise: what no writer of zip files would write.
struct HandmadeZip {
  struct Member {
    var name: String
    var data: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// What the headers claim; by default the truth about stored data.
    var checksum: UInt32?
    var compressed: UInt32?
    var count: UInt32?
    var offset: UInt32?
    /// What the member's own header claims where it differs from the directory.
    var localName: String?
    var localMethod: UInt16?
    var localCount: UInt32?

    /// A .npy file as a stored member.
    init(_ name: String, _ data: [UInt8] = NumPyFile.encode(HandmadeZip.tensor)) { (self.name, self.data) = (name, data) }

    func with(_ change: (inout Member) -> Void) -> Member {
      var result = self
      change(&result)
      return result
    }
  }

  /// What members hold by default.
  static let tensor = Tensor<Float>([1, 2, 3])

  var members: [Member]
  /// What stands before the first member, between the last and the directory, and behind the end.
  var (before, between, after): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
  /// Added to what the end record claims: members, the directory's size and its offset.
  var (extraCount, extraSize, extraOffset) = (0, 0, 0)
  var disk: UInt16 = 0

  init(_ members: Member...) { self.members = members }

  func with(_ change: (inout HandmadeZip) -> Void) -> HandmadeZip {
    var result = self
    change(&result)
    return result
  }

  var bytes: [UInt8] {
    var (file, directory) = (before, [UInt8]())
    for member in members {
      let offset = file.count
      let count = member.count ?? UInt32(member.data.count)
      func common(method: UInt16, count: UInt32, name: String) -> [UInt8] {
        little(member.flags) + little(method) + little(UInt32(0)) + little(member.checksum ?? crc32(member.data))
          + little(member.compressed ?? UInt32(member.data.count)) + little(count) + little(UInt16(name.utf8.count))
      }
      let localName = member.localName ?? member.name
      file += little(UInt32(0x0403_4B50)) + little(UInt16(20))
      file += common(method: member.localMethod ?? member.method, count: member.localCount ?? count, name: localName)
      file += [0, 0] + Array(localName.utf8) + member.data
      directory += little(UInt32(0x0201_4B50)) + little(UInt16(20)) + little(UInt16(20))
      directory += common(method: member.method, count: count, name: member.name)
      directory += [UInt8](repeating: 0, count: 12) + little(member.offset ?? UInt32(offset)) + Array(member.name.utf8)
    }
    file += between
    let end = [disk, 0, UInt16(members.count + extraCount), UInt16(members.count + extraCount)].flatMap(little)
    let place = little(UInt32(directory.count + extraSize)) + little(UInt32(file.count + extraOffset))
    return file + directory + little(UInt32(0x0605_4B50)) + end + place + [0, 0] + after
  }
}

private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

/// CRC-32 bit by bit.
func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
