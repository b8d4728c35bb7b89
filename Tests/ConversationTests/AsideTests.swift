import Essentials
import Testing
import Wire

@testable import Conversation

@Suite("Logs and keeping in touch")
struct AsideTests {
    private static func talking() -> Pair {
        let pair = Pair().connected()
        pair.ask(.send("hi"), on: .left)
        pair.ask(.send("hello"), on: .right)
        pair.run(for: .seconds(1))
        return pair
    }

    @Test("who keeps a log may when the stranger is told, and asking twice tells them once")
    func saved() {
        let pair = Self.talking()
        for _ in 0..<2 { pair.ask(.save, on: .left) }
        pair.run(for: .seconds(1))
        #expect(pair.left.events.filter { $0 == .logAllowed }.count == 2)
        #expect(pair.right.events.filter { $0 == .strangerKeepsLog }.count == 1)
        #expect(!pair.right.events.contains(.logAllowed) && !pair.left.events.contains(.strangerKeepsLog))
    }

    @Test("no log is kept before both have spoken", arguments: [Pair.Side.left, .right])
    func oneSided(side: Pair.Side) {
        let pair = Pair().connected()
        pair.ask(.send("hi"), on: side)
        pair.run(for: .seconds(1))
        for asking in [Pair.Side.left, .right] {
            pair.ask(.save, on: asking)
            #expect(pair.seat(asking).counted.contains(.requestRefused(.notBothSpoke)))
            #expect(!pair.seat(asking).events.contains(.logAllowed))
        }
    }

    @Test("two are in touch when both have asked, whoever asks first; nothing is told before")
    func inTouch() {
        let pair = Self.talking()
        pair.ask(.keepInTouch, on: .right)
        pair.run(for: .seconds(1))
        #expect(!pair.left.events.contains(.inTouch) && !pair.right.events.contains(.inTouch))
        pair.ask(.keepInTouch, on: .left)
        pair.run(for: .seconds(1))
        for seat in [pair.left, pair.right] { #expect(seat.events.filter { $0 == .inTouch }.count == 1) }
        pair.ask(.keepInTouch, on: .left)
        #expect(pair.left.events.filter { $0 == .inTouch }.count == 2, "to be kept under another name")
    }

    @Test("a stranger whose node does not know of it cannot be told, so nothing is kept")
    func unknown() throws {
        let stranger = HostileStranger()
        try stranger.connect(features: 1)
        try stranger.say(.text(Text(sequence: 1, text: "hi")))
        try stranger.ask(.send("hello"))
        for request in [ConversationRequest.save, .keepInTouch] { try stranger.ask(request) }
        #expect(stranger.victim.counted.filter { $0 == .requestRefused(.unknownToThem) }.count == 2)
        #expect(!stranger.victim.events.contains(.logAllowed))
    }

    @Test("without a stranger or a path both are refused with what to do")
    func nobodyThere() {
        let early = Pair()
        early.ask(.save, on: .left)
        #expect(early.left.counted.contains(.requestRefused(.notConnected)))
        let broken = Self.talking()
        broken.cut()
        broken.ask(.save, on: .left)
        broken.ask(.keepInTouch, on: .left)
        #expect(broken.left.counted.filter { $0 == .requestRefused(.pathBroken) }.count == 2)
        let over = Self.talking()
        over.ask(.leave, on: .left)
        over.ask(.save, on: .left)
        #expect(over.left.counted.contains(.requestRefused(.ended)))
        guard case .refused(let reason, let remedy)? = over.left.events.last else {
            Issue.record("no refusal was told")
            return
        }
        #expect(!reason.isEmpty && !remedy.isEmpty)
    }

    @Test("what may have been lost with the path is said again on the next one, and told once")
    func again() throws {
        let stranger = HostileStranger()
        try stranger.connect(features: 7)
        try stranger.say(.text(Text(sequence: 1, text: "hi")))
        try stranger.ask(.send("hello"))
        try stranger.ask(.save)
        try stranger.ask(.keepInTouch)
        #expect(stranger.heard.filter { $0 == .saved(Saved()) || $0 == .keepInTouch(KeepInTouch()) }.count == 2)
        for _ in 0..<3 { try stranger.say(.saved(Saved())) }
        for _ in 0..<3 { try stranger.say(.keepInTouch(KeepInTouch())) }
        #expect(stranger.victim.events.filter { $0 == .strangerKeepsLog }.count == 1)
        #expect(stranger.victim.events.filter { $0 == .inTouch }.count == 1)
        #expect(stranger.victim.ending == nil)
    }

    @Test("the days of two friends overlap for half an hour around midnight")
    func days() {
        let friendship = Friendship(secret: .zero)
        let midnight = WallTime(milliseconds: 86_400_000 * 20_000)
        func names(_ span: Span) -> [String] { friendship.interests(at: midnight + span) }
        #expect(names(.hours(12)).count == 1 && names(.minutes(30)).count == 1)
        #expect(names(.minutes(29)).count == 2 && names(.minutes(-30)).count == 2)
        #expect(names(.minutes(-31)).count == 1 && names(.minutes(-31)) != names(.minutes(31)))
        #expect(Set(names(.minutes(-29))) == Set(names(.minutes(29))))
        #expect(names(.hours(1))[0].utf8.count == 64)
        #expect(
            Friendship(secret: Bytes32(words: (1, 0, 0, 0))).interests(at: midnight + .hours(1)) != names(.hours(1)))
    }
}
