// The engine's shell: turns what happens on the event loop into inputs and carries out the effects. It decides
// nothing. One event loop owns the engine, its sockets and its timer, so there is no lock and no hop.

internal import Essentials
internal import Foundation
internal import Identity
internal import Logging
internal import NIOCore
internal import NodeEngine
internal import Observability
internal import Sodium
internal import Storage
internal import Transport
internal import Wire

/// Drives one engine. Confined to its transport's event loop.
final class NodeDriver: TransportHandler {
    private struct Seat {
        let tell: (PersonEvent) -> Void
        let ended: () -> Void
    }

    private let loop: any EventLoop
    private let transport: TCPTransport
    private let bench = WorkBench()
    private let counters: CounterBoard
    /// Those that the engine has used: it counts with every packet, and names are made and looked up once.
    private var counterOf: [NodeCounter: BoardCounter] = [:]
    private let log: NodeLog
    private let remember: @Sendable (StoredChange) -> Void
    private let logs: ConversationLogs
    private let origin: ContinuousClock.Instant
    private var engine: NodeEngine
    private var random: RandomStream
    private var wake: Scheduled<Void>?
    private var wakeAt: Moment?
    private var watch: RepeatedTask?
    private var told = TransportCounters()
    private var seats: [SeatID: Seat] = [:]
    private var seatsTaken: UInt64 = 0
    private var isHandling = false
    private var waiting: [NodeInput] = []

    init(
        _ configuration: NodeConfiguration, memory: NodeMemory, counters: CounterBoard, log: NodeLog,
        loop: any EventLoop
    ) {
        self.loop = loop
        self.counters = counters
        self.log = log
        remember = { memory.remember($0) }
        logs = memory.logs
        var limits = TransportLimits().fitting(openFiles: OpenFiles.raiseLimit())
        // Where addresses are private, all of them may well be one network.
        if configuration.policy.kind != .open { limits.networkShare = 1 }
        transport = TCPTransport(eventLoop: loop, limits: limits)
        // The engine's clock begins here: moments are microseconds since this line.
        origin = ContinuousClock.now
        random = RandomStream(seed: SystemEntropy.seed())
        engine = NodeEngine(
            configuration: configuration, restored: memory.restored, identity: memory.identity, wallAtOrigin: .now(),
            at: .origin)
        transport.handler = self
    }

    // MARK: the shell's own life

    func listen(host: String, port: Int) -> EventLoopFuture<Endpoint> { transport.listen(host: host, port: port) }

    func start() {
        handle(.started)
        let box = NIOLoopBound(self, eventLoop: loop)
        watch = loop.scheduleRepeatedTask(initialDelay: .seconds(10), delay: .seconds(10)) { _ in
            box.value.handle(.clockRead(.now()))
            box.value.noteTroubles()
        }
    }

    func stop() -> EventLoopFuture<Void> {
        watch?.cancel()
        for (seat, person) in seats.sorted(by: { $0.key < $1.key }) {
            handle(.personAsked(seat, .leave))
            person.ended()
        }
        seats = [:]
        wake?.cancel()
        bench.shutDown()
        return transport.shutDown()
    }

    func snapshot() -> NodeSnapshot { engine.snapshot(at: now) }
    var transportCounters: TransportCounters { transport.counters }
    var workProgress: Double { bench.progress }

    /// Gives a person a seat; what they are told goes to `tell`, and `ended` comes last.
    func takeSeat(_ tell: @escaping (PersonEvent) -> Void, ended: @escaping () -> Void) -> SeatID {
        seatsTaken += 1
        let seat = SeatID(number: seatsTaken)
        seats[seat] = Seat(tell: tell, ended: ended)
        return seat
    }

    func leaveSeat(_ seat: SeatID) {
        guard let person = seats[seat] else { return }
        handle(.personAsked(seat, .leave))
        seats[seat] = nil
        person.ended()
    }

    /// One line for many troubles: a flood of connections must not become a flood of lines.
    private func noteTroubles() {
        let (before, after) = (told, transport.counters)
        told = after
        let failures = after.acceptFailures - before.acceptFailures
        if failures > 0 { log.write(.acceptingFailed(times: failures)) }
        let refused = after.refused - before.refused
        if refused > 0 { log.write(.connectionsRefused(count: refused)) }
    }

    // MARK: inputs

