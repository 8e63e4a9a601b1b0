import Foundation

/// Curves in one or more panels side by side.
public struct LineChart: Picture {
  /// One curve.
  public struct Series: Sendable {
    public var name: String
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
    public var isLogarithmic: Bool
    public init(_ label: String, isLogarithmic: Bool = false) {
      self.label = label
      self.isLogarithmic = isLogarithmic
    }
  }

  /// A pair of axes and what is drawn between them.
  public struct Panel: Sendable {
    public var title: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    public init(title: String = "", x: Axis, y: Axis, series: [Series]) {
      self.title = title
      self.x = x
      self.y = y
      self.series = series
    }
  }

  public var title: String
  public var panels: [Panel]

  /// A chart of panels from left to right.
  public init(title: String, panels: [Panel]) {
    self.title = title
    self.panels = panels
  }

  /// Colours that colour-blind people tell apart (Okabe & Ito), most striking last when there are four.
  static let colors = ["#999999", "#E69F00", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000"]
  private static let panelSize = (width: 560, height: 440)

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
    func isDrawable(_ value: Double, on axis: Axis) -> Bool { value.isFinite && (!axis.isLogarithmic || value > 0) }
    let points = series.points.map { point in
      isDrawable(point.x, on: panel.x) && isDrawable(point.y, on: panel.y) ? "\(point.x) \(point.y)" : ""
    }
    return ["\(block) << END"] + points + ["END"]
  }

  private func commands(_ panel: Panel, _ index: Int) -> [String] {
    let curves = panel.series.enumerated().map { s, series in
      "$panel\(index)series\(s) using 1:2 with lines linewidth 2 linecolor rgb '\(Self.colors[s % Self.colors.count])'"
        + " title \(Gnuplot.quoted(series.name))"
    }
    return [
      "set title \(Gnuplot.quoted(panel.title))",
      "set xlabel \(Gnuplot.quoted(panel.x.label))", "set ylabel \(Gnuplot.quoted(panel.y.label))",
      panel.x.isLogarithmic ? "set logscale x" : "unset logscale x",
      panel.y.isLogarithmic ? "set logscale y" : "unset logscale y",
      "set autoscale", "set offsets graph 0, graph 0, graph 0.02, graph 0.02",
      "set border 3 linecolor rgb '#444444'", "set tics nomirror out", "set mxtics 2",
      "set grid xtics ytics mytics linetype 1 linecolor rgb '#dddddd' linewidth 0.5, linetype 1 linecolor rgb '#eeeeee' linewidth 0.5",
      "set key top right opaque noautotitle samplen 2.5 width 1 box linecolor rgb '#dddddd'",
      curves.isEmpty ? "plot NaN notitle" : "plot " + curves.joined(separator: ", \\\n  "),
    ]
  }
}
