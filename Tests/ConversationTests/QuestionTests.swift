import Essentials
import Testing
import Wire

@testable import Conversation

@Suite("A question and two who discuss it")
struct QuestionTests {
    private static let question = "Is a hot dog a sandwich, or is it not?"

    private static func settings(
        _ part: ConversationSettings.Part, question: String? = Self.question, opensAtOnce: Bool = true
    ) -> ConversationSettings {
        var settings = ConversationSettings()
        settings.part = part
        settings.question = part == .asking ? question : nil
        settings.opensAtOnce = opensAtOnce
        return settings
    }

    private static func other(_ side: Pair.Side) -> Pair.Side { side == .left ? .right : .left }

    /// One who asks, and one who tells them what it says.
    private static func asked(by asker: Pair.Side = .left) -> Pair {
        let (asks, tells) = (settings(.asking), settings(.telling))
        return Pair(left: asker == .left ? asks : tells, right: asker == .left ? tells : asks).connected()
    }

    /// One who tells, and a node of the asker's that does what the test says; the Openings are said.
    private static func askedByHostile(
        _ text: String? = Self.question, isInitiator: Bool = true
    ) throws -> HostileStranger {
        let stranger = HostileStranger(victimIsInitiator: isInitiator, settings: settings(.telling))
        try stranger.connect()
        if let text { try stranger.say(.question(Question(text: text))) }
        return stranger
    }

    private static func hostile(to part: ConversationSettings.Part) throws -> HostileStranger {
        let stranger = HostileStranger(settings: settings(part))
        try stranger.connect()
        return stranger
    }

    // MARK: The question

    @Test(
        "the question is told before anything else, whichever side asks, and to the other one only",
        arguments: [Pair.Side.left, .right])
    func asked(asker: Pair.Side) {
        let pair = Self.asked(by: asker)
        let (asks, tells) = (pair.seat(asker), pair.seat(Self.other(asker)))
        #expect(tells.events.prefix(2) == [.asked(Self.question), .connected])
        #expect(asks.events.first == .connected && !asks.events.contains(.asked(Self.question)))
        #expect(asks.words != nil && asks.words == tells.words)
    }

    @Test("the question waits for the other's Opening, so that whoever is kept waiting has one packet to keep")
    func waits() {
        let pair = Pair(left: Self.settings(.telling, opensAtOnce: false), right: Self.settings(.asking))
        pair.start()
        pair.run(for: .seconds(1))
        #expect(pair.left.events == [.standing])
        pair.goAhead(on: .left)
        pair.run(for: .seconds(1))
        #expect(pair.left.events.prefix(3) == [.standing, .asked(Self.question), .connected])
    }

    @Test("a question has 10 to 200 characters, however many bytes they take")
    func lengths() throws {
        for text in ["x", "é", "𝄞"] {
            for count in [10, 200] {
                let stranger = try Self.askedByHostile(String(repeating: text, count: count))
                #expect(stranger.victim.events == [.asked(String(repeating: text, count: count)), .connected])
            }
        }
        let tooLong = String(repeating: "x", count: 201)
        for text in ["", "x", String(repeating: "𝄞", count: 9), tooLong, String(repeating: "é", count: 201)] {
            let stranger = try Self.askedByHostile(text)
            #expect(stranger.victim.violations == [.length])
            #expect(stranger.victim.events == [.ended(.violation)])
        }
    }

    @Test("a second question ends it", arguments: [true, false])
    func twice(isInitiator: Bool) throws {
        let stranger = try Self.askedByHostile(isInitiator: isInitiator)
        try stranger.say(.question(Question(text: Self.question)))
        #expect(stranger.victim.violations == [.unexpected])
    }

    @Test("who never asks is given up after three seconds, and nothing was told")
    func never() throws {
        let stranger = try Self.askedByHostile(nil)
        try stranger.wait(.milliseconds(2_999))
        #expect(stranger.victim.events.isEmpty)
        try stranger.wait(.milliseconds(2))
        #expect(stranger.victim.events == [.ended(.neverStarted)])
    }

    @Test("in the place of the question only a farewell has a meaning")
    func instead() throws {
        let utterances: [Utterance] = try [
            .text(Text(sequence: 1, text: "hi")), .typing(Typing(on: true)), .ping(Ping(token: 1)),
            .witness(Witness(through: 0, chain: .zero)), .saved(Saved()), .opening(Opening()),
        ]
        for utterance in utterances {
            let stranger = try Self.askedByHostile(nil)
            try stranger.say(utterance)
            #expect(stranger.victim.violations == [.unexpected])
        }
        let stranger = try Self.askedByHostile(nil)
        try stranger.say(.farewell(Farewell(code: 1)))
        #expect(stranger.victim.events == [.ended(.declined)] && stranger.victim.violations.isEmpty)
    }

    @Test("who has nothing to ask, or too much, says farewell instead")
    func nothingToAsk() {
        for question in [nil, String(repeating: "x", count: 801)] as [String?] {
            let pair = Pair(left: Self.settings(.asking, question: question), right: Self.settings(.telling))
                .connected()
            #expect(pair.left.events == [.ended(.declined)] && pair.right.events == [.ended(.declined)])
        }
    }

