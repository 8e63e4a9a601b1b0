/// Arrays in NumPy's .npy format, versions 1.0 to 3.0.
///
/// Booleans, integers up to 64 bits (not uint64) and real numbers of 16 to 64 bits are read, little- and big-endian, in C and in
/// Fortran order; structures, objects, text and complex numbers are errors. Memory is taken for what the file holds, at most 12
/// times its size (uint8 as `Double`), never for what its header claims. A file is whole or an error: nothing may be missing or
/// left over.
public enum NumPyFile {
  /// Reads the array in the file at `path`; one in Fortran order becomes a transposed view.
  /// - Parameters:
  ///   - path: of the file.
  ///   - type: of the tensor's elements.
  ///   - conversion: what may happen to elements of another type; by default nothing that loses something.
  public static func read<E: TensorElement>(
    _ path: String, as type: E.Type = E.self, conversion: ElementConversion = .widening
  ) throws(TensorFileError) -> Tensor<E> {
    try read(PlainStream(FileBytes(path: path)), conversion)
  }

  /// Reads the array in the file at `path` with elements of the type that it has, or the next wider one (`ElementType.tensorType`).
  public static func readAny(_ path: String) throws(TensorFileError) -> AnyTensor {
    try readAny(PlainStream(FileBytes(path: path))).tensor
  }

  /// Reads an array from bytes as they would stand in a file; errors call them `name`.
  public static func decode(_ bytes: [UInt8], name: String = "memory") throws(TensorFileError) -> AnyTensor {
    try readAny(PlainStream(FileBytes(bytes, name: name))).tensor
  }

  /// What the header of the file at `path` says; the elements are not read.
  public static func header(of path: String) throws(TensorFileError) -> NumPyHeader {
    try NumPyHeader(from: PlainStream(FileBytes(path: path)))
  }

  /// The array in the file at `path` in the place where it lies: nothing is read before it is used, and `Memory` does not count it.
  ///
  /// The tensor is as any other. Writing to it, or to a copy, never changes the file: the pages that are written to become private.
  /// The file may be renamed, deleted or replaced by another, as all writers of this library do; if another program writes into it,
  /// or makes it shorter, elements change under the tensor's feet, or the program stops with the signal SIGBUS.
  /// - Parameter type: that of the elements in the file, little-endian; `Bool` cannot be mapped, since each byte must be checked.
  public static func map<E: TensorElement>(_ path: String, as type: E.Type = E.self) throws(TensorFileError) -> Tensor<E> {
    let file = try FileBytes(path: path)
    let header = try NumPyHeader(from: PlainStream(file))
    let tensor: Tensor<E> = try header.stored.map(file, at: header.dataOffset, location: file.location)
    return header.order == .rowMajor ? tensor : tensor.withReversedAxes
  }

  /// Writes a tensor to `path` atomically, making the folders on the way; with the defaults, the bytes are those that NumPy writes.
  public static func write<E: TensorElement>(
    _ tensor: Tensor<E>, to path: String, version: NumPyHeader.Version = .v1, order: NumPyHeader.Order = .rowMajor
  ) throws(FileError) {
    try AtomicFile.write(to: path) { file throws(SystemError) in
      try emit(tensor, version, order) { bytes throws(SystemError) in try file.write(bytes) }
    }
  }

  /// The bytes of a file with the given tensor.
  public static func encode<E: TensorElement>(
    _ tensor: Tensor<E>, version: NumPyHeader.Version = .v1, order: NumPyHeader.Order = .rowMajor
  ) -> [UInt8] {
    var result: [UInt8] = []
    emit(tensor, version, order) { result.append(contentsOf: $0) }
    return result
  }

  /// Gives a file's bytes to `sink`, piece by piece.
  static func emit<E: TensorElement, Failure: Error>(
    _ tensor: Tensor<E>, _ version: NumPyHeader.Version, _ order: NumPyHeader.Order, to sink: ByteSink<Failure>
  ) throws(Failure) {
    let header = NumPyHeader.encode(ElementType(E.self), tensor.shape, version: version, order: order)
    try header.span.bytes.withUnsafeBytes(sink)
    let elements = (order == .rowMajor ? tensor : tensor.withReversedAxes).contiguous()
    defer { keepAlive(elements.storage) }
    try sink(elements.rawBytes)
  }

  static func read<E: TensorElement>(_ stream: some ByteStream, _ conversion: ElementConversion) throws(TensorFileError) -> Tensor<
    E
  > {
    let (tensor, stored) = try readAny(
      stream,
      checking: { stored throws(TensorFileError) in
        // Before the elements are read.
        guard conversion == .rounding || ElementType(E.self).holds(stored) else {
          throw stream.location.error(.wrongElementType(found: stored, asked: ElementType(E.self)))
        }
      })
    return try tensor.converted(to: E.self, by: conversion, from: stored, location: stream.location)
  }

  static func readAny(
    _ stream: some ByteStream, checking: (ElementType) throws(TensorFileError) -> Void = { _ in }
  ) throws(TensorFileError) -> (tensor: AnyTensor, stored: ElementType) {
    let header = try NumPyHeader(from: stream)
    try checking(header.elementType)
    let tensor = try header.stored.read(from: stream)
    try stream.finish()
    return (header.order == .rowMajor ? tensor : tensor.withReversedAxes, header.elementType)
  }
}

/// Takes the bytes of a file as they are made.
package typealias ByteSink<Failure: Error> = (UnsafeRawBufferPointer) throws(Failure) -> Void

extension Tensor {
  /// The same elements with their indices in reverse order: a view.
  fileprivate var withReversedAxes: Tensor { permuted(Array((0..<rank).reversed())) }

  /// The memory of a contiguous tensor.
  var rawBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Scalar>.stride) }
}

extension AnyTensor {
  fileprivate var withReversedAxes: AnyTensor {
    switch self {
    case .float(let tensor): .float(tensor.withReversedAxes)
    case .double(let tensor): .double(tensor.withReversedAxes)
    case .int32(let tensor): .int32(tensor.withReversedAxes)
    case .int64(let tensor): .int64(tensor.withReversedAxes)
    case .bool(let tensor): .bool(tensor.withReversedAxes)
    }
  }
}
