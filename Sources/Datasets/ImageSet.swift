import Tensor

/// Grey images of one size, one to a row, with or without a label each.
///
/// A value: copies and `[rows:]` share the pixels and copy none.
public struct ImageSet: Sendable {
  /// Brightness in [0, 1], `[count, height · width]`: each row an image, its lines from top to bottom. Contiguous.
  public let images: Tensor<Float>
  /// The class of each image, counted from 0, `[count]`; `nil` for images without classes.
  public let labels: Tensor<Int32>?
  /// Lines of an image, in pixels.
  public let height: Int
  /// Pixels of a line.
  public let width: Int

  /// A set of the given images.
  ///
  /// Stops the program where shapes disagree. Values are not looked at.
  /// - Parameters:
  ///   - images: brightness, 0 black to 1 white, `[count, height · width]`; copied only if it is not contiguous.
  ///   - labels: classes, `[count]`, or `nil`.
  ///   - height: lines of an image, at least 1.
  ///   - width: pixels of a line, at least 1.
  public init(images: Tensor<Float>, labels: Tensor<Int32>? = nil, height: Int, width: Int) {
    require(height > 0 && width > 0, "ImageSet: images of \(height) x \(width) pixels are empty")
    require(
      images.rank == 2 && images.shape[1] == height * width,
      "ImageSet: images of shape \(images.shape) are not [count, \(height * width)], which \(height) x \(width) pixels need")
    if let labels {
      require(
        labels.rank == 1 && labels.count == images.shape[0],
        "ImageSet: labels of shape \(labels.shape) for \(images.shape[0]) images, which need [\(images.shape[0])]")
    }
    self.images = images.contiguous()
    self.labels = labels?.contiguous()
    self.height = height
    self.width = width
  }

  /// The number of images.
  public var count: Int { images.shape[0] }

  /// The images `range` and their labels; a view that copies nothing.
  public subscript(rows range: Range<Int>) -> ImageSet {
    ImageSet(images: images[rows: range], labels: labels?[rows: range], height: height, width: width)
  }
}

/// What a model learns from, and what it is judged by: two sets of images of one size.
public struct Split: Sendable {
  /// The images to learn from.
  public let train: ImageSet
  /// The images kept back to measure what was learned.
  public let test: ImageSet

  /// Two sets whose images have one size and that both have labels or both none; stops the program otherwise.
  public init(train: ImageSet, test: ImageSet) {
    require(
      train.height == test.height && train.width == test.width,
      "Split: training images of \(train.height) x \(train.width) pixels, test images of \(test.height) x \(test.width)")
    require(
      (train.labels == nil) == (test.labels == nil),
      "Split: only the \(train.labels == nil ? "test" : "training") images have labels")
    self.train = train
    self.test = test
  }
}
