// A member of the second implementation's vectors: links to two neighbours and a leaf, and nothing published.
// Protocol/Vectors/README.md, "04 Membership".

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

/// A member with a neighbour from which everything comes, another neighbour, and a leaf.
struct Watched {
    static let source = Membership.LinkID(number: 1)
    static let other = Membership.LinkID(number: 2)
    static let leaf = Membership.LinkID(number: 3)
    static let third = Membership.LinkID(number: 4)
    static let newcomer = Membership.LinkID(number: 5)

    var engine: Membership
    private var random = RandomStream(seed: .zero)
    private var now = Moment.origin
    private var effects: [MembershipEffect] = []
    private let policy: NetworkPolicy

    init(_ input: Value) throws {
        policy = try #require(NetworkPolicy.named(input.text("network")))
        let own = SigningKey(seed: SecretBytes(copying: try input.bytes("seed")))
        engine = Membership(
            policy: policy, own: NodeKey(own.publicKey), isMember: true, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: try input.time("now")), at: now)
        for link in [Self.source, Self.other] { up(link) }
        say(.linkUp(Self.leaf, peer: nil, isLeaf: true, outbound: false))
    }

    mutating func up(_ link: Membership.LinkID) {
        let peer = NodeKey(Bytes32(words: (0, 0, 0, link.number)))
        say(.linkUp(link, peer: peer, isLeaf: false, outbound: false))
    }

    @discardableResult
    mutating func say(_ input: MembershipInput, isCounted: Bool = true) -> [MembershipEffect] {
        var new = engine.handle(input, at: now, using: &random)
        for case .checkPuzzles(let claims) in new {
            new += say(.puzzlesChecked(claims.map { $0.check(policy: policy) }), isCounted: false)
        }
        if isCounted { effects += new }
        return new
    }

    mutating func wait(_ span: Span) { wait(until: now - .origin + span) }

    /// - Parameter moment: since the beginning.
    mutating func wait(until moment: Span) {
        let end = Moment.origin + moment
        while let due = engine.nextDeadline(), due <= end {
            now = max(now, due)
            say(.timerFired)
        }
        now = end
    }

    /// The verdicts on what a step pushes, one statement at a time.
    mutating func take(_ step: Value) throws -> [String] {
        wait(until: .milliseconds(try step.number("at")))
        let link = try step.text("from") == "leaf" ? Self.leaf : Self.source
        let records = try step.list("records").map {
            try Push(records: [Signed(decoding: $0.asBytes())], heartbeats: [])
        }
        let heartbeats = try step.list("heartbeats").map {
            try Push(records: [], heartbeats: [Signed(decoding: $0.asBytes())])
        }
        return (records + heartbeats).compactMap { push in
            let counters = say(.pushReceived(link, push)).compactMap {
                if case .count(let counter) = $0 { counter } else { nil }
            }
            return Self.verdict(counters)
        }
    }

    /// Nil where nobody looked at the statement.
    private static func verdict(_ counters: [MembershipCounter]) -> String? {
        for counter in counters {
            switch counter {
            case .leafPush, .pushFromUnknownLink: return nil
            case .recordAccepted, .heartbeatAccepted: return "taken"
            case .equivocation: return "equivocation"
            case .recordStale, .heartbeatStale: return "nothing new"
            case .recordMalformed, .recordOfOtherNetwork, .recordInvalid, .puzzleFailed, .heartbeatMalformed,
                .heartbeatInvalid, .heartbeatPeriodForbidden:
                return "violation"
            case .recordUntimely, .recordTooSoon, .ownerIgnored, .heartbeatTooSoon, .heartbeatUntimely,
                .heartbeatOfUnknown, .recordOfLaterVersion, .heartbeatOfLaterVersion:
                return "refused"
            default: continue
            }
        }
        return "nothing new"
    }

    func hasEnded(_ link: Membership.LinkID) -> Bool { effects.contains(.hangUp(link, .violation)) }

    /// The members whose records were asked for, one by one.
    var asked: [UInt64] {
        effects.flatMap { effect -> [UInt64] in
            guard case .sendPull(_, let pull) = effect, pull.isNamed else { return [] }
            return pull.have.filter { $0.seq == 0 && $0.heartbeat == 0 }.map(\.node)
        }
    }

    func pushes(to link: Membership.LinkID) -> [Push] {
        effects.compactMap { if case .sendPush(link, let push) = $0 { push } else { nil } }
    }

    func pushed(to link: Membership.LinkID) -> Value {
        Self.sorted(pushes(to: link).flatMap { $0.records + $0.heartbeats })
    }

    static func sorted(_ statements: [Signed]) -> Value {
        .list(statements.map { $0.encoded() }.map { Hex.encode($0) }.sorted().map { .text($0) })
    }

    /// What this member names when somebody's table is said to hold other 31 lines.
    mutating func listed() throws -> Pull {
        up(Self.newcomer)
        let whole = try Part(from: 0, to: .max, count: 31, sum: 0)
        let compare = try Compare(salt: [UInt8](repeating: 0, count: Compare.saltCount), parts: [whole])
        return try #require(Self.pulls(in: say(.compareReceived(Self.newcomer, compare))).first)
    }

    static func pulls(in effects: [MembershipEffect]) -> [Pull] {
        effects.compactMap { if case .sendPull(_, let pull) = $0 { pull } else { nil } }
    }

    static func pushes(in effects: [MembershipEffect]) -> [Push] {
        effects.compactMap { if case .sendPush(_, let push) = $0 { push } else { nil } }
    }

    static func list(_ have: [Have]) -> Value {
        .list(have.map { ["node": .digits($0.node), "seq": .number($0.seq), "heartbeat": .number($0.heartbeat)] })
    }
}
