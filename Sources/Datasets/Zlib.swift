import CZlibABI
import Foundation

/// The functions of zlib that decompress, found in the shared library when first needed: building Kappa and reading
/// uncompressed files need no zlib.
package struct Zlib: Sendable {
  typealias Stream = UnsafeMutablePointer<kappa_zlib_stream>
  typealias Initialize =
    @convention(c) @Sendable (Stream, _ windowBits: Int32, _ version: UnsafePointer<CChar>, _ size: Int32) -> Int32
  typealias Inflate = @convention(c) @Sendable (Stream, _ flush: Int32) -> Int32
  typealias Action = @convention(c) @Sendable (Stream) -> Int32

  /// What these functions return, named as in zlib.h.
  enum Status {
    static let ok: Int32 = 0
    static let streamEnd: Int32 = 1
    static let bufferError: Int32 = -5
  }

  let initialize: Initialize
  let inflate: Inflate
  let reset: Action
  let end: Action

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
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL),
      let initialize = dlsym(handle, "inflateInit2_"), let inflate = dlsym(handle, "inflate"),
      let reset = dlsym(handle, "inflateReset"), let end = dlsym(handle, "inflateEnd")
    else { return nil }
    self.initialize = unsafeBitCast(initialize, to: Initialize.self)
    self.inflate = unsafeBitCast(inflate, to: Inflate.self)
    self.reset = unsafeBitCast(reset, to: Action.self)
    self.end = unsafeBitCast(end, to: Action.self)
  }
}
