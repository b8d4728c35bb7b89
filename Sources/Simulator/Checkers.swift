// What must hold, each in a type of its own. A checker sees what a person could see at every honest node, and the
// world's own knowledge of who is really there and who is hostile.

public import Essentials
public import Identity
public import NodeEngine

/// One look at the whole world.
public struct Look {
    public let now: Moment
    /// By node; nil for who is not running, and for who is hostile, since what that one shows means nothing.
    public let snapshots: [NodeSnapshot?]
    /// Everybody who was ever there, by index.
    public let keys: [NodeKey]
    /// Since when a node has been running without a break; nil for who is not.
    public let steady: [Moment?]
    /// Since when a leaf has had, at every look, a live home that is honest and undisturbed; nil for who has none.
    public let housed: [Moment?]
    /// Since when a node's process has been dead; nil for who lives.
    public let dead: [Moment?]
    public let connections: [Int]
    public let isMember: [Bool]
    /// Every name that hostile members go by.
    public let hostile: Set<NodeKey>
    /// Whom some of them are after.
    public let victim: Int?

    /// Honest members that run.
    public var running: [Int] { snapshots.indices.filter { isMember[$0] && snapshots[$0] != nil } }

    /// The present members as a node sees them, itself included if it is one.
    func present(at node: Int) -> Set<NodeKey> {
        guard let snapshot = snapshots[node] else { return [] }
        var present = Set(snapshot.peers.filter(\.isPresent).map(\.node))
        if snapshot.isMember { present.insert(snapshot.node) }
        return present
    }

    func hasRun(_ node: Int, for span: Span) -> Bool { steady[node].map { now - $0 >= span } ?? false }
    func isHoused(_ leaf: Int, for span: Span) -> Bool { housed[leaf].map { now - $0 >= span } ?? false }

    /// Of all pairs of a running node and a running member, the share in which the one sees the other.
    public var coverage: Double {
        let members = running
        let everybody = snapshots.indices.filter { snapshots[$0] != nil }
        guard !members.isEmpty, !everybody.isEmpty else { return 1 }
        var seen = 0
        for node in everybody {
            let present = present(at: node)
            seen += members.count { present.contains(keys[$0]) }
        }
        return Double(seen) / Double(members.count * everybody.count)
    }

    /// What is missing until every honest node that runs sees exactly the honest members that run, whatever it thinks
    /// of hostile ones, and every leaf has a home. Who died less than `lingering` ago may still be seen.
    ///
    /// - Parameter deceived: whether leaves count that have no honest home, and see what theirs tell them.
    func flaw(lingering: Span = .zero, deceived: Bool = true) -> String? {
        let members = Set(running.map { keys[$0] })
        let fading = Set(keys.indices.filter { dead[$0].map { now - $0 < lingering } ?? false }.map { keys[$0] })
        for node in snapshots.indices {
            guard let snapshot = snapshots[node] else { continue }
            if !deceived, !isMember[node], !snapshot.homes.contains(where: { $0.isLive && !hostile.contains($0.node) })
            {
                continue
            }
            let present = present(at: node)
            let lacks = running.filter { !present.contains(keys[$0]) }
            let tooMany = present.subtracting(members).subtracting(hostile).subtracting(fading).count
            if !lacks.isEmpty || tooMany > 0 {
                let heard = lacks.map { lack in
                    let age = snapshot.peers.first { $0.node == keys[lack] }?.heartbeatAge
                    return "\(lack) (heard \(age.map { "\($0.milliseconds) ms ago" } ?? "never"))"
                }
                let links = snapshot.peers.filter { $0.link != .none }.compactMap { keys.firstIndex(of: $0.node) }
                return "node \(node), linked with \(links), lacks \(heard) and has \(tooMany) too many"
            }
            if !isMember[node], !snapshot.homes.contains(where: \.isLive) { return "leaf \(node) has no home" }
        }
        return nil
    }
}

