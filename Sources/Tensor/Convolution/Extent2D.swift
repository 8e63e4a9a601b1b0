/// A length along the height and along the width of an image, in pixels. A literal means both: `stride: 2`.
public struct Extent2D: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// Along the height.
  public var height: Int
  /// Along the width.
  public var width: Int

  /// Different lengths.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The same length along both.
  public init(_ length: Int) { self.init(height: length, width: length) }

  /// The same length along both.
  public init(integerLiteral length: Int) { self.init(length) }

  public var description: String { "[\(height), \(width)]" }

  /// Whether both lengths are at least `least`.
  func isAtLeast(_ least: Int) -> Bool { height >= least && width >= least }
}

/// How many rows and columns of zeros surround an image. A literal means all four sides: `padding: 1`.
public struct Padding2D: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// Rows above the first.
  public var top: Int
  /// Rows below the last.
  public var bottom: Int
  /// Columns before the first.
  public var left: Int
  /// Columns after the last.
  public var right: Int

  /// A number for each side.
  public init(top: Int, bottom: Int, left: Int, right: Int) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// The same above and below, and the same left and right.
  public init(height: Int, width: Int) { self.init(top: height, bottom: height, left: width, right: width) }

  /// The same on all sides.
  public init(integerLiteral length: Int) { self.init(height: length, width: length) }

  /// What keeps the size of an image under a convolution of stride 1; of an odd number of zeros, the larger part goes below and
  /// right.
  public static func same(kernel: Extent2D, dilation: Extent2D = 1) -> Padding2D {
    let (rows, columns) = (dilation.height * (kernel.height - 1), dilation.width * (kernel.width - 1))
    return Padding2D(top: rows / 2, bottom: rows - rows / 2, left: columns / 2, right: columns - columns / 2)
  }

  public var description: String { "[[\(top), \(bottom)], [\(left), \(right)]]" }
}
