import Essentials
import Sodium
import Testing
import Wire

@testable import Conversation

@Suite("Another path")
struct ResumeTests {
    private static let door = Bytes32(words: (1, 2, 3, 4))

    /// Two who talk, and then their path breaks.
    private static func broken(
        _ settings: ConversationSettings = ConversationSettings(), talk: (Pair) -> Void = { _ in }
    ) -> Pair {
        let pair = Pair(left: settings, right: settings).connected()
        talk(pair)
        pair.cut()
        return pair
    }

    private static func open(_ pair: Pair, _ way: UInt64, slot: UInt64 = 7, door: Bytes32 = door) {
        for side in [Pair.Side.left, .right] {
            _ = pair.seat(side).handle(.wayOpened(way, slot: slot, door: door), at: pair.now)
        }
    }

    /// Carries everything between the ways of one number, and the pipe that became of one, until all is said.
    private static func carry(_ pair: Pair, dropping isDropped: (Pair.Side, UInt64) -> Bool = { _, _ in false }) {
        var isMoving = true
        while isMoving {
            isMoving = false
            for side in [Pair.Side.left, .right] {
                let (from, to) = (pair.seat(side), pair.seat(side == .left ? .right : .left))
                while !from.onWays.isEmpty {
                    let (way, bytes) = from.onWays.removeFirst()
                    isMoving = true
                    guard !isDropped(side, way) else { continue }
                    if to.takenWays.last == way {
                        deliver(to.handle(.pipeReceived(bytes), at: pair.now), from: to)
                    } else {
                        deliver(to.handle(.wayReceived(way, bytes), at: pair.now), from: to)
                    }
                }
            }
        }
    }

    /// What is written after a way was taken goes over it.
    private static func deliver(_ written: [[UInt8]], from seat: Seat) {
        guard let way = seat.takenWays.last else { return }
        for bytes in written { seat.onWays.append((way, bytes)) }
    }

    private static func say(_ text: String, on side: Pair.Side, _ pair: Pair) {
        let seat = pair.seat(side)
        deliver(seat.handle(.personAsked(.send(text)), at: pair.now), from: seat)
    }

    private static func isTalking(_ seat: Seat) -> Bool { if case .talking = seat.engine.phase { true } else { false } }

