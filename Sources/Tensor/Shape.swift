/// Eight small integers, inline. 32 bits each keep a tensor within two cache lines, and vectors (unlike inline arrays) are copied
/// with a few moves instead of calls through the type's witness table; the price is that a tensor has fewer than 2^31 elements.
struct SmallInts: Sendable, Equatable {
  private var low: SIMD4<Int32>
  private var high: SIMD4<Int32>

  init(repeating value: Int) {
    low = SIMD4(repeating: Int32(value))
    high = low
  }

  subscript(index: Int) -> Int {
    @inline(__always) get { Int(index < 4 ? low[index] : high[index & 3]) }
    @inline(__always) set { if index < 4 { low[index] = Int32(newValue) } else { high[index & 3] = Int32(newValue) } }
  }

  /// Puts `value` before the others, the last of which is dropped.
  @inline(__always) mutating func prepend(_ value: Int) {
    high = SIMD4(low.w, high.x, high.y, high.z)
    low = SIMD4(Int32(value), low.x, low.y, low.z)
  }
}

/// The lengths of a tensor's axes, outermost first. Stored inline: making one allocates nothing.
public struct Shape: Sendable, Hashable, RandomAccessCollection, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The largest number of axes a tensor may have.
  public static let maximumRank = 8

  var lengths = SmallInts(repeating: 0)
  private var axisCount: UInt8 = 0
  /// The number of axes.
  public private(set) var rank: Int {
    @inline(__always) get { Int(axisCount) }
    @inline(__always) set { axisCount = UInt8(newValue) }
  }

  /// The shape of a scalar: no axes, one element.
  public init() {}

  /// The shape of a vector. A literal makes an array first.
  package init(ofVector length: Int) {
    require(length >= 0 && length <= Int32.max, "a shape with the length \(length); lengths are 0 to \(Int32.max)")
    lengths[0] = length
    axisCount = 1
  }

  /// A shape with the given lengths; at most `maximumRank`, none negative.
  public init(_ lengths: some Collection<Int>) {
    self.init()
    for length in lengths { append(length) }
  }

  /// The shape with the lengths of a literal: `[2, 3]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The product of all lengths; 1 for a scalar.
  public var elementCount: Int {
    // Most tensors' ranks need no loop over lanes; and two lengths cannot overflow.
    if rank == 2 { return lengths[0] * lengths[1] }
    if rank == 1 { return lengths[0] }
    var count = 1
    for axis in 0..<rank {
      let (product, overflows) = count.multipliedReportingOverflow(by: lengths[axis])
      require(!overflows, "the shape \(self) has more elements than can be counted")
      count = product
    }
    return count
  }

  /// 0, the outermost axis.
  public var startIndex: Int { 0 }
  /// One past the innermost axis: `rank`.
  public var endIndex: Int { rank }

  /// The length of axis `axis`, counted from the outermost; negative values count from the end, -1 being the innermost.
  public subscript(axis: Int) -> Int {
    get { lengths[normalized(axis, in: "shape")] }
    set {
      require(newValue >= 0 && newValue <= Int32.max, "shape: the length \(newValue) on axis \(axis) of \(self)")
      lengths[normalized(axis, in: "shape")] = newValue
    }
  }

  /// Adds an innermost axis.
  public mutating func append(_ length: Int) { insert(length, at: rank) }

  /// Adds an axis of the given length before axis `axis`.
  public mutating func insert(_ length: Int, at axis: Int) {
    require(rank < Shape.maximumRank, "a tensor has at most \(Shape.maximumRank) axes")
    require(length >= 0, "a shape with the negative length \(length)")
    require(length <= Int32.max, "a shape with the length \(length); at most \(Int32.max) is possible")
    if axis == 0 {
      lengths.prepend(length)
    } else {
      for later in stride(from: rank, to: axis, by: -1) { lengths[later] = lengths[later - 1] }
      lengths[axis] = length
    }
    rank += 1
  }

  /// Removes axis `axis`.
  public mutating func remove(at axis: Int) {
    require(axis >= 0 && axis < rank, "axis \(axis) of shape \(self), which has rank \(rank)")
    for later in axis..<(rank - 1) { lengths[later] = lengths[later + 1] }
    rank -= 1
    lengths[rank] = 0
  }

  /// `axis` counted from the front; negative values count from the end.
  func normalized(_ axis: Int, in operation: @autoclosure () -> String) -> Int {
    let index = axis < 0 ? axis + rank : axis
    require(index >= 0 && index < rank, "\(operation()): axis \(axis) of shape \(self), which has rank \(rank)")
    return index
  }

  /// The shape that two operands broadcast to (NumPy's rule: trailing axes align, length 1 stretches), if there is one.
  public func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    var result = rank >= other.rank ? self : other
    for back in 1...Swift.max(rank, other.rank, 1) where back <= Swift.min(rank, other.rank) {
      let a = lengths[rank - back]
      let b = other.lengths[other.rank - back]
      guard a == b || a == 1 || b == 1 else { return nil }
      result.lengths[result.rank - back] = a == 1 ? b : a
    }
    return result
  }

  /// Whether rank and all lengths agree.
  public static func == (a: Shape, b: Shape) -> Bool {
    // Lanes that no axis uses are zero.
    a.rank == b.rank && a.lengths == b.lengths
  }

  /// Reads rank and lengths.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for axis in 0..<rank { hasher.combine(lengths[axis]) }
  }

  /// The lengths in brackets: `[2, 3]`.
  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}

/// The distance in elements between neighbours along each axis; 0 repeats, negative runs backward.
struct Strides: Sendable {
  var steps = SmallInts(repeating: 0)

  subscript(axis: Int) -> Int {
    get { steps[axis] }
    set { steps[axis] = newValue }
  }

  /// Those of a vector.
  static var ofVector: Strides {
    var strides = Strides()
    strides.steps[0] = 1
    return strides
  }

  private init() {}

  /// Strides of a row-major layout without gaps.
  init(rowMajor shape: Shape) {
    // Most tensors' ranks need no loop.
    if shape.rank == 1 {
      steps[0] = 1
    } else if shape.rank == 2 {
      steps[0] = shape.lengths[1]
      steps[1] = 1
      requireCountable(shape.lengths[0] * shape.lengths[1], shape)
    } else {
      var step = 1
      for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
        steps[axis] = step
        step *= shape.lengths[axis]
        requireCountable(step, shape)
      }
    }
  }

  private func requireCountable(_ count: Int, _ shape: Shape) {
    require(count <= Int32.max, "a tensor of shape \(shape): at most \(Int32.max) elements are possible")
  }
}
