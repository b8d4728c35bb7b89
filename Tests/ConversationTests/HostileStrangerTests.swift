import Conversation
import Essentials
import Sodium
import Testing
import Wire

@Suite("Hostile stranger")
struct HostileStrangerTests {
    private func connected(_ settings: ConversationSettings = ConversationSettings()) throws -> HostileStranger {
        let stranger = HostileStranger(settings: settings)
        try stranger.connect()
        return stranger
    }

    private func expectEnd(
        _ stranger: HostileStranger, _ violation: ConversationViolation,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(stranger.victim.ending == .violation, sourceLocation: location)
        #expect(stranger.victim.violations == [violation], sourceLocation: location)
        #expect(stranger.victim.hasClosedPipe, sourceLocation: location)
        #expect(stranger.victim.engine.nextDeadline() == nil, sourceLocation: location)
    }

    @Test("anything but an Opening or a Farewell before the Opening ends it", arguments: [true, false])
    func textFirst(victimIsInitiator: Bool) throws {
        let utterances: [Utterance] = try [
            .text(Text(sequence: 1, text: "hi")), .acknowledgement(Acknowledgement(through: 0)),
            .typing(Typing(on: true)), .ping(Ping(token: 1)), .safetyNonce(SafetyNonce(nonce: .zero)),
            .resume(Resume(received: 0, sent: 0, words: false)),
        ]
        for utterance in utterances {
            let stranger = HostileStranger(victimIsInitiator: victimIsInitiator)
            try stranger.shakeHands()
            try stranger.say(utterance)
            expectEnd(stranger, .unexpected)
            #expect(stranger.victim.messages.isEmpty)
        }
    }

    @Test("a second Opening ends it")
    func secondOpening() throws {
        let stranger = try connected()
        try stranger.say(.opening(Opening()))
        expectEnd(stranger, .unexpected)
    }

    @Test("a gap, a repeat, a zero or the largest number ends it", arguments: [0, 1, 3, UInt64.max])
    func sequences(second: UInt64) throws {
        let stranger = try connected()
        try stranger.say(1, "one")
        try stranger.say(second, "two")
        expectEnd(stranger, .sequence)
        #expect(stranger.victim.messages == ["one"])
    }

    @Test("an acknowledgement ahead of what was sent, or of nothing, ends it", arguments: [0, 2, UInt64.max])
    func acknowledgements(through: UInt64) throws {
        let stranger = try connected()
        try stranger.ask(.send("one"))
        try stranger.say(.acknowledgement(Acknowledgement(through: through)))
        expectEnd(stranger, .acknowledgement)
        #expect(stranger.victim.delivered == nil)
    }

    @Test("an acknowledgement that repeats itself ends it")
    func repeatedAcknowledgement() throws {
        let stranger = try connected()
        try stranger.ask(.send("one"))
        for _ in 0..<2 { try stranger.say(.acknowledgement(Acknowledgement(through: 1))) }
        expectEnd(stranger, .acknowledgement)
    }

    @Test("before we have answered, twice 500 characters are overlooked and one more ends it")
    func tooLongBefore() throws {
        let stranger = try connected()
        try stranger.say(1, String(repeating: "x", count: 1_000))
        #expect(stranger.victim.ending == nil)
        try stranger.say(2, String(repeating: "x", count: 1_001))
        expectEnd(stranger, .length)
    }

    @Test("after we have answered, twice 4,000 characters are overlooked and one more ends it")
    func tooLongAfter() throws {
        let stranger = try connected()
        try stranger.ask(.send("tell me more"))
        try stranger.say(1, String(repeating: "x", count: 8_000))
        #expect(stranger.victim.ending == nil)
        try stranger.say(2, String(repeating: "x", count: 8_001))
        expectEnd(stranger, .length)
    }

    @Test("an empty text ends it")
    func emptyText() throws {
        let stranger = try connected()
        try stranger.say(1, "")
        expectEnd(stranger, .length)
    }

    @Test("a flood of texts ends it at twice the limit")
    func flood() throws {
        let stranger = try connected()
        for number in UInt64(1)...128 { try stranger.say(number, "x") }
        #expect(stranger.victim.ending == nil)
        try stranger.say(129, "x")
        expectEnd(stranger, .rate)
        #expect(stranger.victim.messages.count == 128)
    }

