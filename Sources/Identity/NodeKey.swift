// The public keys that nodes are known by, and the short forms of them. See Protocol/01-identity.md.

public import Essentials
internal import Sodium

/// A node's public signing key (Ed25519): what the node is.
public struct NodeKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) { self.bytes = bytes }

    /// Eight bytes that stand for the key in tables and heartbeats: the beginning of `digest`.
    public var short: UInt64 { digest.prefix }

    /// Eight characters that stand for the key on screens: the beginning of `digest` in base32.
    public var name: String { Base32.encode(digest.bytes.prefix(5)) }

    /// 16 bytes by which an invite recognises the key.
    public var fingerprint: [UInt8] {
        Array(Blake2b.hash(domain: "passant/fingerprint/1", bytes.bytes).bytes.prefix(16))
    }

    public var description: String { name }

    public static func < (left: NodeKey, right: NodeKey) -> Bool { left.bytes < right.bytes }

    private var digest: Bytes32 { Blake2b.hash(domain: "passant/short/1", bytes.bytes) }
}

/// A node's public agreement key (X25519): the static key of its channels.
public struct ChannelKey: Hashable, Comparable, Sendable {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) { self.bytes = bytes }

    public static func < (left: ChannelKey, right: ChannelKey) -> Bool { left.bytes < right.bytes }
}

/// Where a member stands among keepers and doors: the hash of its puzzle's solution, so that a position
/// costs as much as a solution.
public struct PlacementKey: Hashable, Comparable, Sendable {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) { self.bytes = bytes }

    public static func < (left: PlacementKey, right: PlacementKey) -> Bool { left.bytes < right.bytes }
}
