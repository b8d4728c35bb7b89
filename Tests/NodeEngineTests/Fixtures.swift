// One node whose inside the tests see. By itself its shell is the test, which carries nothing out; in a
// `Neighbourhood` it lives among others.

import Essentials
import Identity
@testable import NodeEngine
import Sodium
import Testing
import Wire

/// A node, its clock in our hand, and what it has ordered.
final class LoneNode: Neighbour {
    let policy: NetworkPolicy
    let identity: Owned<NodeIdentity>
    let engine: Owned<NodeEngine>
    var now = Moment.origin
    var effects: [NodeEffect] = []
    /// Hears and does nothing any more.
    var isAsleep = false
    let isListening = false
    let endpoint: Endpoint
    private var random: RandomStream

    /// - Parameter restored: what it remembers, given its key.
    init(
        _ role: Role, number: UInt8 = 1, wall: WallTime = WallTime(milliseconds: 1_767_225_600_000),
        entries: [InviteEntry] = [],
        restored: (NodeKey, NetworkPolicy) -> RestoredState = { _, _ in RestoredState() }
    ) throws {
        policy = try #require(NetworkPolicy.named("local-test"))
        random = RandomStream(seed: Blake2b.hash(domain: "lone node", [number]))
        endpoint = .v4(0x7F00_0001, port: 7_000 + UInt16(number))
        identity = Owned(NodeIdentity.generate(using: &random))
        engine = Owned(
            NodeEngine(
                configuration: NodeConfiguration(
                    policy: policy, role: role, addresses: role == .member ? [endpoint] : [], entryPoints: entries),
                restored: restored(identity.value.nodeKey, policy), identity: identity, wallAtOrigin: wall, at: now))
    }

    func handle(_ input: NodeInput, at now: Moment) -> [NodeEffect] {
        guard !isAsleep else { return [] }
        self.now = now
        return give(input)
    }

    func nextDeadline() -> Moment? { isAsleep ? nil : engine.value.nextDeadline() }

    @discardableResult
    func give(_ input: NodeInput) -> [NodeEffect] {
        let fresh = engine.value.handle(input, at: now, using: &random)
        effects += fresh
        return fresh
    }

    /// Lets time pass, with every timer on the way.
    func pass(_ span: Span) {
        let end = now + span
        while let due = deadline, due <= end {
            now = max(now, due)
            give(.timerFired)
        }
        now = end
    }

    func ask(_ seat: UInt64, _ request: PersonRequest) { give(.personAsked(SeatID(number: seat), request)) }

    func told(_ seat: UInt64) -> [PersonEvent] {
        effects.compactMap { if case .tell(SeatID(number: seat), let event) = $0 { event } else { nil } }
    }

    var deadline: Moment? { nextDeadline() }
    /// What it takes the wall clock to show now.
    var wall: WallTime { engine.value.clock.wall(at: now) }
    var seats: [NodeSnapshot.Seat] { engine.value.snapshot(at: now).seats }
    var dialled: [(connection: UInt64, endpoint: Endpoint)] {
        effects.compactMap { if case .connect(let number, let endpoint) = $0 { (number, endpoint) } else { nil } }
    }
    var notes: [NodeNote] { effects.compactMap { if case .note(let note) = $0 { note } else { nil } } }
    /// How many puzzles it wants solved.
    var puzzlesOrdered: Int { notes.count { $0 == .puzzleStarted } }
    /// How many records of its own it has signed.
    var recordsSigned: Int { effects.count { if case .store(.lastSeq) = $0 { true } else { false } } }

    static func entry(_ number: UInt8) throws -> InviteEntry {
        try InviteEntry(
            endpoint: .v4(0x7F00_0001, port: 8_000 + UInt16(number)),
            fingerprint: [UInt8](repeating: number, count: 16))
    }
}
