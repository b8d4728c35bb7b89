import Essentials
import Testing

@testable import Conversation

@Suite("Whether one of the two tells two stories")
struct TestimonyTests {
    private static let question = "Is a hot dog a sandwich, or is it not?"
    private static let texts = (1...20).map { "text \($0)" }

    private static func chain(_ texts: [String], of question: String = Self.question) -> WitnessChain {
        var chain = WitnessChain(question: question)
        for text in texts { chain.add(text) }
        return chain
    }

    /// What one told the asker and what the other one heard, in an order of chance; a Witness after each few texts.
    private static func judged(
        told: [String], heard: [String], using chance: inout SeededGenerator
    ) -> (verdicts: [Testimony.Verdict], isWaiting: Bool) {
        var testimony = Testimony(question: question)
        var witness = WitnessChain(question: question)
        var verdicts: [Testimony.Verdict?] = []
        var (toTell, toHear) = (told[...], heard[...])
        while !toTell.isEmpty || !toHear.isEmpty {
            let tellsFirst = chance.next() & 1 == 0
            if toHear.isEmpty || !toTell.isEmpty && tellsFirst {
                verdicts.append(testimony.told(toTell.removeFirst()))
            } else {
                let batch = toHear.prefix(1 + Int(chance.next() % 3))
                for text in batch { witness.add(text) }
                toHear = toHear.dropFirst(batch.count)
                verdicts.append(testimony.witnessed(through: witness.through, chain: witness.chain))
            }
        }
        return (verdicts.compactMap { $0 }, testimony.isWaiting)
    }

    @Test("who tells both the same is believed, in whatever order texts and witnesses come")
    func honest() {
        var chance = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            let (verdicts, isWaiting) = Self.judged(told: Self.texts, heard: Self.texts, using: &chance)
            #expect(!verdicts.contains(.differs) && verdicts.last == .agrees && !isWaiting)
        }
    }

    @Test("who tells the asker something else is found out, in whatever order texts and witnesses come")
    func twoStories() {
        var chance = SeededGenerator(seed: 12)
        for place in Self.texts.indices {
            var other = Self.texts
            other[place] += "!"
            let verdicts = Self.judged(told: Self.texts, heard: other, using: &chance).verdicts
            #expect(verdicts.last == .differs, "text \(place + 1)")
        }
        var swapped = Self.texts
        swapped.swapAt(3, 4)
        let verdicts = Self.judged(told: Self.texts, heard: swapped, using: &chance).verdicts
        #expect(verdicts.last == .differs)
    }

    @Test("the first Witness that reaches so far finds it, and none before", arguments: [true, false])
    func found(isToldFirst: Bool) {
        for through in 0...5 {
            var testimony = Testimony(question: Self.question)
            let heard = Self.chain(Array(["a", "b", "other", "d", "e"].prefix(through)))
            var verdicts: [Testimony.Verdict?] = []
            if !isToldFirst { verdicts.append(testimony.witnessed(through: heard.through, chain: heard.chain)) }
            for text in ["a", "b", "c", "d", "e"] { verdicts.append(testimony.told(text)) }
            if isToldFirst { verdicts.append(testimony.witnessed(through: heard.through, chain: heard.chain)) }
            let judged = verdicts.compactMap { $0 }.filter { $0 != .tooEarly }
            #expect(judged == [through < 3 ? .agrees : .differs])
        }
    }

    @Test("who was asked something else is found out before anything is said")
    func otherQuestion() {
        var testimony = Testimony(question: Self.question)
        #expect(testimony.witnessed(through: 0, chain: Self.chain([]).chain) == .agrees)
        #expect(testimony.witnessed(through: 0, chain: Self.chain([], of: "Is tea a soup?").chain) == .differs)
    }

    @Test("what the asker is not told at all is waited for, and the owner can see that it is")
    func withheld() {
        var testimony = Testimony(question: Self.question)
        #expect(testimony.told("a") == nil && !testimony.isWaiting)
        let early = Self.chain(["a", "b"]), later = Self.chain(["a", "b", "c"])
        #expect(testimony.witnessed(through: early.through, chain: early.chain) == .tooEarly)
        #expect(testimony.witnessed(through: later.through, chain: later.chain) == .tooEarly)
        #expect(testimony.told("b") == nil && testimony.isWaiting, "only the latest is kept")
        #expect(testimony.told("c") == .agrees && !testimony.isWaiting)
    }

    @Test("a Witness that goes back is ignored; one that says the same again is judged again")
    func backwards() {
        var testimony = Testimony(question: Self.question)
        for text in Self.texts { #expect(testimony.told(text) == nil) }
        let seven = Self.chain(Array(Self.texts.prefix(7)))
        #expect(testimony.witnessed(through: 7, chain: seven.chain) == .agrees)
        #expect(testimony.witnessed(through: 6, chain: .zero) == nil)
        #expect(testimony.witnessed(through: 7, chain: seven.chain) == .agrees)
        #expect(testimony.witnessed(through: 7, chain: .zero) == .differs)
    }

    @Test("the latest 1,024 numbers are remembered, and what is said of earlier ones is not judged")
    func bounded() {
        var testimony = Testimony(question: Self.question)
        let texts = (1...2_500).map { "\($0)" }
        for text in texts { #expect(testimony.told(text) == nil) }
        #expect(testimony.latest.count == 1_024)
        #expect(testimony.witnessed(through: 1_476, chain: .zero) == nil)
        for through in [1_477, 2_048, 2_500] as [UInt64] {
            let right = Self.chain(Array(texts.prefix(Int(through))))
            #expect(testimony.witnessed(through: through, chain: right.chain) == .agrees)
            #expect(testimony.witnessed(through: through, chain: .zero) == .differs)
        }
    }

    @Test("numbers that nobody can have reached trap nothing, and only make whoever says them unheard")
    func farAhead() {
        var testimony = Testimony(question: Self.question)
        #expect(testimony.witnessed(through: .max, chain: .zero) == .tooEarly)
        for text in Self.texts { #expect(testimony.told(text) == nil) }
        #expect(testimony.witnessed(through: 20, chain: Self.chain(Self.texts).chain) == nil)
        #expect(testimony.witnessed(through: .max, chain: .zero) == .tooEarly && testimony.isWaiting)
    }
}
