/// The types of elements that files hold. Tensors hold five of them; the narrower ones become the next of those when they are read.
public enum ElementType: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64
  case float16, bfloat16, float32, float64

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// What a tensor that is read without a stated type holds: the type itself, or the first of `Float`, `Int32`, `Int64` with all
  /// its values.
  public var tensorType: ElementType {
    switch self {
    case .bool, .int32, .int64, .float32, .float64: self
    case .int8, .uint8, .int16, .uint16: .int32
    case .uint32: .int64
    case .float16, .bfloat16: .float32
    }
  }

  /// Whether every value of `other` is one of this type too. As NumPy's "safe" casting, but for int64 as float64, which is not
  /// exact.
  public func holds(_ other: ElementType) -> Bool {
    if self == other || other == .bool { return true }
    switch self {
    case .float16, .bfloat16, .float32, .float64:
      // float16 and bfloat16 have bits that the other lacks.
      if other.isReal { return byteCount > other.byteCount }
      return other.magnitudeBits <= magnitudeBits
    case .bool: return false
    default:
      if other.isReal || (other.isSigned && !isSigned) { return false }
      return other.magnitudeBits <= magnitudeBits
    }
  }

  private var isReal: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  private var isSigned: Bool {
    switch self {
    case .bool, .uint8, .uint16, .uint32: false
    default: true
    }
  }

  /// How many bits of an integer's magnitude are kept, whatever they are.
  private var magnitudeBits: Int {
    switch self {
    case .bool: 1
    case .int8: 7
    case .uint8, .bfloat16: 8
    case .float16: 11
    case .int16: 15
    case .uint16: 16
    case .float32: 24
    case .int32: 31
    case .uint32: 32
    case .float64: 53
    case .int64: 63
    }
  }

  public var description: String { rawValue }

  /// The type of a tensor's elements.
  init<E: TensorElement>(_ type: E.Type) {
    if E.self == Float.self {
      self = .float32
    } else if E.self == Double.self {
      self = .float64
    } else if E.self == Int32.self {
      self = .int32
    } else if E.self == Int64.self {
      self = .int64
    } else if E.self == Bool.self {
      self = .bool
    } else {
      fatalError("Tensor: files hold Float, Double, Int32, Int64 and Bool, not \(E.self)")
    }
  }
}

/// What may happen to elements on their way from the type of a file to that of a tensor.
public enum ElementConversion: Sendable, Hashable {
  /// Only from a type all of whose values the tensor's type has: float32 as `Double`, uint8 as `Int32` or `Float`.
  case widening
  /// From any type, value by value: to a real type, the nearest number; to integers and `Bool`, the same number or an error.
  case rounding
}