    @Test("a flood after our answer ends it at twice the wide limit")
    func floodAfter() throws {
        let stranger = try connected()
        try stranger.ask(.send("hi"))
        for number in UInt64(1)...256 { try stranger.say(number, "x") }
        #expect(stranger.victim.ending == nil)
        try stranger.say(257, "x")
        expectEnd(stranger, .rate)
    }

    @Test("a flood of pings ends it, and is answered no oftener than the limit")
    func pingFlood() throws {
        let stranger = try connected()
        for token in UInt64(0)..<17 { try stranger.say(.ping(Ping(token: token))) }
        expectEnd(stranger, .rate)
        #expect(stranger.heard.filter { if case .pong = $0 { true } else { false } }.count == 16)
    }

    @Test("a flood of packets of any kind ends it")
    func packetFlood() throws {
        let stranger = try connected()
        for _ in 0..<1_025 where stranger.victim.ending == nil { try stranger.say(.typing(Typing(on: true))) }
        expectEnd(stranger, .rate)
        #expect(stranger.victim.events.filter { $0 == .typing }.count == 1)
    }

    @Test("a pong that answers nothing ends it")
    func unaskedPong() throws {
        let stranger = try connected()
        try stranger.say(.pong(Pong(token: 0)))
        expectEnd(stranger, .unexpected)
    }

    @Test(
        "content that is no utterance ends it",
        arguments: [
            [], [0xFF], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [UInt8](repeating: 0x08, count: 3_000),
        ])
    func garbageInside(content: [UInt8]) throws {
        let stranger = try connected()
        try stranger.say(raw: content)
        expectEnd(stranger, .malformed)
    }

    @Test("a kind of utterance from the future is skipped once both have met")
    func unknownKind() throws {
        let stranger = try connected()
        try stranger.say(raw: [0xA2, 0x06, 0x00])  // Field 100, a message of no bytes.
        #expect(stranger.victim.ending == nil)
        try stranger.say(1, "still here")
        #expect(stranger.victim.messages == ["still here"])
    }

    @Test("every utterance cut short at every length ends it or means nothing, and traps nothing")
    func truncatedContent() throws {
        let whole = try Utterance.text(Text(sequence: 1, text: "a text of some length")).encoded()
        for length in whole.indices {
            let stranger = try connected()
            try stranger.say(raw: Array(whole.prefix(length)))
            #expect(stranger.victim.ending == .violation, "\(length) bytes")
        }
    }

    @Test("garbage on the pipe ends it, before and after hello")
    func garbageOutside() throws {
        for length in [1, 2, 3, 130, 4_000, 70_000] {
            let garbage = [UInt8](repeating: 0xA5, count: length)
            let early = HostileStranger(victimIsInitiator: false)
            _ = early.victim.handle(.pipeReceived(garbage), at: early.now)
            try early.wait(.seconds(5))
            #expect(early.victim.ending == .violation || early.victim.ending == .neverStarted)

            let late = try connected()
            _ = late.victim.handle(.pipeReceived(garbage), at: late.now)
            try? late.wait(.seconds(12))
            #expect(late.victim.ending == .violation || late.victim.ending == .interrupted)
        }
    }

    @Test("one flipped bit anywhere in a packet ends it")
    func flippedBits() throws {
        let stranger = try connected()
        let size = try stranger.sealed(.typing(Typing(on: true))).count
        for position in stride(from: 2, to: size, by: 7) {
            let fresh = try connected()
            var packet = try fresh.sealed(.typing(Typing(on: true)))
            packet[position] ^= 1
            _ = fresh.victim.handle(.pipeReceived(packet), at: fresh.now)
            expectEnd(fresh, .channel)
        }
    }

    @Test("a packet cut short is waited for, and then the path counts as broken")
    func truncatedPacket() throws {
        let stranger = try connected()
        let packet = try stranger.sealed(.text(Text(sequence: 1, text: "hello")))
        _ = stranger.victim.handle(.pipeReceived(Array(packet.dropLast())), at: stranger.now)
        #expect(stranger.victim.messages.isEmpty)
        #expect(stranger.victim.ending == nil)
        try stranger.wait(.seconds(11))
        #expect(stranger.victim.ending == .interrupted)
    }

