import Datasets
import Tensor
import Testing

@Suite("CURVES")
struct CurvesTests {
  let small = Curves.load(trainCount: 300, testCount: 100, seed: 1)

  @Test func `are 28 x 28 pictures without labels, as many as asked for`() {
    #expect(small.train.images.shape == [300, 784])
    #expect(small.test.images.shape == [100, 784])
    #expect(small.train.height == 28 && small.train.width == 28)
    #expect(small.train.labels == nil)
  }

  @Test func `are the same bits for the same seed`() {
    let again = Curves.load(trainCount: 300, testCount: 100, seed: 1)
    #expect(again.train.images == small.train.images)
    #expect(again.test.images == small.test.images)
  }

  @Test func `are other pictures for another seed, and for the test set`() {
    let other = Curves.load(trainCount: 300, testCount: 100, seed: 2)
    let tests = small.test.images.elements
    for i in 0..<100 {
      #expect(other.train.images[row: i] != small.train.images[row: i], "image \(i)")
      #expect(Array(tests[784 * i..<784 * (i + 1)]) != small.train.images[row: i].elements, "image \(i)")
    }
  }

  @Test func `do not depend on the number of threads`() {
    for threads in [1, 2, 3] {
      let images = Parallel.cutting(for: threads) { Curves.load(trainCount: 300, testCount: 0, seed: 1).train.images }
      #expect(images == small.train.images, "\(threads) threads")
    }
  }

  @Test func `begin alike whatever their number`() {
    #expect(Curves.load(trainCount: 7, testCount: 0, seed: 1).train.images == small.train.images[rows: 0..<7])
  }

  @Test func `stay the same from release to release`() {
    // FNV-1a over the bits of the first 100 training images of seed 1, recorded when the set was first published.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for pixel in small.train.images[rows: 0..<100].elements {
      hash = (hash ^ UInt64(pixel.bitPattern)) &* 0x100_0000_01B3
    }
    #expect(hash == 11_923_838_499_213_256_097)
  }

  @Test func `are white strokes on a black ground`() {
    let pixels = Curves.load(trainCount: 2000, testCount: 0, seed: 5).train.images.elements
    #expect(pixels.allSatisfy { $0 >= 0 && $0 <= 1 })
    let active = Double(pixels.count { $0 > 0 }) / Double(pixels.count)
    #expect(active > 0.05 && active < 0.12, "active pixels: \(active)")
    for i in 0..<2000 {
      // Every picture has a stroke, and no stroke fills it.
      let ink = pixels[784 * i..<784 * (i + 1)].reduce(0, +)
      #expect(ink > 1 && ink < 150, "image \(i) has \(ink) white pixels")
    }
  }
}

@Suite("A curve")
struct CurveTests {
  @Test(
    "meets its three points in order",
    arguments: [
      (SIMD2<Float>(4, 4), SIMD2<Float>(20, 6), SIMD2<Float>(9, 23)),
      (SIMD2<Float>(5, 5), SIMD2<Float>(23, 23), SIMD2<Float>(5, 6)),
      (SIMD2<Float>(8, 8), SIMD2<Float>(8, 8), SIMD2<Float>(20, 10)),
      (SIMD2<Float>(8, 8), SIMD2<Float>(20, 10), SIMD2<Float>(20, 10)),
      (SIMD2<Float>(8, 8), SIMD2<Float>(8, 8), SIMD2<Float>(8, 8)),
    ])
  func interpolates(_ a: SIMD2<Float>, _ b: SIMD2<Float>, _ c: SIMD2<Float>) {
    let curve = Curve(through: a, b, c)
    let chords = (distance(a, b), distance(b, c))
    let middle = chords.0 + chords.1 > 0 ? chords.0 / (chords.0 + chords.1) : 0
    // Coordinates below 32 in single precision: rounding is some 1e-6 an operation.
    #expect(distance(curve.point(at: 0), a) < 1e-5)
    #expect(distance(curve.point(at: middle), b) < 2e-5)
    #expect(distance(curve.point(at: 1), c) < 2e-5)
  }

  @Test func `that is straight covers pixels by their distance from it`() {
    // A level line on the border of lines 13 and 14: their centres are half a pixel away, the stroke reaches 0.75 pixels
    // and fades to nothing from 0.25 to 1.25; so 0.75 is left, and nothing in lines 12 and 15, 1.5 pixels away.
    let pixels = drawing(of: Curve(through: [4, 14], [14, 14], [24, 14]))
    for x in 5..<23 {
      #expect((11...16).map { pixels[28 * $0 + x] } == [0, 0, 0.75, 0.75, 0, 0], "column \(x)")
    }
    #expect(pixels[28 * 13 + 1] == 0 && pixels[28 * 13 + 26] == 0)
  }

  @Test func `that shrinks to a point is a dot`() {
    let pixels = drawing(of: Curve(through: [10.5, 10.5], [10.5, 10.5], [10.5, 10.5]))
    #expect(pixels[28 * 10 + 10] == 1)
    #expect(pixels[28 * 10 + 11] == 0.25 && pixels[28 * 9 + 10] == 0.25)
    #expect(pixels.count { $0 > 0 } == 5)
  }

  private func drawing(of curve: Curve) -> [Float] {
    var pixels = [Float](repeating: .nan, count: 784)
    pixels.withUnsafeMutableBufferPointer { curve.draw(into: $0) }
    return pixels
  }

  private func distance(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Float { ((a - b) * (a - b)).sum().squareRoot() }
}
