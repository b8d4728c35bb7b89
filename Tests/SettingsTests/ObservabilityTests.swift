import Essentials
import Foundation
import Logging
import Metrics
@testable import Observability
import Settings
import Synchronization
import Testing

/// What a handler wrote.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }

    func logger(_ label: String, level: Logger.Level, form: LogForm) -> Logger {
        Logger(label: label) { StandardErrorLog(label: $0, level: level, form: form) { self.add($0) } }
    }
}

@Suite("The log")
struct LogTests {
    @Test("words are made of what stands in the source, of numbers")
    func words() {
        let members = 12
        let words: LogWords = "the mesh has \(members) members, live \(true), after \(Span.seconds(2))"
        #expect(words.description == "the mesh has 12 members, live yes, after 2000 ms")
        let nested: LogWords = "now: \(words)"
        #expect(nested.description.hasPrefix("now: the mesh"))
    }

    @Test("a line has time, level and words; for journald it has the priority instead")
    func forms() {
        let lines = Lines()
        NodeLog(logger: lines.logger("passant.node", level: .info, form: .plain)).notice("all is well")
        NodeLog(logger: lines.logger("passant.node", level: .info, form: .journal)).warning("look here")
        NodeLog(logger: lines.logger("passant.node", level: .info, form: .journal)).debug("not shown")
        #expect(lines.all.count == 2)
        #expect(lines.all[0].wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice all is well\n/) != nil)
        #expect(lines.all[1] == "<4>look here\n")
        #expect(Logger.Level.allCases.map(\.journalPriority) == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test("a message is one line, whatever is in it, and metadata never shows")
    func oneLine() {
        let lines = Lines()
        var logger = lines.logger("library", level: .trace, form: .journal)
        logger[metadataKey: "address"] = "192.0.2.1"
        logger.warning("first\nsecond\u{1B}[2J", metadata: ["key": "secret"])
        #expect(lines.all == ["<4>first second [2J\n"])
    }

    @Test("of libraries only warnings and worse are shown")
    func libraries() {
        let lines = Lines()
        let logger = lines.logger("swift-service-lifecycle", level: .trace, form: .journal)
        logger.info("chatter")
        logger.error("trouble")
        #expect(lines.all == ["<3>trouble\n"])
    }

    @Test("every note of the shell has words and no address")
    func notes() {
        let notes: [ShellNote] = [
            .started(isMember: true), .started(isMember: false), .listening(port: 4_700), .stopping, .stopped,
            .identityMade, .databaseMigrated(from: 1, to: 2), .databaseFailed, .stateRestored(records: 3),
            .acceptingFailed(times: 4), .connectionsRefused(count: 5),
        ]
        let lines = Lines()
        let log = NodeLog(logger: lines.logger("passant.node", level: .trace, form: .journal))
        for note in notes { log.write(note) }
        #expect(lines.all.count == notes.count && Set(lines.all).count == notes.count)
        #expect(lines.all.allSatisfy { $0.firstMatch(of: /\d+\.\d+\.\d+|::|[0-9a-f]{8}/) == nil })
    }

    @Test("journald's prefix needs stderr to be the journal, not only the variable")
    func detection() {
        #expect(LogForm.detected(environment: [:]) == .plain)
        #expect(LogForm.detected(environment: ["JOURNAL_STREAM": "1:2"]) == .plain)
        var status = stat()
        #expect(fstat(STDERR_FILENO, &status) == 0)
        let stream = "\(status.st_dev):\(status.st_ino)"
        // A terminal is never the journal, whatever the variable says.
        let expected: LogForm = isatty(STDERR_FILENO) == 0 ? .journal : .plain
        #expect(LogForm.detected(environment: ["JOURNAL_STREAM": stream]) == expected)
    }

    @Test("a process whose log is set up writes to stderr and nothing to stdout")
    func wholeProcess() async throws {
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardErrorContent, \.standardOutputContent]
        ) {
            LogSetup.start(level: .notice, form: .journal)
            NodeLog(label: "test").notice("the words")
            NodeLog(label: "test").info("too quiet")
            exit(0)
        }
        let written = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(written.contains("<5>the words\n") && !written.contains("too quiet"))
        #expect(!String(decoding: try #require(result).standardOutputContent, as: UTF8.self).contains("words"))
    }
}

@Suite("Counters")
struct CounterTests {
    @Test("counts of many threads add up")
    func threads() async {
        let board = CounterBoard()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = board.counter("links_opened")
                    for _ in 0..<1_000 { counter.add() }
                    for _ in 0..<1_000 { board.add("received_bytes", 3) }
                }
            }
        }
        #expect(board.snapshot().map(\.name) == ["passant_links_opened_total", "passant_received_bytes_total"])
        #expect(board.snapshot().map(\.value) == [8_000, 24_000])
    }

    @Test("a counter has one name however it is asked for")
    func names() {
        let board = CounterBoard()
        for name in ["links_opened", "passant_links_opened", "links_opened_total", "passant_links_opened_total"] {
            board.add(name)
        }
        #expect(board.snapshot().map(\.value) == [4])
    }

    @Test("names that could carry something, and names without end, all go to one counter")
    func misnamed() {
        let board = CounterBoard()
        for name in ["", "192.0.2.1", "a b", "Links", String(repeating: "a", count: 81)] { board.add(name, 2) }
        #expect(board.snapshot().map(\.name) == ["passant_misnamed_counters_total"])
        #expect(board.snapshot().map(\.value) == [10])
        for number in 0..<1_000 { board.add("name\(number)") }
        #expect(board.snapshot().count == CounterBoard.countersMaximum + 1)
    }

    @Test("the metrics system of an embedding program gets the same counts")
    func exported() async {
        await #expect(processExitsWith: .success) {
            let factory = CountingFactory()
            MetricsSystem.bootstrap(factory)
            let board = CounterBoard()
            board.add("links_opened", 5)
            board.add("links_opened", .max)
            try #require(factory.total("passant_links_opened_total") == 5 + Int64.max / 2)
            exit(0)
        }
    }
}

/// Keeps counters only, halved when huge so that they do not overflow.
private final class CountingFactory: MetricsFactory, Sendable {
    private let totals = Mutex<[String: Int64]>([:])

    func total(_ label: String) -> Int64? { totals.withLock { $0[label] } }

    private final class Handler: CounterHandler, Sendable {
        let label: String
        let factory: CountingFactory
        init(label: String, factory: CountingFactory) {
            self.label = label
            self.factory = factory
        }
        func increment(by amount: Int64) {
            let amount = amount > 1_000 ? amount / 2 : amount
            factory.totals.withLock { $0[label, default: 0] += amount }
        }
        func reset() {}
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler(label: label, factory: self)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
