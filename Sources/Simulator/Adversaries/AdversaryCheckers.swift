// What must hold in spite of hostile members.

internal import Essentials
internal import Identity
internal import NodeEngine

/// A table holds no more than there are members, and what one neighbourhood of addresses may add.
/// Protocol/04-membership.md, "The table".
struct TableBounded: Checker {
    static let name = "tables are bounded"
    /// In a private network's mesh.
    static let perNeighbourhood = 64

    let members: Int
    /// How many of them make identities.
    let stuffing: Int

    func look(_ look: Look) -> String? {
        let limit = members + stuffing * Self.perNeighbourhood
        return look.snapshots.indices.first { (look.snapshots[$0]?.known ?? 0) > limit }
            .map { "node \($0) knows \(look.snapshots[$0]?.known ?? 0) of at most \(limit)" }
    }
}

/// Whom hostile members surround keeps a link to somebody honest, as long as there is anybody honest to be linked with.
struct VictimReached: Checker {
    static let name = "the victim keeps an honest link"
    static let settling = Span.seconds(60)

    /// The victim and the honest that it could be linked with; nil while there is not both.
    private func settled(_ look: Look) -> (victim: Int, others: [Int])? {
        guard let victim = look.victim, look.snapshots[victim] != nil, look.hasRun(victim, for: Self.settling)
        else { return nil }
        let others = look.running.filter { $0 != victim && look.hasRun($0, for: Self.settling) }
        return others.isEmpty ? nil : (victim: victim, others: others)
    }

    func applies(to look: Look) -> Bool { settled(look) != nil }

    func look(_ look: Look) -> String? {
        guard let (victim, others) = settled(look), let snapshot = look.snapshots[victim] else { return nil }
        let linked = Set(snapshot.peers.filter { $0.link != .none }.map(\.node))
        if others.contains(where: { linked.contains(look.keys[$0]) }) { return nil }
        return "node \(victim) has \(linked.count) links, none of them to the honest \(others)"
    }
}

/// Who says two things under one number is present at nobody who has been there for a while.
/// Protocol/04-membership.md, "Equivocation".
struct TwoFacesUnmasked: Checker {
    static let name = "two faces are unmasked"
    static let settling = Span.seconds(60)

    /// Who does it.
    let members: [Int]

    func applies(to look: Look) -> Bool {
        members.contains { look.hasRun($0, for: Self.settling) }
            && look.snapshots.indices.contains { look.snapshots[$0] != nil && look.hasRun($0, for: Self.settling) }
    }

    func look(_ look: Look) -> String? {
        for member in members where look.hasRun(member, for: Self.settling) {
            let key = look.keys[member]
            let fooled = look.snapshots.indices.first { node in
                look.hasRun(node, for: Self.settling) && look.present(at: node).contains(key)
            }
            if let fooled { return "node \(fooled) holds \(member) for present" }
        }
        return nil
    }
}

extension Look {
    /// Of the victim's links, how many are to hostile members; nil while it has none.
    var hostileLinks: Double? {
        guard let victim, let snapshot = snapshots[victim] else { return nil }
        let linked = snapshot.peers.filter { $0.link != .none }
        guard !linked.isEmpty else { return nil }
        return Double(linked.count { hostile.contains($0.node) }) / Double(linked.count)
    }
}

/// Over many runs a victim's links are as hostile as the mesh is, give or take: whom it links with follows from its own
/// secret seeds.
public enum EclipseShare {
    public static let tolerance = 0.1
    /// Fewer runs say nothing.
    public static let runsAtLeast = 10

    public struct Mean: Sendable {
        public let runs: Int
        /// Of a victim's links, and of the members.
        public let links: Double
        public let members: Double
        public var isTolerable: Bool { runs < runsAtLeast || links <= members + tolerance }
    }

    /// Nil when nobody was besieged.
    public static func mean(of results: [RunResult]) -> Mean? {
        let besieged = results.compactMap { result in
            result.hostileLinks.map { (links: $0, members: result.plan.hostileShare) }
        }
        guard !besieged.isEmpty else { return nil }
        let count = Double(besieged.count)
        return Mean(
            runs: besieged.count, links: besieged.map(\.links).reduce(0, +) / count,
            members: besieged.map(\.members).reduce(0, +) / count)
    }
}
