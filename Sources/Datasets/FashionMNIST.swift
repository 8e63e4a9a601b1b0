/// Fashion-MNIST: pictures of clothes in MNIST's form, 60,000 to learn from and 10,000 to test with, 28 x 28 pixels, 10 classes.
///
/// Xiao, Rasul & Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, arXiv:1708.07747
/// (2017).
public enum FashionMNIST {
  /// Where Debian's package `dataset-fashion-mnist` puts the files.
  public static let systemDirectory = "/usr/share/datasets/fashion-mnist"

  /// What the labels 0 ... 9 stand for.
  public static let classNames = [
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
  ]

  /// Reads the data set; names and forms of the four files are as `MNIST.load(directory:)` takes them.
  ///
  /// - Parameter directory: the folder of the files; by default where Debian's package puts them.
  /// - Complexity: about a second and 220 MB of tensors.
  public static func load(directory: String = systemDirectory) throws(IDXError) -> Split {
    try MNIST.load(
      directory: directory,
      remedy: "run `make data`, or `apt-get install dataset-fashion-mnist`, which puts it into \(systemDirectory)")
  }
}
