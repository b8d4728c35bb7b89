// What must hold, each in a type of its own. A checker sees what a person could see at every node, and the world's own
// knowledge of who is really there.

public import Essentials
public import Identity
public import NodeEngine

/// One look at the whole world.
public struct Look {
    public let now: Moment
    /// By node; nil for who is not running.
    public let snapshots: [NodeSnapshot?]
    /// Everybody who was ever there, by index.
    public let keys: [NodeKey]
    /// Since when a node has been running without a break; nil for who is not.
    public let steady: [Moment?]
    public let connections: [Int]
    public let isMember: [Bool]

    /// Members that run.
    public var running: [Int] { snapshots.indices.filter { isMember[$0] && snapshots[$0] != nil } }

    /// The present members as a node sees them, itself included if it is one.
    func present(at node: Int) -> Set<NodeKey> {
        guard let snapshot = snapshots[node] else { return [] }
        var present = Set(snapshot.peers.filter(\.isPresent).map(\.node))
        if snapshot.isMember { present.insert(snapshot.node) }
        return present
    }

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

    /// Whether everybody who runs sees exactly the members who run, and every leaf has a home.
    public var isWhole: Bool {
        let members = Set(running.map { keys[$0] })
        return snapshots.indices.allSatisfy { node in
            guard let snapshot = snapshots[node] else { return true }
            guard present(at: node) == members else { return false }
            return isMember[node] || snapshot.homes.contains(where: \.isLive)
        }
    }
}

/// A rule that a run may not break. It answers with what is wrong.
protocol Checker {
    static var name: String { get }
    mutating func look(_ look: Look) -> String?
}

/// Nobody is in a table who never was in the world: whatever was forged, replayed or made up.
struct NobodyInvented: Checker {
    static let name = "nobody is invented"
    func look(_ look: Look) -> String? {
        let real = Set(look.keys)
        for (node, snapshot) in look.snapshots.enumerated() {
            guard let ghost = snapshot?.peers.first(where: { !real.contains($0.node) }) else { continue }
            return "node \(node) knows \(ghost.node.short)"
        }
        return nil
    }
}

/// While the network is whole, a member that runs is present at everybody who runs.
struct NobodyNamedDead: Checker {
    static let name = "nobody is named dead"
    /// How long both must have been undisturbed: a joiner has to learn, and a heartbeat of 5 s has to come around.
    static let settling = Span.seconds(30)

    func look(_ look: Look) -> String? {
        let settled = look.steady.indices.filter { node in
            guard let since = look.steady[node] else { return false }
            return look.now - since >= Self.settling
        }
        for node in settled {
            let present = look.present(at: node)
            for member in settled where look.isMember[member] && !present.contains(look.keys[member]) {
                return "node \(node) holds \(member) for absent"
            }
        }
        return nil
    }
}

/// Nobody holds more connections than its limits allow.
struct ConnectionsBounded: Checker {
    static let name = "connections are bounded"
    static let maximum = 160
    func look(_ look: Look) -> String? {
        look.connections.indices.first { look.connections[$0] > Self.maximum }
            .map { "node \($0) has \(look.connections[$0]) connections" }
    }
}

extension NodeKey {
    var short: String { Hex.encode(fingerprint.prefix(4)) }
}
