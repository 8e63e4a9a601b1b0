import Tensor

/// CURVES: pictures of smooth curves through three random points, made by this program.
///
/// Hinton & Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313 (2006), 504-507, describe the
/// original as images of curves "generated from three randomly chosen points in two dimensions": six numbers set all 784
/// pixels, and an autoencoder with a code of six units can learn them. Martens (2010) trains 784-400-200-100-50-25-6 and its
/// mirror image on it. This is not their file but a set of the same make, so errors compare between methods here and only
/// roughly with those papers.
///
/// The three points are uniform in the picture less a margin; the curve is the parabola through them in order, its parameter
/// proportional to the length of the chords; a pixel's brightness is, but for corners, the share of it that the stroke covers.
public enum Curves {
  /// Pixels along each side of a picture.
  public static let side = 28
  /// The width of the stroke, in pixels.
  static let strokeWidth: Float = 1.5
  /// What separates the points from the edge, in pixels. Between its points a curve strays out of their square by at most a
  /// fifth of its side (the worst of 400,000 samples), which is this margin: it stays in the picture, but for half the stroke.
  static let margin: Float = 4

  /// Draws the training and the test set, without labels.
  ///
  /// Image `i` of either set depends on `seed` and `i` alone: not on how many there are, nor on the number of threads; a
  /// smaller set is the beginning of a larger one.
  /// - Parameters:
  ///   - trainCount: images to learn from; as many as in the papers by default.
  ///   - testCount: images to test with, drawn from other random numbers.
  ///   - seed: another seed, other images.
  /// - Returns: images of `side` x `side` pixels in [0, 1], about 7 in 100 of them not black.
  /// - Complexity: some 10 µs of one core and 3 KiB an image.
  public static func load(trainCount: Int = 20_000, testCount: Int = 10_000, seed: UInt64 = 1) -> Split {
    require(trainCount >= 0 && testCount >= 0, "Curves: \(trainCount) training and \(testCount) test images")
    let stream = RandomStream(seed: seed, stream: Streams.curves)
    return Split(train: images(trainCount, from: stream.split(0)), test: images(testCount, from: stream.split(1)))
  }

  private static func images(_ count: Int, from stream: RandomStream) -> ImageSet {
    let pixels = side * side
    let images = Tensor<Float>(uninitialized: [count, pixels])
    let base = images.mutableBase
    Parallel.slices(count, grain: 16, alignment: 1) { part in
      for i in part {
        var numbers = stream.split(UInt64(i)).generator()
        Curve.random(using: &numbers).draw(into: UnsafeMutableBufferPointer(start: base + i * pixels, count: pixels))
      }
    }
    return ImageSet(images: images, height: side, width: side)
  }
}

/// The parabola `start + t velocity + t² bend`, t from 0 to 1, in pixels.
package struct Curve {
  var start: SIMD2<Float>
  var velocity: SIMD2<Float>
  var bend: SIMD2<Float>

  /// The parabola through three points in order, which it meets at t = 0, |b - a| / L and 1; L = |b - a| + |c - b|.
  ///
  /// Newton's form of the interpolation: with unit vectors along the chords nothing is divided by a difference of
  /// parameters, and points that coincide are no special case.
  package init(through a: SIMD2<Float>, _ b: SIMD2<Float>, _ c: SIMD2<Float>) {
    let (first, second) = (b - a, c - b)
    let length = first.length + second.length
    bend = length * (second.direction - first.direction)
    velocity = length > 0 ? length * first.direction - first.length / length * bend : .zero
    start = a
  }

  /// A curve through three points that are independent and uniform in the picture less its margin.
  static func random(using numbers: inout RandomStream.Generator) -> Curve {
    func coordinate() -> Float {
      let unit = Float(numbers.next() >> 40) * 0x1p-24
      return Curves.margin + unit * (Float(Curves.side) - 2 * Curves.margin)
    }
    let points = (0..<3).map { _ in SIMD2(coordinate(), coordinate()) }
    return Curve(through: points[0], points[1], points[2])
  }

  /// Where the curve is at `t`, in [0, 1].
  package func point(at t: Float) -> SIMD2<Float> { start + t * velocity + t * t * bend }

  /// Draws the curve white on black: a pixel's brightness falls from 1 to 0 over one pixel across the edge of the stroke.
  ///
  /// The distance is to a polygon of 64 chords, which at these sizes is less than 0.01 pixels from the curve.
  package func draw(into pixels: UnsafeMutableBufferPointer<Float>) {
    let reach = (Curves.strokeWidth + 1) / 2
    let chords = 64
    // The squared distance to the curve first, where it is less than the stroke's reach.
    pixels.update(repeating: reach * reach)
    var from = start
    for i in 1...chords {
      let to = point(at: Float(i) / Float(chords))
      lowerDistances(in: pixels, toChordFrom: from, to: to, reach: reach)
      from = to
    }
    for i in pixels.indices { pixels[i] = min(1, max(0, reach - pixels[i].squareRoot())) }
  }

  private func lowerDistances(
    in pixels: UnsafeMutableBufferPointer<Float>, toChordFrom from: SIMD2<Float>, to: SIMD2<Float>, reach: Float
  ) {
    let chord = to - from
    let squaredLength = chord.dot(chord)
    let inverse = squaredLength > 0 ? 1 / squaredLength : 0
    // The pixels whose centres, at halves, may be within reach.
    let last = Curves.side - 1
    let low = pointwiseMin(from, to) - reach - 0.5
    let high = pointwiseMax(from, to) + reach - 0.5
    let (left, right) = (max(0, Int(low.x.rounded(.up))), min(last, Int(high.x.rounded(.down))))
    let (top, bottom) = (max(0, Int(low.y.rounded(.up))), min(last, Int(high.y.rounded(.down))))
    guard left <= right && top <= bottom else { return }
    for y in top...bottom {
      for x in left...right {
        let offset = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - from
        let along = min(1, max(0, offset.dot(chord) * inverse))
        let gap = offset - along * chord
        let pixel = y * Curves.side + x
        pixels[pixel] = min(pixels[pixel], gap.dot(gap))
      }
    }
  }
}

extension SIMD2<Float> {
  fileprivate func dot(_ other: SIMD2<Float>) -> Float { x * other.x + y * other.y }
  fileprivate var length: Float { dot(self).squareRoot() }
  /// The unit vector this way; zero has none and stays zero.
  fileprivate var direction: SIMD2<Float> { length > 0 ? self / length : .zero }
}
