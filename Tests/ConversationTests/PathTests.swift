import Conversation
import Essentials
import Testing
import Wire

@Suite("Path")
struct PathTests {
    @Test("an idle conversation stays up and costs little")
    func idle() {
        let pair = Pair().connected()
        let before = (pair.written[.left]?.count ?? 0) + (pair.written[.right]?.count ?? 0)
        pair.run(for: .minutes(10))
        #expect(pair.left.ending == nil)
        #expect(pair.right.ending == nil)
        let packets = (pair.written[.left]?.count ?? 0) + (pair.written[.right]?.count ?? 0) - before
        #expect(packets > 300)
        #expect(packets < 700)
    }

    @Test("silence is noticed between ten and twelve seconds after the last sign of life")
    func silence() throws {
        let pair = Pair().connected()
        pair.ask(.send("still there?"), on: .right)
        pair.run(for: .milliseconds(100))
        let heard = try #require(pair.left.moment(of: .gotMessage("still there?")))
        pair.frozen = [.right]
        pair.run(for: .seconds(12))
        let noticed = try #require(pair.left.moment(of: .interrupted))
        #expect(noticed - heard >= .seconds(10))
        #expect(noticed - heard <= .seconds(12))
    }

    @Test("after about three seconds of silence, and not before, the path is asked")
    func ping() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        let before = stranger.heard.count
        try stranger.wait(.milliseconds(2_399))
        #expect(stranger.heard.count == before)
        try stranger.wait(.milliseconds(1_202))
        guard case .ping(let ping)? = stranger.heard.last else {
            Issue.record("nobody asked")
            return
        }
        // Other timers fire while the question is out, and ask no second one.
        try stranger.ask(.typing)
        try stranger.wait(.seconds(5))
        #expect(stranger.heard.dropFirst(before + 1) == [.typing(Typing(on: true)), .typing(Typing(on: false))])
        try stranger.say(.pong(Pong(token: ping.token)))
        try stranger.wait(.seconds(4))
        #expect(stranger.heard.count == before + 4)
    }

    @Test("a timer that fires for something else asks nothing before its time")
    func earlyTimer() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        try stranger.wait(.seconds(1))
        #expect(stranger.victim.handle(.timerFired, at: stranger.now).isEmpty)
    }

    @Test("where less silence is borne than a question waits for, the path counts as broken in time")
    func impatient() throws {
        var settings = ConversationSettings()
        settings.silenceMaximum = .seconds(1)
        let stranger = HostileStranger(settings: settings)
        try stranger.connect()
        try stranger.wait(.milliseconds(999))
        #expect(stranger.victim.ending == nil)
        try stranger.wait(.milliseconds(1))
        #expect(stranger.victim.ending == .interrupted)
    }

    @Test("a ping is answered with its own token")
    func pong() throws {
        let stranger = HostileStranger()
        try stranger.connect()
        try stranger.say(.ping(Ping(token: 0xDEAD_BEEF)))
        #expect(stranger.heard.last == .pong(Pong(token: 0xDEAD_BEEF)))
    }

    @Test("who leaves says so, and the stranger is told")
    func leave() {
        let pair = Pair().connected()
        pair.ask(.leave, on: .left)
        #expect(pair.left.ending == .youLeft)
        #expect(pair.left.hasClosedPipe)
        pair.run(for: .seconds(1))
        #expect(pair.right.ending == .strangerLeft)
        #expect(pair.right.hasClosedPipe)
    }

    @Test("the farewell is put on the pipe before the pipe is finished, after everything that was said")
    func farewellLast() {
        let pair = Pair().connected()
        pair.ask(.send("bye"), on: .left)
        let effects = pair.left.engine.handle(.personAsked(.leave), at: pair.now, using: &pair.left.random)
        guard case .write? = effects.first, effects.last == .closePipe else {
            Issue.record("the farewell is not first or the pipe is not finished last")
            return
        }
        #expect(effects.count { if case .write = $0 { true } else { false } } == 1)
    }

    @Test("leaving before hello ends it too")
    func leaveEarly() {
        let pair = Pair()
        pair.start()
        pair.ask(.leave, on: .left)
        #expect(pair.left.events == [.ended(.youLeft)])
        pair.run(for: .seconds(6))
        #expect(pair.right.ending == .neverStarted)
    }

    @Test("leaving between the handshake and the stranger's Opening sends the farewell after our own")
    func leaveDuringOpening() throws {
        let stranger = HostileStranger()
        try stranger.shakeHands()
        try stranger.ask(.leave)
        #expect(stranger.heard.last == .farewell(Farewell(code: 0)))
        #expect(stranger.victim.events == [.ended(.youLeft)])
    }

    @Test("a pipe that breaks interrupts")
    func lost() {
        let pair = Pair().connected()
        _ = pair.left.handle(.pipeLost, at: pair.now)
        #expect(pair.left.events.last == .interrupted && pair.left.ending == nil)
    }

    @Test("nothing happens after the end")
    func nothingAfter() throws {
        let pair = Pair().connected()
        pair.ask(.send("hi"), on: .left)
        let late = try #require(pair.written[.left]?.last)
        pair.ask(.leave, on: .right)
        let told = pair.right.events.count
        for input: ConversationInput in [
            .pipeReceived(late), .pipeLost, .timerFired, .personAsked(.typing), .personAsked(.stoppedTyping),
            .personAsked(.leave),
        ] {
            #expect(pair.right.engine.handle(input, at: pair.now, using: &pair.right.random).isEmpty)
        }
        #expect(pair.right.events.count == told)
        #expect(pair.right.engine.nextDeadline() == nil)
    }

    @Test("keys change during a long conversation and nobody notices")
    func rekey() {
        let pair = Pair().connected()
        for minute in 1...9 {
            pair.ask(.send("minute \(minute)"), on: .left)
            pair.ask(.send("yes, \(minute)"), on: .right)
            pair.run(for: .seconds(61))
        }
        #expect(pair.right.messages.count == 9)
        #expect(pair.left.messages.count == 9)
        #expect(pair.left.delivered == 9)
        #expect(pair.left.ending == nil)
    }

    @Test("on the wire every packet has one of five lengths")
    func sizes() {
        let pair = Pair().connected()
        pair.ask(.send("x"), on: .right)
        pair.run(for: .seconds(1))
        for length in [1, 90, 200, 800, 3_000] { pair.ask(.send(String(repeating: "x", count: length)), on: .left) }
        let lengths = Set((pair.written[.left] ?? []).dropFirst().map { $0.count - 2 })
        #expect(lengths == [128, 512, 1_152, 4_224])
    }

    @Test("the same seed gives the same bytes")
    func deterministic() {
        func run() -> [[UInt8]] {
            let pair = Pair(seed: 5).connected()
            pair.ask(.send("hello"), on: .left)
            pair.run(for: .minutes(3))
            return (pair.written[.left] ?? []) + (pair.written[.right] ?? [])
        }
        #expect(run() == run())
    }
}
