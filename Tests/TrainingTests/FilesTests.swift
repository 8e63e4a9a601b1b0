import Foundation
import Kappa
import Testing

@Suite("A written file")
struct AtomicFileTests {
  @Test func `appears with its folders and replaces an older one`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a/b/numbers.csv"
      try AtomicFile.write("old", to: path)
      try AtomicFile.write("new κ\n", to: path)
      #expect(try AtomicFile.read(path) == "new κ\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b") == ["numbers.csv"])
    }
  }

  @Test func `that cannot take its place leaves nothing behind and says why`() throws {
    try withTemporaryFolder { folder in
      // A folder that is not empty stands where the file should go: the rename fails after the writing has succeeded.
      try FileManager.default.createDirectory(atPath: folder + "/taken/full", withIntermediateDirectories: true)
      let error = #expect(throws: FileError.self) { try AtomicFile.write("text", to: folder + "/taken") }
      #expect(error?.path == folder + "/taken")
      #expect(error?.action == "write")
      #expect(error?.reason.isEmpty == false)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
    }
  }

  @Test func `below another file is a typed error`() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("file", to: folder + "/file")
      #expect(throws: FileError.self) { try AtomicFile.write("text", to: folder + "/file/below.csv") }
      #expect(throws: FileError.self) { try AtomicFile.read(folder + "/missing.csv") }
    }
  }
}

@Suite("A reader that has gone away")
struct VanishedReaderTests {
  @Test func `does not end the program`() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      close(ends[0])
      let output = dup(STDOUT_FILENO)
      dup2(ends[1], STDOUT_FILENO)
      StandardOutput.print("to nobody")
      // The test's own words go there afterwards.
      dup2(output, STDOUT_FILENO)
    }
  }
}

@Suite("A CSV table")
struct CSVTableTests {
  @Test func `reads back what it wrote`() throws {
    var table = CSVTable(columns: ["name", "value"], comments: ["by a program", ""])
    for row in [["plain", "1"], ["a,b", "say \"x\""], ["two\nlines", ""], ["#1", "\r\n"], ["\"", "ü"]] { table.append(row) }
    #expect(try CSVTable(parsing: table.text) == table)
  }

  @Test func `has this text`() {
    var table = CSVTable(columns: ["a", "b"], comments: ["note"])
    table.append(["1,5", "x\"y"])
    #expect(table.text == "# note\na,b\n\"1,5\",\"x\"\"y\"\n")
  }

  @Test func `of another system, with CR LF and no last line break, is read`() throws {
    let table = try CSVTable(parsing: "a,b\r\n1,2\r\n\r\n3,4")
    #expect(table.rows == [["1", "2"], ["3", "4"]])
  }

  @Test(
    arguments: [
      ("", CSVError.empty), ("# only a comment\n", .empty), ("a,b\n1\n", .unevenRow(line: 2, expected: 2, found: 1)),
      ("# c\na,b\n\"1\n2\",3\n4,5,6\n", .unevenRow(line: 5, expected: 2, found: 3)), ("a\n\"1\n", .openQuote(line: 2)),
    ])
  func `that is damaged is refused with the line`(text: String, error: CSVError) {
    #expect(throws: error) { try CSVTable(parsing: text) }
  }
}

@Suite("A metrics log")
struct MetricsLogTests {
  private var log: MetricsLog {
    var log = MetricsLog()
    var state = TrainingState()
    log.append(MetricsRecord(optimizer: "ESGD, damped", state: state, trainingError: 281.8, learningRate: 0.02))
    (state.epoch, state.step, state.seconds, state.loss) = (1, 100, 1.25, 0.1 + 0.2)
    state.cost.gradients = 100
    state.cost.hessianVectorProducts = 5
    state.cost.gaussNewtonVectorProducts = 3
    state.cost.values = 2
    log.append(MetricsRecord(optimizer: "ESGD, damped", state: state, trainingError: 1 / 3, testError: 2e-9, learningRate: 0.02))
    return log
  }

  @Test func `is read back bit for bit`() throws {
    try withTemporaryFolder { folder in
      try log.write(to: folder + "/metrics.csv")
      let read = try MetricsLog(CSVTable(parsing: AtomicFile.read(folder + "/metrics.csv")))
      // NaN differs from itself; the text does not.
      #expect(read.table == log.table)
      #expect(read.records[1] == log.records[1])
      #expect(read.records[0].loss.isNaN && read.records[0].testError.isNaN)
    }
  }

  @Test func `names columns in the order of the documentation`() {
    #expect(
      log.table.text.hasPrefix("optimizer,epoch,step,seconds,loss,training_error,test_error,gradients,hessian_vector_products,"))
    #expect(log.table.rows[0][3...6] == ["0.000", "", "281.8", ""])
  }

  @Test func `with a word for a number is refused`() throws {
    let text = log.table.text.replacingOccurrences(of: ",100,1.250", with: ",many,1.250")
    #expect(throws: CSVError.notANumber(column: "step", row: 2, cell: "many")) { try MetricsLog(CSVTable(parsing: text)) }
    #expect(throws: CSVError.missingColumn("optimizer", found: ["a"])) { try MetricsLog(CSVTable(columns: ["a"])) }
  }
}
