// What a shell would keep beside the engine, and what holds of every engine whatever its peers do.

import Essentials
import Identity
@testable import NodeEngine
import OrderedCollections
@testable import Relaying
import Sodium
import Wire

final class EngineStage {
    enum Line: Equatable {
        case connecting(Endpoint)
        case open
        /// The engine has asked to close it, and has not heard that it is closed.
        case closing
    }

    /// The longest that anything waits for somebody who is not there any more.
    static let patience = Span.seconds(12)

    let cast: Cast
    let own: Cast.Player
    private let engine: Owned<NodeEngine>
    private var random = RandomStream(seed: Blake2b.hash([11]))
    private(set) var now = Moment.origin + .seconds(1)
    private(set) var lines: [UInt64: Line] = [:]
    private var used: Set<UInt64> = []
    private(set) var works: [(id: WorkID, work: BackgroundWork)] = []
    /// What takes one step is done at once: when it is done changes nothing that a script could want.
    private var checks: [(id: WorkID, work: BackgroundWork)] = []
    /// What the engine wrote and no peer has read, by connection.
    private var written: [(connection: UInt64, bytes: [UInt8])] = []
    /// Mixes every effect: equal histories have equal traces.
    private(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    private var nextInbound: UInt64 = 1
    /// How often the person met somebody.
    private(set) var meetings = 0
    /// How often three were put together over a question, and the person is one of them.
    private(set) var questions = 0

    init(role: Role) throws {
        cast = try Cast.get()
        own = cast.players[Cast.count - 1]
        let entries = role == .leaf ? cast.players.prefix(3).map(\.entry) : cast.players.prefix(1).map(\.entry)
        engine = Owned(
            NodeEngine(
                configuration: NodeConfiguration(
                    policy: cast.policy, role: role, addresses: role == .member ? [own.endpoint] : [],
                    entryPoints: Array(entries)),
                restored: RestoredState(puzzle: own.puzzle), identity: own.identity, wallAtOrigin: Cast.wall, at: now))
    }

    var mesh: WallTime { Cast.wall + (now - .origin) }
    var openConnections: [UInt64] { lines.filter { $0.value == .open }.keys.sorted() }
    var dials: [(connection: UInt64, endpoint: Endpoint)] {
        lines.keys.sorted().compactMap { number in
            if case .connecting(let endpoint)? = lines[number] { (number, endpoint) } else { nil }
        }
    }
    func takeWork() -> (id: WorkID, work: BackgroundWork)? { works.isEmpty ? nil : works.removeFirst() }

    func takeWritten() -> [(connection: UInt64, bytes: [UInt8])] {
        defer { written = [] }
        return written
    }

    /// A new inbound connection.
    func accept(from endpoint: Endpoint?) throws -> UInt64 {
        let number = nextInbound
        nextInbound += 2
        lines[number] = .open
        try give(.connectionOpened(number, remote: endpoint, isOutbound: false))
        return number
    }

    func answer(_ connection: UInt64, succeeds: Bool) throws {
        guard case .connecting(let endpoint)? = lines[connection] else { return }
        if succeeds {
            lines[connection] = .open
            try give(.connectionOpened(connection, remote: endpoint, isOutbound: true))
        } else {
            lines[connection] = nil
            try give(.connectionFailed(connection))
        }
    }

    func close(_ connection: UInt64) throws {
        guard lines[connection] != nil else { return }
        lines[connection] = nil
        try give(.connectionClosed(connection))
    }

    /// Tells the engine that what it closed is closed.
    func settleClosings() throws {
        for number in lines.filter({ $0.value == .closing }).keys.sorted() { try close(number) }
    }

    // MARK: time

    func pass(_ span: Span) throws {
        let end = now + span
        var turns = 0
        while let due = engine.value.nextDeadline(), due <= end, turns < 400 {
            now = max(now, due)
            turns += 1
            try fire()
        }
        now = max(now, end)
    }

    /// After its timers have been dealt with an engine wants to be called later, not at once again and again.
    func fire() throws {
        for _ in 0..<8 {
            try give(.timerFired)
            guard let due = engine.value.nextDeadline(), due <= now else { return }
        }
        throw BrokenPromise(description: "timers that are due again and again at one moment")
    }

    // MARK: what holds of every effect

    func give(_ input: NodeInput) throws {
        for effect in engine.value.handle(input, at: now, using: &random) { try take(effect) }
        while !checks.isEmpty {
            let (id, waiting) = checks.removeFirst()
            var work = waiting
            guard let outcome = work.step() else { throw BrokenPromise(description: "one step that is not one") }
            for effect in engine.value.handle(.workFinished(id, outcome), at: now, using: &random) { try take(effect) }
        }
        _ = engine.value.nextDeadline()
    }

    private func take(_ effect: NodeEffect) throws {
        switch effect {
        case .connect(let number, let endpoint):
            try promise(number & 1 == 0 && used.insert(number).inserted, "a dial under a number that is not free")
            try promise(cast.policy.allows(endpoint), "a dial to an address that means nothing here")
            lines[number] = .connecting(endpoint)
            mix([1], number, UInt64(endpoint.port))
        case .write(let number, let bytes):
            try promise(
                lines[number] == .open, "bytes for connection \(number), which is \(String(describing: lines[number]))")
            try promise(!bytes.isEmpty, "a write of nothing")
            written.append((number, bytes))
            mix(bytes, number, 2)
        case .close(let number):
            // One that has just been reported as closed may be closed once more: a shell does nothing then.
            let isPast = number & 1 == 1 ? number < nextInbound : used.contains(number)
            try promise(isPast, "the closing of connection \(number), which never was")
            try promise(lines[number] != .closing, "connection \(number) closed twice")
            switch lines[number] {
            case .connecting?: lines[number] = nil
            case .open?: lines[number] = .closing
            case .closing?, nil: break
            }
            mix([3], number, 3)
        case .work(let id, let work):
            try promise(works.count < 64, "more background work than anybody needs")
            if work.progress == nil { checks.append((id, work)) } else { works.append((id, work)) }
            mix([4], id.number, 4)
        case .keepLog(let seat, _): mix([9], seat.number, 9)
        case .abandon(let id):
            works.removeAll { $0.id == id }
            mix([5], id.number, 5)
        case .tell(let seat, let event):
            try promise(!Self.isHarmful(event), "a control character for a person's screen: \(event)")
            if event == .connected { meetings += 1 }
            if case .question = event { questions += 1 }
            mix(Array("\(event)".utf8), seat.number, 6)
        case .store, .note: mix(Array("\(effect)".utf8), 0, 7)
        case .count(let counter, let amount): mix(Array(counter.name.utf8), amount, 8)
        }
    }

    /// A stranger's text reaches the face as it came and is made harmless there; the node's own words are plain.
    private static func isHarmful(_ event: PersonEvent) -> Bool {
        switch event {
        case .serverMessage(let text), .error(let text): text.unicodeScalars.contains { $0.value < 0x20 }
        default: false
        }
    }

    private func mix(_ bytes: [UInt8], _ words: UInt64...) {
        for word in words { trace = (trace ^ word) &* 0x0000_0100_0000_01b3 }
        for byte in bytes { trace = (trace ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    // MARK: the end

    /// When everybody has gone, and time has passed, nothing is held for anybody.
    func finish() throws {
        for seat in 0..<4 { try give(.personAsked(SeatID(number: UInt64(seat)), .leave)) }
        try settleClosings()
        for number in lines.keys.sorted() { try close(number) }
        for _ in 0..<3 {
            try pass(Self.patience)
            for dial in dials { try answer(dial.connection, succeeds: false) }
            try settleClosings()
        }
        _ = engine.value.snapshot(at: now)
        let seats = engine.value.seats.count + engine.value.seatOfSeek.count + engine.value.pipes.count
        try promise(seats == 0, "seats, seeks or pipes of people who have left: \(seats)")
        let relaying = engine.value.counts()
        try promise(relaying.pipes == 0 && relaying.arrivals == 0, "pipes of links that are gone: \(relaying)")
        try promise(relaying.held == 0, "\(relaying.held) bytes held for nobody")
        try promise(relaying.outside == 0, "\(relaying.outside) links over closed connections")
        trace ^= UInt64(relaying.arrivals)
    }
}

extension NodeEngine {
    /// What the relaying engine holds.
    fileprivate borrowing func counts() -> (pipes: Int, arrivals: Int, held: Int, outside: Int) {
        // A member may be a home of its own person, over a loop that no shell knows.
        let outside = relaying.links.keys.count { !relaying.loopback.contains(ConnectionID(number: $0.number)) }
        return (relaying.pipes.count, relaying.arrivals.count, relaying.held.value, outside)
    }
}
