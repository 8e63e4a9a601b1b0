/// All sizes of a pooling; making one checks them.
struct PoolingShape {
  let x: Shape
  let y: Shape
  let window: Extent2D
  let stride: Extent2D

  /// Sizes of a pooling of images `x`; `operation` is whom an error names.
  init(_ operation: String, _ x: Shape, window: Extent2D, stride: Extent2D?) {
    func description() -> String { "\(operation): images \(x), window \(window)" }
    require(x.rank == 4, "\(description()): images have 4 axes, [N, C, H, W]")
    let stride = stride ?? window
    require(window.isAtLeast(1) && stride.isAtLeast(1), "\(description()), stride \(stride): window and stride are positive")
    require(window.height <= x[2] && window.width <= x[3], "\(description()): the window is larger than the images")
    (self.x, self.window, self.stride) = (x, window, stride)
    y = [x[0], x[1], (x[2] - window.height) / stride.height + 1, (x[3] - window.width) / stride.width + 1]
  }
}
