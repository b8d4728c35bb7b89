// Faces on real file descriptors: a pseudo-terminal and pipes.

import ControlAPI
import Foundation
import Glibc
import Synchronization
@testable import TerminalFace
import Testing

@Suite(.timeLimit(.minutes(2)))
struct LiveTests {
    /// A seat whose stranger is the test.
    private final class Seat: Sendable {
        let session: MeetSession
        let tell: AsyncStream<MeetEvent>.Continuation
        private let taken = Mutex<[MeetCommand]>([])
        private let closings = Mutex(0)

        init() {
            let (events, tell) = AsyncStream.makeStream(of: MeetEvent.self)
            self.tell = tell
            let box = Box()
            session = MeetSession(
                events: events, command: { command in box.seat?.taken.withLock { $0.append(command) } },
                close: {
                    box.seat?.closings.withLock { $0 += 1 }
                    tell.finish()
                })
            box.seat = self
        }
        private final class Box: @unchecked Sendable { weak var seat: Seat? }

        var commands: [MeetCommand] { taken.withLock { $0 } }
        var closed: Int { closings.withLock { $0 } }

        func hears(_ command: MeetCommand) async -> Bool {
            for _ in 0..<2_000 {
                if commands.contains(command) { return true }
                try? await Task.sleep(for: .milliseconds(5))
            }
            return false
        }
    }

    private static let environment = ["TERM": "xterm", "LANG": "C.UTF-8"]
    private static let noSignals = AsyncStream<Int32>.makeStream().stream

    @Test("at a terminal: raw while it talks, as before when it ends")
    func terminal() async {
        let terminal = PseudoTerminal(columns: 80)
        let seat = Seat()
        #expect(!terminal.isRaw)
        async let code = MeetTerminal.run(
            .line, session: seat.session, environment: Self.environment, signals: Self.noSignals,
            input: terminal.inside,
            output: terminal.inside)
        seat.tell.yield(.waiting)
        seat.tell.yield(.connected)
        #expect(await terminal.shows("You're now chatting"))
        #expect(terminal.isRaw)
        terminal.type("h\u{E9}llo \u{4E16}")
        #expect(await seat.hears(.typing))
        seat.tell.yield(.gotMessage("hi there"))
        #expect(await terminal.shows("Stranger: hi there"))
        #expect(await terminal.shows("> h\u{E9}llo \u{4E16}"))
        terminal.type("\r")
        #expect(await seat.hears(.send("h\u{E9}llo \u{4E16}")))
        #expect(await terminal.shows("You: h\u{E9}llo \u{4E16}"))
        terminal.type("\u{1B}")
        #expect(await terminal.shows("Really?"))
        terminal.type("\u{1B}")
        #expect(await seat.hears(.disconnect))
        terminal.type("\u{4}")
        #expect(await code == 0)
        #expect(!terminal.isRaw && seat.closed == 1)
        #expect(await terminal.leavesPaste())
        #expect(terminal.screen(columns: 80).faults == [])
        terminal.end()
    }

    @Test(
        "a signal ends it: the stranger is left, the terminal restored",
        arguments: [(SIGINT, 130), (SIGTERM, 0), (SIGHUP, 129)] as [(Int32, Int32)])
    func signals(_ number: Int32, _ expected: Int32) async {
        let terminal = PseudoTerminal(columns: 80)
        let seat = Seat()
        let (signals, raise) = AsyncStream<Int32>.makeStream()
        async let code = MeetTerminal.run(
            .line, session: seat.session, environment: Self.environment, signals: signals, input: terminal.inside,
            output: terminal.inside)
        seat.tell.yield(.connected)
        #expect(await terminal.shows("You're now chatting"))
        raise.yield(number)
        #expect(await code == expected)
        #expect(!terminal.isRaw && seat.closed == 1)
        terminal.end()
    }

