import Kappa
import TestSupport

/// A tensor as plain loops see it: every element with its indices. Slow and obvious.
struct NaiveTensor {
  var shape: [Int]
  var elements: [Double]

  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    elements = NaiveTensor.indices(of: shape).map(element)
  }

  init<S: TensorScalar>(_ tensor: Tensor<S>) {
    shape = Array(tensor.shape)
    elements = tensor.elements.map { Double($0) }
  }

  /// All index lists in row-major order.
  static func indices(of shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { lists, length in lists.flatMap { list in (0..<length).map { list + [$0] } } }
  }

  subscript(_ index: [Int]) -> Double { elements[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }] }

  /// The element that broadcasting puts at `index` of a larger shape.
  func stretched(_ index: [Int]) -> Double {
    self[zip(index.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }]
  }

  func tensor<S: TensorScalar>(_ type: S.Type = S.self) -> Tensor<S> { Tensor(elements.map { S($0) }, shape: Shape(shape)) }
}

/// A way to lie in memory.
enum Arrangement: String, CaseIterable, Sendable {
  case contiguous, transposed, sliced, stepped, offset, stretched

  /// A tensor of the given shape that lies in memory this way, with distinct small whole elements.
  func tensor<S: TensorScalar>(_ shape: [Int], of type: S.Type = S.self) -> Tensor<S> {
    let rank = shape.count
    func counted(_ lengths: [Int]) -> Tensor<S> {
      let n = lengths.reduce(1, *)
      return Tensor((0..<n).map { S(($0 * 37 % 101) - 50) / 8 }, shape: Shape(lengths))
    }
    if rank == 0 { return counted([]) }
    switch self {
    case .contiguous: return counted(shape)
    case .transposed: return counted(shape.reversed()).permuted((0..<rank).reversed())
    case .sliced: return counted(shape.map { $0 + 2 }).cut(shape, from: 1, by: 1)
    case .stepped: return counted(shape.map { 2 * $0 + 1 }).cut(shape, from: 1, by: 2)
    case .offset: return counted([shape[0] + 3] + shape.dropFirst())[rows: 3..<shape[0] + 3]
    case .stretched: return counted([1] + shape.dropFirst()).broadcast(to: Shape(shape))
    }
  }
}

extension Tensor {
  /// `shape` elements from `start` on each axis.
  fileprivate func cut(_ shape: [Int], from start: Int, by step: Int) -> Tensor {
    shape.enumerated().reduce(self) { $0.sliced(axis: $1.offset, start..<start + step * $1.element, step: step) }
  }
}
