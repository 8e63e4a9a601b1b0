import Kappa

/// What NumPy picks from an array of consecutive whole numbers; Tests/Fixtures/numpy/make_subscripts.py wrote them.
struct SubscriptCase: Decodable, Sendable, CustomStringConvertible {
  let shape: [Int]
  let indices: [Index]
  /// The shape of the part.
  let picked: [Int]
  /// The part's elements, which say where in the array they stand.
  let elements: [Int]

  static let all = numpyFixture("subscripts", as: [String: JSONItems].self)["items"]!.cases

  /// The fixture beside its version number.
  struct JSONItems: Decodable {
    var cases: [SubscriptCase] = []
    init(from decoder: any Decoder) throws {
      // The other member is NumPy's version.
      if (try? decoder.singleValueContainer().decode(String.self)) == nil { cases = try [SubscriptCase](from: decoder) }
    }
  }

  var description: String { "\(shape) at \(indices)" }

  /// The array, and the same with its elements lying in other orders and distances.
  var arrays: [Tensor<Int32>] {
    let x = Tensor<Int32>(from: 0, count: shape.reduce(1, *)).reshaped(to: shape)
    let reversed = Array((0..<x.rank).reversed())
    let columnMajor = x.permuted(reversed).copied().permuted(reversed)
    let apart: Tensor<Int32> = Tensor(stacking: [x + 1000, x], axis: x.rank)[..., 1]
    return [x, columnMajor, apart, x.flipped().copied().flipped()]
  }

  enum Index: Decodable, Sendable {
    case at(Int)
    case range(Int?, Int?, step: Int)
    case newAxis, ellipsis

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let index = try? container.decode(Int.self) {
        self = .at(index)
      } else if let parts = try? container.decode([Int?].self) {
        self = .range(parts[0], parts[1], step: parts[2]!)
      } else {
        self = try container.decode(String.self) == "newAxis" ? .newAxis : .ellipsis
      }
    }

    /// The ways to write it.
    var spellings: [any TensorIndexExpression] {
      switch self {
      case .at(let index): return [index]
      case .newAxis: return [TensorIndex.newAxis]
      case .ellipsis: return [TensorIndex.ellipsis]
      case .range(let start, let end, let step):
        var result: [any TensorIndexExpression] = [TensorIndex.range(start, end, step: step)]
        switch (start, end) {
        case (nil, nil):
          result.append(TensorIndex.every(step))
          if step == 1 { result.append(TensorIndex.all) }
          if step == -1 { result.append(TensorIndex.reversed) }
        case (let start?, nil):
          result.append(TensorIndex.from(start, step: step))
          if step == 1 { result.append(start...) }
        case (nil, let end?):
          result.append(TensorIndex.upTo(end, step: step))
          if step == 1 { result.append(..<end) }
          // What comes before 0 would be "through -1", which is the last element.
          if step == 1 && end != 0 { result.append(...(end - 1)) }
        case (let start?, let end?):
          if step == 1 && start <= end { result.append(start..<end) }
          if step == 1 && start < end && end != 0 { result.append(start...(end - 1)) }
        }
        return result
      }
    }
  }

  /// The subscripts that mean this one; each spelling of each index is in one at least.
  var spellings: [[any TensorIndexExpression]] {
    let each = indices.map(\.spellings)
    return (0..<(each.map(\.count).max() ?? 1)).map { k in each.map { $0[min(k, $0.count - 1)] } }
  }
}

extension Tensor {
  /// A subscript with a list of indices.
  subscript(list i: [any TensorIndexExpression]) -> Tensor {
    get {
      switch i.count {
      case 0: self[...]
      case 1: self[i[0]]
      case 2: self[i[0], i[1]]
      case 3: self[i[0], i[1], i[2]]
      case 4: self[i[0], i[1], i[2], i[3]]
      default: fatalError("no test has \(i.count) indices")
      }
    }
    set {
      switch i.count {
      case 0: self[...] = newValue
      case 1: self[i[0]] = newValue
      case 2: self[i[0], i[1]] = newValue
      case 3: self[i[0], i[1], i[2]] = newValue
      case 4: self[i[0], i[1], i[2], i[3]] = newValue
      default: fatalError("no test has \(i.count) indices")
      }
    }
  }
}
