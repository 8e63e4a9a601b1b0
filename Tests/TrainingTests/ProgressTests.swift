import Kappa
import Testing

@Suite("A progress line")
struct ProgressTests {
  /// 400 steps, a quarter of a second each; the loss is 1000 / step.
  private func run(isTerminal: Bool, width: Int = 80, interval: Double? = nil, steps: Int = 400, remark: String? = nil) -> String {
    let (clock, transcript) = (ManualClock(), Transcript())
    var line = ProgressLine(
      "ESGD", total: 400, output: transcript.output(isTerminal: isTerminal, width: width), time: clock.source, interval: interval)
    for step in 1...steps {
      clock.advance(0.25)
      line.update(step, loss: 1000 / Double(step))
    }
    line.finish(remark)
    return transcript.text
  }

  @Test func `in a log file comes every ten seconds and at the end`() {
    let expected = """
      ESGD  40/400 steps  4.0/s  loss 25  1:30 left
      ESGD  80/400 steps  4.0/s  loss 12.5  1:20 left
      ESGD  120/400 steps  4.0/s  loss 8.333  1:10 left
      ESGD  160/400 steps  4.0/s  loss 6.25  1:00 left
      ESGD  200/400 steps  4.0/s  loss 5  0:50 left
      ESGD  240/400 steps  4.0/s  loss 4.167  0:40 left
      ESGD  280/400 steps  4.0/s  loss 3.571  0:30 left
      ESGD  320/400 steps  4.0/s  loss 3.125  0:20 left
      ESGD  360/400 steps  4.0/s  loss 2.778  0:10 left
      ESGD  400/400 steps  4.0/s  loss 2.5  1:40

      """
    #expect(run(isTerminal: false) == expected)
  }

  @Test func `on a terminal rewrites itself and ends with a line break`() {
    let text = run(isTerminal: true, interval: 50)
    #expect(
      text == "\rESGD  200/400 steps  4.0/s  loss 5  0:50 left  [===============               ]\u{1B}[K"
        + "\rESGD  400/400 steps  4.0/s  loss 2.5  1:40\u{1B}[K\n")
  }

  @Test(arguments: [1, 10, 20, 40, 60, 80, 200])
  func `never reaches the last column of a terminal while it runs`(width: Int) {
    for line in run(isTerminal: true, width: width, interval: 5).split(separator: "\r").dropLast() {
      #expect(line.replacing("\u{1B}[K", with: "").count <= max(width - 1, 1))
    }
  }

  @Test func `of a run that failed says why`() {
    let text = run(isTerminal: false, steps: 3, remark: "the loss is not finite")
    #expect(text == "ESGD  3/400 steps  4.0/s  loss 333.3  the loss is not finite\n")
  }

  @Test func `is not written where nobody looks`() {
    var line = ProgressLine("ESGD", total: 1, output: .silent)
    line.update(1, loss: 0)
    line.finish()
  }

  @Test(
    arguments: [
      (0, 100, 5.0, "0:00"), (25, 100, 10.0, "0:30"), (1, 3, 3600.0, "2:00:00"), (50, 100, 59.6, "1:00"), (100, 100, 8.0, "0:00"),
    ])
  func `reckons the time left by the mean rate`(done: Int, total: Int, elapsed: Double, expected: String) {
    #expect("\(ProgressLine.Duration.left(done: done, of: total, after: elapsed))" == expected)
  }
}
