// What this node does for others who do not reach somebody: whom it has challenged for whom, and how often it may be
// made to call anybody. Protocol/04-membership.md, "Challenges".

internal import Essentials
internal import Identity
internal import OrderedCollections

struct Errands: Sendable {
    struct Errand: Sendable {
        /// The link over which it was asked for, and over which the answer goes.
        let asker: Membership.LinkID
        let node: NodeKey
        let nonce: Bytes32
        let until: Moment
        /// The link over which the challenge went; nil while the member is being called.
        var over: Membership.LinkID?
    }

    private var open: [Errand] = []
    private var calls: TokenBucket
    /// Where somebody was called for others, until when not again.
    private var called: OrderedDictionary<Subnet, Moment> = [:]

    init(at now: Moment) { calls = TokenBucket(capacity: MembershipLimits.errandCallBurst, perSecond: 1, at: now) }

    /// Whether one more is taken from this link.
    mutating func hasRoom(for asker: Membership.LinkID, at now: Moment) -> Bool {
        open.removeAll { $0.until <= now }
        return open.count < MembershipLimits.errands
            && open.count { $0.asker == asker } < MembershipLimits.errandsPerLink
    }

    func isCalling(for asker: Membership.LinkID) -> Bool { open.contains { $0.asker == asker && $0.over == nil } }

    /// Whether somebody may be called in these subnets because others want it; it counts as called if so.
    mutating func mayCall(in subnets: [Subnet], at now: Moment) -> Bool {
        called.removeAll { $0.value <= now }
        guard !subnets.contains(where: { called[$0] != nil }), calls.take(MembershipLimits.errandCallCost, at: now)
        else { return false }
        for subnet in subnets { called[subnet] = now + MembershipLimits.errandCallSpacing }
        return true
    }

    mutating func add(
        _ nonce: Bytes32, about node: NodeKey, for asker: Membership.LinkID, over: Membership.LinkID?, at now: Moment
    ) {
        open.append(
            Errand(asker: asker, node: node, nonce: nonce, until: now + MembershipLimits.errandPatience, over: over))
    }

    /// A call was answered: the challenges that have waited for it and now go over this link.
    mutating func carry(to node: NodeKey, over link: Membership.LinkID, at now: Moment) -> [Bytes32] {
        var nonces: [Bytes32] = []
        for index in open.indices where open[index].node == node && open[index].over == nil && now < open[index].until {
            open[index].over = link
            nonces.append(open[index].nonce)
        }
        return nonces
    }

    /// The errand that an answer over this link belongs to. It is done then.
    mutating func take(_ nonce: Bytes32, over link: Membership.LinkID, at now: Moment) -> Errand? {
        guard let index = open.firstIndex(where: { $0.over == link && $0.nonce == nonce && now < $0.until }) else {
            return nil
        }
        return open.remove(at: index)
    }
}
