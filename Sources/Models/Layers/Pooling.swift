import AutoDiff
import Tensor

/// The mean of each window of images [batch, channels, height, width]; windows that reach beyond the border are dropped.
public struct AveragePool2D: Layer {
  /// The size of a window.
  public let window: Extent2D
  /// From one window to the next.
  public let stride: Extent2D

  /// - Parameter stride: the window's size by default, so that windows touch.
  public init(_ window: Extent2D, stride: Extent2D? = nil) {
    self.window = window
    self.stride = stride ?? window
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {}

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    averagePool2d(x, window: window, stride: stride)
  }
}

/// The largest number of each window of images [batch, channels, height, width]; windows that reach beyond the border are dropped.
public struct MaxPool2D: Layer {
  /// The size of a window.
  public let window: Extent2D
  /// From one window to the next.
  public let stride: Extent2D

  /// - Parameter stride: the window's size by default, so that windows touch.
  public init(_ window: Extent2D, stride: Extent2D? = nil) {
    self.window = window
    self.stride = stride ?? window
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {}

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    maxPool2d(x, window: window, stride: stride)
  }
}

/// [batch, ...] as [batch, all the rest], row-major.
public struct Flatten: Layer {
  /// The layer; it has no settings.
  public init() {}

  public func declareParameters(in layout: inout ParameterLayout, name: String) {}

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    x.reshaped(to: [x.shape[0], x.shape.dropFirst().reduce(1, *)] as Shape)
  }
}

/// [batch, ...] under another shape behind the batch: images of vectors, for example.
public struct Unflatten: Layer {
  /// Of each example.
  public let shape: [Int]

  /// - Parameter shape: of each example.
  public init(_ shape: [Int]) { self.shape = shape }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {}

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    x.reshaped(to: Shape([x.shape[0]] + shape))
  }
}

/// y = (x - mean) / √(variance + ε) · γ + β over the last axes of each example (Ba, Kiros & Hinton, 2016); the variance divides by
/// the number of elements.
public struct LayerNorm: Layer {
  /// The last axes of x, over which mean and variance are taken; γ and β have this shape.
  public let shape: [Int]
  /// ε.
  public let epsilon: Double
  /// Whether γ is there, and β unless `hasBias` is false.
  public let isAffine: Bool
  /// Whether β is there.
  public let hasBias: Bool

  /// - Parameters:
  ///   - epsilon: ε.
  ///   - isAffine: whether γ, which starts at 1, and β, which starts at 0, are there.
  ///   - hasBias: whether β is there if γ is.
  public init(_ shape: [Int], epsilon: Double = 1e-5, isAffine: Bool = true, hasBias: Bool = true) {
    require(!shape.isEmpty && epsilon > 0, "LayerNorm: over the axes \(shape) with epsilon \(epsilon)")
    self.shape = shape
    self.epsilon = epsilon
    self.isAffine = isAffine
    self.hasBias = isAffine && hasBias
  }

  /// Over the last axis, of the given length.
  public init(_ count: Int, epsilon: Double = 1e-5, isAffine: Bool = true, hasBias: Bool = true) {
    self.init([count], epsilon: epsilon, isAffine: isAffine, hasBias: hasBias)
  }

  public func declareParameters(in layout: inout ParameterLayout, name: String) {
    guard isAffine else { return }
    layout.append("\(name).weight", Shape(shape), start: [1])
    if hasBias { layout.append("\(name).bias", Shape(shape)) }
  }

  public func callAsFunction<S: TensorScalar>(_ x: Variable<S>, _ parameters: LayerParameters<S>) -> Variable<S> {
    let rank = x.shape.rank
    require(
      rank > shape.count && Array(x.shape.suffix(shape.count)) == shape,
      "LayerNorm: inputs of shape \(x.shape) over the axes \(shape)")
    let axes = Array(rank - shape.count..<rank)
    let centered = x - x.mean(axes: axes, keepDimensions: true)
    let variance = centered.squared().mean(axes: axes, keepDimensions: true)
    let y = centered / (variance + S(epsilon)).squareRoot()
    if !isAffine { return y }
    return hasBias ? y * parameters[0] + parameters[1] : y * parameters[0]
  }
}
