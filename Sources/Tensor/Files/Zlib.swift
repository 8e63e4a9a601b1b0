import CZlibABI
import Foundation

/// The functions of zlib that compress and decompress, found in the shared library when first needed: building Kappa, and files
/// that are not compressed, need no zlib.
package struct Zlib: Sendable {
  typealias Stream = UnsafeMutablePointer<kappa_zlib_stream>
  typealias Initialize =
    @convention(c) @Sendable (Stream, _ windowBits: Int32, _ version: UnsafePointer<CChar>, _ size: Int32) -> Int32
  typealias InitializeDeflate =
    @convention(c) @Sendable (
      Stream, _ level: Int32, _ method: Int32, _ windowBits: Int32, _ memoryLevel: Int32, _ strategy: Int32,
      _ version: UnsafePointer<CChar>, _ size: Int32
    ) -> Int32
  typealias Process = @convention(c) @Sendable (Stream, _ flush: Int32) -> Int32
  typealias Action = @convention(c) @Sendable (Stream) -> Int32

  /// What these functions return, named as in zlib.h.
  package enum Status {
    package static let ok: Int32 = 0
    package static let streamEnd: Int32 = 1
    package static let bufferError: Int32 = -5
  }

  let initializeInflate: Initialize
  let inflate: Process
  let resetInflate: Action
  let endInflate: Action
  let initializeDeflate: InitializeDeflate
  let deflate: Process
  let endDeflate: Action

  /// The system's zlib, if it has one.
  package static let system: Zlib? = {
    #if canImport(Darwin)
      Zlib(library: "/usr/lib/libz.1.dylib")
    #else
      Zlib(library: "libz.so.1")
    #endif
  }()

  /// The zlib in a shared library; `nil` where that cannot be opened or lacks a function. The library stays open.
  package init?(library: String) {
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else { return nil }
    guard let initializeInflate = dlsym(handle, "inflateInit2_"), let inflate = dlsym(handle, "inflate"),
      let resetInflate = dlsym(handle, "inflateReset"), let endInflate = dlsym(handle, "inflateEnd"),
      let initializeDeflate = dlsym(handle, "deflateInit2_"), let deflate = dlsym(handle, "deflate"),
      let endDeflate = dlsym(handle, "deflateEnd")
    else { return nil }
    self.initializeInflate = unsafeBitCast(initializeInflate, to: Initialize.self)
    self.inflate = unsafeBitCast(inflate, to: Process.self)
    self.resetInflate = unsafeBitCast(resetInflate, to: Action.self)
    self.endInflate = unsafeBitCast(endInflate, to: Action.self)
    self.initializeDeflate = unsafeBitCast(initializeDeflate, to: InitializeDeflate.self)
    self.deflate = unsafeBitCast(deflate, to: Process.self)
    self.endDeflate = unsafeBitCast(endDeflate, to: Action.self)
  }
}