    /// Goes on while the machine sleeps, as everybody else's time does: whoever wakes finds others' heartbeats overdue and
    /// its own clock right, instead of a wall clock that has jumped.
    private var now: Moment {
        let passed = (ContinuousClock.now - origin).components
        let microseconds = passed.seconds * 1_000_000 + passed.attoseconds / 1_000_000_000_000
        return Moment(microseconds: UInt64(clamping: microseconds))
    }

    func handle(_ input: NodeInput) {
        // An effect may call back while it is carried out; its input waits its turn.
        guard !isHandling else {
            waiting.append(input)
            return
        }
        isHandling = true
        var inputs = [input]
        while !inputs.isEmpty {
            for input in inputs {
                for effect in engine.handle(input, at: now, using: &random) { carryOut(effect) }
            }
            inputs = waiting
            waiting = []
        }
        isHandling = false
        arm()
    }

    func opened(connection: UInt64, remote: Endpoint?, outbound: Bool) {
        handle(.connectionOpened(connection, remote: remote, isOutbound: outbound))
    }
    func failed(connection: UInt64) { handle(.connectionFailed(connection)) }
    func received(connection: UInt64, bytes: [UInt8]) { handle(.received(connection, bytes)) }
    func writabilityChanged(connection: UInt64, isWritable: Bool) {
        handle(.writabilityChanged(connection, isWritable: isWritable))
    }
    func closed(connection: UInt64) { handle(.connectionClosed(connection)) }

    // MARK: effects

    private func carryOut(_ effect: NodeEffect) {
        switch effect {
        case .connect(let connection, let endpoint): transport.connect(connection: connection, to: endpoint)
        case .write(let connection, let bytes): transport.write(connection: connection, bytes: bytes)
        case .close(let connection): transport.close(connection: connection)
        case .work(let identifier, let work):
            let box = NIOLoopBound(self, eventLoop: loop)
            bench.begin(identifier, work, on: loop) { outcome in box.value.handle(.workFinished(identifier, outcome)) }
        case .abandon(let identifier): bench.abandon(identifier)
        case .store(let change): remember(change)
        case .tell(let seat, let event): seats[seat]?.tell(event)
        case .keepLog(let seat, let entry): keepLog(entry, of: seat)
        case .count(let counter, let amount): board(counter).add(amount)
        case .note(let note): log.write(note.words, at: note.level)
        }
    }

    private func keepLog(_ entry: LogEntry, of seat: SeatID) {
        let box = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        logs.write(entry, of: seat, at: .now()) { event, hasFailed in
            loop.execute {
                box.value.seats[seat]?.tell(event)
                if hasFailed { box.value.handle(.logFailed(seat)) }
            }
        }
    }

    private func board(_ counter: NodeCounter) -> BoardCounter {
        if let known = counterOf[counter] { return known }
        let made = counters.counter(CounterName.make(counter.name))
        counterOf[counter] = made
        return made
    }

    private static let longestWait = Span.hours(24)

    private func arm() {
        guard let due = engine.nextDeadline() else {
            wake?.cancel()
            wakeAt = nil
            return
        }
        guard due != wakeAt else { return }
        wake?.cancel()
        wakeAt = due
        let box = NIOLoopBound(self, eventLoop: loop)
        // The loop's clock stands still while the machine sleeps, so a span and no moment.
        let span = min(max(.zero, due - now), Self.longestWait)
        wake = loop.scheduleTask(in: .microseconds(span.microseconds)) {
            box.value.wakeAt = nil
            box.value.handle(.timerFired)
        }
    }
}

extension WallTime {
    /// The machine's wall clock. Only shells may call this.
    static func now() -> WallTime {
        WallTime(milliseconds: UInt64(clamping: Int64(Date().timeIntervalSince1970 * 1_000)))
    }
}

extension NodeNote {
    /// For an operator's log.
    var words: LogWords {
        switch self {
        case .puzzleStarted: "solving the identity puzzle in the background; until then this node is a leaf"
        case .becameMember: "this node is a member now"
        case .meshReached(let members): "in the mesh: \(members) members are present"
        case .meshLost: "no other member is present any more"
        case .homesChanged(let live): "homes: \(live) live"
        }
    }

    var level: Logger.Level {
        switch self {
        case .puzzleStarted, .becameMember, .meshReached: .notice
        case .meshLost: .warning
        case .homesChanged: .info
        }
    }
}
