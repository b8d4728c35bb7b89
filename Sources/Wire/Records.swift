// What members say about themselves: the bodies of records and heartbeats. The signed bytes are the
// encodings of these; checking them is Identity's work.

public import Essentials

/// A solution of the identity puzzle of one month. See Protocol/01-identity.md.
public struct PuzzleSolution: WireMessage, Hashable {
    /// Days since 1970 divided by 30.
    public let month: UInt32
    /// 16 bytes.
    public let nonce: [UInt8]

    public static let nonceCount = 16

    public init(month: UInt32, nonce: [UInt8]) throws(WireFault) {
        try require(nonce.count == Self.nonceCount, "PuzzleSolution.nonce")
        self.month = month
        self.nonce = nonce
    }
}

/// What a member is willing to do, as bits of `RecordBody.capabilities`.
public enum Capability {
    public static let home: UInt32 = 1
    public static let door: UInt32 = 2
    public static let keeper: UInt32 = 4
    /// All of the above: what a member does unless its owner decides otherwise.
    public static let all: UInt32 = 7
}

/// A member's description of itself.
public struct RecordBody: WireMessage, Hashable {
    public let version: UInt32
    public let features: UInt64
    /// The network's id; see `NetworkPolicy.id`.
    public let network: UInt64
    /// Ed25519, signs the record.
    public let nodeKey: Bytes32
    /// X25519, the static key of its channels.
    public let channelKey: Bytes32
    /// Unix time in milliseconds when the record was made; a higher one replaces a lower one.
    public let seq: UInt64
    /// Unix time in milliseconds.
    public let expires: UInt64
    /// One to three.
    public let addresses: [Endpoint]
    /// Bits of `Capability`; others are ignored.
    public let capabilities: UInt32
    public let puzzle: PuzzleSolution

    public static let addressesAllowed = 1...3

    public init(
        version: UInt32 = 1, features: UInt64 = 0, network: UInt64, nodeKey: Bytes32, channelKey: Bytes32,
        seq: UInt64, expires: UInt64, addresses: [Endpoint], capabilities: UInt32, puzzle: PuzzleSolution
    ) throws(WireFault) {
        try require(version >= 1, "RecordBody.version")
        try require(Self.addressesAllowed.contains(addresses.count), "RecordBody.addresses")
        try require(addresses.allSatisfy { $0.port != 0 }, "RecordBody.addresses")
        self.version = version
        self.features = features
        self.network = network
        self.nodeKey = nodeKey
        self.channelKey = channelKey
        self.seq = seq
        self.expires = expires
        self.addresses = addresses
        self.capabilities = capabilities
        self.puzzle = puzzle
    }
}

/// "I am alive at this time": signed by the member itself, the only one who may speak about it.
public struct HeartbeatBody: WireMessage, Hashable {
    /// The member's short id.
    public let node: UInt64
    /// Mesh time in milliseconds.
    public let time: UInt64
    /// Milliseconds until the next one; never 0.
    public let period: UInt32

    public init(node: UInt64, time: UInt64, period: UInt32) throws(WireFault) {
        try require(period > 0, "HeartbeatBody.period")
        self.node = node
        self.time = time
        self.period = period
    }
}
