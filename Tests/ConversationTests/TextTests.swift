import Conversation
import Essentials
import Testing
import Wire

@Suite("Text")
struct TextTests {
    @Test("texts arrive in order, as they were written, and are marked as delivered")
    func delivery() {
        let pair = Pair().connected()
        let texts = ["hi", "ß \u{1B}[31m 漢字 👩‍❤️‍👨", "a\nb", " "]
        for text in texts { pair.ask(.send(text), on: .left) }
        pair.run(for: .seconds(1))
        #expect(pair.right.messages == texts)
        #expect(pair.left.delivered == 4)
        #expect(pair.left.refusals.isEmpty)
    }

    @Test("texts that arrive together are acknowledged together")
    func oneAcknowledgement() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        var together: [UInt8] = []
        for number in UInt64(1)...5 {
            together += try stranger.sealed(.text(Text(sequence: number, text: "x")))
        }
        try stranger.put(together)
        let marks = stranger.heard.filter { if case .acknowledgement = $0 { true } else { false } }
        #expect(marks == [.acknowledgement(Acknowledgement(through: 5))])
    }

    @Test("an empty text is refused")
    func empty() {
        let pair = Pair().connected()
        pair.ask(.send(""), on: .left)
        #expect(pair.left.refusals == [.empty])
    }

    @Test("until the stranger has answered a text has at most 500 characters")
    func lengthBefore() {
        let pair = Pair().connected()
        pair.ask(.send(String(repeating: "é", count: 500)), on: .left)
        pair.ask(.send(String(repeating: "é", count: 501)), on: .left)
        #expect(pair.left.refusals == [.tooLong(limit: 500, isAnswered: false)])
        pair.run(for: .seconds(1))
        #expect(pair.right.messages.map(\.count) == [500])
        #expect(pair.right.ending == nil)
    }

    @Test("after the stranger has answered a text has at most 4,000 characters and 16,000 bytes")
    func lengthAfter() {
        let pair = Pair().connected()
        pair.ask(.send("hello?"), on: .right)
        pair.run(for: .seconds(1))
        pair.ask(.send(String(repeating: "漢", count: 4_000)), on: .left)
        pair.ask(.send(String(repeating: "漢", count: 4_001)), on: .left)
        pair.ask(.send(String(repeating: "𝄞", count: 4_000)), on: .left)
        pair.ask(.send(String(repeating: "𝄞", count: 4_001)), on: .left)
        #expect(pair.left.refusals == [.tooLong(limit: 4_000, isAnswered: true), .tooManyBytes(limit: 16_000)])
        pair.run(for: .seconds(1))
        #expect(pair.right.messages.map(\.unicodeScalars.count) == [4_000, 4_000])
    }

    @Test("our own text is no answer of the stranger's")
    func ownTextIsNoAnswer() {
        let pair = Pair().connected()
        pair.ask(.send("me again"), on: .left)
        pair.run(for: .seconds(1))
        pair.ask(.send(String(repeating: "x", count: 501)), on: .left)
        #expect(pair.left.refusals.count == 1)
    }

    @Test("until the stranger has answered 64 texts go at once and then one a second, and none is lost")
    func rateBefore() {
        let pair = Pair().connected()
        for number in 1...70 { pair.ask(.send("\(number)"), on: .left) }
        #expect(pair.left.refusals == Array(repeating: .tooFast(perSecond: 1, isAnswered: false), count: 6))
        pair.run(for: .seconds(3))
        for number in 65...70 { pair.ask(.send("\(number)"), on: .left) }
        #expect(pair.left.refusals.count == 6 + 3)
        pair.run(for: .seconds(1))
        #expect(pair.right.messages == (1...67).map(String.init))
        #expect(pair.left.delivered == 67)
    }

    @Test("an answer widens the rate at once")
    func rateAfter() {
        let pair = Pair().connected()
        for number in 1...64 { pair.ask(.send("\(number)"), on: .left) }
        pair.ask(.send("slowly!"), on: .right)
        pair.run(for: .seconds(1))
        for number in 65...192 { pair.ask(.send("\(number)"), on: .left) }
        #expect(pair.left.refusals.isEmpty)
        pair.ask(.send("one more"), on: .left)
        #expect(pair.left.refusals == [.tooFast(perSecond: 10, isAnswered: true)])
        pair.run(for: .seconds(1))
        #expect(pair.right.messages.count == 192)
        #expect(pair.right.ending == nil)
    }

    @Test("an answer widens the limits once: the next ones do not fill them again")
    func widenedOnce() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        try stranger.say(1, "go on")
        for number in 1...128 { try stranger.ask(.send("\(number)")) }
        #expect(stranger.victim.refusals.isEmpty)
        try stranger.say(2, "and on")
        try stranger.ask(.send("one more"))
        #expect(stranger.victim.refusals == [.tooFast(perSecond: 10, isAnswered: true)])
    }

    @Test("a sender at its limits is never over the receiver's, however the pipe stutters")
    func slackIsEnough() {
        let pair = Pair(seed: 9).connected()
        pair.ask(.send("hi"), on: .right)
        pair.run(for: .seconds(1))
        for round in 0..<40 {
            // A stalled pipe brings several seconds of text at once.
            pair.delay = round.isMultiple(of: 4) ? .seconds(4) : .milliseconds(3_000)
            for _ in 0..<20 { pair.ask(.send("text"), on: .left) }
            pair.run(for: .seconds(1))
        }
        pair.run(for: .seconds(9))
        #expect(pair.right.ending == nil)
        #expect(pair.left.ending == nil)
    }

    @Test("texts under way fill no more than 192 KiB, so that a new path takes all of them at once")
    func windowBytes() throws {
        var settings = ConversationSettings()
        settings.afterAnswer = SpeakingLimits(characters: 4_000, burst: 1_000, perSecond: 1_000)
        let stranger = HostileStranger(settings: settings)
        try stranger.connect()
        try stranger.say(1, "go on")
        let long = String(repeating: "🐌", count: 4_000)
        for _ in 1...11 { try stranger.ask(.send(long)) }
        #expect(stranger.victim.refusals.isEmpty)
        try stranger.ask(.send(long))
        #expect(stranger.victim.refusals == [.tooMuchOnTheWay])
        for _ in 1...117 { try stranger.ask(.send("short")) }
        #expect(stranger.victim.refusals.count == 1, "11 packets of 16,512 bytes and 117 of 128")
        try stranger.ask(.send("short"))
        #expect(stranger.victim.refusals.count == 2)
        try stranger.say(.acknowledgement(Acknowledgement(through: 1)))
        try stranger.ask(.send(long))
        #expect(stranger.victim.refusals.count == 2)
    }

    @Test("no more than 256 texts are under way without an acknowledgement")
    func window() throws {
        var settings = ConversationSettings()
        settings.afterAnswer = SpeakingLimits(characters: 4_000, burst: 1_000, perSecond: 1_000)
        let stranger = HostileStranger(settings: settings)
        try stranger.connect()
        try stranger.say(1, "go on")
        for number in 1...256 { try stranger.ask(.send("\(number)")) }
        #expect(stranger.victim.refusals.isEmpty)
        try stranger.ask(.send("one too many"))
        #expect(stranger.victim.refusals == [.tooManyOnTheWay(limit: 256)])
        try stranger.say(.acknowledgement(Acknowledgement(through: 1)))
        try stranger.ask(.send("now it fits"))
        #expect(stranger.victim.refusals.count == 1)
        #expect(stranger.victim.delivered == 1)
    }

    @Test("a refusal says why and what to do")
    func words() throws {
        let pair = Pair().connected()
        pair.ask(.send(String(repeating: "x", count: 501)), on: .left)
        guard case .notSent(let reason, let remedy)? = pair.left.events.last else {
            Issue.record("no refusal was told")
            return
        }
        #expect(reason.contains("500 characters"))
        #expect(remedy == "Shorten it, or send it in parts.")
    }

    @Test("a text after the end is refused to its writer")
    func afterTheEnd() {
        let pair = Pair().connected()
        pair.ask(.leave, on: .right)
        pair.run(for: .seconds(1))
        pair.ask(.send("wait!"), on: .left)
        #expect(pair.left.refusals == [.ended])
    }
}
