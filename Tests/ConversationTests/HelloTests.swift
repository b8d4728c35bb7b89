import Essentials
import Noise
import Testing
import Wire

@testable import Conversation

@Suite("Hello")
struct HelloTests {
    @Test("two strangers say hello and both are connected")
    func hello() {
        let pair = Pair().connected()
        #expect(pair.left.events.first == .connected)
        #expect(pair.right.events.first == .connected)
        #expect(pair.left.counted.contains(.connected))
    }

    @Test("hello works however the pipe cuts the bytes", arguments: [1, 2, 3, 17, 200])
    func chopped(longest: Int) {
        let pair = Pair(seed: UInt64(longest))
        pair.longestPiece = longest
        _ = pair.connected()
        pair.ask(.send("over a pipe of crumbs"), on: .left)
        pair.run(for: .seconds(1))
        #expect(pair.largestDelivery <= longest)
        #expect(pair.right.messages == ["over a pipe of crumbs"])
        #expect(pair.left.delivered == 1)
    }

    private static var waiting: ConversationSettings {
        var settings = ConversationSettings()
        settings.opensAtOnce = false
        return settings
    }

    @Test("a stranger who says more than an Opening while ours waits is refused")
    func talkative() throws {
        let stranger = HostileStranger(settings: Self.waiting)
        try stranger.shakeHands()
        try stranger.say(.opening(Opening()))
        #expect(stranger.victim.ending == nil)
        try stranger.say(.ping(Ping(token: 7)))
        #expect(stranger.victim.violations == [.unexpected])
    }

    @Test("a side whose Opening waits for the word to go ahead says it then, and has not lost the stranger's")
    func goAhead() {
        let pair = Pair(left: Self.waiting)
        pair.start()
        pair.run(for: .seconds(1))
        #expect(pair.left.events == [.standing])
        #expect(pair.right.events.isEmpty)
        pair.goAhead(on: .left)
        pair.run(for: .seconds(1))
        #expect(pair.left.events.contains(.connected) && pair.right.events.contains(.connected))
        pair.goAhead(on: .left)
        pair.run(for: .seconds(1))
        #expect(pair.left.ending == nil, "saying it twice changes nothing")
    }

    @Test("who is never told to go ahead gives up when the handshake's time is over")
    func neverAhead() {
        let pair = Pair(left: Self.waiting)
        pair.start()
        pair.run(for: .seconds(10))
        #expect(pair.left.ending == .neverStarted)
    }

    @Test("only the initiator has something to say first, and only once")
    func startsOnce() {
        let pair = Pair()
        #expect(pair.right.start(at: pair.now).isEmpty)
        #expect(pair.left.start(at: pair.now).count == 1)
        #expect(pair.left.start(at: pair.now).isEmpty)
        #expect(pair.left.ending == nil, "being told twice to begin is no reason to end")
    }

    @Test("a handshake that takes longer than five seconds never started")
    func handshakeDeadline() {
        let pair = Pair()
        pair.frozen = [.right]
        pair.start()
        pair.run(for: .milliseconds(4_999))
        #expect(pair.left.ending == nil)
        pair.run(for: .milliseconds(2))
        #expect(pair.left.ending == .neverStarted)
        #expect(pair.left.hasClosedPipe)
        #expect(pair.left.engine.nextDeadline() == nil)
    }

    @Test("an Opening that takes longer than three seconds never started")
    func openingDeadline() throws {
        let stranger = HostileStranger()
        try stranger.shakeHands()
        try stranger.wait(.milliseconds(2_999))
        #expect(stranger.victim.ending == nil)
        try stranger.wait(.milliseconds(2))
        #expect(stranger.victim.ending == .neverStarted)
    }

    @Test("nothing is told before the stranger's Opening was accepted", arguments: [true, false])
    func silentBefore(victimIsInitiator: Bool) throws {
        let stranger = HostileStranger(victimIsInitiator: victimIsInitiator)
        try stranger.shakeHands()
        #expect(stranger.victim.events.isEmpty)
        try stranger.say(.opening(Opening()))
        #expect(stranger.victim.events == [.connected])
    }

    @Test(
        "a kind of utterance from the future behind the Opening is skipped, and gains no time for what is awaited",
        arguments: [true, false])
    func unknownKindWhilePresenting(isAsked: Bool) throws {
        var settings = ConversationSettings()
        settings.part = .telling
        let stranger = HostileStranger(settings: settings)
        try stranger.connect()
        try stranger.wait(.seconds(2))
        try stranger.say(raw: [0xA2, 0x06, 0x00])  // Field 100, a message of no bytes.
        #expect(stranger.victim.events.isEmpty && stranger.victim.violations.isEmpty)
        let question = "Is a hot dog a sandwich?"
        if isAsked { try stranger.say(.question(Question(text: question))) }
        try stranger.wait(.milliseconds(1_001))
        #expect(stranger.victim.events == (isAsked ? [.asked(question), .connected] : [.ended(.neverStarted)]))
    }

