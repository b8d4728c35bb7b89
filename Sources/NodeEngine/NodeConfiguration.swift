// What a node is told about itself at the start.

public import Essentials
public import Identity
public import Wire

/// The fixed part of a node's life.
public struct NodeConfiguration: Sendable {
    public var policy: NetworkPolicy
    public var role: Role
    /// What a member's record says; empty for a leaf.
    public var addresses: [Endpoint]
    /// Where to knock first.
    public var entryPoints: [InviteEntry]
    /// How long a stranger is not met again; zero for no such time.
    public var repeatsAfter: Span

    public init(
        policy: NetworkPolicy, role: Role, addresses: [Endpoint], entryPoints: [InviteEntry],
        repeatsAfter: Span = .zero
    ) {
        self.policy = policy
        self.role = role
        self.addresses = addresses
        self.entryPoints = entryPoints
        self.repeatsAfter = repeatsAfter
    }
}

/// What a node remembered from its earlier life.
public struct RestoredState: Sendable {
    public var records: [Signed]
    public var homes: [Bytes32]
    public var anchors: [Bytes32]
    public var puzzle: PuzzleSolution?
    public var lastSeq: UInt64
    /// The secrets that the person shares with others, by the names that they go by here.
    public var friends: [String: Bytes32]

    public init(
        records: [Signed] = [], homes: [Bytes32] = [], anchors: [Bytes32] = [], puzzle: PuzzleSolution? = nil,
        lastSeq: UInt64 = 0, friends: [String: Bytes32] = [:]
    ) {
        self.records = records
        self.homes = homes
        self.anchors = anchors
        self.puzzle = puzzle
        self.lastSeq = lastSeq
        self.friends = friends
    }
}
