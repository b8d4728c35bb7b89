// Over which links heartbeats travel. A node grafts the first few that it has; whoever gets a heartbeat twice prunes the
// link that brought it second, until what is left is close to a tree and each heartbeat crosses it once (as in
// Plumtree). Who misses one finds it elsewhere and grafts that link. Records and first heartbeats are rare and take all
// links, always.
// Protocol/04-membership.md, "The tree".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    /// Sees to it that heartbeats come over as many links as they should: those that have stood longest.
    ///
    /// With a link of the tree a way to others is gone. Whatever comes in its place may have lost its own way in the same
    /// moment, as when somebody goes through whom many came; so two come, and what is too much is pruned.
    mutating func graftEnough(inPlaceOfOne: Bool = false) {
        let links = isMember ? linkTable.peers : Array(linkTable.members.values)
        var lacking = MembershipLimits.eagerLinks(members: table.presentCount) - links.count { $0.isEager }
        if inPlaceOfOne { lacking = max(lacking, MembershipLimits.eagerLinksInPlaceOfOne) }
        for link in links where !link.isEager && !link.isFeeler && !link.isGuest {
            guard lacking > 0 else { return }
            graft(link.id)
            lacking -= 1
        }
    }

    /// A heartbeat came over this link that another one had brought a moment ago.
    mutating func cameTwice(_ heartbeat: Signed, over id: LinkID, first received: Moment, at now: Moment) {
        count(.heartbeatTwice)
        guard let link = linkTable[id], now >= link.prunedUntil, now - received <= MembershipLimits.twiceWithin,
            let pruner, pruner.body == heartbeat.body
        else { return }
        let eager = linkTable.members.values.count { $0.isEager }
        // A link that is not eager here may be so at the other end, when a graft and a prune have crossed.
        guard !link.isEager || eager > MembershipLimits.eagerLinks(members: table.presentCount) else { return }
        linkTable.update(id) { link in
            link.isEager = false
            link.prunedUntil = now + MembershipLimits.twiceWithin
        }
        effects.append(.sendPrune(id))
        count(.linkPruned)
    }

    /// The heartbeat whose copies prune.
    struct Pruner: Sendable {
        let body: [UInt8]
        let rank: UInt64
        let received: Moment
    }

    /// Only some heartbeats prune, the same ones at every node. What one of them leaves is a tree that reaches everybody;
    /// what two leave that are under way at once may be less. So of several the lowest one prunes, and those that come
    /// after it do not: none of the links over which it came first is pruned any more, and one that was pruned a moment
    /// before it came is grafted by it.
    mutating func noticePruner(_ heartbeat: Signed, received: Moment) {
        let rank = Self.pruningRank(heartbeat.body)
        guard Self.prunes(rank, members: table.presentCount, policy) else { return }
        if let pruner, received - pruner.received <= MembershipLimits.twiceWithin, pruner.rank <= rank { return }
        pruner = Pruner(body: heartbeat.body, rank: rank, received: received)
    }

    static func pruningRank(_ body: [UInt8]) -> UInt64 { Blake2b.short(domain: "passant/prune/1", body) }

    static func prunes(_ rank: UInt64, members: Int, _ policy: NetworkPolicy) -> Bool {
        let period = max(policy.heartbeatPeriod(members: members), .seconds(1))
        let within =
            MembershipLimits.pruningInterval.microseconds.saturatingMultiply(Int64(members))
            / period.microseconds
        return rank.leadingZeroBitCount >= Int64.bitWidth - max(within, 1).leadingZeroBitCount - 1
    }

    /// What the tree should have brought came over a link that is not of it, or so late that it was asked for.
    mutating func cameAside(over id: LinkID, isOverdue: Bool) {
        guard let link = linkTable[id], !link.isEager || isOverdue, !link.isFeeler else { return }
        graft(id)
    }

    private mutating func graft(_ id: LinkID) {
        linkTable.update(id) { $0.isEager = true }
        effects.append(.sendGraft(id))
        count(.linkGrafted)
    }

    mutating func pruned(_ id: LinkID) { linkTable.update(id) { $0.isEager = false } }

    mutating func grafted(_ id: LinkID) { linkTable.update(id) { $0.isEager = true } }
}