    /// Who is to be asked, and takes ten packets.
    private static var narrow: ConversationSettings {
        var settings = ConversationSettings()
        settings.part = .telling
        settings.packetBurst = 10
        settings.packetsPerSecond = 1
        return settings
    }

    @Test("packets count from the Opening on, of whatever kind, and none of them again when the talk begins")
    func floodWhilePresenting() throws {
        let stranger = HostileStranger(settings: Self.narrow)
        try stranger.connect()
        for _ in 0..<9 { try stranger.say(raw: [0xA2, 0x06, 0x00]) }
        try stranger.say(.question(Question(text: "Is a hot dog a sandwich?")))
        #expect(stranger.victim.events.last == .connected)
        try stranger.say(raw: [0xA2, 0x06, 0x00])
        #expect(stranger.victim.violations == [.rate])
    }

    @Test("more packets behind the Opening than there may be end it before the talk, and nothing else is told")
    func floodBeforeTheQuestion() throws {
        let stranger = HostileStranger(settings: Self.narrow)
        try stranger.connect()
        for _ in 0..<10 { try stranger.say(raw: [0xA2, 0x06, 0x00]) }
        #expect(stranger.victim.events.isEmpty)
        try stranger.say(.question(Question(text: "Is a hot dog a sandwich?")))
        #expect(stranger.victim.events == [.ended(.violation)] && stranger.victim.violations == [.rate])
    }

    @Test("pairings that differ in their prologue do not meet")
    func otherPrologue() {
        let pair = Pair(sameProlog: false).connected()
        #expect(pair.right.ending == .violation)
        #expect(pair.right.violations == [.channel])
        #expect(pair.left.ending == .neverStarted)
    }

    @Test("a pipe that breaks before hello never started")
    func lostEarly() {
        let pair = Pair()
        pair.start()
        _ = pair.left.handle(.pipeLost, at: pair.now)
        #expect(pair.left.events == [.ended(.neverStarted)])
        #expect(pair.left.handle(.pipeLost, at: pair.now).isEmpty)
        #expect(pair.left.events.count == 1)
    }

    @Test("a text before hello is refused to its writer")
    func textBeforeHello() {
        let pair = Pair()
        pair.ask(.send("too early"), on: .left)
        #expect(pair.left.refusals == [.notConnected])
        #expect(pair.written[.left]?.isEmpty == true)
    }

    // MARK: Versions and features

    @Test("the highest common version wins")
    func highestVersion() throws {
        var settings = ConversationSettings()
        settings.versions = 2...5
        let theirs = try Opening(versionMin: 1, versionMax: 4)
        #expect(try Agreement(settings: settings, theirs: theirs).version == 4)
    }

    @Test("no version in common ends it", arguments: [(1...1, 2...3), (4...6, 1...3)])
    func noVersion(ours: ClosedRange<UInt32>, theirs: ClosedRange<UInt32>) throws {
        var settings = ConversationSettings()
        settings.versions = ours
        let stranger = HostileStranger(settings: settings)
        try stranger.shakeHands()
        try stranger.say(.opening(Opening(versionMin: theirs.lowerBound, versionMax: theirs.upperBound)))
        #expect(stranger.victim.events == [.ended(.violation)])
        #expect(stranger.victim.violations == [.version])
    }

    @Test("only features that both know are used")
    func commonFeatures() throws {
        var settings = ConversationSettings()
        settings.features = 0b0110
        #expect(try Agreement(settings: settings, theirs: Opening(features: 0b1100)).features == 0b0100)
    }

    @Test("a critical feature that we do not know ends it, one that we know does not")
    func criticalFeature() throws {
        let theirs = try Opening(features: 1 << 40)
        var settings = ConversationSettings()
        #expect(throws: ConversationViolation.version) { try Agreement(settings: settings, theirs: theirs) }
        settings.features = 1 << 40
        #expect(try Agreement(settings: settings, theirs: theirs).features == 1 << 40)
    }

    @Test("a ticket is carried and not looked at in version 1")
    func ticketIgnored() throws {
        let stranger = HostileStranger()
        try stranger.shakeHands()
        try stranger.say(.opening(Opening(ticket: [UInt8](repeating: 9, count: Opening.maximumTicket))))
        #expect(stranger.victim.events == [.connected])
    }
}

@Suite("Utterances on the wire")
struct UtteranceExamples {
    @Test("encodings are those of the examples in Protocol/07-conversation.md")
    func examples() throws {
        let examples: [(Utterance, String)] = try [
            (.opening(Opening()), "0a0408011001"),
            (.text(Text(sequence: 1, text: "hi")), "1206080112026869"),
            (.acknowledgement(Acknowledgement(through: 1)), "1a020801"),
            (.typing(Typing(on: true)), "22020801"),
            (.typing(Typing(on: false)), "2200"),
            (.farewell(Farewell(code: 0)), "2a00"),
        ]
        for (utterance, hex) in examples {
            #expect(Hex.encode(utterance.encoded()) == hex)
            let bytes = try #require(Hex.decode(hex))
            #expect(try Utterance(decoding: bytes) == utterance)
        }
    }
}
