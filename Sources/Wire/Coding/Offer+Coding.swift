// Offers in bytes; the schema is Protocol/pairing.proto. An offer is the one message that is not encoded
// anew from its fields: what others hash is what its owner sent, fields of later versions included.

extension Offer: ProtobufMessage {
    public static let limits = WireLimits(bytes: maximumBytes, fields: 24, depth: 1)

    static let shape = Shape(
        .uint32, .uint64, .uint32, .fixed64, .uint64, .uint32, .uint64, .uint64, .bytes, .bytes, .uint32, .uint64,
        .bytes)

    public init(decoding bytes: [UInt8]) throws(WireFault) {
        try self.init(raw: Self.decode(bytes))
        self.bytes = bytes
    }

    /// The exact bytes that the offer was decoded from, or the encoding of an offer made here.
    public func encoded() -> [UInt8] { bytes }

    init(raw: RawOffer) throws(WireFault) {
        try self.init(
            version: raw.version, features: raw.features, kind: raw.kind, pool: raw.pool, epoch: raw.epoch,
            depth: raw.depth, shard: raw.shard, round: raw.round, key: bytes32(raw.key, "Offer.key"),
            root: bytes32(raw.root, "Offer.root"), shares: raw.shares, stampEpoch: raw.stampEpoch,
            stamp: Array(raw.stamp))
    }

    var raw: RawOffer {
        var raw = RawOffer()
        raw.version = version
        raw.features = features
        raw.kind = kind
        raw.pool = pool
        raw.epoch = epoch
        raw.depth = depth
        raw.shard = shard
        raw.round = round
        raw.key = pack(key)
        raw.root = pack(root)
        raw.shares = shares
        raw.stampEpoch = stampEpoch
        raw.stamp = pack(stamp)
        return raw
    }
}
