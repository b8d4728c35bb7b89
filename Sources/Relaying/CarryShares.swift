// How a home divides what it brings one member in a round. Keepers count deposits by the link that brings them
// (Protocol/06-pairing.md, "At a keeper"), so without this one leaf could use up what its home may bring for all.

internal import Essentials
internal import Identity

struct CarryShares {
    enum Verdict { case fine, beyondShare, overloaded }

    private enum Party: Hashable {
        case everybody
        case leaf(LinkID)
        case subnet(Subnet)
    }

    private struct Account: Hashable {
        let member: NodeKey
        let party: Party
    }

    private let limits: RelayingLimits
    private var round: UInt64 = 0
    private var opened = 0
    private var counts: [Account: Int] = [:]

    init(limits: RelayingLimits) { self.limits = limits }

    /// One more stream of a leaf to this member. A leaf alone may have a quarter of the share. What each may have shrinks
    /// with what is left, so that whoever comes later in the round finds something; and the first of a subnet is always
    /// carried: what is too much then, the member says.
    mutating func take(to member: NodeKey, by leaf: LinkID, from origin: Origin, round: UInt64) -> Verdict {
        if round != self.round {
            self.round = round
            opened = 0
            counts = [:]
        }
        guard opened < limits.carriesPerRound else { return .overloaded }
        let free = max(0, limits.carriesPerMemberAndRound - count(member, .everybody))
        guard count(member, .leaf(leaf)) < max(1, free / 3) else { return .beyondShare }
        if let subnet = origin.subnet, count(member, .subnet(subnet)) >= max(1, free / 2) { return .beyondShare }
        if let wide = origin.wide, count(member, .subnet(wide)) >= max(1, free) { return .beyondShare }
        opened += 1
        add(member, .everybody)
        add(member, .leaf(leaf))
        if let subnet = origin.subnet { add(member, .subnet(subnet)) }
        if let wide = origin.wide { add(member, .subnet(wide)) }
        return .fine
    }

    private func count(_ member: NodeKey, _ party: Party) -> Int {
        counts[Account(member: member, party: party)] ?? 0
    }

    private mutating func add(_ member: NodeKey, _ party: Party) {
        counts[Account(member: member, party: party), default: 0] += 1
    }
}
