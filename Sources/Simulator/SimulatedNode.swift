// One engine with its own randomness and clock error, or a guest, and what a shell would keep beside it.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Sodium
internal import Wire

struct SimulatedNode: ~Copyable {
    enum State { case running, frozen, dead }

    /// Who lives here.
    private enum Program {
        case engine(Owned<NodeEngine>)
        case guest(any Guest)
    }

    /// The wall clock of the whole world at its origin: 2026-01-01T00:00:00Z.
    static let worldStart = WallTime(milliseconds: 1_767_225_600_000)

    var state = State.running
    /// The deadline for which a timer lies in the world's queue.
    var armed: Moment?
    let nodeKey: NodeKey
    let entry: InviteEntry?
    let isListening: Bool
    private let program: Program
    private var random: RandomStream
    private var held: [NodeInput] = []

    init(
        role: Role, policy: NetworkPolicy, endpoint: Endpoint, entries: [InviteEntry],
        clockError: Span, seed: Bytes32, at now: Moment
    ) {
        random = RandomStream(seed: seed)
        let identity = Owned(NodeIdentity.generate(using: &random))
        nodeKey = identity.value.nodeKey
        entry = try? InviteEntry(endpoint: endpoint, fingerprint: nodeKey.fingerprint)
        isListening = role == .member
        let engine = NodeEngine(
            configuration: NodeConfiguration(
                policy: policy, role: role, addresses: role == .member ? [endpoint] : [], entryPoints: entries),
            restored: RestoredState(), identity: identity, wallAtOrigin: Self.worldStart + clockError, at: now)
        program = .engine(Owned(engine))
    }

    /// A guest brings its own randomness and keys.
    init(_ guest: any Guest, endpoint: Endpoint, isListening: Bool) {
        random = RandomStream(seed: .zero)
        nodeKey = guest.nodeKey
        entry = try? InviteEntry(endpoint: endpoint, fingerprint: nodeKey.fingerprint)
        self.isListening = isListening
        program = .guest(guest)
    }

    /// Node i listens on 127.0.0.1, port 10000 + i.
    static func endpoint(_ index: Int) -> Endpoint { .v4(0x7F00_0001, port: UInt16(clamping: 10_000 + index)) }

    static func index(of endpoint: Endpoint) -> Int? {
        guard case .v4(0x7F00_0001, let port) = endpoint, port >= 10_000 else { return nil }
        return Int(port) - 10_000
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
