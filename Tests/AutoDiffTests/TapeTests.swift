import Kappa
import TestSupport
import Testing

@Suite("A tape")
struct TapeTests {
  private func message(_ result: ExitTest.Result?) -> String { String(decoding: result?.standardErrorContent ?? [], as: UTF8.self) }

  @Test func `stops the program where variables of two tapes meet, and says what to do`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (a, b) = (Tape<Double>().variable(Tensor([1, 2])), Tape<Double>().variable(Tensor([3, 4])))
      _ = a * b
    }
    #expect(message(result).contains("variables of two tapes"))
  }

  @Test func `stops the program where its variables are used after it has ended`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var kept: Variable<Double>?
      _ = valueAndGradient(at: Tensor<Double>([1, 2])) { x in
        kept = x.exp()
        return kept!.sum()
      }
      _ = kept! * 2
    }
    #expect(message(result).contains("after its tape has ended"))
  }

  @Test func `still lets the values be read after it has ended`() {
    var kept: Variable<Double>?
    _ = valueAndGradient(at: Tensor<Double>([1, 2])) { x in
      kept = x * 2
      return kept!.sum()
    }
    #expect(kept?.value == Tensor([2, 4]))
  }
}
