/// Stops the program with `message` unless `condition` holds.
///
/// For programmer's errors: wrong shapes, indices out of range, calls in the wrong order. Unlike `precondition`,
/// it prints its message in release builds too, which is what users run.
@inlinable
public func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}
