// The public half of a person's wish to meet someone: single-use, tied to one shard and one round.
// See Protocol/06-pairing.md.

public import Essentials
internal import Sodium

/// An offer. It keeps the bytes it was decoded from, since its digest is taken over those.
public struct Offer: WireMessage, Hashable {
    public let version: UInt32
    public let features: UInt64
    /// What is sought; see Protocol/06-pairing.md.
    public let kind: UInt32
    /// Which people: 0 is the open mesh.
    public let pool: UInt64
    public let epoch: UInt64
    public let depth: UInt32
    public let shard: UInt64
    public let round: UInt64
    /// The single-use X25519 key.
    public let key: Bytes32
    /// Merkle root of the shares.
    public let root: Bytes32
    /// How many keepers were addressed: 1 to 9.
    public let shares: UInt32
    public let stampEpoch: UInt64
    /// 16 bytes.
    public let stamp: [UInt8]

    /// The exact encoding.
    var bytes: [UInt8] = []

    public static let maximumBytes = 256
    public static let maximumShares: UInt32 = 9
    public static let stampCount = 16

    /// The one identity of an offer: H("passant/offer/1", encoding).
    public var digest: Bytes32 { Self.digest(of: bytes) }

    /// The digest of an offer's exact bytes, before they are decoded.
    public static func digest(of encoded: [UInt8]) -> Bytes32 {
        Blake2b.hash(domain: "passant/offer/1", encoded)
    }

    public init(
        version: UInt32 = 1, features: UInt64 = 0, kind: UInt32, pool: UInt64, epoch: UInt64, depth: UInt32,
        shard: UInt64, round: UInt64, key: Bytes32, root: Bytes32, shares: UInt32, stampEpoch: UInt64,
        stamp: [UInt8]
    ) throws(WireFault) {
        try require(version >= 1, "Offer.version")
        try require((1...Self.maximumShares).contains(shares), "Offer.shares")
        try require(stamp.count == Self.stampCount, "Offer.stamp")
        self.version = version
        self.features = features
        self.kind = kind
        self.pool = pool
        self.epoch = epoch
        self.depth = depth
        self.shard = shard
        self.round = round
        self.key = key
        self.root = root
        self.shares = shares
        self.stampEpoch = stampEpoch
        self.stamp = stamp
        bytes = Self.encode(raw)
    }
}
