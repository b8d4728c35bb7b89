// What whoever watches thousands of nodes wants to know of each of them many times a second: nothing that has to be
// gathered from the whole table.

public import Essentials
public import Identity
internal import Membership
internal import Wire

/// A few numbers, and the links.
public struct NodeGlance: Sendable {
    public struct Link: Hashable, Sendable {
        public let peer: NodeKey
        public let isOutbound: Bool
    }

    public let isMember: Bool
    /// Present members, this node included when it is one.
    public let present: Int
    public let known: Int
    /// Records that wait until their puzzles are checked.
    public let waiting: Int
    /// To members, each link once.
    public let links: [Link]
    /// How far its mesh time is ahead of its own clock.
    public let meshOffset: Span
}

extension NodeEngine {
    public var glance: NodeGlance {
        NodeGlance(
            isMember: standing.isMember, present: membership.presentCount, known: membership.allKnownCount,
            waiting: membership.waitingCount,
            links: membership.links.compactMap { link in
                link.peer.map { NodeGlance.Link(peer: $0, isOutbound: link.isOutbound) }
            }, meshOffset: membership.clock.offset)
    }

    public func holds(present short: UInt64) -> Bool { membership.isPresent(short: short) }

    /// The number of the newest record of this owner.
    public func seq(of short: UInt64) -> UInt64? { membership.seq(of: short) }
}
