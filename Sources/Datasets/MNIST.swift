import Foundation

/// MNIST: handwritten digits, 60,000 to learn from and 10,000 to test with, 28 x 28 pixels, labels 0 ... 9 the digits.
///
/// LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition, Proc. IEEE 86 (1998), 2278-2324.
public enum MNIST {
  /// Reads the four files of MNIST, or of a data set published in its form, from a folder.
  ///
  /// Each file may be gzipped or not, and its name may end in `.gz` or not; both spellings in use, `train-images-idx3-ubyte` and
  /// `train-images.idx3-ubyte`, are recognized. Subsets are welcome: numbers and sizes are those of the files.
  /// - Parameter directory: the folder of `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
  ///   `t10k-labels-idx1-ubyte`.
  /// - Complexity: about a second for the whole set, gzipped, and 220 MB of tensors.
  public static func load(directory: String) throws(IDXError) -> Split {
    try load(directory: directory, remedy: "name the folder that holds the four files of MNIST")
  }

  /// As above; `remedy` completes the error for a folder that is not there.
  static func load(directory: String, remedy: String) throws(IDXError) -> Split {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw .missingDirectory(path: directory, remedy: remedy)
    }
    let trainPath = try path(of: "train-images", "idx3-ubyte", in: directory)
    let train = try ImageSet(imagesPath: trainPath, labelsPath: path(of: "train-labels", "idx1-ubyte", in: directory))
    let testPath = try path(of: "t10k-images", "idx3-ubyte", in: directory)
    let test = try ImageSet(imagesPath: testPath, labelsPath: path(of: "t10k-labels", "idx1-ubyte", in: directory))
    guard train.height == test.height && train.width == test.width else {
      throw .sizeMismatch(
        train: [train.height, train.width], trainPath: trainPath, test: [test.height, test.width], testPath: testPath)
    }
    return Split(train: train, test: test)
  }

  /// The first file that is there of `name-type`, `name.type` and the two with `.gz`.
  private static func path(of name: String, _ type: String, in directory: String) throws(IDXError) -> String {
    let names = ["\(name)-\(type)", "\(name).\(type)", "\(name)-\(type).gz", "\(name).\(type).gz"]
    let folder = URL(fileURLWithPath: directory, isDirectory: true)
    let candidates = names.map { folder.appendingPathComponent($0).path }
    guard let path = candidates.first(where: FileManager.default.fileExists(atPath:)) else { throw .missingFile(tried: candidates) }
    return path
  }
}