    @Test("both hear of the break, and of the new path, and go on talking over it")
    func resumed() {
        let pair = Self.broken { pair in
            pair.ask(.send("before"), on: .left)
            pair.run(for: .seconds(1))
        }
        for seat in [pair.left, pair.right] { #expect(seat.events.last == .interrupted && seat.ending == nil) }
        Self.open(pair, 1)
        Self.carry(pair)
        for seat in [pair.left, pair.right] { #expect(seat.events.contains(.resumed) && seat.takenWays == [1]) }
        Self.say("after", on: .left, pair)
        Self.say("yes", on: .right, pair)
        Self.carry(pair)
        #expect(pair.right.messages == ["before", "after"] && pair.left.messages == ["yes"])
        #expect(pair.left.delivered == 2 && pair.right.delivered == 1)
    }

    @Test("what was under way when the path broke, and what was said meanwhile, comes once and in order")
    func nothingLost() {
        let pair = Self.broken { pair in
            for number in 1...5 { pair.ask(.send("early \(number)"), on: .left) }
            // All arrive, and no mark of it comes back.
            pair.run(for: .milliseconds(41))
            for number in 6...9 { pair.ask(.send("early \(number)"), on: .left) }
        }
        for number in 1...20 { Self.say("late \(number)", on: .left, pair) }
        Self.say("late too", on: .right, pair)
        #expect(pair.right.messages.count == 5)
        Self.open(pair, 1)
        Self.carry(pair)
        #expect(pair.right.messages == (1...9).map { "early \($0)" } + (1...20).map { "late \($0)" })
        #expect(pair.left.messages == ["late too"])
        #expect(pair.left.delivered == 29 && pair.right.delivered == 1)
        #expect(pair.left.violations.isEmpty && pair.right.violations.isEmpty)
    }

    @Test("a long burst that waited is no violation when it comes at once")
    func burst() {
        let pair = Self.broken { pair in
            pair.ask(.send("hello"), on: .right)
            pair.run(for: .seconds(1))
        }
        for number in 1...400 {
            if number.isMultiple(of: 10) { pair.run(for: .milliseconds(500)) }
            Self.say("\(number)", on: .left, pair)
        }
        let said = pair.left.counted.count { $0 == .textSent }
        #expect(said == 256, "as many as may be under way")
        Self.open(pair, 1)
        Self.carry(pair)
        #expect(pair.right.messages.count == said && pair.right.violations.isEmpty)
    }

    @Test("of several ways both take the same one, whichever stands first at either side", arguments: [0, 1])
    func severalWays(first: Int) {
        let pair = Self.broken()
        for way in 1...3 as ClosedRange<UInt64> { Self.open(pair, way, door: Bytes32(words: (way, 0, 0, 0))) }
        if first == 1 { pair.left.onWays.reverse() }
        Self.carry(pair)
        #expect(pair.left.takenWays == pair.right.takenWays && pair.left.takenWays.count == 1)
        Self.say("still one", on: .right, pair)
        Self.carry(pair)
        #expect(pair.left.messages == ["still one"])
        for seat in [pair.left, pair.right] {
            #expect(Set(seat.closedWays).union(seat.takenWays) == [1, 2, 3], "the others are given back")
        }
    }

    @Test("when the way that was ahead is lost before its end, the next one that stands is taken")
    func aheadIsLost() {
        let pair = Self.broken()
        Self.open(pair, 1)
        Self.open(pair, 2, door: Bytes32(words: (2, 0, 0, 0)))
        // On the first way the handshake comes through, and nothing behind it.
        var onFirst = [Pair.Side.left: 0, .right: 0]
        Self.carry(pair) { side, way in
            guard way == 1 else { return false }
            onFirst[side, default: 0] += 1
            return onFirst[side, default: 0] > 1
        }
        #expect(pair.left.takenWays.isEmpty && pair.right.takenWays.isEmpty)
        _ = pair.left.handle(.wayLost(1), at: pair.now)
        Self.carry(pair)
        #expect(pair.left.takenWays == [2] && pair.right.takenWays == [2])
        Self.say("through the second", on: .left, pair)
        Self.carry(pair)
        #expect(pair.right.messages == ["through the second"])
    }

    @Test("a way that stands and says nothing is left after 1.2 s for one that stands, and not while there is none")
    func silentAhead() {
        for isAlone in [false, true] {
            let pair = Self.broken()
            var onFirst = [Pair.Side.left: 0, .right: 0]
            let silent = { (side: Pair.Side, way: UInt64) in
                guard way == 1 else { return false }
                onFirst[side, default: 0] += 1
                return onFirst[side, default: 0] > 1
            }
            Self.open(pair, 1)
            if !isAlone { Self.open(pair, 2, door: Bytes32(words: (2, 0, 0, 0))) }
            Self.carry(pair, dropping: silent)
            pair.run(for: .milliseconds(1_199))
            #expect(pair.left.closedWays.isEmpty && pair.left.takenWays.isEmpty)
            pair.run(for: .milliseconds(1))
            #expect(pair.left.closedWays == (isAlone ? [] : [1]))
            if isAlone {
                pair.run(for: .seconds(1))
                #expect(pair.left.closedWays.isEmpty, "it may only be slow")
                Self.open(pair, 2, door: Bytes32(words: (2, 0, 0, 0)))
            }
            Self.carry(pair, dropping: silent)
            #expect(pair.left.closedWays == [1])
            #expect(pair.left.takenWays == [2] && pair.right.takenWays == [2])
        }
    }

    @Test("a path that breaks again right after is replaced again, and still nothing is lost or doubled")
    func again() {
        let pair = Self.broken()
        var expected: [String] = []
        for round in 1...6 as ClosedRange<UInt64> {
            Self.say("round \(round)", on: .left, pair)
            expected.append("round \(round)")
            Self.open(pair, round, slot: round)
            // Every other time the last packets of the responder are lost with the path.
            Self.carry(pair) { side, _ in round.isMultiple(of: 2) && side == .right && Self.isTalking(pair.right) }
            for seat in [pair.left, pair.right] { _ = seat.handle(.pipeLost, at: pair.now) }
            for seat in [pair.left, pair.right] { _ = seat.handle(.wayLost(round), at: pair.now) }
            pair.left.onWays = []
            pair.right.onWays = []
        }
        Self.open(pair, 99, slot: 99)
        Self.carry(pair)
        #expect(pair.right.messages == expected)
        #expect(pair.left.delivered == 6)
        #expect(pair.left.violations.isEmpty && pair.right.violations.isEmpty)
    }

    @Test("eight breaks are borne at once and one more after each minute; the next one is the end")
    func manyBreaks() {
        for pause in [Span.seconds(59), .seconds(60)] {
            let pair = Self.broken { pair in
                pair.ask(.send("a text, so that a new path is looked for at length"), on: .left)
                pair.run(for: .seconds(1))
            }
            var slot: UInt64 = 1
            func mend() {
                Self.open(pair, slot, slot: slot)
                Self.carry(pair)
                slot += 1
            }
            func cut() { for seat in [pair.left, pair.right] { _ = seat.handle(.pipeLost, at: pair.now) } }
            for _ in 2...8 {
                mend()
                cut()
            }
            #expect(pair.left.ending == nil && pair.right.ending == nil)
            pair.run(for: pause)
            mend()
            cut()
            for seat in [pair.left, pair.right] { #expect(seat.ending == (pause < .seconds(60) ? .interrupted : nil)) }
        }
    }

    @Test("another slot, another door or another conversation's key comes to nothing, and the talk goes on waiting")
    func strangers() {
        let pair = Self.broken(), other = Self.broken(), wrong = Self.broken()
        _ = pair.left.handle(.wayOpened(1, slot: 7, door: Self.door), at: pair.now)
        _ = pair.right.handle(.wayOpened(1, slot: 8, door: Self.door), at: pair.now)
        _ = pair.left.handle(.wayOpened(2, slot: 7, door: Self.door), at: pair.now)
        _ = pair.right.handle(.wayOpened(2, slot: 7, door: .zero), at: pair.now)
        Self.carry(pair)
        #expect(pair.left.takenWays.isEmpty && pair.right.takenWays.isEmpty)
        #expect(Set(pair.right.closedWays) == [1, 2] && pair.left.ending == nil && pair.right.ending == nil)
        // The same keys and door, and another first channel.
        _ = other
        let noise = [UInt8](repeating: 7, count: 200)
        Self.open(wrong, 1)
        _ = wrong.right.handle(.wayReceived(1, [0, 100] + noise.prefix(100)), at: wrong.now)
        #expect(wrong.right.closedWays == [1] && wrong.right.ending == nil)
    }

    @Test("after two minutes and a half without a path it is over")
    func patience() throws {
        let pair = Self.broken { pair in
            pair.ask(.send("hello"), on: .left)
            pair.run(for: .seconds(1))
        }
        let began = pair.now
        pair.run(for: .seconds(149))
        #expect(pair.left.ending == nil)
        pair.run(for: .seconds(2))
        #expect(pair.left.ending == .interrupted && pair.right.ending == .interrupted)
        let ended = try #require(pair.left.moment(of: .ended(.interrupted)))
        #expect(ended - began == .seconds(150))
    }

    @Test("where nobody has said anything it is over after twenty seconds")
    func wordless() {
        let pair = Self.broken()
        pair.run(for: .seconds(19))
        #expect(pair.left.ending == nil)
        pair.run(for: .seconds(2))
        #expect(pair.left.ending == .interrupted && pair.right.ending == .interrupted)
    }

    @Test("who has heard nothing since the Opening does not wait for somebody who may never have been there")
    func unheard() throws {
        let stranger = HostileStranger()
        try stranger.connect(features: ConversationSettings.Feature.resuming)
        try stranger.breakPath()
        #expect(stranger.victim.ending == .interrupted)
        let other = HostileStranger()
        try other.connect(features: ConversationSettings.Feature.resuming)
        try other.say(.typing(Typing(on: true)))
        try other.breakPath()
        #expect(other.victim.ending == nil && other.victim.events.last == .interrupted)
    }

    @Test("silence is a broken path too")
    func silence() {
        let pair = Pair().connected()
        pair.frozen = [.right]
        pair.run(for: .seconds(12))
        #expect(pair.left.events.last == .interrupted && pair.left.ending == nil)
    }

    @Test("with a side that does not know how, the conversation ends")
    func otherVersion() {
        var old = ConversationSettings()
        old.features = 0
        let pair = Pair(left: ConversationSettings(), right: old).connected()
        pair.cut()
        #expect(pair.left.ending == .interrupted && pair.right.ending == .interrupted)
    }

    @Test("the safety words are made anew when the path broke before both had them, and kept otherwise")
    func words() {
        let early = Pair()
        early.start()
        // Handshake and Openings; the words' exchange is under way.
        early.run(for: .milliseconds(210))
        early.cut()
        #expect(early.left.words == nil || early.right.words == nil)
        Self.open(early, 1)
        Self.carry(early)
        #expect(early.left.words != nil)
        func last(_ seat: Seat) -> [String]? {
            seat.events.compactMap { if case .safetyWords(let words) = $0 { words } else { nil } }.last
        }
        #expect(last(early.left) == last(early.right))
        let late = Self.broken()
        let before = late.left.events.count
        Self.open(late, 1)
        Self.carry(late)
        let after = late.left.events.dropFirst(before)
        #expect(!after.contains { if case .safetyWords = $0 { true } else { false } })
    }

    @Test("who leaves while there is no path has left; the other one waits in vain")
    func left() {
        let pair = Self.broken()
        pair.ask(.leave, on: .left)
        #expect(pair.left.ending == .youLeft)
        Self.open(pair, 1)
        Self.carry(pair)
        #expect(pair.right.takenWays.isEmpty && pair.right.ending == nil)
    }

    // MARK: A stranger who lies

    /// Three texts from the victim, two of them acknowledged, one from the stranger; then the path breaks and is
    /// replaced, with numbers of the test's own.
    private static func violations(received: UInt64, sent: UInt64) throws -> [ConversationViolation] {
        let stranger = HostileStranger()
        try stranger.connect(features: ConversationSettings.Feature.resuming)
        for number in 1...3 { try stranger.ask(.send("\(number)")) }
        try stranger.say(.acknowledgement(Acknowledgement(through: 2)))
        try stranger.say(1, "one")
        #expect(stranger.victim.violations.isEmpty)
        try stranger.breakPath()
        try stranger.say(Resume(received: received, sent: sent, words: true), onWay: 1, slot: 7, door: door)
        return stranger.victim.violations
    }

    @Test(
        "numbers that cannot be are a violation",
        arguments: [
            (1, 1, ConversationViolation.acknowledgement), (4, 1, .acknowledgement), (3, 0, .sequence),
            (3, 258, .sequence),
        ] as [(UInt64, UInt64, ConversationViolation)])
    func lies(received: UInt64, sent: UInt64, expected: ConversationViolation) throws {
        #expect(try Self.violations(received: received, sent: sent) == [expected])
    }

    @Test("numbers at their edges are none")
    func edges() throws {
        #expect(try Self.violations(received: 2, sent: 1) == [] && Self.violations(received: 3, sent: 257) == [])
    }

    @Test("that a log is kept and the wish to keep in touch are said again when the path broke before they came")
    func asidesAgain() {
        let pair = Self.broken { pair in
            pair.ask(.send("hi"), on: .left)
            pair.ask(.send("hello"), on: .right)
            pair.ask(.keepInTouch, on: .right)
            pair.run(for: .seconds(1))
            pair.ask(.save, on: .left)
            pair.ask(.keepInTouch, on: .left)
        }
        #expect(!pair.right.events.contains(.strangerKeepsLog) && !pair.right.events.contains(.inTouch))
        Self.open(pair, 1)
        Self.carry(pair)
        for event in [ConversationEvent.strangerKeepsLog, .inTouch] {
            #expect(pair.right.events.filter { $0 == event }.count == 1)
        }
        #expect(pair.left.events.filter { $0 == .inTouch }.count == 1)
    }
}
