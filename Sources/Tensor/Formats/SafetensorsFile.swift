/// A .safetensors file: named tensors behind a JSON header, as PyTorch's users exchange them.
///
/// Opening one reads its header and checks that the tensors cover the rest of the file, each its share; tensors are read, or
/// mapped, when asked for. Booleans, integers up to 64 bits (not U64), F16, BF16, F32 and F64 are read; a tensor of another type is
/// an error when it is asked for. Memory is taken for what the file holds, at most 12 times its size (U8 as `Double`), never for
/// what it claims.
public struct SafetensorsFile: Sendable {
  /// The names of the tensors, in the order of the header.
  public let names: [String]
  private let entries: [String: SafetensorsHeader.Entry]
  private let header: SafetensorsHeader
  private let file: FileBytes

  /// What the file says of itself: free text under free keys.
  public var metadata: [String: String] { header.metadata }

  /// Opens the file at `path`, and keeps it open as long as this value or a copy exists.
  public init(_ path: String) throws(TensorFileError) { try self.init(FileBytes(path: path)) }

  /// Opens a file in memory; errors call it `name`.
  public init(decoding bytes: [UInt8], name: String = "memory") throws(TensorFileError) {
    try self.init(FileBytes(bytes, name: name))
  }

  private init(_ file: FileBytes) throws(TensorFileError) {
    self.file = file
    header = try SafetensorsHeader(from: file)
    names = header.entries.map(\.name)
    entries = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  /// Reads one tensor.
  /// - Parameters:
  ///   - name: of the tensor.
  ///   - type: of the tensor's elements.
  ///   - conversion: what may happen to elements of another type; by default nothing that loses something.
  public func read<E: TensorElement>(
    _ name: String, as type: E.Type = E.self, conversion: ElementConversion = .widening
  ) throws(TensorFileError) -> Tensor<E> {
    let (stored, range, location) = try find(name)
    let asked = ElementType(E.self)
    // Before the elements are read.
    guard conversion == .rounding || asked.holds(stored.elementType) else {
      throw location.error(.wrongElementType(found: stored.elementType, asked: asked))
    }
    let tensor = try stored.read(from: PlainStream(file, range, location: location))
    return try tensor.converted(to: type, by: conversion, from: stored.elementType, location: location)
  }

  /// Reads one tensor with elements of the type that it has, or the next wider one (`ElementType.tensorType`).
  public func readAny(_ name: String) throws(TensorFileError) -> AnyTensor {
    let (stored, range, location) = try find(name)
    return try stored.read(from: PlainStream(file, range, location: location))
  }

  /// Reads all tensors.
  public func readAll() throws(TensorFileError) -> NamedTensors {
    var result = NamedTensors()
    for name in names { result[name] = try readAny(name) }
    return result
  }

  /// One tensor in the place where it lies in the file; what is said of `NumPyFile.map` holds here too.
  public func map<E: TensorElement>(_ name: String, as type: E.Type = E.self) throws(TensorFileError) -> Tensor<E> {
    let (stored, range, location) = try find(name)
    return try stored.map(file, at: range.lowerBound, location: location)
  }

  private func find(_ name: String) throws(TensorFileError) -> (StoredArray, Range<Int>, FileLocation) {
    let location = file.location.member(name)
    guard let entry = entries[name] else { throw location.error(.missing(available: Array(names.prefix(20)))) }
    let start = header.dataOffset + entry.range.lowerBound
    guard let type = SafetensorsHeader.types[entry.type] else {
      throw location.error(.unsupportedElementType(entry.type), at: start)
    }
    guard let shape = Shape(checking: entry.lengths) else { throw location.error(.unsupportedShape(entry.lengths), at: start) }
    return (StoredArray(elementType: type, shape: shape), start..<start + entry.range.count, location)
  }
}

// MARK: - Writing

extension SafetensorsFile {
  /// Writes tensors to `path` atomically, making the folders on the way: the same bytes as the format's own library, which puts
  /// wider types first and then goes by name, whatever the order of `tensors`.
  /// - Parameters:
  ///   - tensors: under any names but `__metadata__`.
  ///   - path: of the file.
  ///   - metadata: free text under free keys, written in the order of the keys.
  public static func write(
    _ tensors: NamedTensors, metadata: [String: String] = [:], to path: String
  ) throws(FileError) {
    try AtomicFile.write(to: path) { file throws(SystemError) in
      try emit(tensors, metadata) { bytes throws(SystemError) in try file.write(bytes) }
    }
  }

  /// The bytes of a file with the given tensors.
  public static func encode(_ tensors: NamedTensors, metadata: [String: String] = [:]) -> [UInt8] {
    var result: [UInt8] = []
    emit(tensors, metadata) { result.append(contentsOf: $0) }
    return result
  }

  private static func emit<Failure: Error>(
    _ tensors: NamedTensors, _ metadata: [String: String], to sink: ByteSink<Failure>
  ) throws(Failure) {
    // The rank of a type in the library's own order.
    let ranks: [ElementType: Int] = [.int64: 0, .float64: 1, .float32: 2, .int32: 3, .bool: 4]
    let order = tensors.sorted { a, b in
      let (first, second) = (ranks[a.tensor.elementType]!, ranks[b.tensor.elementType]!)
      return first != second ? first < second : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }
    try header(order, metadata).span.bytes.withUnsafeBytes(sink)
    for (_, tensor) in order {
      switch tensor {
      case .float(let tensor): try emit(tensor, to: sink)
      case .double(let tensor): try emit(tensor, to: sink)
      case .int32(let tensor): try emit(tensor, to: sink)
      case .int64(let tensor): try emit(tensor, to: sink)
      case .bool(let tensor): try emit(tensor, to: sink)
      }
    }
  }

  private static func emit<E: TensorElement, Failure: Error>(_ tensor: Tensor<E>, to sink: ByteSink<Failure>) throws(Failure) {
    let elements = tensor.contiguous()
    defer { keepAlive(elements.storage) }
    try sink(elements.rawBytes)
  }

  private static func header(_ tensors: [(name: String, tensor: AnyTensor)], _ metadata: [String: String]) -> [UInt8] {
    let names = Dictionary(uniqueKeysWithValues: SafetensorsHeader.types.map { ($1, $0) })
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      members.append(#""__metadata__":{"# + texts.map { quoted($0.key) + ":" + quoted($0.value) }.joined(separator: ",") + "}")
    }
    var offset = 0
    for (name, tensor) in tensors {
      require(name != "__metadata__", "SafetensorsFile: a tensor cannot have the name '__metadata__'")
      let end = offset + tensor.shape.elementCount * tensor.elementType.byteCount
      let lengths = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        quoted(name) + #":{"dtype":"\#(names[tensor.elementType]!)","shape":[\#(lengths)],"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    // The elements begin at a multiple of 8 bytes.
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    require(text.count <= SafetensorsHeader.maximumLength, "SafetensorsFile: a header of \(text.count) bytes")
    var result: [UInt8] = []
    result.append(littleEndian: UInt64(text.count))
    return result + text
  }

  /// A string in JSON.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case ..<" ": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
