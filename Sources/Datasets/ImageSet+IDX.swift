import Tensor

extension ImageSet {
  /// Reads images, and labels where there are any, from IDX files, plain or gzipped; bytes 0 ... 255 become 0 ... 1.
  ///
  /// - Parameters:
  ///   - imagesPath: a file of three dimensions: images, lines, pixels of a line.
  ///   - labelsPath: a file of one dimension with a label for each image, or `nil` for none.
  ///   - classCount: each label is below it.
  /// - Throws: what is wrong with either file, or between them.
  public init(imagesPath: String, labelsPath: String? = nil, classCount: Int = 10) throws(IDXError) {
    let images = try IDXFile(path: imagesPath, rank: 3)
    let (count, height, width) = (images.dimensions[0], images.dimensions[1], images.dimensions[2])
    var labels: Tensor<Int32>?
    if let labelsPath {
      let file = try IDXFile(path: labelsPath, rank: 1)
      guard file.bytes.count == count else {
        throw .countMismatch(images: count, imagesPath: imagesPath, labels: file.bytes.count, labelsPath: labelsPath)
      }
      if let index = file.bytes.firstIndex(where: { $0 >= classCount }) {
        throw .labelOutOfRange(path: labelsPath, index: index, label: Int(file.bytes[index]), classCount: classCount)
      }
      labels = Tensor(file.bytes.map(Int32.init), shape: [count])
    }
    let pixels = brightness(of: images.bytes).reshaped(to: [count, height * width])
    self.init(images: pixels, labels: labels, height: height, width: width)
  }
}

/// Bytes 0 ... 255 as numbers 0 ... 1.
private func brightness(of bytes: [UInt8]) -> Tensor<Float> {
  let result = Tensor<Float>(uninitialized: [bytes.count])
  let target = result.mutableBase
  bytes.withUnsafeBufferPointer { source in
    let source = source.baseAddress!
    Parallel.slices(bytes.count, grain: Parallel.cheapGrain) { part in
      for i in part { target[i] = Float(source[i]) / 255 }
    }
  }
  return result
}
