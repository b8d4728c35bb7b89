// What a node remembers: the mesh as it knew it, and a few values of its own. Nothing of a conversation, ever.

public import Essentials

/// A member's record as it was received.
public struct StoredRecord: Hashable, Sendable {
    public let nodeKey: Bytes32
    /// The signed bytes, 1 to 1,024.
    public let body: [UInt8]
    /// 64 bytes.
    public let signature: [UInt8]
    public let seq: UInt64
    /// When it was stored, by this machine's clock.
    public let seenAt: WallTime

    public init(nodeKey: Bytes32, body: [UInt8], signature: [UInt8], seq: UInt64, seenAt: WallTime) {
        self.nodeKey = nodeKey
        self.body = body
        self.signature = signature
        self.seq = seq
        self.seenAt = seenAt
    }
}

/// A home and since when it has been one.
public struct StoredHome: Hashable, Sendable {
    public let nodeKey: Bytes32
    public let since: WallTime

    public init(nodeKey: Bytes32, since: WallTime) {
        self.nodeKey = nodeKey
        self.since = since
    }
}

/// Everything remembered. Nothing in it has been verified: who loads it checks it as if it came from the wire.
public struct StoredState: Hashable, Sendable {
    /// By node key.
    public var records: [StoredRecord] = []
    /// In the order in which they were stored.
    public var anchors: [Bytes32] = []
    public var homes: [StoredHome] = []
    public var settings: [String: [UInt8]] = [:]

    public init() {}
}

/// One thing to remember or to forget.
public enum StoreChange: Hashable, Sendable {
    /// Kept unless a record of that node with a higher seq is there.
    case record(nodeKey: Bytes32, body: [UInt8], signature: [UInt8], seq: UInt64)
    case forget(nodeKey: Bytes32)
    /// In place of all earlier anchors.
    case anchors([Bytes32])
    /// In place of all earlier homes; one that stays keeps its `since`.
    case homes([Bytes32])
    /// Nil forgets it.
    case setting(key: String, value: [UInt8]?)
}
