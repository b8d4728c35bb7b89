// Over which links heartbeats travel. A node grafts the first few that it has; whoever gets one of a few chosen
// heartbeats twice prunes the link that brought it second, until what is left is close to a tree and each heartbeat crosses
// it once (as in Plumtree). Who misses one finds it elsewhere and grafts that link. Records and first heartbeats are rare
// and take all links, always.
// Protocol/04-membership.md, "The tree".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

extension Membership {
    /// The heartbeat whose copies prune.
    struct Pruner: Sendable {
        let body: [UInt8]
        let rank: UInt64
        let received: Moment
        /// Over which link it came first; nil for an own one.
        let link: LinkID?
    }

    /// The links that the tree is made of here: the longest standing first.
    private var treeLinks: [Link] { isMember ? linkTable.peers : Array(linkTable.members.values) }

    /// Sees to it that heartbeats come over as many links as they should: those that have stood longest.
    mutating func graftEnough() {
        let links = treeLinks
        graft(MembershipLimits.eagerLinks(members: table.presentCount) - links.count { $0.isEager }, of: links)
    }

    /// With a link of the tree a way to others is gone. Whatever comes in its place may have lost its own way in the same
    /// moment, as when somebody goes through whom many came; so two come, and what is too much is pruned. But not again and
    /// again, or somebody who comes and goes would make all links eager.
    mutating func eagerLinkEnded(at now: Moment) {
        if let replaced, now - replaced < MembershipLimits.replacingInterval { return graftEnough() }
        replaced = now
        let links = treeLinks
        let lacking = MembershipLimits.eagerLinks(members: table.presentCount) - links.count { $0.isEager }
        graft(max(lacking, MembershipLimits.eagerLinksInPlaceOfOne), of: links)
    }

    private mutating func graft(_ count: Int, of links: [Link]) {
        let fit = links.filter { !$0.isEager && !$0.isFeeler && !$0.isGuest }
        for link in fit.prefix(max(0, count)) { graft(link.id) }
    }

    /// A heartbeat came over this link that another one had brought a moment ago.
    mutating func cameTwice(_ heartbeat: Signed, over id: LinkID, first received: Moment, at now: Moment) {
        count(.heartbeatTwice)
        // What was asked for may come once as the answer and once by itself.
        guard let link = linkTable[id], now >= link.prunedUntil, now - received <= MembershipLimits.twiceWithin,
            let pruner, pruner.body == heartbeat.body, pruner.link != id
        else { return }
        let eager = treeLinks.count { $0.isEager }
        // A link that is not eager here may be so at the other end, when a graft and a prune have crossed.
        guard !link.isEager || eager > MembershipLimits.eagerLinks(members: table.presentCount) else { return }
        linkTable.update(id) { link in
            link.isEager = false
            link.prunedUntil = now + MembershipLimits.twiceWithin
        }
        effects.append(.sendPrune(id))
        count(.linkPruned)
    }

    /// Only some heartbeats count, the same ones at every node. What one of them leaves is a tree that reaches everybody;
    /// what two leave that are under way at once may be less. So of several the one with the lowest rank prunes, and those
    /// that come after it do not: none of the links over which it came first is pruned any more, and one that was pruned a
    /// moment before it came is grafted by it.
    /// - Parameter link: nil for an own one.
    /// - Returns: Whether it counts: it is to come through before the next one does.
    mutating func noticePruner(_ heartbeat: Signed, over link: LinkID?, at now: Moment) -> Bool {
        let rank = Self.pruningRank(heartbeat.body)
        guard Self.counts(rank, members: table.presentCount, policy) else { return false }
        if let pruner, now - pruner.received <= MembershipLimits.pruningPrecedence, pruner.rank <= rank { return true }
        pruner = Pruner(body: heartbeat.body, rank: rank, received: now, link: link)
        return true
    }

    static func pruningRank(_ body: [UInt8]) -> UInt64 { Blake2b.short(domain: "passant/prune/1", body) }

    static func counts(_ rank: UInt64, members: Int, _ policy: NetworkPolicy) -> Bool {
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

    /// Where a tree is whole no prune takes the last link of it.
    mutating func pruned(_ id: LinkID) {
        linkTable.update(id) { $0.isEager = false }
        let links = treeLinks
        if !links.contains(where: \.isEager) { graft(1, of: links.filter { $0.id != id }) }
    }

    mutating func grafted(_ id: LinkID) { linkTable.update(id) { $0.isEager = true } }
}