    @Test(
        "a question to whoever awaits none ends it, before the Openings too",
        arguments: [ConversationSettings.Part.alone, .asking, .discussing, .telling])
    func unasked(part: ConversationSettings.Part) throws {
        let early = HostileStranger(settings: Self.settings(part))
        try early.shakeHands()
        try early.say(.question(Question(text: Self.question)))
        #expect(early.victim.violations == [.unexpected])
        guard part != .telling else { return }
        let late = try Self.hostile(to: part)
        try late.say(.question(Question(text: Self.question)))
        #expect(late.victim.violations == [.unexpected])
    }

    // MARK: Who says what

    @Test("who asks says nothing: texts, logs and wishes are refused with what to do, and typing is not told")
    func mute() {
        let pair = Self.asked()
        let requests: [ConversationRequest] = [
            .send("hello"), .save, .keepInTouch, .typing, .stoppedTyping, .witness(through: 0, chain: .zero),
        ]
        for request in requests { pair.ask(request, on: .left) }
        pair.run(for: .seconds(1))
        #expect(pair.left.refusals == [.asks])
        #expect(pair.left.counted.count { $0 == .requestRefused(.asks) } == 2)
        #expect(pair.left.engine.refusal(of: "hello", at: pair.now) == .asks)
        #expect(pair.right.messages.isEmpty && !pair.right.events.contains(.typing) && pair.right.ending == nil)
        pair.cut()
        pair.ask(.send("hello"), on: .left)
        #expect(pair.left.refusals == [.asks, .asks], "without a path it is the same")
        pair.ask(.leave, on: .left)
        pair.ask(.send("hello"), on: .left)
        #expect(pair.left.ending == .youLeft && pair.left.refusals.last == .ended)
    }

    @Test("an asker whose node says something all the same breaks a rule, and nothing of it is told")
    func talkative() throws {
        let utterances: [Utterance] = try [
            .text(Text(sequence: 1, text: "hi")), .text(Text(sequence: 9, text: "hi")), .typing(Typing(on: true)),
            .typing(Typing(on: false)), .saved(Saved()), .keepInTouch(KeepInTouch()),
            .witness(Witness(through: 0, chain: .zero)),
        ]
        for utterance in utterances {
            let stranger = try Self.askedByHostile()
            try stranger.say(utterance)
            #expect(stranger.victim.violations == [.unexpected])
            #expect(stranger.victim.events == [.asked(Self.question), .connected, .ended(.violation)])
        }
    }

    @Test(
        "what one of the two says and types reaches the asker, who acknowledges it",
        arguments: [Pair.Side.left, .right])
    func told(asker: Pair.Side) {
        let pair = Self.asked(by: asker)
        let (asks, tells) = (pair.seat(asker), pair.seat(Self.other(asker)))
        pair.ask(.typing, on: Self.other(asker))
        for text in ["It is.", "It is not."] { pair.ask(.send(text), on: Self.other(asker)) }
        pair.run(for: .seconds(1))
        #expect(asks.messages == ["It is.", "It is not."] && asks.events.contains(.typing))
        #expect(tells.delivered == 2 && tells.events.contains(.said("It is not.")))
        pair.ask(.leave, on: asker)
        pair.run(for: .seconds(1))
        #expect(tells.ending == .strangerLeft)
    }

    @Test("what is for the two who discuss means nothing to the asker")
    func asides() throws {
        let stranger = try Self.hostile(to: .asking)
        let asked = Utterance.question(try Question(text: Self.question))
        #expect(stranger.heard.last == asked)
        try stranger.say(1, "It is.")
        let before = stranger.victim.events
        for utterance in [Utterance.saved(Saved()), .keepInTouch(KeepInTouch())] { try stranger.say(utterance) }
        #expect(stranger.victim.events == before)
        let pair = Self.asked()
        pair.ask(.keepInTouch, on: .right)
        #expect(pair.right.counted.last == .requestRefused(.unknownToThem))
    }

    // MARK: Limits

    @Test("long texts and many at once pass from the beginning, as after an answer")
    func wide() {
        let pair = Self.asked()
        pair.ask(.send(String(repeating: "x", count: 4_001)), on: .right)
        #expect(pair.right.engine.refusal(of: String(repeating: "x", count: 4_000), at: pair.now) == nil)
        pair.ask(.send(String(repeating: "x", count: 4_000)), on: .right)
        for number in 2...128 { pair.ask(.send("\(number)"), on: .right) }
        #expect(pair.right.engine.refusal(of: "more", at: pair.now) == .tooFast(perSecond: 10, isAnswered: true))
        pair.ask(.send("more"), on: .right)
        #expect(
            pair.right.refusals == [
                .tooLong(limit: 4_000, isAnswered: true), .tooFast(perSecond: 10, isAnswered: true),
            ])
        pair.run(for: .seconds(2))
        #expect(pair.left.messages.count == 128 && pair.right.delivered == 128)
        #expect(pair.left.ending == nil && pair.right.ending == nil)
    }

    @Test("the asker overlooks twice as much and no more")
    func slack() throws {
        let long = try Self.hostile(to: .asking)
        try long.say(1, String(repeating: "x", count: 8_000))
        #expect(long.victim.ending == nil)
        try long.say(2, String(repeating: "x", count: 8_001))
        #expect(long.victim.violations == [.length])
        let fast = try Self.hostile(to: .asking)
        for number in UInt64(1)...256 { try fast.say(number, "x") }
        #expect(fast.victim.ending == nil)
        try fast.say(257, "x")
        #expect(fast.victim.violations == [.rate])
    }
}