/// A rule that a run may not break. It answers with what is wrong.
protocol Checker {
    static var name: String { get }
    mutating func look(_ look: Look) -> String?
    /// Whether there is anybody here of whom the rule says anything. A rule that has nobody to judge is never broken.
    func applies(to look: Look) -> Bool
}

extension Checker {
    func applies(to look: Look) -> Bool { look.snapshots.contains { $0 != nil } }
}

/// Nobody is in a table who never was in the world: whatever was forged, replayed or made up.
struct NobodyInvented: Checker {
    static let name = "nobody is invented"
    func look(_ look: Look) -> String? {
        let real = Set(look.keys).union(look.hostile)
        for (node, snapshot) in look.snapshots.enumerated() {
            guard let ghost = snapshot?.peers.first(where: { !real.contains($0.node) }) else { continue }
            return "node \(node) knows \(ghost.node)"
        }
        return nil
    }
}

/// While the network is whole, an honest member that runs is present at every honest node that runs.
struct NobodyNamedDead: Checker {
    static let name = "nobody is named dead"
    /// How long both must have been undisturbed: a joiner has to learn, and a heartbeat of 5 s has to come around.
    static let settling = Span.seconds(30)
    /// How long a leaf may need to hear from a new home whatever it has missed.
    static let moving = Span.seconds(10)

    /// A leaf hears what its homes tell it.
    private func settled(_ look: Look) -> [Int] {
        look.steady.indices.filter { node in
            guard look.snapshots[node] != nil, look.hasRun(node, for: Self.settling) else { return false }
            return look.isMember[node] || look.isHoused(node, for: Self.moving)
        }
    }

    /// It takes one who looks and another who is a member.
    func applies(to look: Look) -> Bool {
        let settled = settled(look)
        return settled.count > 1 && settled.contains { look.isMember[$0] }
    }

    func look(_ look: Look) -> String? {
        let settled = settled(look)
        for node in settled {
            let present = look.present(at: node)
            for member in settled where look.isMember[member] && !present.contains(look.keys[member]) {
                return "node \(node) holds \(member) for absent"
            }
        }
        return nil
    }
}

/// Who is dead is not held for present much longer than its last heartbeat can be accepted anywhere: two of its
/// periods and two minutes, and then half of three periods, since it is old. Protocol/04-membership.md, "Accepting a
/// heartbeat" and "Presence".
struct NobodyKeptAlive: Checker {
    static let name = "nobody is kept alive"
    static func longest(in policy: NetworkPolicy, members: Int) -> Span {
        let period = policy.heartbeatPeriod(members: members)
        return period * policy.heartbeatTolerancePeriods + policy.heartbeatTolerance
            + period * policy.presencePeriods / 2
    }

    let policy: NetworkPolicy
    /// As many as there may seem to be.
    let members: Int

    private func longDead(_ look: Look) -> [Int] {
        let limit = Self.longest(in: policy, members: members) + .seconds(5)
        return look.keys.indices.filter { node in
            !look.hostile.contains(look.keys[node]) && (look.dead[node].map { look.now - $0 > limit } ?? false)
        }
    }

    func applies(to look: Look) -> Bool { !longDead(look).isEmpty }

    func look(_ look: Look) -> String? {
        let dead = longDead(look)
        guard !dead.isEmpty else { return nil }
        for node in look.snapshots.indices {
            let present = look.present(at: node)
            if let ghost = dead.first(where: { present.contains(look.keys[$0]) }) {
                return "node \(node) holds \(ghost) for present, which is long dead"
            }
        }
        return nil
    }
}

/// Nobody holds more connections than its limits allow: 24 inbound links and 64 guests, 8 outbound ones, 16 dials, as many
/// that are shaking hands or ending, and one or two of each node as a leaf.
struct ConnectionsBounded: Checker {
    static let name = "connections are bounded"
    func look(_ look: Look) -> String? {
        let maximum = 128 + 2 * look.connections.count
        return look.connections.indices.first { look.snapshots[$0] != nil && look.connections[$0] > maximum }
            .map { "node \($0) has \(look.connections[$0]) connections" }
    }
}
