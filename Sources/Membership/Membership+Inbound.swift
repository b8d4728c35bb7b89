// Which inbound link makes place for a guest when all places are taken. Somebody who can open as many links as it likes
// must be able neither to push everybody out nor to hold all places for good. Protocol/04-membership.md, "Links".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium

extension Membership {
    /// Ends an inbound link so that the guest can have its place; false when the guest has to go.
    mutating func makePlace(for guest: Link, at now: Moment, using random: inout RandomStream) -> Bool {
        guard let newcomer = neighbourhood(of: guest) else { return false }
        let places = linkTable.inbound
        // A link costs no puzzle, a line in the table does: who has none is the first to go.
        if let stranger = places.last(where: {
            neighbourhood(of: $0) == nil && now - $0.since >= MembershipLimits.guestStay
        }) {
            replace(stranger, at: now)
            return true
        }
        // In turns, so that a crowd of guests cannot drive everybody else round.
        guard choice.inboundTurn.map({ $0 <= now }) ?? true,
            let victim = unprotected(among: places, beside: newcomer, using: &random)
        else { return false }
        choice.inboundTurn = now + MembershipLimits.inboundTurn
        replace(victim, at: now)
        return true
    }

    private mutating func replace(_ link: Link, at now: Moment) {
        count(.inboundReplaced)
        hangUp(link.id, .full, at: now)
    }

    /// The youngest link of the largest neighbourhood, of several as large of one at random; nil when that is the
    /// newcomer's own.
    private func unprotected(
        among places: [Link], beside newcomer: Subnet, using random: inout RandomStream
    ) -> Link? {
        let kept = protected(among: places)
        var groups: OrderedDictionary<Subnet, [Link]> = [newcomer: []]
        for link in places where !kept.contains(link.id) {
            if let group = neighbourhood(of: link) { groups[group, default: []].append(link) }
        }
        let size = { (group: Subnet, links: [Link]) in links.count + (group == newcomer ? 1 : 0) }
        let largest = groups.map { size($0.key, $0.value) }.max() ?? 0
        let candidates = groups.filter { size($0.key, $0.value) == largest }
        let chosen = candidates.elements[Int(random.uniform(below: UInt64(candidates.count)))]
        return chosen.key == newcomer ? nil : chosen.value.last
    }

    /// Those that have stood longest, those that are nearest, some of different neighbourhoods by a secret order, and
    /// whom a slot of ours holds: an attacker would have to be better at each of these than everybody honest.
    private func protected(among places: [Link]) -> Set<LinkID> {
        typealias Limits = MembershipLimits
        let known = places.filter { neighbourhood(of: $0) != nil }
        var kept = Set(known.filter { $0.peer.map(choice.holds) == true }.map(\.id))
        var rest = known.filter { !kept.contains($0.id) }
        func keep(_ links: some Sequence<Link>) {
            for link in links { kept.insert(link.id) }
            rest.removeAll { kept.contains($0.id) }
        }
        // Links are in the order in which they came up.
        keep(rest.prefix(Limits.inboundKeptByAge))
        let near = rest.filter { $0.roundTrip != nil }.sorted {
            ($0.roundTrip ?? .zero, $0.id) < ($1.roundTrip ?? .zero, $1.id)
        }
        keep(near.prefix(Limits.inboundKeptByRoundTrip))
        var firsts: OrderedDictionary<Subnet, Link> = [:]
        for link in rest {
            if let group = neighbourhood(of: link), firsts[group] == nil { firsts[group] = link }
        }
        let ranked = firsts.elements.map { (rank: table.secretRank(of: $0.key), link: $0.value) }
        keep(ranked.sorted { $0.rank < $1.rank }.prefix(Limits.inboundKeptBySubnet).map(\.link))
        return kept
    }

    /// Where the other end of a link is at home; nil if it has no line.
    private func neighbourhood(of link: Link) -> Subnet? {
        link.peer.flatMap { table[$0]?.apart(in: policy).first }
    }
}
