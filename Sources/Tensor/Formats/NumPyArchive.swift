/// A .npz file: named arrays in NumPy's format, in a zip file, stored or compressed.
///
/// Opening one reads its directory; arrays are read when asked for, and their checksums compared. Memory is taken for what the file
/// can hold, never for what it claims: deflate makes at most 1032 bytes of one, and members share no bytes, so that all arrays
/// together need at most 1032 x 12 times the size of the file, and 12 times where nothing is compressed. Names that lead out of a
/// folder are errors, although nothing is ever written under them. Encrypted and split files are errors too.
public struct NumPyArchive: Sendable {
  /// How members are written.
  public enum Compression: Sendable, Hashable {
    /// As they are: fast to write and read.
    case none
    /// By zlib, at a level from 1 (fast) to 9 (small). The compressed form of one tensor is held in memory.
    case deflate(level: Int = 6)
  }

  /// The names of the arrays, in the order of the file's directory, without `.npy`.
  public let names: [String]
  private let entries: [String: ZipEntry]
  private let file: FileBytes

  /// Opens the file at `path`, and keeps it open as long as this value or a copy exists.
  public init(_ path: String) throws(TensorFileError) { try self.init(FileBytes(path: path)) }

  /// Opens an archive in memory; errors call it `name`.
  public init(decoding bytes: [UInt8], name: String = "memory") throws(TensorFileError) {
    try self.init(FileBytes(bytes, name: name))
  }

  private init(_ file: FileBytes) throws(TensorFileError) {
    self.file = file
    var (names, entries): ([String], [String: ZipEntry]) = ([], [:])
    for entry in try ZipDirectory(file, format: "NumPy (.npz)").entries() {
      let location = file.location.member(entry.name)
      guard entry.name.hasSuffix(".npy") else {
        throw location.error(.malformed(reason: "a member that is not a .npy file, which is no tensor"), at: entry.headerOffset)
      }
      let name = String(entry.name.dropLast(4))
      guard entries.updateValue(entry, forKey: name) == nil else { throw location.error(.duplicateName, at: entry.headerOffset) }
      names.append(name)
    }
    (self.names, self.entries) = (names, entries)
  }

  /// Reads one array; see `NumPyFile.read`.
  public func read<E: TensorElement>(
    _ name: String, as type: E.Type = E.self, conversion: ElementConversion = .widening
  ) throws(TensorFileError) -> Tensor<E> {
    try withStream(name) { stream throws(TensorFileError) in try NumPyFile.read(stream, conversion) }
  }

  /// Reads one array with elements of the type that it has, or the next wider one (`ElementType.tensorType`).
  public func readAny(_ name: String) throws(TensorFileError) -> AnyTensor {
    try withStream(name) { stream throws(TensorFileError) in try NumPyFile.readAny(stream).tensor }
  }

  /// Reads all arrays.
  public func readAll() throws(TensorFileError) -> NamedTensors {
    var result = NamedTensors()
    for name in names { result[name] = try readAny(name) }
    return result
  }

  private func withStream<R>(
    _ name: String, _ body: (any ByteStream) throws(TensorFileError) -> R
  ) throws(TensorFileError) -> R {
    guard let entry = entries[name] else {
      throw file.location.member(name).error(.missing(available: Array(names.prefix(20))))
    }
    return try entry.withStream(of: file, as: name, body)
  }
}

// MARK: - Writing

extension NumPyArchive {
  /// Writes tensors to `path` atomically, in order, making the folders on the way; uncompressed, the bytes are those that
  /// `numpy.savez` writes.
  ///
  /// A name may have slashes, as layers' parameters do, but must not lead out of a folder: no `..`, no leading slash.
  public static func write(
    _ tensors: NamedTensors, to path: String, compression: Compression = .none
  ) throws(FileError) {
    if compression != .none && Zlib.system == nil {
      throw FileError(path: path, action: "compress", reason: "zlib is not installed: apt-get install zlib1g")
    }
    try AtomicFile.write(to: path) { file throws(SystemError) in
      try withoutActuallyEscaping({ bytes throws(SystemError) in try file.write(bytes) }) { sink throws(SystemError) in
        var writer = ZipWriter(to: sink)
        try emit(tensors, compression, to: &writer)
      }
    }
  }

  /// Gives tensors to a writer of zip files.
  package static func emit<Failure>(
    _ tensors: NamedTensors, _ compression: Compression, to writer: inout ZipWriter<Failure>
  ) throws(Failure) {
    for (name, tensor) in tensors {
      let fileName = name + ".npy"
      require(ZipEntry.isSafe(name: fileName), "NumPyArchive: the name '\(name)' leads out of its folder or cannot be printed")
      require(fileName.utf8.count <= UInt16.max, "NumPyArchive: a name of \(fileName.utf8.count) bytes")
      switch tensor {
      case .float(let tensor): try add(fileName, tensor, compression, to: &writer)
      case .double(let tensor): try add(fileName, tensor, compression, to: &writer)
      case .int32(let tensor): try add(fileName, tensor, compression, to: &writer)
      case .int64(let tensor): try add(fileName, tensor, compression, to: &writer)
      case .bool(let tensor): try add(fileName, tensor, compression, to: &writer)
      }
    }
    try writer.finish()
  }

  private static func add<E, Failure>(
    _ name: String, _ tensor: Tensor<E>, _ compression: Compression, to writer: inout ZipWriter<Failure>
  ) throws(Failure) {
    let header = NumPyHeader.encode(ElementType(E.self), tensor.shape, version: .v1, order: .rowMajor)
    let elements = tensor.contiguous()
    defer { keepAlive(elements.storage) }
    try header.span.bytes.withUnsafeBytes { header throws(Failure) in
      let pieces = [header, elements.rawBytes]
      let count = header.count + elements.rawBytes.count
      let checksum = pieces.reduce(0, Checksum.extend)
      switch compression {
      case .none: try writer.add(name: name, method: 0, pieces, count: count, checksum: checksum)
      case .deflate(let level):
        require((1...9).contains(level), "NumPyArchive: the compression level \(level) is not one of 1 ... 9")
        let compressed = Deflater.compress(pieces, level: level, zlib: Zlib.system!)
        try compressed.span.bytes.withUnsafeBytes { bytes throws(Failure) in
          try writer.add(name: name, method: 8, [bytes], count: count, checksum: checksum)
        }
      }
    }
  }
}
