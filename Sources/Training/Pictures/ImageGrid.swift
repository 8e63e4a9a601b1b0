import Datasets
import Tensor

/// Small grey pictures in rows, each row with a label on its left. Every pixel becomes a square of whole pixels, with nothing
/// smoothed.
public struct ImageGrid: Picture {
  /// One row.
  public struct Row: Sendable {
    /// On the left of the row.
    public var label: String
    /// [count, height · width], 0 black to 1 white.
    public var images: Tensor<Float>
    /// - Parameters:
    ///   - label: on the left of the row.
    ///   - images: [count, height · width], 0 black to 1 white.
    public init(_ label: String, _ images: Tensor<Float>) {
      self.label = label
      self.images = images
    }
  }

  /// From top to bottom.
  public var rows: [Row]
  /// The lines and columns of a picture.
  public let (height, width): (Int, Int)
  /// The side of the square that a pixel becomes.
  public let magnification: Int

  /// - Parameters:
  ///   - rows: from top to bottom.
  ///   - height: lines of a picture.
  ///   - width: pixels of a line.
  ///   - magnification: the side of the square that a pixel becomes.
  public init(_ rows: [Row], height: Int, width: Int, magnification: Int = 3) {
    for row in rows {
      require(
        row.images.rank == 2 && row.images.shape[1] == height * width,
        "ImageGrid: images of shape \(row.images.shape) for pictures of \(height) x \(width)")
    }
    self.rows = rows
    self.height = height
    self.width = width
    self.magnification = magnification
  }

  /// Pixels between pictures and around them all.
  private static let gap = 2

  /// All pictures on one white sheet.
  package func sheet() -> Tensor<Float> {
    let gap = Self.gap
    let columns = rows.map { $0.images.shape[0] }.max() ?? 0
    var sheet = Tensor<Float>(
      repeating: 1, shape: [gap + rows.count * (height + gap), gap + columns * (width + gap)])
    let stride = sheet.shape[1]
    sheet.withUnsafeMutableElements { target in
      for (r, row) in rows.enumerated() {
        row.images.withUnsafeElements { source in
          for image in 0..<row.images.shape[0] {
            for y in 0..<height {
              let to = (gap + r * (height + gap) + y) * stride + gap + image * (width + gap)
              let from = (image * height + y) * width
              for x in 0..<width { target[to + x] = source[from + x] }
            }
          }
        }
      }
    }
    return sheet
  }

  /// 0 ... 255 for 0 ... 1; NaN, which a network that diverged may give, is black.
  private static func level(_ value: Float) -> Int { value.isNaN ? 0 : Int((min(max(value, 0), 1) * 255).rounded()) }

  /// Gnuplot's commands and the pixels of all images.
  public func script(name: String, formats: [PictureFormat]) -> String {
    let sheet = sheet()
    let (lines, columns) = (sheet.shape[0], sheet.shape[1])
    let labelWidth = 12 + 9 * (rows.map(\.label.count).max() ?? 0)
    let size = (width: labelWidth + columns * magnification, height: lines * magnification)
    var script = "# Draws \(name): gnuplot \(name).gnuplot\n$sheet << END\n"
    sheet.withUnsafeElements { values in
      for y in 0..<lines {
        script += (0..<columns).map { String(Self.level(values[y * columns + $0])) }.joined(separator: " ")
        script += "\n"
      }
    }
    script += "END\n"
    for format in formats {
      let terminal = format == .png ? "pngcairo" : "svg"
      script += "set terminal \(terminal) size \(size.width), \(size.height) noenhanced font 'Sans,11' background rgb 'white'\n"
      script += "set output \(Gnuplot.quoted("\(name).\(format.rawValue)"))\n"
      script += """
        unset key; unset tics; unset border; unset colorbox; unset label
        set palette gray
        set cbrange [0:255]
        set xrange [-0.5:\(columns).0 - 0.5]
        set yrange [\(lines).0 - 0.5:-0.5]
        set lmargin at screen \(labelWidth).0 / \(size.width)
        set rmargin at screen 1
        set bmargin at screen 0
        set tmargin at screen 1

        """
      for (index, row) in rows.enumerated() {
        let middle = 1 - (Double(Self.gap + index * (height + Self.gap)) + Double(height) / 2) / Double(lines)
        let place = "screen \(labelWidth - 6).0 / \(size.width), screen \(middle) right"
        script += "set label \(Gnuplot.quoted(row.label)) at \(place)\n"
      }
      script += "plot $sheet matrix with image\nunset output\n"
    }
    return script
  }
}
