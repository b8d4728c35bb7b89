import Conversation
import Essentials
import Testing
import Wire

@Suite("Typing")
struct TypingTests {
    private func marks(_ seat: Seat) -> [ConversationEvent] {
        seat.events.filter { $0 == .typing || $0 == .stoppedTyping }
    }

    @Test("typing is told once, and stops after five seconds without a change")
    func idle() {
        let pair = Pair().connected()
        let began = pair.now
        pair.ask(.typing, on: .left)
        for _ in 0..<4 {
            pair.run(for: .milliseconds(500))
            pair.ask(.typing, on: .left)
        }
        pair.run(for: .seconds(10))
        #expect(marks(pair.right) == [.typing, .stoppedTyping])
        #expect(pair.right.moment(of: .typing) == began + pair.delay)
        #expect(pair.right.moment(of: .stoppedTyping) == began + .seconds(2) + .seconds(5) + pair.delay)
    }

    @Test("however often a change is told, nothing more goes to the stranger within ten seconds")
    func pace() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        for _ in 0..<36 {
            try stranger.ask(.typing)
            try stranger.wait(.milliseconds(250))
        }
        let marks = stranger.heard.filter { if case .typing = $0 { true } else { false } }
        #expect(marks == [.typing(Typing(on: true))])
    }

    @Test("a message clears it without a word")
    func messageClears() {
        let pair = Pair().connected()
        pair.ask(.typing, on: .left)
        pair.run(for: .seconds(1))
        pair.ask(.send("done"), on: .left)
        pair.run(for: .seconds(20))
        #expect(marks(pair.right) == [.typing])
    }

    @Test("after a message nothing more is said about the typing before it")
    func silentAfterMessage() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        try stranger.ask(.typing)
        try stranger.ask(.send("done"))
        try stranger.wait(.seconds(9))
        let marks = stranger.heard.filter { if case .typing = $0 { true } else { false } }
        #expect(marks == [.typing(Typing(on: true))])
    }

    @Test("taking the text back is told at once")
    func takenBack() {
        let pair = Pair().connected()
        pair.ask(.typing, on: .left)
        pair.ask(.stoppedTyping, on: .left)
        pair.ask(.stoppedTyping, on: .left)
        pair.run(for: .seconds(1))
        #expect(marks(pair.right) == [.typing, .stoppedTyping])
    }

    @Test("who was not typing does not stop typing")
    func nothingToStop() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        let before = stranger.heard.count
        try stranger.ask(.stoppedTyping)
        #expect(stranger.heard.count == before)
    }

    @Test("a person who types for a minute is seen typing for a minute")
    func longTyping() {
        let pair = Pair().connected()
        for _ in 0..<60 {
            pair.ask(.typing, on: .left)
            pair.run(for: .seconds(1))
        }
        #expect(marks(pair.right) == [.typing])
        pair.run(for: .seconds(6))
        #expect(marks(pair.right) == [.typing, .stoppedTyping])
    }

    @Test("typing that is never taken back disappears after fifteen seconds")
    func shownForFifteenSeconds() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        try stranger.say(.typing(Typing(on: true)))
        for second in 1...15 {
            #expect(marks(stranger.victim) == [.typing], "after \(second - 1) s")
            try stranger.wait(.seconds(1))
            try stranger.say(.ping(Ping(token: UInt64(second))))
        }
        #expect(marks(stranger.victim) == [.typing, .stoppedTyping])
    }

    @Test("a face that flutters makes at most eight typing marks and then one a second")
    func flutter() {
        let pair = Pair().connected()
        for _ in 0..<1_000 {
            pair.ask(.typing, on: .left)
            pair.ask(.stoppedTyping, on: .left)
        }
        pair.run(for: .seconds(2))
        #expect(marks(pair.right).count == 16)
        #expect(pair.right.ending == nil)
        pair.ask(.typing, on: .left)
        pair.run(for: .seconds(1))
        #expect(marks(pair.right).last == .typing)
    }
}
