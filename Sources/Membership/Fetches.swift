// Which stretches of the table are on their way already, so that a joiner with several neighbours gets another one from
// each. Protocol/04-membership.md, "Comparing".

internal import Essentials

struct Fetches: Sendable {
    private struct Fetch: Sendable {
        let from: UInt64
        let to: UInt64
        let link: Membership.LinkID
        let until: Moment
    }

    private var open: [Fetch] = []
    private var brought = 0

    /// Notes a stretch; false if a part of it is on its way, or enough is over this link.
    mutating func begin(from low: UInt64, to high: UInt64, over link: Membership.LinkID, at now: Moment) -> Bool {
        open.removeAll { $0.until <= now }
        guard open.count(where: { $0.link == link }) < MembershipLimits.fetchesPerLink,
            !open.contains(where: { $0.from <= high && low <= $0.to })
        else { return false }
        open.append(Fetch(from: low, to: high, link: link, until: now + MembershipLimits.fetchPatience))
        return true
    }

    /// Lines came that were not here.
    mutating func brought(_ lines: Int) { brought += lines }

    /// Whether so many have come since this was last asked.
    mutating func hasBrought(atLeast count: Int) -> Bool {
        defer { brought = 0 }
        return brought >= count
    }

    mutating func ended(_ link: Membership.LinkID) { open.removeAll { $0.link == link } }
}
