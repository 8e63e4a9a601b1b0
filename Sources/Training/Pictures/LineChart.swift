import Foundation

/// Curves in one or more panels side by side.
public struct LineChart: Picture {
  /// One curve.
  public struct Series: Sendable {
    /// For the legend.
    public var name: String
    /// In the order in which they are joined.
    public var points: [(x: Double, y: Double)]
    /// - Parameters:
    ///   - name: for the legend.
    ///   - points: in the order in which they are joined; those that are not finite leave a gap.
    public init(_ name: String, _ points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points
    }
  }

  /// One axis.
  public struct Axis: Sendable {
    /// The quantity and its unit.
    public var label: String
    /// Whether equal distances are equal ratios.
    public var isLogarithmic: Bool
    /// - Parameters:
    ///   - label: the quantity and its unit.
    ///   - isLogarithmic: whether equal distances are equal ratios.
    public init(_ label: String, isLogarithmic: Bool = false) {
      self.label = label
      self.isLogarithmic = isLogarithmic
    }
  }

  /// A pair of axes and what is drawn between them.
  public struct Panel: Sendable {
    /// Above the panel.
    public var title: String
    /// The horizontal axis.
    public var x: Axis
    /// The vertical axis.
    public var y: Axis
    /// The curves, in the order of the legend.
    public var series: [Series]
    /// Whether a point has a place between the axes.
    fileprivate func shows(_ point: (x: Double, y: Double)) -> Bool {
      func isDrawable(_ value: Double, on axis: Axis) -> Bool { value.isFinite && (!axis.isLogarithmic || value > 0) }
      return isDrawable(point.x, on: x) && isDrawable(point.y, on: y)
    }

    /// A panel of the given parts.
    public init(title: String = "", x: Axis, y: Axis, series: [Series]) {
      self.title = title
      self.x = x
      self.y = y
      self.series = series
    }
  }

  /// Above all panels.
  public var title: String
  /// From left to right.
  public var panels: [Panel]

  /// A chart of panels from left to right.
  public init(title: String, panels: [Panel]) {
    self.title = title
    self.panels = panels
  }

  /// Colours that colour-blind people tell apart (Okabe & Ito), most striking last when there are four.
  static let colors = ["#999999", "#E69F00", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000"]
  private static let panelSize = (width: 560, height: 440)

  /// Gnuplot's commands and the data of all curves.
  public func script(name: String, formats: [PictureFormat]) -> String {
    let size = (width: Self.panelSize.width * max(panels.count, 1), height: Self.panelSize.height)
    var lines = ["# Draws \(name): gnuplot \(name).gnuplot"]
    for (p, panel) in panels.enumerated() {
      for (s, series) in panel.series.enumerated() { lines += data("$panel\(p)series\(s)", series, panel) }
    }
    for format in formats {
      switch format {
      case .png:
        let pixels = "\(size.width * 3 / 2), \(size.height * 3 / 2)"
        lines.append("set terminal pngcairo size \(pixels) fontscale 1.35 linewidth 1.5 noenhanced font 'Sans,11'")
      case .svg:
        lines.append("set terminal svg size \(size.width), \(size.height) noenhanced font 'Sans,12' background rgb 'white'")
      }
      lines.append("set output \(Gnuplot.quoted("\(name).\(format.rawValue)"))")
      lines.append("set multiplot layout 1, \(max(panels.count, 1)) title \(Gnuplot.quoted(title)) noenhanced")
      for (index, panel) in panels.enumerated() { lines += commands(panel, index) }
      lines += ["unset multiplot", "unset output"]
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func data(_ block: String, _ series: Series, _ panel: Panel) -> [String] {
    let points = series.points.map { panel.shows($0) ? "\($0.x) \($0.y)" : "" }
    return ["\(block) << END"] + points + ["END"]
  }

  private func commands(_ panel: Panel, _ index: Int) -> [String] {
    // A curve of few points shows where they are.
    let style = panel.series.contains { $0.points.count > 12 } ? "lines" : "linespoints pointtype 7 pointsize 0.6"
    let shown = panel.series.flatMap(\.points).filter(panel.shows)
    let curves = panel.series.enumerated().map { s, series in
      "$panel\(index)series\(s) using 1:2 with \(style) linewidth 2 linecolor rgb '\(Self.colors[s % Self.colors.count])'"
        + " title \(Gnuplot.quoted(series.name))"
    }
    return [
      "set title \(Gnuplot.quoted(panel.title))",
      "set xlabel \(Gnuplot.quoted(panel.x.label))", "set ylabel \(Gnuplot.quoted(panel.y.label))",
      scale("x", panel.x, shown.map(\.x)),
      scale("y", panel.y, shown.map(\.y)),
      "set border 3 linecolor rgb '#444444'", "set tics nomirror out",
      "set grid xtics ytics linetype 1 linecolor rgb '#dddddd' linewidth 0.5",
      "set key top right Left reverse opaque noautotitle samplen 2.5 width 1 height 0.5 box linecolor rgb '#dddddd'",
      curves.isEmpty ? "plot NaN notitle" : "plot " + curves.joined(separator: ", \\\n  "),
    ]
  }

  /// The commands for the scale, range and labelled ticks of an axis that shows the values `shown`.
  private func scale(_ name: String, _ axis: Axis, _ shown: [Double]) -> String {
    // Gnuplot finds no range where there is nothing to show: runs that all failed at once, say.
    if shown.isEmpty { return "unset logscale \(name)\nset \(name)range [0:1]\nset \(name)tics autofreq" }
    guard axis.isLogarithmic, let low = shown.min(), let high = shown.max() else {
      let start = shown.allSatisfy { $0 >= 0 } ? "0" : "*"
      return "unset logscale \(name)\nset \(name)range [\(start):*] noextend\nset \(name)tics autofreq"
    }
    // A little room above and below, in proportion to what is shown.
    let room = max(pow(high / low, 0.04), 1.02)
    let range = (low / room)...(high * room)
    let ticks = Self.logarithmicTicks(in: range).map { "\($0)" }.joined(separator: ", ")
    return "set logscale \(name)\nset \(name)range [\(range.lowerBound):\(range.upperBound)]\nset \(name)tics (\(ticks))"
  }

  /// Round numbers in a range of a logarithmic axis: powers of ten, or 1, 2 and 5 times those, or evenly spaced where the range is
  /// too short for either. Gnuplot labels powers of ten alone, and an axis from 12 to 30 has none.
  package static func logarithmicTicks(in range: ClosedRange<Double>) -> [Double] {
    let exponents = Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound).rounded(.up))
    for digits in [[1.0], [1, 2, 5]] {
      let ticks = exponents.flatMap { exponent in digits.map { roundNumber($0, exponent) } }.filter(range.contains)
      if ticks.count >= 4 { return ticks }
    }
    let goal = (range.upperBound - range.lowerBound) / 6
    let exponent = Int(log10(goal).rounded(.down))
    let step = [1.0, 2, 5, 10].map { roundNumber($0, exponent) }.first { $0 >= goal } ?? goal
    let first = Int((range.lowerBound / step).rounded(.up))
    let last = Int((range.upperBound / step).rounded(.down))
    return first <= last ? (first...last).map { Double(String(format: "%.6g", Double($0) * step))! } : []
  }

  /// digit · 10^exponent as the nearest number to its decimal notation.
  private static func roundNumber(_ digit: Double, _ exponent: Int) -> Double { Double("\(digit)e\(exponent)")! }
}