    @Test("a replayed packet ends it, and is heard once")
    func replayed() throws {
        let stranger = try connected()
        try stranger.say(1, "once")
        let packet = try #require(stranger.sent.last)
        _ = stranger.victim.handle(.pipeReceived(packet), at: stranger.now)
        expectEnd(stranger, .channel)
        #expect(stranger.victim.messages == ["once"])
    }

    @Test("a packet that is left out ends it at the next one")
    func leftOut() throws {
        let stranger = try connected()
        _ = try stranger.sealed(.text(Text(sequence: 1, text: "dropped by the home")))
        try stranger.say(2, "heard")
        expectEnd(stranger, .channel)
        #expect(stranger.victim.messages.isEmpty)
    }

    @Test("our own packets sent back to us end it", arguments: [true, false])
    func reflected(victimIsInitiator: Bool) throws {
        let stranger = HostileStranger(victimIsInitiator: victimIsInitiator)
        try stranger.connect()
        try stranger.ask(.send("who is there?"))
        let own = try #require(stranger.taken.last)
        _ = stranger.victim.handle(.pipeReceived(own), at: stranger.now)
        expectEnd(stranger, .channel)
        #expect(stranger.victim.messages.isEmpty)
    }

    @Test("our own handshake sent back to us ends it")
    func reflectedHandshake() throws {
        let pair = Pair()
        let first = try #require(pair.left.start(at: pair.now).first)
        _ = pair.left.handle(.pipeReceived(first), at: pair.now)
        #expect(pair.left.ending == .violation)
    }

    @Test("a stranger with another key never gets in")
    func otherKey() throws {
        let alice = Pair(seed: 1)
        let mallory = Pair(seed: 2)
        let first = try #require(mallory.left.start(at: mallory.now).first)
        _ = alice.right.handle(.pipeReceived(first), at: alice.now)
        #expect(alice.right.ending == .violation)
        #expect(alice.right.violations == [.channel])
    }

    @Test("what comes behind a farewell in the same breath is not heard, and the stranger has left all the same")
    func behindFarewell() throws {
        let stranger = try connected()
        let farewell = try stranger.sealed(.farewell(Farewell(code: 0)))
        let text = try stranger.sealed(.text(Text(sequence: 1, text: "and another thing")))
        let written = stranger.victim.handle(.pipeReceived(farewell + text), at: stranger.now)
        #expect(written.isEmpty)
        #expect(stranger.victim.ending == .strangerLeft)
        #expect(stranger.victim.violations.isEmpty && stranger.victim.messages.isEmpty)
        #expect(stranger.victim.counted.count { if case .ended = $0 { true } else { false } } == 1)
    }

    @Test("a text has no more bytes than both sides agreed on, however few its characters")
    func tooManyBytes() throws {
        var settings = ConversationSettings()
        settings.textBytesMaximum = 100
        let stranger = try connected(settings)
        try stranger.say(1, String(repeating: "𝄞", count: 25))
        #expect(stranger.victim.ending == nil)
        try stranger.say(2, String(repeating: "𝄞", count: 26))
        expectEnd(stranger, .length)
    }

    @Test("nothing is told to the stranger about why it ended")
    func silentEnd() throws {
        let stranger = try connected()
        let before = stranger.heard.count
        try stranger.say(9, "gap")
        #expect(stranger.heard.count == before)
    }

    @Test("two hundred random scripts end without a trap")
    func randomScripts() throws {
        var chance = SeededGenerator(seed: 77)
        for _ in 0..<200 {
            let stranger = HostileStranger(victimIsInitiator: chance.next() & 1 == 0)
            try stranger.connect()
            for _ in 0..<50 where stranger.victim.ending == nil {
                switch chance.next() % 6 {
                case 0: try stranger.say(raw: (0..<Int(chance.next() % 40)).map { _ in UInt8(chance.next() & 255) })
                case 1: try stranger.say(chance.next() % 4, "x")
                case 2: try stranger.wait(.milliseconds(Int64(chance.next() % 4_000)))
                case 3: try stranger.ask(.send("y"))
                case 4: try stranger.say(.acknowledgement(Acknowledgement(through: chance.next() % 3)))
                default: try stranger.say(.typing(Typing(on: chance.next() & 1 == 0)))
                }
            }
        }
    }
}
