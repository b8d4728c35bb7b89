// What the composing engine may ask. As of the last input: presence ends by a timer, not by asking.

public import Essentials
public import Identity
internal import OrderedCollections
public import Wire

extension Membership {
    /// A link as the engine sees it.
    public struct LinkSummary: Hashable, Sendable {
        public let id: LinkID
        /// Nil for a leaf.
        public let peer: NodeKey?
        /// Whether the other end is a leaf.
        public let isLeaf: Bool
        /// Whether this node dialled.
        public let isOutbound: Bool
    }

    /// The members whose heartbeat is fresh, this node included when it is one, sorted by node key.
    public func presentMembers() -> [Member] {
        table.sorted.filter(\.isPresent).map(\.member).sorted { $0.nodeKey < $1.nodeKey }
    }

    /// Every member ever heard of and not forgotten, present or not, sorted by node key.
    public func knownMembers() -> [Member] {
        // Keys are sorted, since whole members are large.
        table.sorted.enumerated().map { (key: $1.nodeKey, position: $0) }.sorted { $0.key < $1.key }
            .map { table[position: $0.position].member }
    }

    /// What is known of one member, present or not.
    public func member(_ nodeKey: NodeKey) -> Member? { table[nodeKey]?.member }

    /// The signed record of one member.
    public func signedRecord(_ nodeKey: NodeKey) -> Signed? { table[nodeKey]?.record.signed }

    public func isPresent(_ nodeKey: NodeKey) -> Bool { table[nodeKey]?.isPresent ?? false }

    public func isPresent(short: UInt64) -> Bool { table[short]?.isPresent ?? false }

    /// The number of the newest record of this owner.
    public func seq(of short: UInt64) -> UInt64? { table[short]?.seq }

    public var presentCount: Int { table.presentCount }

    /// How many members are known, present or not.
    public var allKnownCount: Int { table.count }

    /// How many records wait until their puzzles are checked: they become lines if those are solved and there is room.
    public var waitingCount: Int { applicants.count }

    /// How many lines the tables of linked members have, as those say: the middle one; nil before any said it.
    public var expectedCount: Int? {
        let counts = linkTable.members.values.compactMap(\.tableCount).sorted()
        return counts.isEmpty ? nil : counts[counts.count / 2]
    }

    /// The links to members, then those to leaves, each in the order in which they came up.
    public var links: [LinkSummary] {
        (Array(linkTable.members.values) + Array(linkTable.leaves.values)).map {
            LinkSummary(id: $0.id, peer: $0.peer, isLeaf: $0.isLeaf, isOutbound: $0.isOutbound)
        }
    }

    /// Wall and mesh time as the engine knows them.
    public var clock: MeshClock { time.clock }
}