    @Test("when the node stops, the terminal is restored and the code is 69")
    func nodeStops() async {
        let terminal = PseudoTerminal(columns: 80)
        let seat = Seat()
        async let code = MeetTerminal.run(
            .line, session: seat.session, environment: Self.environment, signals: Self.noSignals,
            input: terminal.inside,
            output: terminal.inside)
        seat.tell.yield(.connected)
        #expect(await terminal.shows("You're now chatting"))
        seat.tell.finish()
        #expect(await code == 69)
        #expect(!terminal.isRaw)
        #expect(await terminal.shows("The node has stopped."))
        terminal.end()
    }

    @Test("a new size is used at once")
    func resize() async {
        let terminal = PseudoTerminal(columns: 80)
        let seat = Seat()
        let (signals, raise) = AsyncStream<Int32>.makeStream()
        async let code = MeetTerminal.run(
            .line, session: seat.session, environment: Self.environment, signals: signals, input: terminal.inside,
            output: terminal.inside)
        seat.tell.yield(.connected)
        #expect(await terminal.shows("You're now chatting"))
        terminal.resize(columns: 30)
        raise.yield(SIGWINCH)
        try? await Task.sleep(for: .milliseconds(50))
        seat.tell.yield(.gotMessage("one two three four five six seven eight"))
        #expect(await terminal.shows("  five six seven eight"))
        raise.yield(SIGTERM)
        #expect(await code == 0)
        terminal.end()
    }

    @Test("through pipes: commands in, events out, and at the end of the input it disconnects and ends well")
    func pipes() async throws {
        let (input, output) = (Pipe(), Pipe())
        let seat = Seat()
        async let code = MeetTerminal.run(
            .ndjson, session: seat.session, environment: [:], signals: Self.noSignals,
            input: input.fileHandleForReading.fileDescriptor, output: output.fileHandleForWriting.fileDescriptor)
        seat.tell.yield(.waiting)
        try input.fileHandleForWriting.write(contentsOf: Data("[\"send\",\"hi\"]\n[\"nope\"]\n".utf8))
        #expect(await seat.hears(.send("hi")))
        try input.fileHandleForWriting.close()
        #expect(await code == 0)
        #expect(seat.commands == [.send("hi"), .disconnect] && seat.closed == 1)
        try output.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 2 && text.contains("[\"waiting\"]"))
    }

    @Test("when nobody reads its output any more it ends instead of hanging")
    func brokenPipe() async throws {
        SignalWatch.ignorePipe()
        let (input, output) = (Pipe(), Pipe())
        let seat = Seat()
        async let code = MeetTerminal.run(
            .ndjson, session: seat.session, environment: [:], signals: Self.noSignals,
            input: input.fileHandleForReading.fileDescriptor, output: output.fileHandleForWriting.fileDescriptor)
        try output.fileHandleForReading.close()
        seat.tell.yield(.waiting)
        #expect(await code == 74)
        #expect(seat.closed == 1)
        try input.fileHandleForWriting.close()
    }

    @Test("consent is asked once, remembered, and only yes is yes")
    func consent() async throws {
        let marker = "/tmp/passant-consent-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(marker) }
        func answer(_ text: String) async throws -> (passed: Bool, shown: String) {
            let (input, output) = (Pipe(), Pipe())
            try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
            try input.fileHandleForWriting.close()
            let passed = await ConsentGate.pass(
                marker: marker, input: input.fileHandleForReading.fileDescriptor,
                output: output.fileHandleForWriting.fileDescriptor)
            try output.fileHandleForWriting.close()
            return (passed, String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
        }
        for text in ["", "\n", "no\n", "y\n", "yes please\n", String(repeating: "yes", count: 100)] {
            #expect(try await answer(text).passed == false)
        }
        #expect(access(marker, F_OK) != 0)
        let first = try await answer("Yes\nfirst words\n")
        #expect(first.passed && first.shown.contains("18 or older"))
        let second = try await answer("")
        #expect(second.passed && second.shown.isEmpty, "not asked again")
    }
}
