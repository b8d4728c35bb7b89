// A look at the node from outside, for its own person.

public import Essentials
public import Identity
public import Wire

/// What `passant status` shows.
public struct NodeSnapshot: Sendable {
    public struct Home: Sendable {
        public let node: NodeKey
        public let isLive: Bool
    }
    public struct Seat: Sendable {
        public enum Phase: String, Sendable { case idle, joining, seeking, pairing, talking, interrupted }
        public let id: SeatID
        public let phase: Phase
        /// The person's own half of the path while talking.
        public let home: NodeKey?
        public let relay: NodeKey?
        public let door: NodeKey?
        public let cover: Int
    }
    public struct Peer: Sendable {
        public enum Link: String, Sendable { case none, inbound, outbound }
        /// What this node thinks of the way there.
        public enum Reach: String, Sendable { case reached, answersOthers, noAnswer, unknown }
        public let node: NodeKey
        public let isPresent: Bool
        public let heartbeatAge: Span?
        public let link: Link
        public let reach: Reach
        public let addresses: [Endpoint]
    }

    public let node: NodeKey
    public let isMember: Bool
    public let members: Int
    /// Lines of the table: members that are known, present or not.
    public let known: Int
    /// How many lines the linked members' tables have, as those say; nil before any said it.
    public let expected: Int?
    public let links: Int
    public let homes: [Home]
    public let cover: Int
    /// What the mesh is too small for, in words.
    public let coverWarning: String?
    public let seats: [Seat]
    public let peers: [Peer]
    /// True while a member's identity puzzle is not solved yet.
    public let isSolvingPuzzle: Bool
    public let clockOffset: Span
    /// How many people looked among everyone when this node last did, and how long ago that was: what keepers say of their
    /// shard, times the number of shards.
    public let looking: (people: Int, age: Span)?
    /// By name.
    public let friends: [String]
}
