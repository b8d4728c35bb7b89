import Essentials
import Testing
import Wire

@testable import Conversation

@Suite("What one of the two says that the other said")
struct WitnessTests {
    private static let question = "Is a hot dog a sandwich, or is it not?"

    private static func settings(_ part: ConversationSettings.Part) -> ConversationSettings {
        var settings = ConversationSettings()
        settings.part = part
        settings.question = part == .asking ? question : nil
        return settings
    }

    private static func chain(_ texts: [String], of question: String = Self.question) -> WitnessChain {
        var chain = WitnessChain(question: question)
        for text in texts { chain.add(text) }
        return chain
    }

    // MARK: In a conversation

    @Test("the asker hears of it, and it takes no number")
    func toTheAsker() {
        let pair = Pair(left: Self.settings(.asking), right: Self.settings(.telling)).connected()
        let heard = Self.chain(["It is."])
        pair.ask(.witness(through: heard.through, chain: heard.chain), on: .right)
        pair.ask(.send("It is not."), on: .right)
        pair.run(for: .seconds(1))
        #expect(pair.left.events.contains(.witnessed(through: 1, chain: heard.chain)))
        #expect(pair.left.messages == ["It is not."] && pair.right.delivered == 1)
    }

    @Test("the two who discuss say to each other that they were asked the same")
    func amongTheTwo() {
        let pair = Pair(left: Self.settings(.discussing), right: Self.settings(.discussing)).connected()
        let start = Self.chain([])
        for side in [Pair.Side.left, .right] { pair.ask(.witness(through: 0, chain: start.chain), on: side) }
        pair.run(for: .seconds(1))
        for seat in [pair.left, pair.right] {
            #expect(seat.events.contains(.witnessed(through: 0, chain: start.chain)) && seat.ending == nil)
        }
    }

    @Test("the two who discuss are two who talk: narrow limits until the answer")
    func narrow() {
        let pair = Pair(left: Self.settings(.discussing), right: Self.settings(.discussing)).connected()
        pair.ask(.send(String(repeating: "x", count: 501)), on: .left)
        #expect(pair.left.refusals == [.tooLong(limit: 500, isAnswered: false)])
        pair.ask(.send("It is."), on: .right)
        pair.run(for: .seconds(1))
        pair.ask(.send(String(repeating: "x", count: 501)), on: .left)
        pair.run(for: .seconds(1))
        #expect(pair.left.messages == ["It is."] && pair.right.messages.map(\.count) == [501])
    }

    @Test("where nobody asks there is none: it is not said, and ends the conversation when it comes")
    func alone() throws {
        let pair = Pair().connected()
        pair.ask(.witness(through: 0, chain: .zero), on: .left)
        pair.run(for: .seconds(1))
        #expect(!pair.right.events.contains(.witnessed(through: 0, chain: .zero)) && pair.right.ending == nil)
        let stranger = HostileStranger()
        try stranger.connect()
        try stranger.say(.witness(Witness(through: 0, chain: .zero)))
        #expect(stranger.victim.violations == [.unexpected])
    }

    @Test(
        "before the Openings it ends the conversation",
        arguments: [ConversationSettings.Part.alone, .asking, .telling, .discussing])
    func early(part: ConversationSettings.Part) throws {
        let stranger = HostileStranger(settings: Self.settings(part))
        try stranger.shakeHands()
        try stranger.say(.witness(Witness(through: 0, chain: .zero)))
        #expect(stranger.victim.violations == [.unexpected])
    }

    @Test("a broken path is replaced, no text is lost, and the question is not asked again")
    func resumed() {
        let pair = Pair(left: Self.settings(.asking), right: Self.settings(.telling)).connected()
        pair.ask(.send("before"), on: .right)
        pair.run(for: .seconds(1))
        pair.ask(.send("lost"), on: .right)
        pair.cut()
        pair.ask(.send("meanwhile"), on: .right)
        for seat in [pair.left, pair.right] { #expect(seat.events.contains(.interrupted) && seat.ending == nil) }
        pair.mend()
        pair.run(for: .seconds(1))
        #expect(pair.left.messages == ["before", "lost", "meanwhile"] && pair.right.delivered == 3)
        for seat in [pair.left, pair.right] { #expect(seat.events.contains(.resumed) && seat.violations.isEmpty) }
        #expect(pair.right.events.count { $0 == .asked(Self.question) } == 1)
        pair.ask(.send(String(repeating: "x", count: 4_000)), on: .right)
        pair.run(for: .seconds(1))
        #expect(pair.left.messages.last?.count == 4_000, "the limits are those of before")
    }

    @Test("without a path it is not said, and not later either; on the next path it can be said again")
    func pathless() {
        let pair = Pair(left: Self.settings(.asking), right: Self.settings(.telling)).connected()
        let heard = Self.chain(["It is."])
        let (request, event) = (
            ConversationRequest.witness(through: 1, chain: heard.chain),
            ConversationEvent.witnessed(through: 1, chain: heard.chain)
        )
        pair.cut()
        let before = pair.right.events
        pair.ask(request, on: .right)
        #expect(pair.right.events == before && pair.right.refusals.isEmpty)
        pair.mend()
        pair.run(for: .seconds(1))
        #expect(!pair.left.events.contains(event))
        pair.ask(request, on: .right)
        pair.run(for: .seconds(1))
        #expect(pair.left.events.count { $0 == event } == 1)
    }

    @Test("who is not there yet is not told either")
    func nobodyThere() {
        let pair = Pair(left: Self.settings(.telling), right: Self.settings(.asking))
        pair.ask(.witness(through: 0, chain: .zero), on: .left)
        #expect(pair.left.events.isEmpty && pair.written[.left]?.isEmpty == true)
        #expect(pair.left.engine.refusal(of: "hello", at: pair.now) == .notConnected)
    }

    // MARK: The chain

    @Test("the question, the texts, their order and where one ends are all in the chain")
    func chains() {
        let chains = [
            Self.chain([]), Self.chain([], of: "Is a hot dog a sandwich, or is it?"), Self.chain([""]),
            Self.chain(["ab", "c"]), Self.chain(["a", "bc"]), Self.chain(["c", "ab"]), Self.chain(["abc"]),
            Self.chain(["é"]), Self.chain(["e\u{301}"]),
        ]
        #expect(Set(chains.map(\.chain)).count == chains.count)
        #expect(Self.chain(["ab", "c"]).through == 2 && Self.chain(["ab", "c"]) == Self.chain(["ab", "c"]))
    }
}
