import Foundation
import Kappa
import Testing

@Suite("A picture")
struct PicturesTests {
  private let chart = LineChart(
    title: "it's a `test`",
    panels: [
      .init(
        x: .init("epochs"), y: .init("error", isLogarithmic: true),
        series: [.init("50% $x \\n 'a'\nb", [(1, 10), (2, .nan), (3, 0), (4, 1)])])
    ])

  @Test func `quotes text so that gnuplot reads it as text`() {
    #expect(Gnuplot.quoted("plain") == "'plain'")
    #expect(Gnuplot.quoted("it's") == "'it''s'")
    #expect(Gnuplot.quoted("'") == "''''")
    #expect(Gnuplot.quoted("a\nset output 'x'\r\n\tb\\n\"`date`\"") == "'a set output ''x''   b\\n\"`date`\"'")
  }

  @Test func `puts data and quoted names into its script`() {
    let script = chart.script(name: "curves", formats: [.png, .svg])
    #expect(script.contains("$panel0series0 << END\n1.0 10.0\n\n\n4.0 1.0\nEND\n"))
    #expect(script.contains("title '50% $x \\n ''a'' b'"))
    #expect(script.contains("title 'it''s a `test`'"))
    #expect(script.contains("set output 'curves.png'"))
    #expect(script.contains("set output 'curves.svg'"))
  }

  @Test func `without gnuplot leaves its script and a hint, and no picture of an earlier run`() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("old", to: folder + "/curves.png")
      let outcome = try chart.draw("curves", in: folder, with: Gnuplot.installed(searchPath: folder))
      #expect(outcome == .scriptOnly(script: folder + "/curves.gnuplot"))
      #expect(outcome.description.contains("apt-get install gnuplot-nox"))
      #expect(try AtomicFile.read(folder + "/curves.gnuplot") == chart.script(name: "curves", formats: [.png]))
      #expect(!FileManager.default.fileExists(atPath: folder + "/curves.png"))
    }
  }

  @Test func `of nothing that can be drawn is drawn empty`() throws {
    let empty = LineChart(
      title: "diverged",
      panels: [.init(x: .init("epochs"), y: .init("error", isLogarithmic: true), series: [.init("SGD", [(1, .nan)])])])
    #expect(empty.script(name: "curves", formats: [.png]).contains("set yrange [0:1]"))
    let grid = ImageGrid([.init("SGD", Tensor(repeating: .nan, shape: [2, 4]))], height: 2, width: 2)
    #expect(grid.script(name: "images", formats: [.png]).contains("255 255 0 0 255 255 0 0"))
    guard Gnuplot.installed() != nil else { return }
    try withTemporaryFolder { folder in
      let outcomes = (try empty.draw("curves", in: folder), try grid.draw("images", in: folder))
      #expect(outcomes.0 == .drawn([folder + "/curves.png"]))
      #expect(outcomes.1 == .drawn([folder + "/images.png"]))
    }
  }

  @Test func `that gnuplot refuses is an error with its words`() throws {
    try withTemporaryFolder { folder in
      // A stand-in that complains and fails.
      let program = folder + "/gnuplot"
      try AtomicFile.write("#!/bin/sh\necho \"cannot draw $1\" >&2\nexit 3\n", to: program)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
      let gnuplot = try #require(Gnuplot.installed(searchPath: "/nowhere:" + folder))
      let error = #expect(throws: GnuplotError.self) { try chart.draw("curves", in: folder, with: gnuplot) }
      #expect(error?.message == "cannot draw curves.gnuplot")
      #expect(error?.script == folder + "/curves.gnuplot")
    }
  }

  @Test(.enabled(if: Gnuplot.installed() != nil, "gnuplot is not installed"))
  func `is drawn in both formats`() throws {
    try withTemporaryFolder { folder in
      let outcome = try chart.draw("curves", in: folder, formats: [.png, .svg])
      #expect(outcome == .drawn([folder + "/curves.png", folder + "/curves.svg"]))
      let png = try Data(contentsOf: URL(fileURLWithPath: folder + "/curves.png"))
      #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      let svg = try AtomicFile.read(folder + "/curves.svg")
      #expect(svg.contains("<svg"))
      #expect(svg.contains("it's a `test`") || svg.contains("it&apos;s a `test`") || svg.contains("it&#39;s a `test`"))

      let grid = ImageGrid([.init("original", Tensor(zeros: [3, 4]))], height: 2, width: 2, magnification: 5)
      #expect(try grid.draw("grid", in: folder) == .drawn([folder + "/grid.png"]))
    }
  }

  @Test(
    arguments: [
      (0.5...2000.0, [1.0, 10, 100, 1000]), (12...230, [20, 50, 100, 200]), (14...24, [14, 16, 18, 20, 22, 24]),
      (0.11...0.19, [0.12, 0.14, 0.16, 0.18]),
    ])
  func `labels round numbers on a logarithmic axis, however short`(range: ClosedRange<Double>, ticks: [Double]) {
    #expect(LineChart.logarithmicTicks(in: range) == ticks)
  }

  @Test func `of images has each pixel in its place, with white between`() {
    let grid = ImageGrid(
      [.init("a", Tensor([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]])), .init("b", Tensor([[0, 0, 0, 0]]))], height: 2, width: 2)
    let sheet = grid.sheet()
    #expect(sheet.shape == [2 + 2 * 4, 2 + 2 * 4])
    #expect(sheet[2, 2] == 0.1 && sheet[2, 3] == 0.2 && sheet[3, 2] == 0.3 && sheet[3, 3] == 0.4)
    #expect(sheet[2, 6] == 0.5 && sheet[3, 7] == 0.8)
    #expect(sheet[6, 2] == 0 && sheet[7, 3] == 0)
    #expect(sheet[0, 0] == 1 && sheet[2, 4] == 1 && sheet[6, 6] == 1 && sheet[9, 9] == 1)
  }
}
