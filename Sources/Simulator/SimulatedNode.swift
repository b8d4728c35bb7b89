// One engine with its own randomness and clock error, or a guest, and what a shell would keep beside it.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Sodium
internal import Wire

/// What a process does at the moment.
public enum NodeState: Hashable, Sendable { case running, frozen, dead }

struct SimulatedNode: ~Copyable {
    /// Who lives here.
    private enum Program {
        case engine(Owned<NodeEngine>)
        case guest(any Guest)
    }

    /// The wall clock of the whole world at its origin: 2026-01-01T00:00:00Z.
    static let worldStart = WallTime(milliseconds: 1_767_225_600_000)

    var state = NodeState.running
    /// How far its wall clock is ahead of the world's.
    var clockError: Span
    var disk = SimulatedDisk()
    /// Counts its processes.
    private(set) var life = 0
    /// The deadline for which a timer lies in the world's queue.
    var armed: Moment?
    let nodeKey: NodeKey
    let entry: InviteEntry?
    let isListening: Bool
    private var program: Program
    private var random: RandomStream
    private var held: [NodeInput] = []
    /// How it was started; nil for a guest.
    private let configuration: NodeConfiguration?
    private let identity: Owned<NodeIdentity>?

    init(
        role: Role, policy: NetworkPolicy, endpoint: Endpoint, entries: [InviteEntry],
        clockError: Span, restored: RestoredState = RestoredState(), seed: Bytes32, at now: Moment
    ) {
        random = RandomStream(seed: seed)
        let identity = Owned(NodeIdentity.generate(using: &random))
        nodeKey = identity.value.nodeKey
        entry = try? InviteEntry(endpoint: endpoint, fingerprint: nodeKey.fingerprint)
        isListening = role == .member
        let configuration = NodeConfiguration(
            policy: policy, role: role, addresses: role == .member ? [endpoint] : [], entryPoints: entries)
        self.configuration = configuration
        self.identity = identity
        self.clockError = clockError
        disk = SimulatedDisk(restored)
        program = .engine(
            Owned(
                NodeEngine(
                    configuration: configuration, restored: restored, identity: identity,
                    wallAtOrigin: Self.worldStart + clockError, at: now)))
    }

    /// A new process with the same keys and what the disk kept.
    mutating func restart(
        policy: NetworkPolicy, _ damage: DiskDamage, using generator: inout SeededGenerator, at now: Moment
    ) {
        // A guest keeps what it likes.
        if let configuration, let identity {
            disk.suffer(damage, using: &generator)
            program = .engine(
                Owned(
                    NodeEngine(
                        configuration: configuration, restored: disk.restored, identity: identity,
                        wallAtOrigin: Self.worldStart + clockError, at: now)))
        }
        held = []
        armed = nil
        life += 1
        state = .running
    }

    /// A guest brings its own randomness and keys.
    init(_ guest: any Guest, endpoint: Endpoint, isListening: Bool) {
        random = RandomStream(seed: .zero)
        nodeKey = guest.nodeKey
        entry = try? InviteEntry(endpoint: endpoint, fingerprint: nodeKey.fingerprint)
        self.isListening = isListening
        configuration = nil
        identity = nil
        clockError = .zero
        program = .guest(guest)
    }

    /// What a member with this seed said in a life before this one.
    static func past(
        policy: NetworkPolicy, endpoint: Endpoint, seed: Bytes32
    ) -> (record: Signed, puzzle: PuzzleSolution, seq: UInt64)? {
        var random = RandomStream(seed: seed)
        let identity = NodeIdentity.generate(using: &random)
        let seq = (worldStart - .hours(1)).milliseconds
        let month = Puzzle.month(at: worldStart, policy: policy)
        guard
            let puzzle = Puzzle.attempt(
                nodeKey: identity.nodeKey, month: month, policy: policy, startingAt: 0, count: 1_000_000),
            let record = try? NodeRecord.make(
                identity: identity, policy: policy, seq: seq, expires: worldStart + .hours(20),
                addresses: [endpoint], capabilities: Capability.all, puzzle: puzzle)
        else { return nil }
        return (record, puzzle, seq)
    }

    /// On one machine node i listens on 127.0.0.1, port 10000 + i. Elsewhere each has a host, and a neighbourhood of
    /// addresses, of its own: 10.0.0.1, 10.0.1.1 and so on in a private network; in the open one eight share a wide
    /// neighbourhood: 11.0.0.1 to 11.0.7.1, then 11.1.0.1 and so on.
    static func endpoint(_ index: Int, in kind: NetworkPolicy.Kind) -> Endpoint {
        let host = UInt32(clamping: index) << 8 | 1
        return switch kind {
        case .local: .v4(0x7F00_0001, port: UInt16(clamping: 10_000 + index))
        case .lan: .v4(0x0A00_0000 | host, port: 4_700)
        case .open: .v4(0x0B00_0000 &+ ((host >> 11) << 16 | host & 0x7FF), port: 4_700)
        }
    }

    /// Whose endpoint it is; all ports of a host lead to its node.
    static func index(of endpoint: Endpoint) -> Int? {
        guard case .v4(let host, let port) = endpoint else { return nil }
        if host == 0x7F00_0001 { return port >= 10_000 ? Int(port) - 10_000 : nil }
        if host >> 24 == 0x0A { return Int(host & 0x00FF_FFFF) >> 8 }
        guard (0x0B..<0x1B).contains(host >> 24) else { return nil }
        return Int(((host - 0x0B00_0000) >> 16) << 3 | (host >> 8) & 7)
    }

    mutating func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect] {
        switch program {
        case .engine(let engine): engine.value.handle(input, at: now, using: &random)
        case .guest(let guest): guest.handle(input, at: now)
        }
    }

    mutating func nextDeadline() -> Moment? {
        switch program {
        case .engine(let engine): engine.value.nextDeadline()
        case .guest(let guest): guest.nextDeadline()
        }
    }

    var isGuest: Bool { configuration == nil }

    /// What a guest has done; nothing for an engine.
    var played: [String: Int] { if case .guest(let guest) = program { guest.played } else { [:] } }

    /// How long it takes to read so many bytes; an engine takes them as they come.
    func timeToRead(_ bytes: Int) -> Span {
        guard case .guest(let guest) = program, let rate = guest.bytesReadPerSecond, rate > 0 else { return .zero }
        return .microseconds(Int64(bytes) * 1_000_000 / Int64(rate))
    }

    var glance: NodeGlance? {
        if case .engine(let engine) = program { engine.value.glance } else { nil }
    }

    func holds(present short: UInt64) -> Bool {
        if case .engine(let engine) = program { engine.value.holds(present: short) } else { false }
    }

    func seq(of short: UInt64) -> UInt64? {
        if case .engine(let engine) = program { engine.value.seq(of: short) } else { nil }
    }

    /// Nil for a guest.
    func snapshot(at now: Moment) -> NodeSnapshot? {
        switch program {
        case .engine(let engine): engine.value.snapshot(at: now)
        case .guest: nil
        }
    }

    mutating func hold(_ input: NodeInput) {
        // A frozen process misses its timers; the kernel keeps the rest for it.
        if case .timerFired = input { return }
        if held.count < 10_000 { held.append(input) }
    }

    mutating func takeHeld() -> [NodeInput] {
        defer { held = [] }
        return held
    }
}
